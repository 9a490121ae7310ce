//! The folder: whole reports or none, one run at a time, and what the summary says.

use std::fs::{self, File};
use std::path::Path;

use super::redact::Mode;
use super::summary::{InForce, Source};
use super::{Folder, Format, Options, Summary, Written, wire};
use crate::error::Error;
use crate::finding::Severity;
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Facts, User};
use crate::rules::counts::Counts;
use crate::rules::verdict::{self, Judged};
use crate::rules::{self, MailboxPlace, RuleSet, Scenario};

/// What a run says about itself at its end.
pub(super) fn summary() -> Summary {
    let mut problems = Problems::default();
    problems.add(Problem::LongRow, 7);
    let source = Source {
        name: "ad.csv".to_owned(),
        flavour: "Export-Csv".to_owned(),
        encoding: "UTF-8".to_owned(),
        records: 3,
        objects: 2,
        repeats: 1,
        problems,
        ..Source::default()
    };
    let options = InForce {
        sip_domains: Vec::new(),
        verified_domains: vec!["contoso.com".to_owned()],
        routing_domains: Vec::new(),
        mailboxes: MailboxPlace::OnPremises,
        select: vec!["SIP".to_owned()],
        ignore: Vec::new(),
        severity: vec![(0, Severity::Info)],
        only: None,
        redact: Mode::None,
        map: vec!["E-mail 2=mail".to_owned()],
        encoding: Some("cp850".to_owned()),
        delimiter: None,
        redact_key: None,
    };
    let mut run = RuleSet::NONE;
    run.insert(0);
    Summary {
        scenario: Scenario::SfbOnline,
        options,
        sources: vec![source],
        run,
        counts: counts(),
        suppressions: Vec::new(),
        organisation: crate::rules::organisation::Organisation::default(),
        compared: None,
        history: None,
        started: "2026-11-23T07:00:00Z".to_owned(),
        ended: "2026-11-23T07:00:01Z".to_owned(),
        seconds: 1.25,
        exit_status: 3,
        exit_meaning: "done, but the input was incomplete".to_owned(),
    }
}

/// SIP001 fired twice for one user, SIP011 could not be evaluated for another.
fn counts() -> Counts {
    let mut counts = Counts { users: 2, status: [0, 1, 0, 0, 1], severity: [0, 0, 2], ..Counts::default() };
    counts.rules[0].findings = 2;
    counts.rules[0].users = 1;
    let place = rules::all().position(|rule| rule.code == "SIP011").unwrap();
    counts.rules[place].not_evaluated = 1;
    counts.rules[place].missing = AttrSet::of(&[Attr::PrimaryUserAddress]);
    counts
}

/// Appends a part of one user who is called `name`.
fn take(folder: &Folder, name: &str) {
    let user = User::of(&[(Attr::SamAccountName, name)]);
    let facts = Facts::of(&user);
    let verdict = verdict::excluded("not a user object");
    let mut part = folder.part();
    let judged = Judged::of("ad.csv", &facts, &verdict, &[]);
    folder.user(&mut part, &judged);
    folder.take(part).unwrap();
}

/// A whole report of one user.
fn report(dir: &Path, name: &str, options: &Options) -> Vec<Written> {
    let folder = Folder::open(dir, options).unwrap();
    take(&folder, name);
    folder.finish(&summary()).unwrap()
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap()
}

/// The names in the folder, sorted, without the lock.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".lock");
    names.sort_unstable();
    names
}

/// Whether the summary in the folder matches its files.
fn is_whole(dir: &Path) -> bool {
    let Ok(json) = fs::read(dir.join("summary.json")) else { return false };
    let summary: wire::Summary = serde_json::from_slice(&json).unwrap();
    summary.files.iter().all(|file| {
        let octets = fs::read(dir.join(&file.name)).unwrap();
        octets.len() as u64 == file.bytes && blake3::hash(&octets).to_hex().as_str() == file.blake3
    })
}

/// What stands against the folder, in words.
fn refusal(dir: &Path) -> String {
    Folder::open(dir, &Options::default()).unwrap_err().to_string()
}

#[test]
fn words_are_read_back() {
    for format in Format::ALL {
        assert_eq!(Format::of(&format.word().to_uppercase()), Some(format));
    }
    assert_eq!(Format::of("pdf"), None);
}

