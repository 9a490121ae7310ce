//! Runs the program on a source and reads what it wrote.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "a report that cannot be read has failed the test")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;

use crate::common::{Row, program, root};

pub(crate) mod page;

/// The formats that are compared.
pub(crate) const FORMATS: &str = "csv,json,jsonl,html,xlsx,sarif,junit,prom";

/// A report of one run.
pub(crate) struct Report {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) status: i32,
}

/// Audits a source with every format.
pub(crate) fn audit(source: &Path, scenario: &str, options: &[&str]) -> Report {
    audit_as(FORMATS, source, scenario, options)
}

/// Audits a source with these formats.
pub(crate) fn audit_as(formats: &str, source: &Path, scenario: &str, options: &[&str]) -> Report {
    attempt(formats, source, scenario, options).unwrap_or_else(|told| panic!("{}: {told}", source.display()))
}

/// The same for a source that may be refused; what is then said.
pub(crate) fn attempt(
    formats: &str,
    source: &Path,
    scenario: &str,
    options: &[&str],
) -> Result<Report, String> {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.toml");
    fs::write(&empty, "").unwrap();
    let mut program = program(root());
    program.args(["audit", "-q", "--csv-raw", "--format", formats, "--scenario", scenario]).args(options);
    program.arg("--config").arg(&empty).arg("--out").arg(dir.path().join("report")).arg(source);
    program.env("DIRSYNC_AUDIT_REDACT_KEY", "a key for the tests, of some length");
    let output = program.output().unwrap();
    let status = output.status.code().unwrap();
    if status == 2 {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(Report { dir, status })
}

impl Report {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("report").join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    /// The rows of a CSV file.
    pub(crate) fn csv(&self, name: &str) -> Vec<Row> {
        let text = self.text(name);
        rows_of_csv(text.strip_prefix('\u{feff}').unwrap())
    }

    pub(crate) fn jsonl(&self) -> Vec<Row> {
        let text = self.text("findings.jsonl");
        let objects = text.lines().map(|line| serde_json::from_str::<BTreeMap<String, Value>>(line).unwrap());
        objects
            .map(|object| object.into_iter().map(|(name, value)| (name, plain(&value))).collect())
            .collect()
    }

    /// The cells of each sheet of the workbook.
    pub(crate) fn sheets(&self) -> Vec<(String, Vec<Vec<String>>)> {
        let mut book: Xlsx<_> = open_workbook(self.path("report.xlsx")).unwrap();
        let names = book.sheet_names();
        names.into_iter().map(|name| (name.clone(), cells(&mut book, &name))).collect()
    }

    /// The rows of all sheets called `name` or `name 2` and so on.
    pub(crate) fn xlsx(&self, name: &str) -> Vec<Row> {
        let sheets = self.sheets().into_iter();
        let mut rows = Vec::new();
        for (_, cells) in sheets.filter(|(sheet, _)| sheet.split(' ').next() == Some(name)) {
            let (head, body) = cells.split_first().unwrap();
            rows.extend(
                body.iter().map(|row| head.iter().cloned().zip(row.iter().cloned()).collect::<Row>()),
            );
        }
        rows
    }
}

fn cells(book: &mut Xlsx<std::io::BufReader<fs::File>>, name: &str) -> Vec<Vec<String>> {
    let range = book.worksheet_range(name).unwrap();
    let shown = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        other => panic!("neither text nor number: {other:?}"),
    };
    range.rows().map(|row| row.iter().map(shown).collect()).collect()
}

/// The rows of a CSV text.
pub(crate) fn rows_of_csv(text: &str) -> Vec<Row> {
    csv::ReaderBuilder::new().from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A file of the repository.
pub(crate) fn at_home(path: &str) -> PathBuf {
    root().join(path)
}

/// Every sample, those too that are refused.
pub(crate) fn samples() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["samples", "samples/flavours", "samples/traps"] {
        let entries = fs::read_dir(at_home(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(
            entries.filter(|path| path.is_file() && path.extension().is_some_and(|end| end != "toml")),
        );
    }
    files.sort();
    files
}

/// Users whom nobody would invent but somebody can write: formulas, controls, markup, a text longer than a cell.
pub(crate) fn hostile() -> String {
    let mut text = String::from(
        "distinguishedName,userPrincipalName,displayName,mail,proxyAddresses,msRTCSIP-PrimaryUserAddress\n",
    );
    let names = [
        "=cmd|' /C calc'!A0".to_owned(),
        "+1+1".to_owned(),
        "@SUM(1)".to_owned(),
        "-2+3".to_owned(),
        "\t=1".to_owned(),
        "https://example.com/".to_owned(),
        "{=1}".to_owned(),
        "12345678901234567890".to_owned(),
        "TRUE".to_owned(),
        "_x0041_".to_owned(),
        "<b>&amp;</b>]]>".to_owned(),
        "a\u{1b}[31mb\u{1}\u{ffff}".to_owned(),
        "a\u{202e}b".to_owned(),
        "two\nlines".to_owned(),
        " outer blanks ".to_owned(),
        "x".repeat(40_000),
    ];
    for (number, name) in names.iter().enumerate() {
        let quoted = name.replace('"', "\"\"");
        writeln!(
            text,
            "\"CN=u{number}\",\"={number}+1@contoso.com\",\"{quoted}\",\"{quoted}\",\"smtp:{quoted}\",sip:u{number}@contoso.com"
        )
        .unwrap();
    }
    text
}
