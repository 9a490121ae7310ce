//! Nights on which something else is at work: another run, a full disk, a clock that was set back. What was whole stays
//! whole, what was lost is told, and the exit status is right.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{program, root};

/// The sample, so many times, each time with other users.
fn export(folder: &Path, name: &str, copies: u32) {
    let text = fs::read_to_string(root().join("samples/contoso.csv")).unwrap();
    let (headings, rows) = text.split_once('\n').unwrap();
    let all = (0..copies).map(|copy| rows.replace("5f3c", &format!("{copy:04x}")));
    fs::write(folder.join(name), format!("{headings}\n{}", all.collect::<String>())).unwrap();
}

fn audit(folder: &Path, source: &str, options: &[&str]) -> Command {
    let mut program = program(folder);
    program.args(["audit", source, "--scenario", "lync-hybrid", "--format", "csv,html,jsonl"]).args(options);
    program
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The summary of a report, of which every file is there, octet by octet.
#[track_caller]
fn whole(report: &Path) -> serde_json::Value {
    let summary = fs::read(report.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
    for file in summary["files"].as_array().unwrap() {
        let octets = fs::read(report.join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(file["blake3"], blake3::hash(&octets).to_hex().as_str());
    }
    assert_eq!(unfinished(report), 0);
    summary
}

/// How many unfinished files a run has left.
fn unfinished(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| Path::new(name).extension().is_some_and(|end| end == "tmp")).count()
}

/// The runs in a history that is sound.
fn entries(history: &Path) -> i64 {
    let file = rusqlite::Connection::open(history).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    file.query_row("SELECT COUNT(*) FROM run", [], |row| row.get(0)).unwrap()
}

/// Waits until a run holds its folder.
fn at_work(child: &mut Child, report: &Path) {
    let begun = Instant::now();
    loop {
        assert!(child.try_wait().unwrap().is_none(), "it ended before anything could be tried");
        let held = fs::File::open(report.join(".lock"));
        if held.is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock))) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "it never held its folder");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn of_two_runs_into_one_folder_the_second_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    export(folder, "many.csv", 100);
    export(folder, "few.csv", 1);
    for (options, report) in
        [(&["--out", "report"][..], "report"), (&["--out", "kept", "--keep", "3"], "kept")]
    {
        let options = [options, &["--history", "history.db"]].concat();
        let mut first = audit(folder, "many.csv", &options);
        let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        at_work(&mut first, &folder.join(report));
        let second = audit(folder, "few.csv", &options).output().unwrap();
        assert!(first.try_wait().unwrap().is_none(), "the first run ended too soon to tell");
        assert_eq!(second.status.code(), Some(2), "{}", told(&second));
        assert!(told(&second).contains("another run is writing its report here"), "{}", told(&second));
        assert!(told(&second).contains("remedy: wait until it has ended"), "{}", told(&second));
        assert_eq!(first.wait().unwrap().code(), Some(1));
        let place = if report == "kept" { folder.join("kept/latest") } else { folder.join(report) };
        assert_eq!(whole(&place)["sources"][0]["name"], "many.csv");
    }
    assert_eq!(entries(&folder.join("history.db")), 2, "only the runs that were done");
}

#[test]
fn runs_into_one_history_at_once_are_all_in_it_or_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    export(folder, "users.csv", 4);
    let nights = 6;
    let mut kept = 0;
    for round in 0..4 {
        let children: Vec<Child> = (0..nights)
            .map(|night| {
                let options = ["--out", &format!("report-{night}"), "--history", "history.db"];
                let mut run = audit(folder, "users.csv", &options);
                run.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for (night, child) in children.into_iter().enumerate() {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(1), "round {round}: {}", told(&output));
            let summary = whole(&folder.join(format!("report-{night}")));
            let is_kept = summary["history"]["kept"] == true;
            assert_eq!(
                is_kept,
                !told(&output).contains("the run is not in the history"),
                "{}",
                told(&output)
            );
            kept += i64::from(is_kept);
        }
    }
    assert_eq!(entries(&folder.join("history.db")), kept);
    assert!(kept >= 4, "{kept} of 24 were kept");
}

/// The history has a run of tomorrow: the clock was set back since. The new run is the last one all the same.
#[test]
fn a_clock_that_was_set_back_changes_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    export(folder, "users.csv", 1);
    let options = ["--out", "report", "--history", "history.db", "--baseline", "report"];
    let night = || audit(folder, "users.csv", &options).output().unwrap();
    assert_eq!(night().status.code(), Some(1));
    let file = rusqlite::Connection::open(folder.join("history.db")).unwrap();
    let later = "2999-12-31T03:00:00Z";
    file.execute("UPDATE run SET started = ?1, ended = ?1, errors = 4711", [later]).unwrap();
    drop(file);
    // The report of that run is from the future, too.
    let place = folder.join("report/summary.json");
    let summary = fs::read_to_string(&place).unwrap();
    let ended =
        serde_json::from_str::<serde_json::Value>(&summary).unwrap()["ended"].as_str().unwrap().to_owned();
    fs::write(&place, summary.replace(&ended, later)).unwrap();
    let second = night();
    assert_eq!(second.status.code(), Some(1), "{}", told(&second));
    assert_eq!(entries(&folder.join("history.db")), 2);
    whole(&folder.join("report"));
    let listed = program(folder).args(["history", "history.db"]).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let lines: Vec<&str> = listed.lines().filter(|line| line.starts_with('2')).collect();
    assert!(lines.len() == 2 && lines[0].starts_with("2999") && !lines[1].starts_with("2999"), "{listed}");
    let pruned = program(folder).args(["history", "history.db", "--prune", "1"]).output().unwrap();
    assert!(pruned.status.success());
    let file = rusqlite::Connection::open(folder.join("history.db")).unwrap();
    let errors: i64 = file.query_row("SELECT errors FROM run", [], |row| row.get(0)).unwrap();
    assert_ne!(errors, 4711, "the run that was added last stays");
}