#[test]
fn a_report_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("new").join("report");
    let folder = Folder::open(&dir, &Options::default()).unwrap();
    for name in ["ann", "bo", "cy"] {
        take(&folder, name);
    }
    let written = folder.finish(&summary()).unwrap();
    assert_eq!(
        written.iter().map(|file| file.name).collect::<Vec<_>>(),
        ["users.csv", "findings.csv", "organisation.csv", "report.html", "summary.json"]
    );
    assert_eq!(names(&dir), ["findings.csv", "organisation.csv", "report.html", "summary.json", "users.csv"]);
    assert!(is_whole(&dir));
    let users = read(&dir, "users.csv");
    let order: Vec<_> = ["ann", "bo", "cy"].map(|name| users.find(&format!("\"{name}\"")).unwrap()).to_vec();
    assert!(order.is_sorted() && users.lines().count() == 4);
}

#[cfg(unix)]
#[test]
fn files_are_their_owners_own() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    for file in report(dir.path(), "ann", &Options::default()) {
        let mode = fs::metadata(dir.path().join(file.name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.name);
    }
}

#[test]
fn a_second_run_is_refused_while_one_is_at_work() {
    let dir = tempfile::tempdir().unwrap();
    let first = Folder::open(dir.path(), &Options::default()).unwrap();
    let refusal = refusal(dir.path());
    assert!(refusal.contains("another run") && refusal.contains(&dir.path().display().to_string()));
    assert!(refusal.contains("--out"), "{refusal}");
    take(&first, "ann");
    first.finish(&summary()).unwrap();
    report(dir.path(), "bo", &Options::default());
    assert!(is_whole(dir.path()) && read(dir.path(), "users.csv").contains("bo"));
}

#[test]
fn a_dropped_folder_leaves_the_old_report() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), "ann", &Options::default());
    let before = read(dir.path(), "users.csv");
    let folder = Folder::open(dir.path(), &Options::default()).unwrap();
    take(&folder, "bo");
    assert!(is_whole(dir.path()), "the old report is whole while a run is at work");
    drop(folder);
    assert_eq!(
        names(dir.path()),
        ["findings.csv", "organisation.csv", "report.html", "summary.json", "users.csv"]
    );
    assert_eq!(read(dir.path(), "users.csv"), before);
    assert!(is_whole(dir.path()));
}

#[test]
fn what_a_killed_run_has_left_is_swept() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), "ann", &Options::default());
    File::create(dir.path().join(".dirsync-audit-x1y2.tmp")).unwrap();
    assert!(is_whole(dir.path()));
    drop(Folder::open(dir.path(), &Options::default()).unwrap());
    assert_eq!(
        names(dir.path()),
        ["findings.csv", "organisation.csv", "report.html", "summary.json", "users.csv"]
    );
}

#[test]
fn files_of_formats_not_asked_for_are_removed_and_strangers_kept() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), "ann", &Options::default());
    for name in ["report.html", "metrics.prom", "notes.txt"] {
        File::create(dir.path().join(name)).unwrap();
    }
    let options = Options { formats: vec![Format::Json], ..Options::default() };
    let written = report(dir.path(), "ann", &options);
    assert_eq!(names(dir.path()), ["notes.txt", "summary.json"]);
    assert_eq!(written.len(), 1);
    assert!(is_whole(dir.path()));
}

#[test]
fn a_part_that_cannot_be_written_leaves_the_old_report() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), "ann", &Options::default());
    let folder = Folder::open(dir.path(), &Options::default()).unwrap();
    folder.break_file(1);
    let user = User::of(&[(Attr::SamAccountName, "bo")]);
    let facts = Facts::of(&user);
    let found = [super::golden::finding("SIP001", Severity::Error, "")];
    let verdict = verdict::excluded("");
    let mut part = folder.part();
    folder.user(&mut part, &Judged::of("", &facts, &verdict, &found));
    let failed = folder.take(part).unwrap_err().to_string();
    assert!(failed.contains("findings.csv"), "{failed}");
    assert!(folder.take(folder.part()).is_err());
    assert!(folder.finish(&summary()).is_err());
    assert!(is_whole(dir.path()) && read(dir.path(), "users.csv").contains("ann"));
    assert_eq!(
        names(dir.path()),
        ["findings.csv", "organisation.csv", "report.html", "summary.json", "users.csv"]
    );
}

