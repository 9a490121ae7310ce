//! Night after night: what was accepted, and what it changes.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::fs;
use std::path::Path;

use common::{Row, program, root, table};

const CARLA: &str = "5f3c0002-7a1b-4c2d-9e3f-00155d000002";

/// Audits the sample in a folder with settings; gives exit status and what was printed.
fn night(folder: &Path, settings: &str, options: &[&str]) -> (i32, String) {
    fs::write(folder.join("dirsync-audit.toml"), settings).unwrap();
    let changed = folder.join("users.csv");
    let sample = if changed.exists() { changed } else { root().join("samples/contoso.csv") };
    let mut program = program(folder);
    program.arg("audit").arg(sample).args(["--out", "report"]).args(options);
    if !options.contains(&"--scenario") {
        program.args(["--scenario", "lync-onprem"]);
    }
    let output = program.output().unwrap();
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (output.status.code().unwrap(), told)
}

fn findings(folder: &Path) -> Vec<Row> {
    table(&folder.join("report/findings.csv"))
}

fn summary(folder: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(folder.join("report/summary.json")).unwrap()).unwrap()
}

fn suppress(rule: &str, about: &str, more: &str) -> String {
    format!("[[suppress]]\nrule = \"{rule}\"\nmatch = \"{about}\"\nreason = \"known\"\n{more}\n")
}

/// The row of Carla in `users.csv`.
fn carla(folder: &Path) -> Row {
    let rows = table(&folder.join("report/users.csv"));
    rows.into_iter().find(|row| row["object_guid"] == CARLA).unwrap()
}

#[test]
fn what_is_suppressed_keeps_its_row_and_counts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert_eq!(night(folder, "", &[]).0, 1);
    let (before, plain, was) = (findings(folder), summary(folder), carla(folder));
    assert_eq!((was["errors"].as_str(), was["status"].as_str()), ("1", "non-compliant"));
    let (status, told) =
        night(folder, &suppress("SIP", CARLA, "until = 2999-01-01\nticket = \"CHG-1\""), &[]);
    assert_eq!(status, 1);
    assert!(told.contains("1 finding suppressed: listed, and not counted."), "{told}");
    let (after, counted, is) = (findings(folder), summary(folder), carla(folder));
    // Every row is there as it was, but for the state of one.
    let bare = |rows: &[Row]| -> Vec<Row> {
        let strip = |row: &Row| row.clone().into_iter().filter(|(name, _)| name != "state").collect();
        rows.iter().map(strip).collect()
    };
    assert_eq!(bare(&before), bare(&after));
    let suppressed: Vec<&Row> = after.iter().filter(|row| !row["state"].is_empty()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(
        (suppressed[0]["object_guid"].as_str(), suppressed[0]["state"].as_str()),
        (CARLA, "suppressed")
    );
    assert_eq!([&is["errors"], &is["codes"], &is["next_step"]], ["0", "", ""]);
    assert_ne!(is["status"], "non-compliant");
    // What is broken stays broken.
    for column in ["exchange_sees_sip", "outlook_integration", "owa_im_presence", "owa_online_meetings"] {
        assert_eq!(was[column], is[column], "{column}");
    }
    let errors = |summary: &serde_json::Value| summary["counts"]["by_severity"]["error"].as_u64().unwrap();
    assert_eq!(errors(&plain), errors(&counted) + 1);
    assert_eq!(counted["counts"]["suppressed"], 1);
    let listed = &counted["suppressions"][0];
    assert_eq!(
        [
            &listed["rule"],
            &listed["match"],
            &listed["reason"],
            &listed["until"],
            &listed["ticket"],
            &listed["state"]
        ],
        ["SIP", CARLA, "known", "2999-01-01", "CHG-1", "in-force"]
    );
    assert_eq!(listed["findings"], 1);
    let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert!(page.contains("What is suppressed") && page.contains("CHG-1"));
}

#[test]
fn everything_suppressed_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let all: String = ["SIP", "MAIL", "PRX", "HOME", "ACC", "UPN", "ID", "LINE", "UNQ"]
        .map(|family| suppress(family, "DC=com", ""))
        .concat();
    let (status, told) = night(folder.path(), &all, &["--format", "csv,sarif,junit,xlsx"]);
    assert_eq!(status, 0, "{told}");
    let rows = findings(folder.path());
    assert!(rows.len() > 50 && rows.iter().all(|row| row["state"] == "suppressed"));
    let sarif: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.path().join("report/findings.sarif")).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["suppressions"][0]["kind"] == "external"));
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook(folder.path().join("report/report.xlsx")).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Summary").unwrap();
    let told: Vec<Vec<String>> =
        sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let start = told.iter().position(|row| row[0] == "Rules suppressed").unwrap();
    let counts = told[start + 1..start + 10].iter().map(|row| {
        assert_eq!([&row[1], &row[6]], ["DC=com", "known"]);
        row[2].parse::<usize>().unwrap()
    });
    assert_eq!(counts.sum::<usize>(), rows.len());
}

