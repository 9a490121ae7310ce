//! Fetches that are broken off, go on, or meet another one.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

mod common;
mod runs;
mod wire;
use runs::{Run, audit};
use wire::directory::Directory;
use wire::{Act, At, Plan};

const USERS: u32 = 300;

fn plan() -> Plan {
    Plan::of(Directory::of(USERS))
}

/// Everybody is in the report.
#[track_caller]
fn whole(run: &Run) {
    assert_eq!(run.status, 0, "{}", run.told);
    let everybody: BTreeSet<String> = (0..USERS).map(|number| format!("u{number:05}")).collect();
    assert_eq!(run.names(), everybody, "{}", run.told);
}

/// One connection, and the server refuses after the first slice: a later run does not read that one again.
#[test]
fn what_one_connection_has_fetched_is_not_read_again() {
    let (healthy, read) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (well, sent) = (Arc::clone(&healthy), Arc::clone(&read));
    let server = plan().script(move |moment| {
        let entry = moment.reads() && matches!(moment.at, At::Entry(_));
        let before = sent.fetch_add(u32::from(entry), Ordering::SeqCst);
        let fails = entry && before >= 200 && !well.load(Ordering::SeqCst);
        if fails { Act::Fail(50, "no more today") } else { Act::Go }
    });
    let server = server.start();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people.ldif");
    let fetch = |more: &[&str]| {
        let out = ["fetch", &server.url(), "--out", file.to_str().unwrap(), "--connections", "1"];
        // A reading that is held back takes long, and is therefore cut into slices.
        runs::start(&[&out[..], &["--max-rate", "100000"], more].concat(), &[]).end()
    };
    fetch(&[]).ended(3).says(&["--resume"]);
    healthy.store(true, Ordering::SeqCst);
    let before = read.swap(0, Ordering::SeqCst);
    assert!(before > 200);
    fetch(&["--resume"]).ended(0);
    let after = read.load(Ordering::SeqCst);
    assert!(after < USERS - 100, "{after} of {USERS} were read again");
    whole(&audit(&[file.to_str().unwrap()], &[]));
}

/// Two fetches into one file would take each other's parts for their own.
#[test]
fn of_two_fetches_into_one_file_the_second_is_refused() {
    let server = plan().start();
    let dir = tempfile::tempdir().unwrap();
    let (file, parts) = (dir.path().join("people.ldif"), dir.path().join("people.ldif.parts"));
    let url = server.url();
    let out = ["fetch", &url, "--out", file.to_str().unwrap()];
    let first = runs::start(&[&out[..], &["--max-rate", "100", "--page-size", "20"]].concat(), &[]);
    let begun = Instant::now();
    while !parts.join("fetch.json").exists() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
    for more in [&[][..], &["--resume"]] {
        let second = runs::start(&[&out[..], more].concat(), &[]).end().ended(2);
        second.says(&["another fetch is at work here", "remedy: wait until it has ended"]);
    }
    first.end().ended(0);
    assert!(!parts.exists());
    whole(&audit(&[file.to_str().unwrap()], &[]));
    // A fetch that never began leaves nothing.
    let nobody = ["fetch", "ldap://127.0.0.1:1", "--out", file.to_str().unwrap()];
    runs::start(&nobody, &[]).end().ended(2);
    assert!(!parts.exists());
}

/// A folder that holds a report is taken from the moment on at which a server is read.
#[test]
fn a_second_audit_does_not_wait_for_the_reading_of_the_first() {
    let server = plan().start();
    let dir = tempfile::tempdir().unwrap();
    let url = server.url();
    let report = dir.path().join("report");
    let arguments = [&["audit", &url, "--out", report.to_str().unwrap()], &runs::PLAIN[..]].concat();
    runs::start(&arguments, &[]).end().ended(0);
    let before = server.seen().searches;
    let first = runs::start(&[&arguments[..], &["--max-rate", "100", "--page-size", "20"]].concat(), &[]);
    while server.seen().searches < before + 6 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let begun = Instant::now();
    runs::start(&arguments, &[]).end().ended(2).says(&["another run is writing its report here"]);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    first.end().ended(0);
}