#[test]
fn a_file_is_no_folder() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("report");
    File::create(&file).unwrap();
    let told = refusal(&file);
    assert!(told.contains("this is a file") && told.contains("--out"), "{told}");
    assert!(refusal(&file.join("below")).contains("cannot create"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_refused_at_once() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    if File::create(dir.path().join("probe")).is_ok() {
        // The superuser may write everywhere but where the kernel itself answers.
        let told = refusal(Path::new("/proc/self"));
        assert!(told.contains("cannot be written") && told.contains("--out"), "{told}");
        return;
    }
    let told = refusal(dir.path());
    assert!(told.contains("cannot be written") && told.contains("--out"), "{told}");
}

#[test]
fn a_source_is_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["users.csv", "ad.csv"] {
        File::create(dir.path().join(name)).unwrap();
    }
    let folder = Folder::open(dir.path(), &Options::default()).unwrap();
    assert!(folder.spare_source(&dir.path().join("ad.csv")).is_ok());
    assert!(folder.spare_source(Path::new("-")).is_ok());
    assert!(folder.spare_source(&dir.path().join(".").join("users.csv")).is_err());
}

#[test]
fn a_delimiter_that_would_break_the_table_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for csv_delimiter in [b'"', b'\n', 0xe4] {
        let options = Options { csv_delimiter, ..Options::default() };
        assert!(matches!(Folder::open(dir.path(), &options), Err(Error::Usage(_))));
    }
    report(dir.path(), "=ann", &Options { csv_delimiter: b';', csv_raw: true, ..Options::default() });
    assert!(read(dir.path(), "users.csv").contains("\"\";\"=ann\";\"\""));
}

#[test]
fn the_summary_says_what_was_found() {
    let dir = tempfile::tempdir().unwrap();
    report(dir.path(), "ann", &Options::default());
    let json: serde_json::Value = serde_json::from_str(&read(dir.path(), "summary.json")).unwrap();
    let expect =
        |path: &str, value: serde_json::Value| assert_eq!(json.pointer(path), Some(&value), "{path}");
    expect("/schema_version", 1.into());
    expect("/tool/name", "dirsync-audit".into());
    expect("/scenario", "sfb-online".into());
    expect("/options/mailboxes", "onprem".into());
    expect("/options/severity/SIP001", "info".into());
    expect("/sources/0/rows", 3.into());
    expect("/sources/0/skipped", 1.into());
    expect("/sources/0/incomplete", true.into());
    expect("/sources/0/path", serde_json::Value::Null);
    expect("/sources/0/problems/0/code", "long-row".into());
    expect("/sources/0/problems/0/lines/0", 7.into());
    expect("/rules_run", serde_json::json!(["SIP001"]));
    expect("/not_evaluated/0/code", "SIP011".into());
    expect(
        "/not_evaluated/0/why",
        "no SIP domains are given (--sip-domain); the input does not carry msRTCSIP-PrimaryUserAddress"
            .into(),
    );
    expect("/counts/by_status/non-compliant", 1.into());
    expect("/counts/by_status/incomplete", 0.into());
    expect("/counts/by_severity/error", 2.into());
    expect(
        "/counts/by_rule",
        serde_json::json!([{"code": "SIP001", "name": "no-sip-proxy", "findings": 2, "users": 1}]),
    );
    expect("/counts/features/high_res_photos/n~1a", 0.into());
    expect("/counts/steps/lync_sees_mail/ok", 0.into());
    expect("/organisation_steps/3/step", 4.into());
    expect("/organisation_steps/3/applies", false.into());
    expect("/files/0/name", "users.csv".into());
    expect("/exit_status", 3.into());
}

#[test]
fn the_same_run_gives_the_same_summary() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let texts = dirs.each_ref().map(|dir| {
        report(dir.path(), "ann", &Options::default());
        read(dir.path(), "summary.json")
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].starts_with("{\n  \"schema_version\": 1,\n") && texts[0].ends_with("}\n"));
    let read_back: wire::Summary = serde_json::from_str(&texts[0]).unwrap();
    assert_eq!(serde_json::to_string_pretty(&read_back).unwrap() + "\n", texts[0]);
}
