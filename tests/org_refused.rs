//! What a scripted server refuses, hides or breaks off of the organisation is not evaluated, and never called missing.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

mod common;
mod organisation;
mod runs;
mod wire;
use organisation::{codes, of, org, states, step};
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
