//! `adopt`: the findings of a report as suppressions.

use std::fs;
use std::io::Write;
use std::path::Path;

use jiff::civil::Date;

use super::args::AdoptArgs;
use super::terminal::{self, several};
use crate::error::{Error, Result};
use crate::report::adopt::{Adopted, adopt};
use crate::rules::select::{Given, selection};
use crate::settings;

/// Prints the suppressions, or appends them to a settings file.
pub(super) fn run(args: &AdoptArgs) -> Result<()> {
    let until = args.until.as_deref().map(day).transpose()?;
    if args.reason.trim().is_empty() {
        return Err(Error::usage("--reason is empty: say why the findings are accepted"));
    }
    let given = |items| Given { items, origin: "--select" };
    let adopted = adopt(&args.report, selection(given(&args.select), given(&[]))?)?;
    let text = toml(&adopted, args, until);
    match &args.append_to {
        None => terminal::print(&text)?,
        Some(path) => append(path, &text)?,
    }
    let told = format!(
        "{} for {}",
        several(adopted.pairs.len() as u64, "suppression"),
        several(adopted.findings - adopted.nameless, "finding")
    );
    terminal::note(&told);
    if adopted.nameless > 0 {
        let left = several(adopted.nameless, "finding");
        terminal::note(&format!("{left} left out: no objectGUID, DN or address says whom they concern"));
    }
    Ok(())
}

fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|_| {
        Error::usage(format!("--until: `{}` is no date; write it like 2027-06-30", terminal::escape(text)))
    })
}

fn toml(adopted: &Adopted, args: &AdoptArgs, until: Option<Date>) -> String {
    let until = until.map(|until| until.to_string());
    let mut text = String::new();
    for (code, who) in &adopted.pairs {
        let entries = [
            ("rule", Some(code)),
            ("match", Some(who)),
            ("reason", Some(&args.reason)),
            ("until", until.as_ref()),
            ("ticket", args.ticket.as_ref()),
        ];
        let set = entries.into_iter().filter_map(|(key, value)| Some((key, value?.as_str())));
        text.push_str(&settings::suppression(set, None));
    }
    text
}

/// Puts the file with the text behind it in its place, as a whole.
fn append(path: &Path, text: &str) -> Result<()> {
    let mut whole = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(failed) if failed.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(failed) => return Err(Error::io("read", path)(failed)),
    };
    if !whole.is_empty() && !whole.ends_with('\n') {
        whole.push('\n');
    }
    whole.push_str(text);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("write in", folder))?;
    file.write_all(whole.as_bytes()).map_err(Error::io("write", path))?;
    if let Ok(about) = fs::metadata(path) {
        // Who could read the file before can read it still.
        fs::set_permissions(file.path(), about.permissions()).map_err(Error::io("write", path))?;
    }
    file.persist(path).map(drop).map_err(|failed| Error::io("write", path)(failed.error))
}
