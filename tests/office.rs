//! What other programs make of the report: `LibreOffice` of the workbook, promtool of the metrics, jq of the lines.
//!
//! `cargo test --test office -- --ignored`; needs `soffice`, `promtool` and `jq`.

#![allow(clippy::unwrap_used, reason = "a report that cannot be read has failed the test")]

use std::fs;
use std::path::Path;
use std::process::Command;

mod common;
mod reports;
use common::Row;
use reports::{Report, at_home, audit, hostile, rows_of_csv};

/// All sheets as CSV: comma, quotation mark, UTF-8, cells quoted as text, what is shown, no formulas, every sheet.
const FILTER: &str = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1";

/// The rows of a sheet, as the office program has read them.
fn sheet(report: &Report, name: &str) -> Vec<Row> {
    let out = report.dir.path().join("office");
    let mut office = Command::new("soffice");
    office.arg(format!("-env:UserInstallation=file://{}", report.dir.path().join("profile").display()));
    office.args(["--headless", "--convert-to", FILTER, "--outdir"]).arg(&out).arg(report.path("report.xlsx"));
    let output = office.output().expect("LibreOffice (soffice) is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    rows_of_csv(&fs::read_to_string(out.join(format!("report-{name}.csv"))).unwrap())
}

#[test]
#[ignore = "needs LibreOffice"]
fn the_workbook_comes_back_as_the_csv_files() {
    for (sample, scenario) in [("samples/contoso.csv", "lync-hybrid"), ("samples/contoso.csv", "teams")] {
        let report = audit(&at_home(sample), scenario, &[]);
        assert_eq!(sheet(&report, "Findings"), report.csv("findings.csv"));
        assert_eq!(sheet(&report, "Users"), report.csv("users.csv"));
    }
}

#[test]
#[ignore = "needs LibreOffice"]
fn formulas_of_the_directory_stay_text() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("users.csv");
    fs::write(&source, hostile()).unwrap();
    let report = audit(Path::new(&source), "lync-hybrid", &[]);
    let (shown, users) = (sheet(&report, "Users"), report.csv("users.csv"));
    assert_eq!(shown.len(), users.len());
    for (shown, user) in shown.iter().zip(&users) {
        let name = &user["display_name"];
        if !name.contains('\u{1b}') && name.len() < 32_767 {
            assert_eq!(shown["display_name"], *name);
            assert_eq!(shown["user_principal_name"], user["user_principal_name"]);
        }
    }
}

#[test]
#[ignore = "needs promtool"]
fn promtool_has_nothing_to_say_about_the_metrics() {
    let report = audit(&at_home("samples/contoso.csv"), "lync-hybrid", &[]);
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(fs::File::open(report.path("metrics.prom")).unwrap());
    let output = promtool.output().expect("promtool is installed");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{told}");
}

#[test]
#[ignore = "needs jq"]
fn jq_counts_the_findings_as_the_summary_does() {
    for options in [&[][..], &["--redact", "hash"]] {
        let report = audit(&at_home("samples/contoso.csv"), "lync-hybrid", options);
        let mut jq = Command::new("jq");
        jq.args([
            "--slurp",
            "--compact-output",
            "group_by(.severity) | map({(.[0].severity): length}) | add",
        ]);
        let output = jq.arg(report.path("findings.jsonl")).output().expect("jq is installed");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let counted: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(counted, report.json("summary.json")["counts"]["by_severity"]);
    }
}