#[test]
fn an_expired_one_comes_back_and_an_unused_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let settings = suppress("SIP", CARLA, "until = 2020-01-01") + &suppress("SIP", "nobody@contoso.com", "");
    let (status, told) = night(folder, &settings, &[]);
    assert_eq!(status, 1);
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        told.contains(&format!(
            "warning: the suppression of SIP for `{CARLA}` expired on 2020-01-01: 1 finding counts again"
        )),
        "{told}"
    );
    assert!(
        told.contains("warning: the suppression of SIP for `nobody@contoso.com` covers nothing"),
        "{told}"
    );
    assert!(findings(folder).iter().all(|row| row["state"].is_empty()));
    assert_eq!(carla(folder)["errors"], "1");
    let summary = summary(folder);
    let standing: Vec<&str> = summary["suppressions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(standing, ["unused", "expired"]);
    // Where not everybody is reported, nobody can say that it is of no use.
    fs::write(folder.join("wave.txt"), "bernd.baumann@contoso.com\n").unwrap();
    let told = night(folder, &settings, &["--only", "wave.txt"]).1;
    assert!(!told.contains("covers nothing:"), "{told}");
}

#[test]
fn redacted_reports_name_nobody_in_their_suppressions() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let settings = suppress("SIP", "carla.conrad@contoso.com", "") + &suppress("SIP", "old@contoso.com", "");
    fs::write(folder.join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    let (_, told) = night(
        folder,
        &settings,
        &["--redact", "hash", "--redact-key-file", "key", "--format", "csv,html,jsonl"],
    );
    let files = fs::read_dir(folder.join("report")).unwrap();
    let texts = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    for text in texts.map(|octets| String::from_utf8_lossy(&octets).into_owned()).chain([told]) {
        assert!(!text.contains("carla") && !text.contains("old@"), "{text}");
    }
    assert_eq!(summary(folder)["counts"]["suppressed"], 1);
}

