//! A scripted server does what real ones will not do on demand: the report is complete and right, or says that it is
//! not, with exit status 3, or nothing could be read, with 2. Never a hang, a panic or a silent loss.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;

mod common;
mod runs;
mod wire;
use runs::{Run, audit};
use wire::directory::{BASE, Directory, Entry, SCHEMA};
use wire::{Act, At, Frames, Moment, Paging, Plan, Wire};

const USERS: u32 = 300;

/// Options for a small directory: pages of 40, several connections, little patience.
const OPTIONS: [&str; 6] = ["--page-size", "40", "--connections", "3", "--timeout", "2"];

fn plan() -> Plan {
    Plan::of(Directory::of(USERS))
}

fn read(server: &Wire) -> Run {
    audit(&[&server.url()], &OPTIONS)
}

fn everybody(users: u32) -> BTreeSet<String> {
    (0..users).map(|number| format!("u{number:05}")).collect()
}

/// Everybody is in the report, and it says nothing else.
#[track_caller]
fn whole(run: &Run) {
    assert_eq!(run.status, 0, "{}", run.told);
    assert_eq!(run.names(), everybody(USERS), "{}", run.told);
}

/// The report says that it is incomplete.
#[track_caller]
fn incomplete(run: &Run) {
    assert_eq!(run.status, 3, "{}", run.told);
    assert!(run.names().is_subset(&everybody(USERS)), "{}", run.told);
    assert!(run.told.to_lowercase().contains("incomplete"), "{}", run.told);
}

/// Complete, or said to be incomplete.
#[track_caller]
fn whole_or_incomplete(run: &Run) {
    if run.status == 0 { whole(run) } else { incomplete(run) }
}

/// Nothing could be read, or less than everything, and it says so.
#[track_caller]
fn failed(run: &Run) {
    if run.status != 2 {
        incomplete(run);
    }
    assert!(!run.told.trim().is_empty());
}

/// What to do the first time that a moment is met, and never again.
fn once(
    met: impl Fn(&Moment) -> bool + Send + 'static,
    act: Act,
) -> impl FnMut(&Moment) -> Act + Send + 'static {
    let mut done = false;
    move |moment| {
        if done || !met(moment) {
            return Act::Go;
        }
        done = true;
        act.clone()
    }
}

/// Every case at once: most of their time they wait.
fn each<T: Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| test(case));
        }
    });
}

/// In the middle of what is read.
fn in_the_middle(moment: &Moment) -> bool {
    moment.reads() && moment.sent >= 130 && matches!(moment.at, At::Entry(_))
}

#[test]
fn a_server_without_a_fault() {
    for connections in ["1", "4"] {
        let server = plan().start();
        whole(&audit(&[&server.url()], &["--connections", connections, "--page-size", "40"]));
    }
}

#[test]
fn however_the_stream_is_cut() {
    for frames in [Frames::Merged, Frames::Cut(1), Frames::Cut(7), Frames::Cut(1000)] {
        let server = Plan { frames, ..plan() }.start();
        whole(&read(&server));
    }
}

#[test]
fn one_refusal_is_tried_again() {
    let refusals = [
        (51, "00002024: LdapErr: busy"),
        (52, "00002028: LdapErr: unavailable"),
        (3, "00002022: SvcErr: time limit"),
        (12, "00000057: LdapErr: DSID-0C090A7D, comment: Error processing control, data 0"),
        (53, "paged results cookie is invalid"),
    ];
    each(refusals, |(code, text)| {
        let server = plan().script(once(in_the_middle, Act::Fail(code, text))).start();
        whole(&read(&server));
    });
}

#[test]
fn refusals_without_end() {
    each([51, 52, 3, 12, 53, 1, 80, 4, 11], |code| {
        let server =
            plan().script(move |at| if at.reads() { Act::Fail(code, "no") } else { Act::Go }).start();
        failed(&read(&server));
    });
    each([51, 52, 3, 12, 53, 1, 80, 4, 11], |code| {
        let after =
            move |at: &Moment| if at.reads() && at.sent > 130 { Act::Fail(code, "no") } else { Act::Go };
        failed(&read(&plan().script(after).start()));
    });
}

