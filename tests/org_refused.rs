//! What a scripted server refuses, hides or breaks off of the organisation is not evaluated, and never called missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;
mod organisation;
mod runs;
mod wire;
use organisation::{codes, of, org, states, step};
use wire::directory::Entry;
use wire::organisation::{asks, remove, sound};
use wire::{Act, At, Moment, Plan};

/// The kinds that can be refused, the step that is not evaluated then, and the rules that must not fire.
const REFUSED: [(&str, &str, &[&str]); 7] = [
    ("attributeSchema", "4", &["ORG001", "ORG002", "ORG003", "ORG004"]),
    ("msExchOrganizationContainer", "4", &["ORG005", "ORG009", "ORG011"]),
    ("msExchExchangeServer", "5", &["ORG009"]),
    ("msExchAuthPartnerApplication", "4", &["ORG005"]),
    ("msExchAuthAuthServer", "6", &["ORG011"]),
    ("msExchOWAVirtualDirectory", "5", &["ORG009"]),
    ("msRTCSIP-Domain", "1", &[]),
];

/// Refused, referred, cut, or another server's: it is not evaluated, the status says so, and the rest is judged.
#[test]
fn what_is_refused_is_not_missing() {
    let acts = [
        Act::Fail(50, "00002098: SecErr: INSUFF_ACCESS_RIGHTS"),
        Act::Fail(10, "0000202B: RefErr: ref 1: 'contoso.com'"),
        Act::Fail(4, "size limit exceeded"),
        Act::Fail(2, "protocol error"),
        Act::Refer("ldap://dc2.contoso.com/CN=Configuration,DC=contoso,DC=com"),
    ];
    for (class, number, never) in REFUSED {
        for act in &acts {
            let (act, wanted) = (act.clone(), class.to_owned());
            let act = move |at: &Moment| {
                if asks(at, &wanted) && at.at == At::Start { act.clone() } else { Act::Go }
            };
            let run = org(&Plan::of(sound(0, 0)).script(act).start().url(), "lync-hybrid", &[]).ended(3);
            assert!(states(&run, number).contains("not-evaluated"), "{class}: {}", run.told);
            let codes = codes(&run);
            assert!(codes.is_empty(), "{class}: {codes:?}, never {never:?}");
            let why = step(&run, number).into_iter().find(|row| row["state"] == "not-evaluated").unwrap();
            assert!(!why["note"].is_empty(), "{why:?}");
        }
    }
}

/// A server that hides something says so with success; nothing that an account might not see is missing.
#[test]
fn what_is_hidden_is_not_missing() {
    // The folder is there and shows nothing of itself, as to an account that may not read it.
    for (folder, number) in [
        ("CN=Microsoft Exchange,CN=Services", "4"),
        ("CN=Partner Applications,", "4"),
        ("CN=Auth Servers,", "6"),
    ] {
        let mut directory = sound(0, 0);
        directory.entries.retain(|entry| !entry.dn.contains(&format!(",{}", folder.trim_end_matches(','))));
        let hidden = directory.entries.iter_mut().find(|entry| entry.dn.starts_with(folder)).unwrap();
        hidden.attributes = vec![("objectClass".into(), vec![b"container".to_vec()])];
        let script = move |at: &Moment| {
            let asks = at.request.attributes.iter().any(|name| name.0 == "objectClass");
            if asks && at.request.base_object.0.starts_with(folder) && matches!(at.at, At::Entry(_)) {
                Act::Skip
            } else {
                Act::Go
            }
        };
        let run = org(&Plan::of(directory).script(script).start().url(), "lync-hybrid", &[]).ended(3);
        assert!(states(&run, number).contains("not-evaluated"), "{folder}: {}", run.told);
        assert!(codes(&run).iter().all(|code| code != "ORG005" || number != "4"), "{folder}");
        assert!(codes(&run).iter().all(|code| code != "ORG011" || number != "6"), "{folder}");
    }
    // Nothing of the services is shown at all.
    let mut directory = sound(0, 0);
    remove(&mut directory, ",CN=Services,");
    let run = org(&Plan::of(directory).start().url(), "lync-hybrid", &[]).ended(3);
    assert!(codes(&run).is_empty(), "{}", run.told);
}

