//! A server on which no key slices the directory: it is read by its branches, and as completely as by anything else.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

mod common;
mod runs;
mod wire;
use runs::{Run, audit};
use wire::directory::{BASE, Directory, Entry};
use wire::{Act, At, Moment, Plan};

/// Where the searches that read people started.
type Places = Arc<Mutex<BTreeSet<String>>>;

/// No order on anything, but the server knows what has others below it.
fn directory(users: u32) -> Directory {
    let mut directory = Directory::of(users);
    (directory.ordered, directory.subordinates) = (Vec::new(), true);
    directory
}

fn noting(
    places: &Places,
    mut script: impl FnMut(&Moment) -> Act + Send + 'static,
) -> impl FnMut(&Moment) -> Act + Send + 'static {
    let places = Arc::clone(places);
    move |moment| {
        if moment.shows() && moment.at == At::Start {
            places.lock().unwrap().insert(moment.request.base_object.0.clone());
        }
        script(moment)
    }
}

fn everybody(users: u32) -> BTreeSet<String> {
    (0..users).map(|number| format!("u{number:05}")).collect()
}

#[track_caller]
fn whole(run: &Run, users: u32) {
    assert_eq!(run.status, 0, "{}", run.told);
    assert_eq!(run.names(), everybody(users), "{}", run.told);
}

const OPTIONS: [&str; 6] = ["--page-size", "40", "--connections", "3", "--timeout", "2"];

#[test]
fn every_branch_is_read_by_itself() {
    let places = Places::default();
    let server = Plan::of(directory(300)).script(noting(&places, |_| Act::Go)).start();
    whole(&audit(&[&server.url()], &OPTIONS), 300);
    let places = places.lock().unwrap();
    let unit = |number| format!("OU=D{number},OU=Staff,{BASE}");
    assert!((0..5).all(|number| places.contains(&unit(number))), "{places:?}");
    // Whoever asks for one connection and keeps nothing gets one search.
    let places = Places::default();
    let server = Plan::of(directory(300)).script(noting(&places, |_| Act::Go)).start();
    whole(&audit(&[&server.url()], &["--connections", "1"]), 300);
    assert_eq!(places.lock().unwrap().len(), 1);
}

/// People stand everywhere: beside folders, below other people, and as what the base is.
#[test]
fn people_between_the_branches_are_read_once() {
    let mut directory = directory(100);
    for (number, dn) in [
        (100, format!("CN=u00100,{BASE}")),
        (101, format!("CN=u00101,CN=u00100,{BASE}")),
        (102, format!("CN=u00102,OU=Staff,{BASE}")),
        (103, format!("CN=u00103,CN=u00001,OU=D1,OU=Staff,{BASE}")),
    ] {
        let mut user = wire::directory::user(number);
        user.dn = dn;
        directory.entries.push(user);
    }
    let server = Plan::of(directory).start();
    let run = audit(&[&server.url()], &OPTIONS);
    whole(&run, 104);
    assert_eq!(run.summary()["sources"][0]["repeats"], 0);
    let url = format!("{}/CN=u00100,{BASE}", server.url());
    let run = audit(&[&url], &OPTIONS).ended(0);
    assert_eq!(run.names(), BTreeSet::from(["u00100".to_owned(), "u00101".to_owned()]));
}

#[test]
fn what_is_excluded_is_not_even_asked_for() {
    let places = Places::default();
    let server = Plan::of(directory(300)).script(noting(&places, |_| Act::Go)).start();
    let without = format!("OU=D2,OU=Staff,{BASE}");
    let run = audit(&[&server.url()], &[&OPTIONS[..], &["--exclude-base", &without]].concat()).ended(0);
    assert_eq!(
        run.names(),
        (0..300).filter(|number| number % 5 != 2).map(|number| format!("u{number:05}")).collect()
    );
    assert!(!places.lock().unwrap().contains(&without));
}

/// A folder that is gone when its turn comes: nobody is missing, says the count; or somebody is, and is looked for.
#[test]
fn a_branch_that_is_gone() {
    let mut empty = directory(300);
    empty
        .entries
        .push(Entry::new(format!("OU=Gone,{BASE}"), &[("objectClass", &["top", "organizationalUnit"])]));
    empty.entries.push(Entry::new(
        format!("OU=Too,OU=Gone,{BASE}"),
        &[("objectClass", &["top", "organizationalUnit"])],
    ));
    let gone = |name: &'static str| {
        move |moment: &Moment| {
            let hit = moment.reads() && moment.request.base_object.0.starts_with(name);
            if hit { Act::Fail(32, "no such object") } else { Act::Go }
        }
    };
    whole(&audit(&[&Plan::of(empty).script(gone("OU=Gone")).start().url()], &OPTIONS), 300);
    let run = audit(&[&Plan::of(directory(300)).script(gone("OU=D3")).start().url()], &OPTIONS);
    whole(&run, 300);
    assert!(run.told.contains("60 objects were counted that have not arrived"), "{}", run.told);
}

/// A server that says of everything that it has nothing below it, or of nothing.
#[test]
fn a_server_that_does_not_know_is_read_as_a_whole() {
    let places = Places::default();
    let mut directory = directory(300);
    directory.subordinates = false;
    let server = Plan::of(directory).script(noting(&places, |_| Act::Go)).start();
    whole(&audit(&[&server.url()], &OPTIONS), 300);
    assert_eq!(places.lock().unwrap().len(), 1);
}

/// A thousand folders right below the base are not read one by one.
#[test]
fn a_directory_that_is_wide_is_read_as_a_whole() {
    let places = Places::default();
    let mut directory = directory(300);
    for (number, user) in
        directory.entries.iter_mut().filter(|entry| entry.dn.starts_with("CN=u")).enumerate()
    {
        user.dn = format!("CN=u{number:05},OU=T{number},{BASE}");
    }
    let class: &[&str] = &["top", "organizationalUnit"];
    directory
        .entries
        .extend((0..300).map(|number| Entry::new(format!("OU=T{number},{BASE}"), &[("objectClass", class)])));
    let server = Plan::of(directory).script(noting(&places, |_| Act::Go)).start();
    whole(&audit(&[&server.url()], &OPTIONS), 300);
    assert_eq!(places.lock().unwrap().len(), 1);
}
