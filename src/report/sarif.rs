//! `findings.sarif`: Static Analysis Results Interchange Format 2.1.0 (OASIS), as code scanning shows it.
//!
//! The results grow user by user up to [`MOST`]; the rules and what the run says about itself follow them.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::table::{Dialect, Sheet};
use super::{Summary, findings, fingerprint, wire};
use crate::error::{Error, Result};
use crate::finding::{Finding, Severity};
use crate::model::Attr;
use crate::model::problem::Weight;
use crate::model::text::grouped;
use crate::rules;
use crate::rules::verdict::Judged;

/// The name of the file.
pub const FILE: &str = "findings.sarif";

/// How many results a file holds: what GitHub takes of one run.
pub const MOST: usize = 25_000;

/// The name under which fingerprints stand; the number is that of their recipe.
const FINGERPRINT: &str = "dirsyncAudit/v1";

/// What stands before the results.
pub(super) fn head(out: &mut Vec<u8>, _: Dialect) {
    out.extend_from_slice(
        b"{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"results\":[",
    );
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'static str,
    level: &'static str,
    message: Text<'a>,
    locations: [Location<'a>; 1],
    partial_fingerprints: Value,
    /// Why it counts no more.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    suppressions: &'static [Accepted],
    properties: Properties<'a>,
}

/// Accepted by somebody, outside of the source (SARIF 3.35).
#[derive(Serialize)]
struct Accepted {
    kind: &'static str,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'a> {
    physical_location: Value,
    logical_locations: [Logical<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'a> {
    name: &'a str,
    fully_qualified_name: &'a str,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    #[serde(rename = "objectGUID")]
    object_guid: &'a str,
    attribute: &'static str,
    value: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    suggestion: String,
}

/// Writes the results of a user.
pub(super) fn user(sheet: &mut Sheet, _: Dialect, judged: &Judged<'_, '_>) {
    for finding in judged.findings {
        sheet.octets.extend_from_slice(b",\n");
        // Text is always JSON, and memory can always be written to.
        let written = serde_json::to_writer(&mut sheet.octets, &outcome(judged, finding));
        debug_assert!(written.is_ok());
        sheet.ends.push(sheet.octets.len());
    }
}

fn outcome<'a>(judged: &'a Judged<'_, '_>, finding: &'a Finding) -> Outcome<'a> {
    let user = judged.user;
    let fingerprint = u128::from_be_bytes(fingerprint::of(user, finding));
    let named = [Attr::UserPrincipalName, Attr::SamAccountName, Attr::DisplayName].map(|attr| user.get(attr));
    let name = named.into_iter().find(|text| !text.is_empty()).unwrap_or(user.name());
    Outcome {
        rule_id: rules::at(finding.rule).code,
        level: level(finding.severity),
        message: Text { text: &finding.message },
        locations: [Location {
            physical_location: json!({ "artifactLocation": { "uri": uri(judged.source) } }),
            logical_locations: [Logical { name, fully_qualified_name: user.name(), kind: "resource" }],
        }],
        partial_fingerprints: json!({ FINGERPRINT: format!("{fingerprint:032x}") }),
        suppressions: if finding.counts() { &[] } else { &[Accepted { kind: "external" }] },
        properties: Properties {
            object_guid: user.get(Attr::ObjectGuid),
            attribute: finding.attribute.name(),
            value: &finding.value,
            suggestion: findings::suggestion_text(finding),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A source as a reference: what a path may not hold is encoded.
fn uri(source: &str) -> String {
    let drive = source.as_bytes().get(1) == Some(&b':');
    let mut uri = String::from(if drive { "file:///" } else { "" });
    for octet in source.bytes() {
        let plain = octet.is_ascii_alphanumeric() || matches!(octet, b'/' | b'-' | b'_' | b'.' | b'~');
        match octet {
            b'\\' => uri.push('/'),
            b':' if drive || source.contains("://") => uri.push(':'),
            _ if plain => uri.push(char::from(octet)),
            _ => {
                let _ = write!(uri, "%{octet:02X}");
            }
        }
    }
    uri
}

/// What stands behind the results.
pub(super) fn tail(summary: &Summary) -> Result<Vec<u8>> {
    let failed = |failed: serde_json::Error| Error::io("write", FILE)(failed.into());
    let mut out = b"],\n\"tool\":".to_vec();
    let rules: Vec<Value> = summary.run.iter().map(|place| rule(place, summary)).collect();
    let tool = json!({ "driver": {
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    }});
    serde_json::to_writer(&mut out, &tool).map_err(failed)?;
    out.extend_from_slice(b",\n\"invocations\":[");
    serde_json::to_writer(&mut out, &invocation(summary)).map_err(failed)?;
    out.extend_from_slice(b"],\n\"automationDetails\":");
    let id = format!("dirsync-audit/{}/", summary.scenario.name());
    serde_json::to_writer(&mut out, &json!({ "id": id })).map_err(failed)?;
    out.extend_from_slice(b",\"columnKind\":\"unicodeCodePoints\"}]}\n");
    Ok(out)
}

fn rule(place: usize, summary: &Summary) -> Value {
    let rule = rules::at(place);
    let reads: Vec<&str> = rule.reads.iter().map(|attr| attr.ldap()).collect();
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.why },
        "help": {
            "text": format!("{}\n\nWhat to do: {}\n\nReference: {}", rule.why, rule.remedy, rule.reference),
            "markdown": format!("{}\n\n**What to do:** {}\n\nReference: {}", rule.why, rule.remedy, rule.reference),
        },
        "defaultConfiguration": { "level": level(summary.severity(place).unwrap_or(Severity::Info)) },
        "properties": { "tags": ["active-directory"], "reads": reads },
    })
}

fn invocation(summary: &Summary) -> Value {
    let notice = |level: &str, text: String| json!({ "level": level, "message": { "text": text } });
    let mut notices = Vec::new();
    let found: u64 = summary.counts.severity.iter().sum::<u64>() + summary.counts.suppressed();
    if found > MOST as u64 {
        let text = format!(
            "{} findings are left out: this file holds the first {} of {}; findings.csv and findings.jsonl hold all",
            grouped(found - MOST as u64),
            grouped(MOST as u64),
            grouped(found)
        );
        notices.push(notice("warning", text));
    }
    for source in &summary.sources {
        for (problem, tally) in source.problems.iter() {
            let level = if problem.weight() == Weight::Notice { "note" } else { "warning" };
            let text = format!(
                "{}: {} × {}; remedy: {}",
                source.name,
                grouped(tally.count),
                problem.what(),
                problem.remedy()
            );
            notices.push(notice(level, text));
        }
    }
    json!({
        "executionSuccessful": true,
        "startTimeUtc": summary.started,
        "endTimeUtc": summary.ended,
        "exitCode": summary.exit_status,
        "exitCodeDescription": summary.exit_meaning,
        "toolExecutionNotifications": notices,
        "properties": {
            "scenario": summary.scenario.name(),
            "schemaVersion": wire::SCHEMA_VERSION,
            "redact": summary.options.redact.word(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_references() {
        for (source, reference) in [
            ("users.csv", "users.csv"),
            ("../a b/ü.csv", "../a%20b/%C3%BC.csv"),
            ("C:\\x\\users.csv", "file:///C:/x/users.csv"),
            ("a:b:c", "file:///a:b:c"),
            ("ab:c", "ab%3Ac"),
            ("-", "-"),
        ] {
            assert_eq!(uri(source), reference);
        }
    }
}
