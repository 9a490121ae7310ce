//! What has changed since an earlier fetch, on servers that do what real ones do not on demand: the file is that of a
//! full reading.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::path::Path;

mod common;
mod runs;
mod wire;
use runs::{Run, audit, start};
use wire::directory::{BASE, Directory, Entry, user};
use wire::{Act, At, Moment, Plan};

const USERS: u32 = 300;
const SERVICE: &str = "CN=NTDS Settings,CN=DC1,CN=Sites,CN=Configuration,DC=contoso,DC=com";

/// A domain controller: the identity of its database, and the last change in it.
fn controller(database: u8, last: u32) -> Directory {
    let mut directory = Directory::of(USERS);
    directory.root.set("dsServiceName", vec![SERVICE.into()]);
    directory.root.set("highestCommittedUSN", vec![last.to_string().into()]);
    let mut service = Entry::new(SERVICE, &[("objectClass", &["nTDSDSA"])]);
    service.set("invocationId", vec![vec![database; 16]]);
    directory.entries.push(service);
    directory
}

/// Gives users another address under these numbers of changes.
fn changed(mut directory: Directory, number: u32) -> Directory {
    for who in [7, 8] {
        let dn = user(who).dn;
        let entry = directory.entries.iter_mut().find(|entry| entry.dn == dn).unwrap();
        entry.set("mail", vec![format!("changed{who}@contoso.com").into()]);
        entry.set("uSNChanged", vec![(number + who).to_string().into()]);
    }
    directory
}

fn fetch(url: &str, file: &Path, more: &[&str]) -> Run {
    let options = ["fetch", url, "--out", file.to_str().unwrap(), "--timeout", "2", "--page-size", "40"];
    start(&[&options[..], more].concat(), &[]).end()
}

/// The users of a file with their addresses.
fn users(file: &Path) -> BTreeSet<(String, String)> {
    let run = audit(&[file.to_str().unwrap()], &[]).ended(0);
    let rows = run.table("users.csv");
    rows.iter().map(|row| (row["sam_account_name"].clone(), row["mail"].clone())).collect()
}

/// A server that is lost while its changes are asked for is not followed by one that counts changes otherwise.
#[test]
fn changes_are_asked_of_the_server_that_counted_them() {
    let dir = tempfile::tempdir().unwrap();
    let (before, since, full) =
        (dir.path().join("before"), dir.path().join("since"), dir.path().join("full"));
    fetch(&Plan::of(controller(1, 20_000)).start().url(), &before, &[]).ended(0);
    let mut dropped = false;
    let drops = move |moment: &Moment| {
        let drop =
            moment.reads() && matches!(moment.at, At::Entry(1)) && !std::mem::replace(&mut dropped, true);
        if drop { Act::Drop } else { Act::Go }
    };
    let first = Plan::of(changed(controller(1, 20_500), 20_100)).script(drops).start();
    let second = Plan::of(changed(controller(2, 15_000), 14_000)).start();
    let url = format!("{},127.0.0.1:{}", first.url(), second.port);
    let run = fetch(&url, &since, &["--since", before.to_str().unwrap()]).ended(0);
    assert!(!run.told.contains("everything is read"), "{}", run.told);
    fetch(&second.url(), &full, &[]).ended(0);
    assert_eq!(users(&since), users(&full));
    assert!(users(&since).contains(&("u00008".into(), "changed8@contoso.com".into())));
}

/// Whoever is not met among all identities has gone only if nobody stands there.
#[test]
fn who_is_passed_over_is_not_taken_for_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let (before, since) = (dir.path().join("before"), dir.path().join("since"));
    fetch(&Plan::of(controller(1, 20_000)).start().url(), &before, &[]).ended(0);
    let gone = user(20).dn;
    let (identities, skipped) =
        (|moment: &Moment| moment.request.attributes.iter().all(|name| name.0 == "objectGUID"), user(30).dn);
    for skips in [false, true] {
        let mut directory = controller(1, 20_500);
        directory.entries.retain(|entry| entry.dn != gone);
        let skipped = skipped.clone();
        let script = move |moment: &Moment| {
            let skip =
                skips && moment.request.base_object.0 == BASE && identities(moment) && moment.dn == skipped;
            if skip { Act::Skip } else { Act::Go }
        };
        let server = Plan::of(changed(directory, 20_100)).script(script).start();
        let run = fetch(&server.url(), &since, &["--since", before.to_str().unwrap()]).ended(0);
        assert_eq!(run.told.contains("everything is read"), skips, "{}", run.told);
        let names: BTreeSet<String> = users(&since).into_iter().map(|(name, _)| name).collect();
        let everybody = (0..USERS).filter(|number| *number != 20).map(|number| format!("u{number:05}"));
        assert_eq!(names, everybody.collect());
    }
}
