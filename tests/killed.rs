//! Killed at any moment, a run leaves the old report, the new one, or visibly none; the next run works.
//!
//! Sixty kills; `KILLS=500 cargo test --test killed` for more.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{program, root};

/// The sample, so often that a run takes a while; every other night with other users.
fn export(folder: &Path, night: u64) {
    let text = fs::read_to_string(root().join("samples/contoso.csv")).unwrap();
    let (headings, rows) = text.split_once('\n').unwrap();
    let mut all = headings.to_owned() + "\n";
    for copy in 0..6 {
        all.push_str(&rows.replace("5f3c", &format!("{:02x}{copy:02x}", night % 2)));
    }
    fs::write(folder.join("users.csv"), all).unwrap();
}

/// Whether the folder holds a whole report: every file that its summary lists is there, octet by octet.
fn whole(report: &Path) -> Option<String> {
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(report.join("summary.json")).ok()?).ok()?;
    for file in summary["files"].as_array()? {
        let octets = fs::read(report.join(file["name"].as_str()?)).ok()?;
        if file["blake3"] != blake3::hash(&octets).to_hex().as_str() {
            return None;
        }
    }
    Some(summary["sources"][0]["blake3"].as_str()?.to_owned())
}

#[test]
fn whatever_moment_a_run_is_killed_at() {
    let kills: u64 = std::env::var("KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(60);
    let folder = tempfile::tempdir().unwrap();
    let (folder, report) = (folder.path(), folder.path().join("report"));
    let run = || {
        let mut program = program(folder);
        program.args([
            "audit",
            "users.csv",
            "--scenario",
            "lync-hybrid",
            "--out",
            "report",
            "--history",
            "history.db",
        ]);
        program.args(["--format", "csv,html,jsonl", "--fail-on", "never", "-q"]);
        program.stdout(Stdio::null()).stderr(Stdio::null());
        program
    };
    export(folder, 0);
    let whole_run = || {
        let start = Instant::now();
        assert_eq!(run().status().unwrap().code(), Some(0));
        start.elapsed()
    };
    let mut takes = whole_run().min(whole_run()).min(whole_run());
    let mut known = BTreeSet::from([whole(&report).unwrap()]);
    let (mut killed, mut none) = (0, 0);
    for night in 1..=kills {
        export(folder, night);
        known.insert(blake3::hash(&fs::read(folder.join("users.csv")).unwrap()).to_hex().to_string());
        let mut child = run().spawn().unwrap();
        // Spread over the whole run, and more of them over its end, where files take their places.
        let part = if night % 2 == 0 { night * 997 % 1000 } else { 800 + night * 131 % 300 };
        std::thread::sleep(
            takes.mul_f64(f64::from(u32::try_from(part).unwrap()) / 1000.0).min(Duration::from_secs(9)),
        );
        // SIGKILL; TerminateProcess on Windows.
        child.kill().unwrap();
        let hit = !child.wait().unwrap().success();
        killed += u64::from(hit);
        // How long a run takes changes with whatever else the machine does.
        takes = takes.mul_f64(if hit { 1.05 } else { 0.9 });
        if let Some(source) = whole(&report) {
            assert!(known.contains(&source), "a report of an unknown export");
        } else {
            none += 1;
            assert!(
                !report.join("summary.json").exists(),
                "kill {night}: a summary that does not match its files"
            );
        }
        let history = rusqlite::Connection::open(folder.join("history.db")).unwrap();
        let sound: String = history.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "kill {night}");
    }
    println!("{killed} of {kills} runs were killed, {none} left no report");
    assert!(killed * 3 > kills, "only {killed} of {kills} runs were still at work when they were killed");
    assert_eq!(run().status().unwrap().code(), Some(0));
    assert!(whole(&report).is_some());
    let left = fs::read_dir(&report).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(left.filter(|name| name.contains(".tmp")).count(), 0);
}
