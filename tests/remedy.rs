//! `remediate`: the plan of the sample, what is refused, and that a plan leaves nothing of what it is made for.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

mod common;
use common::{DOMAINS, Row, SCENARIOS, golden, program, root, table};

/// A folder with a report, and the plans made of it.
struct Desk(tempfile::TempDir);

impl Desk {
    /// Audits a source.
    fn of(source: &str, scenario: &str, options: &[&str]) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.audit(source, scenario, options, "report");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        program(self.0.path()).args(arguments).output().unwrap()
    }

    fn audit(&self, source: &str, scenario: &str, options: &[&str], out: &str) {
        let fixed = ["audit", source, "--scenario", scenario, "--out", out, "--exit-zero"];
        ended(&self.run(&[&fixed, options].concat()), 0);
    }

    /// Makes a plan of the report in `report`; gives what was printed.
    fn plan(&self, options: &[&str], out: &str) -> String {
        ended(&self.run(&[&["remediate", "report", "--out", out], options].concat()), 0)
    }

    fn rows(&self, name: &str) -> Vec<Row> {
        table(&self.path(name))
    }
}

/// The text on standard output, once the status is right.
#[track_caller]
fn ended(output: &Output, status: i32) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{told}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// It was refused with all of these words, and nothing was written.
#[track_caller]
fn refused(desk: &Desk, options: &[&str], words: &[&str]) {
    let output = desk.run(&[&["remediate", "report", "--out", "plan"], options].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    for word in words {
        assert!(told.contains(word), "not said: {word}\n{told}");
    }
    assert!(!desk.path("plan").exists());
    let rest = fs::read_dir(desk.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(rest.into_iter().all(|name| !name.to_string_lossy().starts_with('.')), "nothing is left behind");
}

fn sample() -> String {
    root().join("samples/contoso.csv").to_str().unwrap().to_owned()
}

#[test]
fn the_plan_of_the_sample() {
    let desk = Desk::of(&sample(), "lync-hybrid", &DOMAINS);
    desk.plan(&[], "plan");
    for (name, kept) in [
        ("plan.csv", "contoso-plan.csv"),
        ("fix.ldif", "contoso-fix.ldif"),
        ("undo.ldif", "contoso-undo.ldif"),
        ("needs-a-person.csv", "contoso-needs-a-person.csv"),
    ] {
        golden(kept, &fs::read_to_string(desk.path("plan").join(name)).unwrap());
    }
    let script = fs::read_to_string(desk.path("plan/Apply-Plan.ps1")).unwrap();
    assert_eq!(script, dirsync_audit::remedy::SCRIPT_TEXT);
}

/// The findings of a report with what they say.
fn findings(rows: &[Row]) -> BTreeSet<[String; 4]> {
    let of = |row: &Row| ["dn", "code", "attribute", "value"].map(|name| row[name].clone());
    rows.iter().map(of).collect()
}

/// The sample after the plan: cells of the CSV file replaced by the rows of `plan.csv`.
fn apply(desk: &Desk, plan: &str) -> String {
    let text = fs::read_to_string(sample()).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().unwrap().clone();
    let at = |name: &str| headings.iter().position(|heading| heading == name).unwrap();
    let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    writer.write_record(&headings).unwrap();
    let steps = desk.rows(&format!("{plan}/plan.csv"));
    for record in reader.records() {
        let mut cells: Vec<String> = record.unwrap().iter().map(str::to_owned).collect();
        let guid = cells[at("objectGUID")].clone();
        for step in steps.iter().filter(|step| step["objectGUID"] == guid) {
            let cell = &mut cells[at(&step["attribute"])];
            let mut values: Vec<&str> = cell.split(';').filter(|value| !value.is_empty()).collect();
            if !step["old"].is_empty() {
                let place =
                    values.iter().position(|value| *value == step["old"]).expect("the old value is there");
                values.remove(place);
            }
            if !step["new"].is_empty() {
                values.push(&step["new"]);
            }
            *cell = values.join(";");
        }
        writer.write_record(&cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

#[test]
fn once_applied_what_was_planned_is_gone_and_nothing_is_new_in_any_scenario() {
    for scenario in SCENARIOS {
        let desk = Desk::of(&sample(), scenario, &DOMAINS);
        let told = desk.plan(&[], "plan");
        let before = desk.rows("report/findings.csv");
        let person = desk.rows("plan/needs-a-person.csv");
        fs::write(desk.path("mended.csv"), apply(&desk, "plan")).unwrap();
        desk.audit("mended.csv", scenario, &DOMAINS, "report");
        let after = desk.rows("report/findings.csv");
        let (old, new) = (findings(&before), findings(&after));
        assert!(new.is_subset(&old), "{scenario}: {:?}", new.difference(&old).collect::<Vec<_>>());
        let left: BTreeSet<[String; 4]> = person
            .iter()
            .map(|row| ["DN", "rule", "attribute", "value"].map(|name| row[name].clone()))
            .collect();
        assert_eq!(left, new, "{scenario}: what needs a person is exactly what is left");
        let suggested = before.iter().filter(|row| !row["suggestion"].is_empty()).count();
        assert!(suggested >= 7, "{scenario}: {suggested}");
        // No directory that compares like Active Directory can hold what PRX007 finds in the sample, or take it back.
        let suggested =
            after.iter().filter(|row| !row["suggestion"].is_empty()).map(|row| row["code"].as_str());
        assert_eq!(suggested.collect::<Vec<_>>(), ["PRX007"], "{scenario}");
        let compliant = |rows: &[Row]| rows.iter().filter(|row| row["status"] == "compliant").count();
        let now = compliant(&desk.rows("report/users.csv"));
        assert!(told.contains(&format!("compliant users then {now:>30}")), "{now}\n{told}");
        // And a second time there is nothing to do.
        let again = desk.plan(&[], "again");
        assert!(again.contains(&format!("objects to change {:>33}", 0)), "{again}");
        assert!(desk.rows("again/plan.csv").is_empty());
        assert!(!fs::read_to_string(desk.path("again/fix.ldif")).unwrap().contains("changetype"));
    }
}

#[test]
fn rules_folders_and_numbers_choose() {
    let desk = Desk::of(&sample(), "lync-hybrid", &DOMAINS);
    desk.plan(&[], "all");
    let all = desk.rows("all/plan.csv");
    desk.plan(&["--rule", "prx,MAIL001"], "rules");
    let codes: BTreeSet<String> =
        desk.rows("rules/plan.csv").into_iter().map(|row| row["rule"].clone()).collect();
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), ["MAIL001", "PRX002", "PRX003", "PRX009"]);
    let ou = "ou=sales, OU=Staff,dc=corp,DC=contoso,DC=com";
    desk.plan(&["--ou", ou], "ou");
    let inside = |row: &&Row| row["DN"].contains(",OU=Sales,");
    assert_eq!(desk.rows("ou/plan.csv"), all.iter().filter(inside).cloned().collect::<Vec<_>>());
    assert!(desk.rows("ou/needs-a-person.csv").iter().all(|row| inside(&row)));
    let told = desk.plan(&["--limit", "3"], "limit");
    assert_eq!(desk.rows("limit/plan.csv"), all[..3]);
    let left = all.len() - 3;
    assert!(told.contains(&format!("findings left for another run (--limit) {left:>11}")), "{told}");
}

#[test]
fn a_preview_writes_nothing() {
    let desk = Desk::of(&sample(), "lync-hybrid", &DOMAINS);
    let told = desk.plan(&["--preview"], "plan");
    assert!(told.contains("users that become compliant") && told.contains("Nothing was written"), "{told}");
    assert!(!desk.path("plan").exists());
}

fn copied(desk: &Desk) -> PathBuf {
    let path = desk.path("users.csv");
    fs::copy(sample(), &path).unwrap();
    path
}

#[test]
fn sources_that_are_not_those_of_the_report_are_refused() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let path = copied(&desk);
    desk.audit("users.csv", "lync-hybrid", &[], "report");
    let text = fs::read_to_string(&path).unwrap();
    // As many octets as before.
    fs::write(&path, text.replacen("Bernd", "Bernt", 1)).unwrap();
    refused(&desk, &[], &["size or hash differ", "users.csv", "audit it again"]);
    fs::write(&path, text.clone() + " ").unwrap();
    refused(&desk, &[], &["size or hash differ"]);
    fs::remove_file(&path).unwrap();
    refused(&desk, &[], &["cannot open"]);
    // Moved, it is the same.
    fs::write(desk.path("moved.csv"), text).unwrap();
    refused(&desk, &["moved.csv", "moved.csv"], &["1 source"]);
    desk.plan(&["moved.csv"], "plan");
}

#[test]
fn reports_that_cannot_be_read_again_are_refused() {
    let desk = Desk::of(&sample(), "lync-hybrid", &["--redact", "partial"]);
    refused(&desk, &[], &["redacted", "without --redact"]);
    fs::remove_dir_all(desk.path("report")).unwrap();
    refused(&desk, &[], &["summary.json"]);
    let mut program = program(desk.0.path());
    program.args(["audit", "-", "--scenario", "lync-hybrid", "--exit-zero", "--out", "report"]);
    ended(&program.stdin(fs::File::open(sample()).unwrap()).output().unwrap(), 0);
    refused(&desk, &[], &["standard input", "save the export"]);
    refused(&desk, &["-"], &["standard input", "save the export"]);
    refused(&desk, &["ldap://127.0.0.1:1"], &["a server", "fetch"]);
    let path = desk.path("report/summary.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"name\": \"-\"", "\"name\": \"ldaps://dc.contoso.com\"")).unwrap();
    refused(&desk, &[], &["ldaps://dc.contoso.com", "a server", "fetch"]);
    fs::write(&path, text.replace("\"schema_version\": 1", "\"schema_version\": 99")).unwrap();
    refused(&desk, &[], &["version 99"]);
    fs::write(&path, &text[..text.len() / 2]).unwrap();
    refused(&desk, &[], &["no summary"]);
}

#[test]
fn an_older_plan_stays() {
    let desk = Desk::of(&sample(), "lync-hybrid", &[]);
    desk.plan(&[], "plan");
    let kept = fs::read(desk.path("plan/undo.ldif")).unwrap();
    let output = desk.run(&["remediate", "report", "--out", "plan", "--limit", "1"]);
    ended(&output, 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("not empty"));
    assert_eq!(fs::read(desk.path("plan/undo.ldif")).unwrap(), kept);
}

/// A CSV file of users with these columns.
fn users(desk: &Desk, rows: &[[&str; 7]]) {
    let columns = "objectGUID,distinguishedName,mail,proxyAddresses,msRTCSIP-PrimaryUserAddress,msRTCSIP-DeploymentLocator,userPrincipalName,msRTCSIP-UserEnabled,msRTCSIP-PrimaryHomeServer";
    let mut text = columns.to_owned() + "\n";
    for row in rows {
        text += &row.map(|cell| format!("\"{cell}\"")).join(",");
        text += ",,\n";
    }
    fs::write(desk.path("users.csv"), text).unwrap();
    desk.audit("users.csv", "lync-hybrid", &[], "report");
}

const GUIDS: [&str; 3] = [
    "5f3c0001-7a1b-4c2d-9e3f-00155d000001",
    "5f3c0002-7a1b-4c2d-9e3f-00155d000002",
    "5f3c0003-7a1b-4c2d-9e3f-00155d000003",
];

/// Why each finding of a rule needs a person.
fn whys(desk: &Desk, plan: &str, code: &str) -> Vec<String> {
    let rows = desk.rows(&format!("{plan}/needs-a-person.csv"));
    rows.into_iter().filter(|row| row["rule"] == code).map(|row| row["why"].clone()).collect()
}

#[test]
fn who_an_object_is_must_be_certain() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let proxies = |name: &str| format!("SMTP:{name}@contoso.com;sip:{name}@contoso.com");
    let (a, b, c, d) = (proxies("a"), proxies("b"), proxies("c"), proxies("d"));
    users(
        &desk,
        &[
            ["", "CN=a,DC=contoso,DC=com", "", &a, "sip:a@contoso.com", "", "a@contoso.com"],
            [GUIDS[0], "", "", &b, "sip:b@contoso.com", "", "b@contoso.com"],
            [GUIDS[1], "CN=c,DC=contoso,DC=com", "", &c, "sip:c@contoso.com", "", "c@contoso.com"],
            [GUIDS[2], "cn=C,DC=contoso,DC=com", "", &d, "sip:d@contoso.com", "", "d@contoso.com"],
        ],
    );
    desk.plan(&[], "plan");
    assert!(desk.rows("plan/plan.csv").is_empty());
    let whys = whys(&desk, "plan", "MAIL001");
    assert_eq!(whys.len(), 4);
    assert!(whys[..2].iter().all(|why| why.contains("objectGUID and DN")), "{whys:?}");
    assert!(whys[2..].iter().all(|why| why.contains("two objects")), "{whys:?}");
}