/// The sample with its rows changed, as the export of the next night.
fn next_night(folder: &Path, change: impl Fn(Vec<csv::StringRecord>) -> Vec<csv::StringRecord>) {
    let text = fs::read_to_string(root().join("samples/contoso.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(folder.join("users.csv")).unwrap();
    writer.write_record(&headings).unwrap();
    for row in change(rows) {
        writer.write_record(&row).unwrap();
    }
    writer.flush().unwrap();
}

/// A cell of every row changed where `which` says so; columns by their places in the sample.
fn set(rows: Vec<csv::StringRecord>, change: impl Fn(usize, &str) -> String) -> Vec<csv::StringRecord> {
    rows.into_iter()
        .map(|row| row.iter().enumerate().map(|(column, cell)| change(column, cell)).collect())
        .collect()
}

const PROXIES: usize = 11;

/// Carla gets her sip proxy, Bernd loses his; everybody moves to another OU; the rows are turned around.
fn known_differences(rows: Vec<csv::StringRecord>) -> Vec<csv::StringRecord> {
    let mut rows = set(rows, |column, cell| match column {
        0 => cell.replace(",OU=Staff,", ",OU=People,OU=New,"),
        PROXIES if cell.contains(";sip:bernd.baumann@contoso.com") => {
            cell.replace(";sip:bernd.baumann@contoso.com", "")
        }
        PROXIES if cell.starts_with("SMTP:carla.conrad@contoso.com") => {
            cell.to_owned() + ";sip:carla.conrad@contoso.com"
        }
        _ => cell.to_owned(),
    });
    rows.reverse();
    rows
}

/// The number behind a name in the comparison of the summary.
fn compared(folder: &Path) -> [u64; 3] {
    let summary = summary(folder);
    ["new", "fixed", "unchanged"].map(|name| summary["baseline"][name].as_u64().unwrap())
}

fn old_one(folder: &Path) {
    fs::rename(folder.join("report"), folder.join("old")).unwrap();
}

#[test]
fn what_is_new_and_what_is_fixed_is_exactly_right() {
    for redacted in [&[][..], &["--redact", "hash", "--redact-key-file", "key"]] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("key"), "0123456789abcdef0123456789abcdef").unwrap();
        night(folder, "", redacted);
        let all = findings(folder).len() as u64;
        let before: Vec<String> = findings(folder).iter().map(|row| row["fingerprint"].clone()).collect();
        old_one(folder);

        // The same again, whatever the order and the folders of the directory.
        next_night(folder, |rows| {
            let mut rows =
                set(
                    rows,
                    |column, cell| {
                        if column == 0 { cell.replace("OU=Staff", "OU=People") } else { cell.into() }
                    },
                );
            rows.reverse();
            rows
        });
        let options = [redacted, &["--baseline", "old", "--fail-on", "new"]].concat();
        let (status, told) = night(folder, "", &options);
        assert_eq!((status, compared(folder)), (0, [0, 0, all]), "{told}");
        assert!(findings(folder).iter().all(|row| row["state"] == "unchanged"));

        next_night(folder, known_differences);
        let (status, told) = night(folder, "", &options);
        assert_eq!(status, 1, "{told}");
        assert!(
            told.contains("exit status 1: done, with findings that the baseline does not have: "),
            "{told}"
        );
        let rows = findings(folder);
        let new: Vec<&Row> = rows.iter().filter(|row| row["state"] == "new").collect();
        // By hand: what the old report does not have, and what the new one lacks.
        let after: Vec<&String> = rows.iter().map(|row| &row["fingerprint"]).collect();
        let fixed = before.iter().filter(|print| !after.contains(print)).count() as u64;
        let count = new.len() as u64;
        assert_eq!(compared(folder), [count, fixed, all - fixed]);
        assert!(new.iter().all(|row| !before.contains(&row["fingerprint"])));
        assert!(
            count > 0 && new.iter().any(|row| row["code"] == "SIP001" && row["object_guid"].ends_with('1'))
                || !redacted.is_empty()
        );
        assert!(fixed > 0);
        let by_rule = summary(folder)["baseline"]["by_rule"].clone();
        let sip001 =
            by_rule.as_array().unwrap().iter().find(|rule| rule["code"] == "SIP001").unwrap().clone();
        assert_eq!((&sip001["new"], &sip001["fixed"]), (&1.into(), &1.into()));
    }
}

#[test]
fn reports_that_do_not_compare_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("key"), "0123456789abcdef0123456789abcdef").unwrap();
    fs::write(folder.join("other"), "x123456789abcdef0123456789abcdef").unwrap();
    let hashed = |key| ["--redact", "hash", "--redact-key-file", key, "--baseline", "old"];
    night(folder, "", &hashed("key")[..4]);
    old_one(folder);
    for (options, why) in [
        (&["--baseline", "old"][..], "this report is redacted `hash`, the audit `none`"),
        (&hashed("other"), "under another key"),
        (&[&hashed("key")[..], &["--scenario", "teams"]].concat(), "is for lync-onprem, the audit for teams"),
        (&["--baseline", "nowhere"], "open the report"),
        (&["--fail-on", "new"], "--baseline"),
    ] {
        let (status, told) = night(folder, "", options);
        assert_eq!(status, 2, "{options:?}: {told}");
        assert!(told.contains(why), "{options:?}: {told}");
        assert!(!folder.join("report/summary.json").exists());
    }
    assert_eq!(night(folder, "", &hashed("key")).0, 1);
    // A file that somebody has changed, and a report without the file.
    fs::write(folder.join("old/findings.csv"), "\u{feff}\"dn\",\"code\"\r\n").unwrap();
    let (status, told) = night(folder, "", &hashed("key"));
    assert!(status == 2 && told.contains("is not the one that the report was finished with"), "{told}");
}

#[test]
fn a_job_compares_with_its_own_report_from_the_first_night_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let options = ["--baseline", "report", "--fail-on", "new"];
    assert_eq!(night(folder, "", &options).0, 1);
    let [new, fixed, unchanged] = compared(folder);
    assert!(new > 50 && fixed == 0 && unchanged == 0);
    assert_eq!(night(folder, "", &options).0, 0);
    assert_eq!(compared(folder), [0, 0, new]);
    // What was suppressed since is neither new nor fixed.
    assert_eq!(night(folder, &suppress("SIP", CARLA, ""), &options).0, 0);
    assert_eq!(compared(folder), [0, 0, new - 1]);
    assert_eq!(night(folder, "", &options).0, 0);
    assert_eq!(compared(folder), [0, 0, new]);
    // What was not looked for is not fixed.
    let (_, told) = night(folder, "", &["--baseline", "report", "--ignore", "SIP"]);
    assert_eq!(compared(folder)[1], 0);
    assert!(told.contains("not run this time, so not counted as fixed"), "{told}");
}

