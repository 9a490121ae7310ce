//! Every format says the same: counts and findings of each, on every sample; each is what its field calls valid.

#![allow(clippy::unwrap_used, reason = "a report that cannot be read has failed the test")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use junit_parser::TestStatus;
use serde_json::Value;

mod common;
mod reports;
use common::{Row, SCENARIOS};
use reports::{FORMATS, Report, at_home, attempt, audit, audit_as, hostile, page, samples};

/// The samples that are no table of users.
const REFUSED: [&str; 8] = [
    "389-dbscan.txt",
    "duplicate-headings.csv",
    "format-table.csv",
    "graph.json",
    "idfix-undo.ldf",
    "idfix.csv",
    "length.csv",
    "no-header.csv",
];

/// Each sample in a scenario, the one with every rule in each.
fn reports() -> Vec<(String, Report)> {
    let (mut reports, mut refused) = (Vec::new(), Vec::new());
    for sample in samples() {
        let name = sample.file_name().unwrap().to_str().unwrap().to_owned();
        let all = name == "contoso.csv";
        for scenario in SCENARIOS.into_iter().filter(|scenario| all || *scenario == "lync-hybrid") {
            match attempt(FORMATS, &sample, scenario, &[]) {
                Ok(report) => reports.push((format!("{name} in {scenario}"), report)),
                Err(_) => refused.push(name.clone()),
            }
        }
    }
    assert_eq!(refused, REFUSED);
    assert!(reports.len() > 45, "{} reports", reports.len());
    reports
}

/// What a finding is, whatever the format.
type Identity = (String, String, String);

fn identities(rows: &[Row]) -> Vec<Identity> {
    let of = |row: &Row| (row["code"].clone(), row["severity"].clone(), row["fingerprint"].clone());
    rows.iter().map(of).collect()
}

fn sarif_identities(report: &Report) -> Vec<Identity> {
    let json = report.json("findings.sarif");
    let results = json.pointer("/runs/0/results").unwrap().as_array().unwrap().clone();
    let of = |result: &Value| {
        let text = |path: &str| result.pointer(path).unwrap().as_str().unwrap().to_owned();
        let severity = text("/level").replace("note", "info");
        (text("/ruleId"), severity, text("/partialFingerprints/dirsyncAudit~1v1"))
    };
    results.iter().map(of).collect()
}

/// The build server's file, as a parser of such files reads it.
fn junit(report: &Report) -> junit_parser::TestSuite {
    let mut suites = junit_parser::from_reader(report.text("junit.xml").as_bytes()).unwrap();
    assert_eq!(suites.suites.len(), 1);
    let suite = suites.suites.remove(0);
    let count =
        |of: fn(&TestStatus) -> bool| suite.cases.iter().filter(|case| of(&case.status)).count() as u64;
    assert_eq!(suite.tests, suite.cases.len() as u64);
    assert_eq!((suite.failures, suite.errors), (count(TestStatus::is_failure), count(TestStatus::is_error)));
    assert_eq!(suite.skipped, count(TestStatus::is_skipped));
    assert_eq!((suites.tests, suites.failures), (suite.tests, suite.failures));
    suite
}

/// Errors by rule, from the failures.
fn junit_errors(report: &Report) -> BTreeMap<String, u64> {
    let cases = junit(report).cases;
    let failures = cases.iter().filter(|case| case.status.is_failure());
    let errors = failures.map(|case| {
        let message = &case.status.failure_as_ref().message;
        let count = message.rsplit(": ").next().unwrap().split(' ').next().unwrap().replace(',', "");
        (case.original_name.split(' ').next().unwrap().to_owned(), count.parse().unwrap())
    });
    errors.collect()
}

/// The samples of a metric: labels → value.
fn metric(report: &Report, name: &str) -> BTreeMap<String, u64> {
    let text = report.text("metrics.prom");
    let start = format!("dirsync_audit_{name}{{");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("} "));
    lines.map(|(labels, value)| (labels.to_owned(), value.parse().unwrap_or_default())).collect()
}

