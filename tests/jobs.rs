//! What is shipped for schedulers, and what a job relies on.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use common::{program, root};

fn packaged(name: &str) -> String {
    fs::read_to_string(root().join("packaging").join(name)).unwrap()
}

/// systemd itself finds no fault; only where systemd is installed.
#[test]
fn the_units_pass_systemd_analyze() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| {
        // The program is not installed where the test runs.
        let text = packaged(&format!("systemd/{name}"))
            .replace("/usr/local/bin/dirsync-audit", env!("CARGO_BIN_EXE_dirsync-audit"));
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name)
    };
    let (service, timer) = (place("dirsync-audit.service"), place("dirsync-audit.timer"));
    let verify = || {
        Command::new("systemd-analyze")
            .args(["verify", "--man=no"])
            .args([&service, &timer])
            .output()
            .unwrap()
    };
    let output = verify();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.is_empty(), "{told}");
    // It would find one.
    fs::write(
        &service,
        fs::read_to_string(&service).unwrap().replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"),
    )
    .unwrap();
    assert!(!verify().stderr.is_empty());
}

#[test]
fn the_units_are_what_a_job_needs() {
    let service = packaged("systemd/dirsync-audit.service");
    for line in [
        "Type=oneshot",
        "SuccessExitStatus=1",
        "DynamicUser=yes",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
    ] {
        assert!(service.lines().any(|found| found == line), "{line}");
    }
    assert!(packaged("systemd/dirsync-audit.timer").lines().any(|line| line == "Persistent=true"));
}

/// Whatever is shipped calls the program with options that it has.
#[test]
fn every_command_line_that_is_shipped_is_understood() {
    let xml = packaged("windows/dirsync-audit.xml");
    let arguments = xml.split("<Arguments>").nth(1).unwrap().split("</Arguments>").next().unwrap().to_owned();
    let after = |text: String| {
        text.split_once("dirsync-audit audit ").map(|(_, rest)| format!("audit {rest}")).unwrap()
    };
    let line = |name: &str, start: &str| {
        packaged(name).lines().find(|line| line.starts_with(start)).unwrap().to_owned()
    };
    let page = fs::read_to_string(root().join("docs/jobs.md")).unwrap();
    let documented =
        page.lines().find(|line| line.starts_with("    dirsync-audit audit")).unwrap().to_owned();
    for line in [
        arguments,
        after(line("systemd/dirsync-audit.service", "ExecStart=")),
        after(line("cron/dirsync-audit", "0 3 ")),
        after(documented),
    ] {
        let folder = tempfile::tempdir().unwrap();
        // `config` takes all options of `audit`; the settings file is not there.
        let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
        if let Some(place) = words.iter().position(|word| *word == "--config") {
            words.drain(place..place + 2);
        }
        let output = program(folder.path()).arg("config").args(&words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{line}: {told}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("keep = 30"));
    }
}

fn night(folder: &Path, options: &[&str]) -> Output {
    let sample = root().join("samples/contoso.csv");
    let mut program = program(folder);
    program.arg("audit").arg(sample).args(["--scenario", "lync-onprem", "--out", "reports"]).args(options);
    program.output().unwrap()
}

fn runs(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("reports")).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn reports_stay_side_by_side_and_each_compares_with_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let options = ["--keep", "2", "--baseline", "reports/latest", "--fail-on", "new"];
    // The first night finds everything new, the next ones nothing.
    assert_eq!(night(folder, &options).status.code(), Some(1));
    for _ in 0..3 {
        let output = night(folder, &options);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let names = runs(folder);
    assert_eq!(names.len(), 2, "{names:?}");
    let latest = fs::read_to_string(folder.join("reports/latest.txt")).unwrap();
    assert!(names.iter().any(|name| name == latest.trim()));
    for name in names {
        assert!(folder.join("reports").join(name).join("summary.json").exists());
    }
    // A run that could not be done leaves nothing behind, and `latest` as it is.
    assert_eq!(night(folder, &["--keep", "2", "--baseline", "nowhere"]).status.code(), Some(2));
    assert_eq!(
        (runs(folder).len(), fs::read_to_string(folder.join("reports/latest.txt")).unwrap()),
        (2, latest)
    );
    assert_eq!(night(folder, &["--keep", "many"]).status.code(), Some(2));
}

#[test]
fn the_log_is_one_object_a_line_if_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (options, last) in [
        (&["--log-format", "json"][..], "exit status 1: done, with findings at or above `error`: "),
        (&["--log-format", "json", "--history", "nowhere/x.db"], "exit status 1: "),
        (&["--log-format", "json", "--baseline", "nowhere"], "exit status 2: could not run"),
        (&["--log-format", "json", "--threads", "x"], "exit status 2: could not run"),
    ] {
        let told = String::from_utf8(night(folder, options).stderr).unwrap();
        let lines: Vec<serde_json::Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect();
        let message = lines.last().unwrap()["message"].as_str().unwrap();
        assert!(message.starts_with(last), "{message}");
        assert!(lines.iter().all(|line| line["time"].as_str().is_some_and(|time| time.ends_with('Z'))));
        if options.len() > 2 {
            assert_ne!(lines[0]["level"], "info", "{told}");
        }
    }
}

#[test]
fn the_text_to_be_mailed_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    night(folder, &["--format", "csv,txt"]);
    night(folder, &["--format", "csv,txt", "--baseline", "reports"]);
    let text = fs::read_to_string(folder.join("reports/summary.txt")).unwrap();
    assert!(
        text.starts_with("dirsync-audit: ")
            && text.lines().next().unwrap().contains(" of 75 users are not ready for lync-onprem ("),
        "{text}"
    );
    assert!(text.contains("Since the report of ") && text.contains(" 0 new, 0 fixed, "), "{text}");
    assert!(text.trim_end().lines().last().unwrap().starts_with("exit status 1: "), "{text}");
    for row in common::table(&folder.join("reports/users.csv")) {
        for column in ["display_name", "mail", "user_principal_name", "object_guid"] {
            assert!(row[column].trim().is_empty() || !text.contains(&row[column]), "{}", row[column]);
        }
    }
    assert!(text.lines().all(|line| line.chars().count() < 120 || line.starts_with("Read ")), "{text}");
    night(folder, &["--format", "csv"]);
    assert!(!folder.join("reports/summary.txt").exists());
}