#[test]
fn what_is_withheld_or_contradicts_itself_is_told() {
    let desk = Desk(tempfile::tempdir().unwrap());
    users(
        &desk,
        &[
            // The address of another one.
            [GUIDS[0], "CN=a,DC=contoso,DC=com", "", "SMTP:b@contoso.com", "", "", "a@contoso.com"],
            [
                GUIDS[1],
                "CN=b,DC=contoso,DC=com",
                "b@contoso.com",
                "SMTP:b@contoso.com",
                "",
                "",
                "b@contoso.com",
            ],
            // A leftover, or an address that is missing?
            [
                GUIDS[2],
                "CN=c,DC=contoso,DC=com",
                "c@contoso.com",
                "SMTP:c@contoso.com;sip:c@contoso.com",
                "",
                "SRV:",
                "c@contoso.com",
            ],
        ],
    );
    desk.plan(&[], "plan");
    assert!(desk.rows("plan/plan.csv").is_empty());
    assert!(whys(&desk, "plan", "MAIL001")[0].starts_with("another object has the address"));
    assert!(whys(&desk, "plan", "SIP006")[0].contains("contradicts that of HOME002"));
    assert!(whys(&desk, "plan", "HOME002")[0].contains("contradicts that of SIP006"));
    // Whoever decides takes one of the rules.
    desk.plan(&["--rule", "HOME002"], "chosen");
    assert_eq!(desk.rows("chosen/plan.csv").len(), 1);
}