fn tally<'r>(rows: &'r [Row], column: &str) -> BTreeMap<&'r str, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row[column].as_str()).or_default() += 1;
    }
    counts
}

fn agree(name: &str, report: &Report) {
    let (users, findings) = (report.csv("users.csv"), report.csv("findings.csv"));
    let summary = report.json("summary.json");
    let expected = identities(&findings);
    assert_eq!(report.jsonl(), findings, "{name}: findings.jsonl");
    assert_eq!(sarif_identities(report), expected, "{name}: findings.sarif");
    assert_eq!(report.xlsx("Findings"), findings, "{name}: Findings of report.xlsx");
    assert_eq!(report.xlsx("Users"), users, "{name}: Users of report.xlsx");

    let errors: Vec<Row> = findings.iter().filter(|row| row["severity"] == "error").cloned().collect();
    let errors: BTreeMap<String, u64> =
        tally(&errors, "code").into_iter().map(|(code, count)| (code.to_owned(), count)).collect();
    assert_eq!(junit_errors(report), errors, "{name}: junit.xml");
    agree_by_rule(name, report, &findings);
    page::agree(name, report, &findings);
    let plan = report.xlsx("Action");
    let planned: BTreeMap<String, u64> =
        plan.iter().map(|row| (row["code"].clone(), row["findings"].parse().unwrap())).collect();
    assert_eq!(planned, errors, "{name}: Action plan of report.xlsx");

    let statuses = tally(&users, "status");
    for (labels, value) in metric(report, "users") {
        let status = labels.split('"').nth(3).unwrap();
        assert_eq!(value, statuses.get(status).copied().unwrap_or(0), "{name}: {labels}");
        assert_eq!(summary["counts"]["by_status"][status], value, "{name}: {status}");
    }
    let severities = tally(&findings, "severity");
    for severity in ["error", "warning", "info"] {
        let found = severities.get(severity).copied().unwrap_or(0);
        assert_eq!(summary["counts"]["by_severity"][severity], found, "{name}: {severity}");
        let label = format!("severity=\"{severity}\"");
        let metric: u64 = metric(report, "findings")
            .iter()
            .filter(|(labels, _)| labels.contains(&label))
            .map(|(_, n)| n)
            .sum();
        assert_eq!(metric, found, "{name}: {severity} in metrics.prom");
    }
    assert_eq!(
        metric(report, "last_run_exit_status").into_values().next(),
        u64::try_from(report.status).ok()
    );
}

/// How many findings each rule has, by every format that counts them.
fn agree_by_rule(name: &str, report: &Report, findings: &[Row]) {
    let counts = tally(findings, "code");
    let summary = report.json("summary.json");
    let by_rule = summary["counts"]["by_rule"].as_array().unwrap();
    let by_rule =
        by_rule.iter().map(|rule| (rule["code"].as_str().unwrap(), rule["findings"].as_u64().unwrap()));
    assert_eq!(by_rule.collect::<BTreeMap<_, _>>(), counts, "{name}: summary.json");
    let rules = report.xlsx("Rules");
    let rules = rules.iter().map(|row| (row["code"].as_str(), row["findings"].parse::<u64>().unwrap()));
    let rules: BTreeMap<&str, u64> = rules.filter(|(_, count)| *count > 0).collect();
    assert_eq!(rules, counts, "{name}: Rules of report.xlsx");
    let mut metrics: BTreeMap<String, u64> = BTreeMap::new();
    for (labels, value) in metric(report, "findings").into_iter().filter(|(_, value)| *value > 0) {
        let code = labels.split_once("rule=\"").unwrap().1.split('"').next().unwrap();
        *metrics.entry(code.to_owned()).or_default() += value;
    }
    assert!(metrics.iter().map(|(code, count)| (code.as_str(), *count)).eq(counts), "{name}: metrics.prom");
}

#[test]
fn all_formats_agree_on_every_sample_and_sarif_fits_its_schema() {
    let validator = validator();
    for (name, report) in reports() {
        agree(&name, &report);
        assert_sarif(&validator, &report.json("findings.sarif"), &name);
    }
}