#[test]
fn a_connection_that_drops_once() {
    for met in [in_the_middle as fn(&Moment) -> bool, |at| at.reads(), |at| at.reads() && at.at == At::End] {
        let server = plan().script(once(met, Act::Drop)).start();
        whole(&read(&server));
        assert!(server.seen().connections > 1);
    }
}

/// What a server does once in the middle is made good; when it goes on with it, or begins with it, the report says so.
fn once_and_always(act: &Act) {
    each(0..3, |case| {
        let act = act.clone();
        match case {
            0 => whole(&read(&plan().script(once(in_the_middle, act)).start())),
            1 => {
                let always = move |at: &Moment| if in_the_middle(at) { act.clone() } else { Act::Go };
                failed(&read(&plan().script(always).start()));
            }
            _ => failed(&read(&plan().script(move |_| act.clone()).start())),
        }
    });
}

#[test]
fn connections_that_drop() {
    once_and_always(&Act::Drop);
}

#[test]
fn a_server_that_stops_answering() {
    once_and_always(&Act::Freeze);
}

/// It is never silent for long, and yet a page would take an hour.
#[test]
fn a_server_that_trickles() {
    once_and_always(&Act::Trickle);
}

/// It says something all the time, and never anything that was asked.
#[test]
fn a_server_that_chatters() {
    each([true, false], |answers| once_and_always(&Act::Chatter { answers }));
}

/// 389 Directory Server gives up a search that looks at too many objects, however few of them are asked for.
#[test]
fn a_limit_that_smaller_slices_do_not_meet() {
    let refuses = |at: &Moment| if at.reads() { Act::Fail(11, "too much") } else { Act::Go };
    let server = plan().script(refuses).start();
    failed(&read(&server));
    assert!(server.seen().searches < 300, "{}", server.seen().searches);
}

#[test]
fn bytes_that_are_no_ldap() {
    let enormous = vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xf0, 0x02];
    let beyond = vec![0x30, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    let unknown = vec![0x30, 0x05, 0x02, 0x01, 0x01, 0x7f, 0x00];
    let nested = vec![0x30; 100_000];
    let unlimited = vec![0x30, 0x80, 0x02, 0x01, 0x01];
    for bytes in [b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), enormous, beyond, unknown, nested, unlimited]
    {
        let server = plan().script(once(in_the_middle, Act::Bytes(bytes.clone()))).start();
        whole_or_incomplete(&read(&server));
        let server = plan().script(move |_| Act::Bytes(bytes.clone())).start();
        failed(&read(&server));
    }
}

#[test]
fn references_are_not_followed_and_other_domains_are_named() {
    let child = "ldap://child.contoso.com/DC=child,DC=contoso,DC=com";
    let server = plan().script(once(in_the_middle, Act::Refer(child))).start();
    let run = read(&server);
    assert!(matches!(run.status, 0 | 3), "{}", run.told);
    assert_eq!(run.names(), everybody(USERS));
    let said = run.told.clone() + &run.summary().to_string();
    assert!(said.contains("child"), "{said}");
    let own = "ldap://contoso.com/CN=Configuration,DC=contoso,DC=com";
    let server = plan().script(once(in_the_middle, Act::Refer(own))).start();
    whole(&read(&server));
}

#[test]
fn names_and_values_that_are_no_utf_8() {
    let server = plan().script(once(in_the_middle, Act::BadName)).start();
    whole_or_incomplete(&read(&server));
    let mut directory = Directory::of(USERS);
    let user = directory.entries.last_mut().unwrap();
    user.set("mail", vec![b"u00299\xff\xfe@contoso.com".to_vec()]);
    user.set("displayName", vec![vec![0, 0xff, 0xc0, 0x80]]);
    let run = read(&Plan::of(directory).start());
    assert_eq!(run.names(), everybody(USERS));
    let users = run.table("users.csv");
    let told = users.iter().find(|row| row["sam_account_name"] == "u00299").unwrap();
    assert_ne!(told["status"], "compliant", "a damaged mail address is no sound one");
}