/// What was given to the audit beside the file is known to the plan.
#[test]
fn the_file_is_read_as_it_was_for_the_report() {
    let desk = Desk(tempfile::tempdir().unwrap());
    let row = format!("{}|CN=J\u{fc}rg,DC=contoso,DC=com|a@contoso.com |J\n", GUIDS[0]);
    let text = "objectGUID|distinguishedName|Work e-mail|displayName\n".to_owned() + &row;
    let bytes: Vec<u8> =
        text.chars().map(|c| if c == '\u{fc}' { 0x81 } else { u8::try_from(c).unwrap() }).collect();
    fs::write(desk.path("users.txt"), bytes).unwrap();
    let how = ["--map", "Work e-mail=mail", "--encoding", "cp850", "--delimiter", "|"];
    desk.audit("users.txt", "lync-hybrid", &how, "report");
    desk.plan(&[], "plan");
    let rows = desk.rows("plan/plan.csv");
    assert_eq!(
        (rows[0]["DN"].as_str(), rows[0]["old"].as_str()),
        ("CN=Jürg,DC=contoso,DC=com", "a@contoso.com ")
    );
    let fix = fs::read_to_string(desk.path("plan/fix.ldif")).unwrap();
    assert!(fix.is_ascii() && fix.contains("dn:: "));
}

#[cfg(unix)]
#[test]
fn only_its_owner_reads_the_plan() {
    use std::os::unix::fs::MetadataExt;
    let desk = Desk::of(&sample(), "lync-hybrid", &[]);
    desk.plan(&[], "plan");
    let own = |path: &Path| assert_eq!(fs::metadata(path).unwrap().mode() & 0o077, 0, "{}", path.display());
    own(&desk.path("plan"));
    for entry in fs::read_dir(desk.path("plan")).unwrap() {
        own(&entry.unwrap().path());
    }
}
