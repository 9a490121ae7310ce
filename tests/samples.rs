//! The samples in every scenario: the whole table of users and rules, the report, every exporter.

#![allow(clippy::unwrap_used, reason = "a test that cannot read a sample has failed")]

mod common;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use common::{DOMAINS, Row, SCENARIOS, audit, golden, root, table, users};
use dirsync_audit::rules;

/// The name of a user: the first part of the DN.
fn name(row: &Row) -> &str {
    row["dn"].split(",OU=").next().unwrap()
}

#[test]
fn the_whole_table_of_users_and_rules() {
    let mut text = String::new();
    let tables = SCENARIOS.map(|scenario| users(&["samples/contoso.csv"], scenario, &DOMAINS));
    for place in 0..tables[0].len() {
        for (scenario, table) in SCENARIOS.iter().zip(&tables) {
            let row = &table[place];
            let line = format!("{:<24} {scenario:<11} {:<13} {}", name(row), row["status"], row["codes"]);
            writeln!(text, "{}", line.trim_end()).unwrap();
        }
    }
    golden("contoso.txt", &text);
}

#[test]
fn every_rule_fires_on_the_user_who_is_there_for_it() {
    let sample = table(&root().join("samples/contoso.csv"));
    let tables = SCENARIOS.map(|scenario| users(&["samples/contoso.csv"], scenario, &DOMAINS));
    for rule in rules::all().filter(|rule| !rule.is_about_organisation()) {
        let places: Vec<usize> =
            (0..sample.len()).filter(|&at| sample[at]["description"] == rule.code).collect();
        assert!(!places.is_empty(), "{} has no user in samples/contoso.csv", rule.code);
        for place in places {
            let fires = |table: &Vec<Row>| table[place]["codes"].split(' ').any(|code| code == rule.code);
            assert!(tables.iter().any(fires), "{} is silent about {}", rule.code, name(&tables[0][place]));
        }
    }
}

#[test]
fn the_clean_sample_is_silent() {
    for scenario in SCENARIOS {
        for options in [&[][..], &DOMAINS[..]] {
            let users = users(&["samples/clean.csv"], scenario, options);
            assert!(users.len() > 10);
            for row in users {
                assert_eq!(row["codes"], "", "{scenario}: {}", name(&row));
                assert!(["compliant", "excluded"].contains(&row["status"].as_str()), "{}", name(&row));
            }
        }
    }
}

/// The value of a field that differs from run to run, left out.
fn without_the_run(summary: &str) -> String {
    let field = |line: &str| {
        let varying = ["started", "ended", "path", "modified", "blake3"];
        let (key, _) = line.split_once("\": ")?;
        let key = key.trim_start().strip_prefix('"')?;
        let comma = if line.ends_with(',') { "," } else { "" };
        let indent = line.len() - line.trim_start().len();
        varying.contains(&key).then(|| format!("{}\"{key}\": \"…\"{comma}", " ".repeat(indent)))
    };
    // The page shows times and paths, so that its size varies.
    let page = summary.lines().position(|line| line.contains("\"report.html\""));
    let size = |place: usize| page.is_some_and(|page| place == page + 1);
    let line = |(place, line): (usize, &str)| {
        let kept = if size(place) { "      \"bytes\": \"…\",".to_owned() } else { line.to_owned() };
        field(line).unwrap_or(kept) + "\n"
    };
    summary.lines().enumerate().map(line).collect()
}

#[test]
fn the_report_of_the_sample() {
    let out = tempfile::tempdir().unwrap();
    let output = audit(&["samples/contoso.csv"], "lync-hybrid", out.path(), &DOMAINS);
    assert_eq!(output.status.code(), Some(1));
    let read = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    golden("contoso-users.csv", &read("users.csv"));
    golden("contoso-findings.csv", &read("findings.csv"));
    golden("contoso-summary.json", &without_the_run(&read("summary.json")));
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    let hash = blake3::hash(&fs::read(root().join("samples/contoso.csv")).unwrap());
    assert_eq!(summary["sources"][0]["blake3"], hash.to_hex().as_str());
    for file in summary["files"].as_array().unwrap() {
        let bytes = fs::read(out.path().join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["blake3"], blake3::hash(&bytes).to_hex().as_str(), "{file}");
        assert_eq!(file["bytes"], bytes.len(), "{file}");
    }
}