#[test]
fn diff_says_by_rule_and_by_user_what_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder, "", &["--csv-delimiter", ";"]);
    old_one(folder);
    next_night(folder, known_differences);
    night(folder, "", &["--baseline", "old"]);
    let expected = compared(folder);
    let output =
        program(folder).args(["diff", "old", "report/findings.csv", "--out", "diff"]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("diff/diff.json")).unwrap()).unwrap();
    let counts =
        |of: &serde_json::Value| ["new", "fixed", "unchanged"].map(|name| of[name].as_u64().unwrap());
    assert_eq!(counts(&json["total"]), expected);
    let rows = table(&folder.join("diff/diff.csv"));
    let number = |change: &str| rows.iter().filter(|row| row["change"] == change).count() as u64;
    assert_eq!(["new", "fixed", "unchanged"].map(number), expected);
    let users = json["by_user"].as_array().unwrap();
    let user = |guid: &str| users.iter().find(|user| user["object_guid"] == guid).map(counts);
    assert_eq!(user(CARLA).map(|[new, fixed, _]| (new, fixed)), Some((0, 1)));
    let bernd = "5f3c0001-7a1b-4c2d-9e3f-00155d000001";
    assert_eq!(user(bernd).map(|[new, fixed, _]| (new, fixed)), Some((1, 0)));
    let sums = |list: &str| {
        json[list]
            .as_array()
            .unwrap()
            .iter()
            .map(counts)
            .fold([0; 2], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
    };
    assert_eq!(sums("by_rule"), expected[..2]);
    assert_eq!(sums("by_user"), expected[..2]);
    assert!(told.contains("bernd.baumann@contoso.com") && told.contains("SIP001"), "{told}");
    // The other way round what was new is fixed.
    let back = program(folder).args(["diff", "report", "old", "--out", "back"]).output().unwrap();
    assert_eq!(back.status.code(), Some(0));
    let json: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("back/diff.json")).unwrap()).unwrap();
    let [new, fixed, unchanged] = expected;
    assert_eq!(counts(&json["total"]), [fixed, new, unchanged]);
}

#[test]
fn what_is_adopted_is_suppressed_and_only_that() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder, "", &[]);
    let all = findings(folder).len();
    let adopt = |options: &[&str]| {
        let output = program(folder)
            .args(["adopt", "report", "--reason", "before \"us\""])
            .args(options)
            .output()
            .unwrap();
        let [out, told] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code().unwrap(), out, told)
    };
    let (status, settings, told) = adopt(&["--until", "2999-12-31"]);
    assert_eq!(status, 0, "{told}");
    let (status, told) = night(folder, &settings, &[]);
    assert_eq!(status, 0, "{told}");
    let rows = findings(folder);
    assert_eq!(rows.len(), all);
    assert!(rows.iter().all(|row| row["state"] == "suppressed"));
    assert!(summary(folder)["suppressions"].as_array().unwrap().iter().all(|one| one["state"] == "in-force"));
    // Nothing is left to adopt; of some rules, into a file that stays what it was before.
    assert_eq!(adopt(&[]).1, "");
    night(folder, "exit-zero = false", &[]);
    let (status, out, told) = adopt(&["--select", "SIP", "--append-to", "dirsync-audit.toml"]);
    assert_eq!((status, out.as_str()), (0, ""), "{told}");
    let settings = fs::read_to_string(folder.join("dirsync-audit.toml")).unwrap();
    assert!(settings.starts_with("exit-zero = false\n"));
    assert_eq!(night(folder, &settings, &[]).0, 1);
    assert!(
        findings(folder).iter().all(|row| (row["state"] == "suppressed") == row["code"].starts_with("SIP"))
    );
    assert_eq!(adopt(&["--until", "soon"]).0, 2);
    night(folder, "", &["--redact", "partial"]);
    let (status, _, told) = adopt(&[]);
    assert!(status == 2 && told.contains("redacted"), "{told}");
}