#[test]
fn an_entry_that_comes_twice_is_one_user() {
    let server = plan().script(|at| if at.reads() { Act::Twice } else { Act::Go }).start();
    whole_or_incomplete(&read(&server));
}

/// What the server leaves out, the count finds.
#[test]
fn fewer_than_counted() {
    for act in [Act::Skip, Act::Cease] {
        let server = plan().script(once(in_the_middle, act.clone())).start();
        whole_or_incomplete(&read(&server));
        let always = move |at: &Moment| {
            if in_the_middle(at) && at.sent.is_multiple_of(50) { act.clone() } else { Act::Go }
        };
        let server = plan().script(always).start();
        whole_or_incomplete(&read(&server));
    }
}

/// It is counted, and whoever asks for it by name gets nothing either.
#[test]
fn an_object_that_is_counted_and_never_shown() {
    let without =
        |at: &Moment| if at.shows() && at.dn.starts_with("CN=u00007,") { Act::Skip } else { Act::Go };
    incomplete(&read(&plan().script(without).start()));
}

/// What a server says with its pages is an estimate (RFC 2696): that it agrees with what has arrived proves nothing.
#[test]
fn a_figure_of_the_server_is_no_proof() {
    for figure in [1, USERS - 1, USERS, USERS + 1, u32::MAX] {
        whole(&read(&Plan { figure, ..plan() }.start()));
        let without =
            |at: &Moment| if at.shows() && at.dn.starts_with("CN=u00007,") { Act::Skip } else { Act::Go };
        incomplete(&read(&Plan { figure, ..plan() }.script(without).start()));
    }
}

#[test]
fn more_than_counted() {
    let server =
        plan().script(|at| if at.reads() || at.at != At::Entry(3) { Act::Go } else { Act::Skip }).start();
    whole_or_incomplete(&read(&server));
}

#[test]
fn pages_of_none() {
    let first = |at: &Moment| at.reads() && at.at == At::Start && at.offset > 0;
    whole(&read(&plan().script(once(first, Act::Nothing)).start()));
    let server =
        plan().script(|at| if at.reads() && at.at == At::Start { Act::Nothing } else { Act::Go }).start();
    failed(&read(&server));
}

#[test]
fn pages_that_go_round_in_circles() {
    let server =
        plan().script(|at| if at.reads() && at.at == At::End { Act::Round } else { Act::Go }).start();
    failed(&read(&server));
    whole(&read(&plan().script(once(|at| at.reads() && at.at == At::End, Act::Round)).start()));
}

/// `OpenLDAP` answers `>=` on an attribute without an ordering rule with nothing, and with success.
#[test]
fn ranges_that_are_answered_with_nothing() {
    for ordered in [vec![], vec!["usncreated", "usnchanged"], vec!["objectguid"]] {
        let mut directory = Directory::of(USERS);
        directory.ordered = ordered;
        whole(&read(&Plan::of(directory).start()));
    }
}

#[test]
fn a_server_without_pages() {
    let server = Plan { paging: Paging::Ignored, ..plan() }.start();
    whole(&read(&server));
    for connections in ["1", "3"] {
        let server = Plan { paging: Paging::Ignored, limit: 100, ..plan() }.start();
        let run = audit(&[&server.url()], &["--connections", connections]);
        // All that there is was read, but no count proves it.
        incomplete(&run);
        assert_eq!(run.names(), everybody(USERS), "{}", run.told);
    }
}

/// Pages that are refused or cut short are given up, and everything is asked for at once.
#[test]
fn a_server_that_gets_pages_wrong() {
    each([Paging::Refused, Paging::Cut], |paging| {
        for (connections, size) in [("1", "1000"), ("3", "50"), ("1", "7")] {
            let server = Plan { paging, ..plan() }.start();
            whole(&audit(&[&server.url()], &["--connections", connections, "--page-size", size]));
        }
        // Some slices have nobody.
        let server = Plan { paging, ..Plan::of(Directory::of(2)) }.start();
        let run = audit(&[&server.url()], &["--connections", "4", "--page-size", "1"]).ended(0);
        assert_eq!(run.names(), everybody(2), "{}", run.told);
    });
}