/// The columns that are judged.
const VERDICTS: [&str; 9] = [
    "status",
    "codes",
    "exchange_sees_sip",
    "lync_sees_mail",
    "outlook_integration",
    "owa_im_presence",
    "owa_online_meetings",
    "unified_contact_store",
    "high_res_photos",
];

/// Where the codes stand among them.
const CODES: usize = 1;

/// Where the two steps stand.
const STEPS: std::ops::Range<usize> = 2..4;

/// Each user with what is judged.
fn verdicts(source: &str, scenario: &str, options: &[&str]) -> Vec<(String, [String; 9])> {
    let of = |row: Row| (row["user_principal_name"].clone(), VERDICTS.map(|column| row[column].clone()));
    users(&[source], scenario, options).into_iter().map(of).collect()
}

#[test]
fn every_exporter_gives_the_same_verdicts() {
    for scenario in SCENARIOS {
        let of = |flavour: &str| verdicts(&format!("samples/flavours/{flavour}.csv"), scenario, &DOMAINS);
        let whole = of("ps51-utf8bom");
        for flavour in [
            "ps51-ascii",
            "ps51-semicolon",
            "ps51-tab",
            "ps51-type",
            "ps51-utf16",
            "ps7",
            "csvde",
            "csvde-utf16",
        ] {
            assert_eq!(of(flavour), whole, "{flavour} in {scenario}");
        }
        // These carry fewer columns: what they say at all is the same.
        for flavour in ["exchange-get-mailbox", "lync-get-csuser", "m365-users"] {
            for (user, verdict) in of(flavour) {
                let (_, known) = whole.iter().find(|(other, _)| *other == user).unwrap();
                let place = format!("{flavour} in {scenario}: {user}");
                for code in verdict[CODES].split_whitespace() {
                    // The centre does not tell where mailboxes are, and whoever may have one needs the address.
                    let assumed = (flavour, scenario, code) == ("m365-users", "sfb-online", "SIP001");
                    assert!(assumed || known[CODES].split(' ').any(|other| other == code), "{place}: {code}");
                }
                for step in STEPS.filter(|_| known[CODES].is_empty() && verdict[CODES].is_empty()) {
                    let open = ["n/a", "not-evaluated"].contains(&verdict[step].as_str());
                    assert!(open || verdict[step] == known[step], "{place}: {}", verdict[step]);
                }
            }
        }
    }
}

/// The sample as another exporter would write it.
fn rewritten(folder: &Path, name: &str, delimiter: u8, style: csv::QuoteStyle, head: &str) -> String {
    let sample = fs::read_to_string(root().join("samples/contoso.csv")).unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(sample.trim_start_matches('\u{feff}').as_bytes());
    let mut writer =
        csv::WriterBuilder::new().delimiter(delimiter).quote_style(style).from_writer(Vec::new());
    for record in reader.records() {
        writer.write_record(&record.unwrap()).unwrap();
    }
    let text = head.to_owned() + &String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let bytes = if name.contains("utf16") {
        "\u{feff}"
            .chars()
            .chain(text.chars())
            .collect::<String>()
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect()
    } else {
        text.into_bytes()
    };
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_form_of_the_table_does_not_matter() {
    use csv::QuoteStyle::{Always, Necessary};
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let forms = [
        rewritten(folder, "semicolon-utf16.csv", b';', Always, "#TYPE Selected.System.Object\r\n"),
        rewritten(folder, "tab.csv", b'\t', Always, "#TYPE Selected.System.Object\r\n"),
        rewritten(folder, "as-needed.csv", b',', Necessary, ""),
        rewritten(folder, "as-needed-semicolon.csv", b';', Necessary, "sep=;\r\n"),
    ];
    for scenario in SCENARIOS {
        let whole = verdicts("samples/contoso.csv", scenario, &DOMAINS);
        for form in &forms {
            assert_eq!(verdicts(form, scenario, &DOMAINS), whole, "{form} in {scenario}");
        }
    }
}