/// The runs in a history, as `SQLite` says; it must be whole.
fn kept(path: &Path) -> Vec<(String, i64)> {
    let file = rusqlite::Connection::open(path).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    let mut asked = file.prepare("SELECT scenario, errors FROM run ORDER BY id").unwrap();
    asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_history_shows_the_trend() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let options = ["--history", "history.db"];
    night(folder, "", &options);
    let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert!(!page.contains("<polyline"), "one run is no trend");
    next_night(folder, known_differences);
    night(folder, &suppress("SIP", "DC=com", ""), &options);
    night(folder, "", &["--history", "history.db", "--scenario", "teams"]);
    let counted = kept(&folder.join("history.db"));
    assert_eq!(counted.len(), 3);
    assert!(counted[0].1 > counted[1].1);
    night(folder, "", &options);
    let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
    assert!(page.contains("<polyline") && page.contains("over the last 3 runs"));
    assert_eq!(summary(folder)["history"]["kept"], true);
    let print = |options: &[&str]| {
        let output = program(folder).args(["history", "history.db"]).args(options).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let told = print(&[]);
    assert_eq!(told.lines().filter(|line| line.starts_with("20")).count(), 4);
    assert!(told.contains("errors, lync-onprem: █") && told.contains("errors, teams: █"), "{told}");
    assert_eq!(print(&["--scenario", "teams"]).lines().filter(|line| line.starts_with("20")).count(), 1);
    assert_eq!(print(&["--prune", "1"]), "3 runs taken out\n");
    assert_eq!(kept(&folder.join("history.db")).len(), 1);
}

#[test]
fn whatever_is_wrong_with_the_history_costs_the_entry_and_not_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let options = ["--history", "history.db"];
    night(folder, "", &options);
    let costs_the_entry = |why: &str, options: &[&str]| {
        let _ = fs::remove_dir_all(folder.join("report"));
        let (status, told) = night(folder, "", options);
        assert_eq!(status, 1, "{told}");
        assert!(told.contains("warning: the run is not in the history: ") && told.contains(why), "{told}");
        let summary = summary(folder);
        assert_eq!(summary["history"]["kept"], false);
        assert!(summary["history"]["problem"].as_str().unwrap().contains(why), "{summary}");
        let page = fs::read_to_string(folder.join("report/report.html")).unwrap();
        assert!(page.contains("This run is not in the history"));
    };
    let other = rusqlite::Connection::open(folder.join("history.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    costs_the_entry("locked", &options);
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    night(folder, "", &options);
    assert_eq!(kept(&folder.join("history.db")).len(), 2);
    fs::write(folder.join("history.db"), "this is no database\n".repeat(200)).unwrap();
    costs_the_entry("not a database", &options);
    assert_eq!(fs::read_to_string(folder.join("history.db")).unwrap().len(), 4000, "the file is left alone");
    fs::create_dir(folder.join("folder")).unwrap();
    costs_the_entry("history", &["--history", "folder"]);
    costs_the_entry("history", &["--history", "nowhere/history.db"]);
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder, "", &["--history", "history.db"]);
    let lock = fs::File::open(folder.join("report/.lock")).unwrap();
    lock.lock().unwrap();
    let before = fs::read(folder.join("report/summary.json")).unwrap();
    let (status, told) = night(folder, "", &["--history", "history.db"]);
    assert_eq!(status, 2);
    assert!(told.contains("another run is writing its report here"), "{told}");
    assert_eq!(before, fs::read(folder.join("report/summary.json")).unwrap());
    assert_eq!(kept(&folder.join("history.db")).len(), 1);
    drop(lock);
    assert_eq!(night(folder, "", &[]).0, 1);
}

/// A baseline is part of the memory: within it the same is found, beyond it somebody has to say how to go on.
#[test]
fn a_baseline_takes_its_part_of_the_memory() {
    use std::fmt::Write;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut many = String::from("userPrincipalName,sAMAccountName,mail\n");
    for number in 0..180_000 {
        writeln!(many, "u{number}@contoso.local,u{number},u{number} @contoso.com").unwrap();
    }
    fs::write(folder.join("users.csv"), many).unwrap();
    let least = ["--format", "csv,json", "--memory", "32M"];
    assert_eq!(night(folder, "", &least).0, 1);
    let found = table(&folder.join("report/findings.csv")).len();
    assert!(found > 160_000, "{found} are less than 3 MiB");
    let (status, told) = night(folder, "", &[&least[..], &["--baseline", "report"]].concat());
    assert_eq!(status, 2, "{told}");
    assert!(
        told.contains("--memory: the findings of the baseline alone take ") && told.contains("remedy: "),
        "{told}"
    );
    let enough = ["--format", "csv,json", "--memory", "40M", "--threads", "1", "--baseline", "report"];
    let (status, told) = night(folder, "", &[&enough[..], &["--fail-on", "new"]].concat());
    assert_eq!((status, compared(folder)[0]), (0, 0), "{told}");
}