/// A server that refuses to say what it is, or what its schema has, is read all the same.
#[test]
fn a_server_that_says_nothing_about_itself() {
    each([2, 32, 50, 53], |code| {
        let server = Plan { nameless: Some(code), ..plan() }.start();
        let result = format!("result {code}");
        audit(&[&server.url()], &OPTIONS).ended(2).says(&["--base", &result]);
        whole(&audit(&[&server.url()], &[&OPTIONS[..], &["--base", BASE]].concat()));
    });
    each([2, 4, 11, 53], |code| {
        let mut directory = Directory::of(USERS);
        directory.entries.push(Entry::new(SCHEMA, &[("objectClass", &["dMD"])]));
        let asks = |moment: &Moment| moment.request.base_object.0 == SCHEMA;
        let refuses = move |moment: &Moment| if asks(moment) { Act::Fail(code, "no") } else { Act::Go };
        whole(&read(&Plan::of(directory).script(refuses).start()));
    });
}

#[test]
fn pages_smaller_than_asked_for() {
    let server = Plan { limit: 7, ..plan() }.start();
    whole(&audit(&[&server.url()], &["--page-size", "1000"]));
}

/// A user with 4,000 addresses, of which the last is another user's.
fn wide() -> Directory {
    let mut directory = Directory::of(USERS);
    let mut addresses = vec![b"SMTP:u00299@contoso.com".to_vec()];
    addresses.extend((0..3998).map(|number| format!("smtp:w{number}@contoso.com").into_bytes()));
    addresses.push(b"smtp:u00001@contoso.com".to_vec());
    directory.entries.last_mut().unwrap().set("proxyAddresses", addresses);
    directory
}

#[test]
fn an_attribute_in_ranges_is_read_to_its_end() {
    let run = read(&Plan::of(wide()).start());
    whole(&run);
    for name in ["u00001", "u00299"] {
        assert!(run.codes().contains(&(format!("{name}@contoso.com"), "UNQ002".to_owned())), "{}", run.told);
    }
}

#[test]
fn a_range_that_cannot_be_read_leaves_the_user_incomplete() {
    let ranged = |at: &Moment| at.request.attributes.iter().any(|name| name.0.contains(";range="));
    let server =
        Plan::of(wide()).script(move |at| if ranged(at) { Act::Fail(50, "no") } else { Act::Go }).start();
    let run = read(&server);
    incomplete(&run);
    let users = run.table("users.csv");
    let user = users.iter().find(|row| row["sam_account_name"] == "u00299").unwrap();
    assert_eq!(user["status"], "incomplete");
}

#[test]
fn a_password_never_travels_in_the_clear() {
    let server = plan().start();
    let options = ["--bind-dn", "CN=audit,DC=contoso,DC=com", "--password-file", "password"];
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    std::fs::write(&file, "secret\n").unwrap();
    let options = [&options[..3], &[file.to_str().unwrap()]].concat();
    audit(&[&server.url()], &options).ended(2).says(&["ldaps://", "--start-tls"]);
    assert!(server.seen().binds.iter().all(|(_, password)| !password));
    // Nor when the server says that it does not know how to begin TLS.
    let run = audit(&[&server.url()], &[&options[..], &["--start-tls"]].concat()).ended(2);
    assert!(!run.told.contains("secret"));
    assert!(server.seen().binds.iter().all(|(_, password)| !password));
}

/// A server that shows an account nothing says so with success.
#[test]
fn an_account_that_may_see_nobody() {
    let run = read(&Plan::of(Directory::of(0)).start()).ended(3);
    assert!(run.names().is_empty());
}

#[test]
fn a_base_that_is_not_there() {
    let server = plan().start();
    let url = format!("{}/OU=Nowhere,{BASE}", server.url());
    audit(&[&url], &OPTIONS).ended(2).says(&["Nowhere"]);
}

#[test]
fn nobody_listens() {
    let port = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    audit(&[&format!("ldap://127.0.0.1:{port}")], &OPTIONS).ended(2).says(&["refused"]);
}