/// A server that shows no directory of Outlook Web App, where others do, may have one all the same.
#[test]
fn a_server_without_a_directory_is_not_right_unless_it_surely_has_none() {
    const SERVERS: &str = "CN=Servers,CN=Exchange Administrative Group,CN=Administrative Groups,CN=Contoso,\
                           CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=contoso,DC=com";
    // Its folders are there, and nothing is in them.
    let empty = || {
        let mut directory = sound(0, 0);
        remove(&mut directory, "CN=owa (Default Web Site),CN=HTTP,CN=Protocols,CN=EX2");
        directory
    };
    let run = org(&Plan::of(empty()).start().url(), "lync-hybrid", &[]).ended(0);
    assert_eq!(codes(&run), of(&[]), "{}", run.told);
    // The folder of its directories is refused.
    let script = |at: &Moment| {
        let of_it = at.request.base_object.0.starts_with("CN=HTTP,CN=Protocols,CN=EX2");
        if of_it && at.at == At::Start { Act::Fail(50, "no") } else { Act::Go }
    };
    let run = org(&Plan::of(empty()).script(script).start().url(), "lync-hybrid", &[]).ended(3);
    assert!(states(&run, "5").contains("not-evaluated") && codes(&run).is_empty(), "{}", run.told);
    // It shows nothing of itself, unless it is one that has no directories.
    for (roles, status) in [("2", 3), ("64", 0), ("many", 3)] {
        let mut directory = sound(0, 0);
        let values: [(&str, &[&str]); 2] =
            [("objectClass", &["msExchExchangeServer"]), ("msExchCurrentServerRoles", &[roles])];
        directory.entries.push(Entry::new(format!("CN=EX3,{SERVERS}"), &values));
        let run = org(&Plan::of(directory).start().url(), "lync-hybrid", &[]).ended(status);
        let noted = step(&run, "5").iter().any(|row| row["note"].contains("CN=EX3"));
        assert!(noted == (status == 3) && codes(&run).is_empty(), "{roles}: {}", run.told);
    }
}

#[test]
fn a_connection_that_breaks_is_made_anew() {
    let mut broken = false;
    let script = move |at: &Moment| {
        if !broken && asks(at, "msExchAuthPartnerApplication") {
            broken = true;
            return Act::Drop;
        }
        Act::Go
    };
    let run = org(&Plan::of(sound(0, 0)).script(script).start().url(), "lync-hybrid", &[]).ended(0);
    assert_eq!(codes(&run), of(&[]));
    let server = Plan { limit: 2, ..Plan::of(sound(0, 0)) }.start();
    org(&server.url(), "lync-hybrid", &["--page-size", "1"]).ended(0);
}

/// A server that breaks off, or says nothing any more, is not asked for every part anew.
#[test]
fn a_server_that_is_gone_ends_the_reading_in_time() {
    std::thread::scope(|scope| {
        for act in [Act::Drop, Act::Freeze, Act::Fail(51, "busy"), Act::Trickle] {
            scope.spawn(move || {
                let begun = std::time::Instant::now();
                let act = act.clone();
                let script =
                    move |at: &Moment| if asks(at, "msExchAcceptedDomain") { act.clone() } else { Act::Go };
                let run =
                    org(&Plan::of(sound(0, 0)).script(script).start().url(), "lync-hybrid", &[]).ended(3);
                assert!(begun.elapsed() < std::time::Duration::from_secs(60));
                assert!(
                    codes(&run).is_empty() && states(&run, "5").contains("not-evaluated"),
                    "{}",
                    run.told
                );
            });
        }
    });
}