/// A disk of its own of so many kilobytes, for root.
struct Disk(PathBuf);

impl Disk {
    fn of(place: PathBuf, kilobytes: u32) -> Self {
        fs::create_dir(&place).unwrap();
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(&place)
            .status();
        assert!(made.unwrap().success(), "root may mount");
        Self(place)
    }

    fn again(&self, how: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.0).status();
        assert!(done.unwrap().success());
    }

    /// Fills it, but for so many kilobytes.
    fn fill(&self, left: usize) {
        let filler = self.0.join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        while std::io::Write::write_all(&mut file, &[7; 1024]).is_ok() {}
        let size = file.metadata().unwrap().len();
        file.set_len(size.saturating_sub(left as u64 * 1024)).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// However much room is left: the old report stays, or the new one is there, and nothing in between.
#[test]
#[ignore = "needs root"]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_one_whole_report() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let disk = Disk::of(folder.join("disk"), 16_384);
    export(folder, "old.csv", 2);
    export(folder, "new.csv", 3);
    let run = |source: &str| {
        audit(folder, source, &["--out", "disk/report", "--history", "disk/history.db"]).output().unwrap()
    };
    let old_again = || {
        let output = run("old.csv");
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    };
    old_again();
    let (mut failed, mut lost, mut done) = (0, 0, 0);
    for left in [0, 1, 4, 64, 400, 1000, 1700, 2500, 3000, 3300, 3400, 3450, 3500, 3550, 3600, 4000, 6000] {
        disk.fill(left);
        let output = run("new.csv");
        let said = told(&output);
        let summary = whole(&disk.0.join("report"));
        let source = summary["sources"][0]["name"].as_str().unwrap();
        match output.status.code() {
            Some(2) => {
                assert!(said.contains("remedy: ") && said.to_lowercase().contains("space"), "{left}: {said}");
                assert_eq!(source, "old.csv", "{left} kB: {said}");
                failed += 1;
            }
            Some(1) => {
                assert_eq!(source, "new.csv", "{left} kB: {said}");
                lost += u32::from(said.contains("the run is not in the history"));
                done += 1;
                fs::remove_file(disk.0.join("filler")).unwrap();
                old_again();
            }
            other => panic!("{left} kB: {other:?}: {said}"),
        }
        entries(&disk.0.join("history.db"));
        let _gone_already = fs::remove_file(disk.0.join("filler"));
    }
    assert!(failed > 4 && done > 1, "{failed} failed, {done} done, {lost} without their entry");
}

/// The disk of the history is full, that of the report is not.
#[test]
#[ignore = "needs root"]
#[cfg(target_os = "linux")]
fn a_full_disk_under_the_history_costs_the_entry() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let disk = Disk::of(folder.join("disk"), 512);
    export(folder, "users.csv", 1);
    let run =
        || audit(folder, "users.csv", &["--out", "report", "--history", "disk/history.db"]).output().unwrap();
    for before in 0..2 {
        disk.fill(if before == 0 { 0 } else { 4 });
        let output = run();
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        assert!(told(&output).contains("warning: the run is not in the history"), "{}", told(&output));
        assert!(told(&output).contains("remedy: "), "{}", told(&output));
        assert_eq!(whole(&folder.join("report"))["history"]["kept"], false);
        fs::remove_file(disk.0.join("filler")).unwrap();
        assert_eq!(run().status.code(), Some(1));
        assert_eq!(whole(&folder.join("report"))["history"]["kept"], true);
        assert_eq!(entries(&disk.0.join("history.db")), before + 1);
    }
}

/// Not even root writes there.
#[test]
#[ignore = "needs root"]
#[cfg(target_os = "linux")]
fn a_disk_that_can_only_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let disk = Disk::of(folder.join("disk"), 2048);
    export(folder, "users.csv", 1);
    let into = |out: &str| {
        audit(folder, "users.csv", &["--out", out, "--history", "disk/history.db"]).output().unwrap()
    };
    assert_eq!(into("disk/report").status.code(), Some(1));
    disk.again("ro");
    let refused = into("disk/report");
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(
        told(&refused).contains("cannot be written") && told(&refused).contains("--out"),
        "{}",
        told(&refused)
    );
    whole(&disk.0.join("report"));
    let elsewhere = into("report");
    assert_eq!(elsewhere.status.code(), Some(1), "{}", told(&elsewhere));
    assert!(told(&elsewhere).contains("warning: the run is not in the history"), "{}", told(&elsewhere));
    whole(&folder.join("report"));
    disk.again("rw");
    assert_eq!(entries(&disk.0.join("history.db")), 1);
    assert_eq!(into("disk/report").status.code(), Some(1));
}