#[test]
fn all_formats_agree_when_redacted() {
    for how in ["partial", "hash"] {
        let report = audit(&at_home("samples/contoso.csv"), "lync-hybrid", &["--redact", how]);
        agree(how, &report);
        assert_eq!(report.json("summary.json")["options"]["redact"], how);
    }
}

fn validator() -> jsonschema::Validator {
    let schema = fs::read_to_string(at_home("tests/schemas/sarif-2.1.0.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // The schema has a bracket too many there, which the validator refuses; the file has no such field.
    for definition in ["run", "toolComponent"] {
        let place = format!("/definitions/{definition}/properties/language/pattern");
        *schema.pointer_mut(&place).unwrap() = "^[a-zA-Z-]+$".into();
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_sarif(validator: &jsonschema::Validator, json: &Value, name: &str) {
    let wrong: Vec<String> =
        validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
}

/// Many users, each with the same three findings or more.
fn many(users: usize) -> String {
    let mut text = String::from("distinguishedName,mail,proxyAddresses,msRTCSIP-PrimaryUserAddress\n");
    for number in 0..users {
        writeln!(text, "\"CN=u{number}\",u{number},smtp:u{number}@contoso,sip:u{number}").unwrap();
    }
    text
}

fn audited(text: &str, formats: &str) -> Report {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("users.csv");
    fs::write(&source, text).unwrap();
    audit_as(formats, &source, "lync-hybrid", &[])
}

#[test]
fn sarif_holds_so_many_results_and_says_what_it_left_out() {
    let report = audited(&many(9_000), "csv,sarif");
    let json = report.json("findings.sarif");
    let results = json.pointer("/runs/0/results").unwrap().as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    let findings = report.csv("findings.csv");
    assert!(findings.len() > 25_000);
    assert_eq!(sarif_identities(&report), identities(&findings)[..25_000]);
    let notice = json.pointer("/runs/0/invocations/0/toolExecutionNotifications/0/message/text").unwrap();
    let left_out = findings.len() - 25_000;
    assert!(
        notice.as_str().unwrap().replace(',', "").starts_with(&format!("{left_out} findings are left out"))
    );
    let mut shorter = json.clone();
    // One result is like the other, and the validator takes its time.
    shorter.pointer_mut("/runs/0/results").unwrap().as_array_mut().unwrap().truncate(100);
    assert_sarif(&validator(), &shorter, "many users");
}

#[test]
fn hostile_text_is_text_everywhere() {
    let report = audited(&hostile(), FORMATS);
    let (users, findings) = (report.csv("users.csv"), report.csv("findings.csv"));
    assert_eq!(report.jsonl(), findings);
    assert_eq!(sarif_identities(&report), identities(&findings));
    assert_sarif(&validator(), &report.json("findings.sarif"), "hostile text");
    junit_errors(&report);
    let shown = report.xlsx("Users");
    assert_eq!(shown.len(), users.len());
    for (shown, user) in shown.iter().zip(&users) {
        let (shown, name) = (&shown["display_name"], &user["display_name"]);
        if name.contains('\u{1b}') {
            assert_eq!(shown, "a\\u{1b}[31mb\\u{1}\\u{ffff}");
        } else if name.len() > 32_767 {
            assert!(
                shown.len() < 32_767 && shown.contains("cut by dirsync-audit: 40,000 characters"),
                "{name}"
            );
        } else {
            assert_eq!(shown, name);
        }
    }
}

/// A build server that reads nothing else learns that cases passed for want of values.
#[test]
fn an_incomplete_read_is_told_to_build_servers() {
    let told = |sample: &str| junit(&audit(&at_home(sample), "lync-hybrid", &[])).system_err;
    assert_eq!(told("samples/clean.csv"), None);
    let told = told("samples/traps/braces.csv").unwrap();
    assert!(told.starts_with("The input was incomplete") && told.contains("braces.csv: 1 × "), "{told}");
}
