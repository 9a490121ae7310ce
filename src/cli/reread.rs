//! The sources of a finished report once more, the same as then.

use std::path::Path;

use super::opened::Opened;
use super::terminal::{escape, several};
use crate::audit::Outcome;
use crate::error::{Error, Result};
use crate::report::wire::{Source, Summary};
use crate::rules::Scenario;
use crate::settings::{self, Key, Settings, Values};
use crate::source;

/// The settings of the report's run, with the sources where they are now.
pub(super) fn settings(report: &Path, summary: &Summary, given: &[String]) -> Result<(Settings, Scenario)> {
    let refused = |what: &str, remedy: &str| Error::output(report, what, remedy);
    let options = &summary.options;
    if options.redact != "none" {
        return Err(refused(
            "the report is redacted, so that its objects cannot be told",
            "audit again without --redact",
        ));
    }
    let sources = match given {
        [] => summary.sources.iter().map(path).collect::<Result<Vec<_>>>()?,
        given if given.len() == summary.sources.len() => {
            given.iter().map(|spec| file(spec)).collect::<Result<Vec<_>>>()?
        }
        _ => {
            let what = format!("the report is about {}", several(summary.sources.len() as u64, "source"));
            return Err(refused(&what, "name each of them, in the order of the report, or none"));
        }
    };
    let scenario = Scenario::of(&summary.scenario).ok_or_else(|| {
        refused("its scenario is not known", "use the version of the program that wrote it")
    })?;
    let mut values = Values::default();
    let mut set = |name: &str, texts: Vec<String>| {
        if let Some(key) = Key::find(name).filter(|_| !texts.is_empty()) {
            values.set(key, settings::option(key, texts.into_iter()));
        }
    };
    set("sources", sources);
    set("sip-domain", options.sip_domains.clone());
    set("verified-domain", options.verified_domains.clone());
    set("routing-domain", options.routing_domains.clone());
    set("mailboxes", vec![options.mailboxes.clone()]);
    set("select", options.select.clone());
    set("ignore", options.ignore.clone());
    set("severity", options.severity.iter().map(|(code, level)| format!("{code}={level}")).collect());
    set("only", options.only.iter().cloned().collect());
    set("map", options.map.clone());
    set("encoding", options.encoding.iter().cloned().collect());
    set("delimiter", options.delimiter.iter().cloned().collect());
    Ok((settings::of(values)?, scenario))
}

/// Where a source was.
fn path(source: &Source) -> Result<String> {
    source.path.as_ref().map_or_else(|| file(&source.name), |path| Ok(path.clone()))
}

/// A source, if it is a file.
fn file(spec: &str) -> Result<String> {
    let (what, remedy) = if spec == "-" {
        ("standard input cannot be read again", "save the export to a file and audit that")
    } else if source::ldap::is_ldap(spec) {
        ("a server does not say again what it has said", "save the directory with `fetch` and audit the file")
    } else {
        return Ok(spec.to_owned());
    };
    Err(Error::source(escape(spec), what, remedy))
}

/// Refuses sources that are not to the octet those of the report.
pub(super) fn check_sources(summary: &Summary, sources: &[Opened]) -> Result<()> {
    for (was, is) in summary.sources.iter().zip(sources) {
        let hash = is.0.hash()?.to_hex();
        if was.bytes != is.about().bytes || was.blake3.as_deref() != Some(hash.as_str()) {
            let what = "this is not what the report is about: size or hash differ from its summary.json";
            return Err(Error::source(is.name(), what, "audit it again, then remediate the new report"));
        }
    }
    Ok(())
}

/// Refuses sources that are read in another way than for the report.
pub(super) fn check_counts(summary: &Summary, outcome: &Outcome) -> Result<()> {
    for (was, is) in summary.sources.iter().zip(&outcome.sources) {
        if (was.rows, was.objects, was.repeats) != (is.records, is.objects, is.repeats) {
            let what = "its records are read differently than for the report";
            return Err(Error::source(
                escape(&was.name),
                what,
                "audit it again with this version of the program",
            ));
        }
    }
    Ok(())
}
