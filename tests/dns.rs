//! Name servers that do not answer, or answer what nobody can use: the commands end in time, say so, and exit 3. Without
//! `--check-dns` nobody is asked.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

mod common;
mod runs;
use runs::{Run, start};

/// A name server that receives, and answers what `answer` makes of a question, if anything.
struct Server {
    at: String,
    asked: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (at, asked) = (socket.local_addr().unwrap().to_string(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        // It ends with the test; each question has a thread, so that a slow answer holds no other.
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut room) {
                count.fetch_add(1, Ordering::SeqCst);
                let (question, answer) = (room[..length].to_vec(), Arc::clone(&answer));
                let socket = socket.try_clone().unwrap();
                std::thread::spawn(move || {
                    if let Some(octets) = answer(&question) {
                        let _ = socket.send_to(&octets, from);
                    }
                });
            }
        });
        Self { at, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The question sent back as an answer with this code.
fn coded(question: &[u8], code: u8) -> Vec<u8> {
    let mut answer = question.to_vec();
    answer[2] |= 0x80;
    answer[3] = 0x80 | code;
    answer
}

/// The answer that a name is an alias of the same name with `x.` before it.
fn one_further(question: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|&octet| octet == 0).unwrap() + 5;
    let mut answer = coded(&question[..end], 0);
    answer[6..12].copy_from_slice(&[0, 1, 0, 0, 0, 0]);
    answer.extend([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, b'x', 0xc0, 12]);
    answer
}

/// Asks a server about some domains; it must end within this many seconds.
fn dns(server: &Server, domains: &[&str], options: &[&str], most: u64) -> Run {
    let begin = Instant::now();
    let asked = ["--scenario", "lync-hybrid", "--server", &server.at, "--out", "report"];
    let run = start(&[&["dns"], domains, &asked, options].concat(), &[]).end();
    assert!(begin.elapsed() < Duration::from_secs(most), "{:?}: {}", begin.elapsed(), run.told);
    run
}

/// Nothing was found, and every record is not evaluated.
#[track_caller]
fn nothing_known(run: &Run, records: usize) {
    assert!(run.table("findings.csv").is_empty());
    let rows = run.table("organisation.csv");
    let open = rows.iter().filter(|row| row["step"] == "1" && row["state"] == "not-evaluated");
    assert_eq!(open.count(), records, "{rows:?}");
}

#[test]
fn a_silent_server_ends_within_the_timeout() {
    let server = Server::new(|_| None);
    let names: Vec<String> = (0..40).map(|nth| format!("c{nth}.test")).collect();
    let domains: Vec<&str> = names.iter().map(String::as_str).collect();
    // All that are asked at once wait once; the others are not asked any more.
    let run = dns(&server, &domains, &["--timeout", "1", "--retries", "0"], 20).ended(3);
    nothing_known(&run.says(&["no answer in time", "was not asked again"]), 160);
    assert!(server.asked() > 0);
}

#[test]
fn a_question_is_asked_again() {
    let asked = AtomicUsize::new(0);
    // Every other question is lost.
    let server = Server::new(move |question| {
        (asked.fetch_add(1, Ordering::SeqCst) % 2 == 1).then(|| coded(question, 3))
    });
    let run = dns(&server, &["contoso.test"], &["--timeout", "2", "--retries", "8"], 60).ended(1);
    let codes: Vec<String> = run.table("findings.csv").into_iter().map(|row| row["code"].clone()).collect();
    assert_eq!(codes, ["DNS001", "DNS002", "DNS002", "DNS002"]);
}

#[test]
fn a_slow_server_does_not_hold_a_record_for_long() {
    // An alias leads on and on; at once that is a finding.
    let server = Server::new(|question| Some(one_further(question)));
    let run = dns(&server, &["contoso.test"], &["--timeout", "5"], 20).ended(1);
    assert!(run.table("findings.csv").iter().all(|row| row["code"] == "DNS011"));
    // Each question is answered in time, and all of them together are not.
    let server = Server::new(|question| {
        std::thread::sleep(Duration::from_millis(750));
        Some(one_further(question))
    });
    let run = dns(&server, &["contoso.test"], &["--timeout", "1", "--retries", "0"], 20).ended(3);
    nothing_known(&run.says(&["no answer in time"]), 4);
}

#[test]
fn answers_that_nobody_can_use_are_no_answers() {
    for answer in [
        (|_: &[u8]| Some(b"\xff\xff\xff".to_vec())) as fn(&[u8]) -> Option<Vec<u8>>,
        |question| Some(coded(question, 5)),
        |question| Some(coded(question, 2)),
        // An answer is announced that does not come.
        |question| {
            let mut answer = coded(question, 0);
            answer[7] = 9;
            Some(answer)
        },
        // An answer to another question.
        |question| {
            let mut answer = coded(question, 3);
            answer[0] ^= 0x55;
            Some(answer)
        },
        // A name that points to itself.
        |question| {
            let mut answer = coded(question, 0);
            answer.truncate(12);
            answer.extend([0xc0, 12, 0, 5, 0, 1]);
            Some(answer)
        },
    ] {
        let server = Server::new(answer);
        let run = dns(&server, &["contoso.test"], &["--timeout", "1", "--retries", "0"], 30).ended(3);
        nothing_known(&run, 4);
    }
}

#[test]
fn nobody_listens() {
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let server = Server { at: closed, asked: Arc::default() };
    nothing_known(&dns(&server, &["contoso.test"], &["--timeout", "1"], 20).ended(3), 4);
}

#[test]
fn an_audit_asks_only_when_told_to() {
    let server = Server::new(|question| Some(coded(question, 5)));
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, proxies: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("sAMAccountName,proxyAddresses\nann,SMTP:ann@contoso.test{proxies}\n"))
            .unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (users, nobody) = (file("users.csv", ";sip:ann@contoso.test"), file("nobody.csv", ""));
    let audit = |source: &str, more: &[&str]| {
        let options = ["--scenario", "teams", "--dns-server", &server.at, "--out", "report", "--exit-zero"];
        start(&[&["audit", source], &options[..], more].concat(), &[]).end()
    };
    let dns_rules = |run: &Run| {
        let summary = run.summary();
        summary["rules_run"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|code| code.as_str().unwrap().starts_with("DNS"))
            .count()
    };
    let run = audit(&users, &["--dns-internal"]).ended(0);
    assert_eq!((server.asked(), dns_rules(&run)), (0, 0));
    let run = audit(&users, &["--check-dns"]).ended(3);
    assert!(server.asked() > 0 && dns_rules(&run) > 0);
    let asked = server.asked();
    let run = audit(&nobody, &["--check-dns"]).ended(0).says(&["no audited user has a SIP address"]);
    assert_eq!((server.asked(), run.table("users.csv").len()), (asked, 1));
}

#[test]
fn every_domain_of_the_users_is_asked_for_or_told() {
    let server = Server::new(|question| Some(coded(question, 5)));
    let dir = tempfile::tempdir().unwrap();
    let audit = |scenario: &str, addresses: &[&str]| {
        let path = dir.path().join("users.csv");
        let user =
            |(nth, address): (usize, &&str)| format!("u{nth},SMTP:u{nth}@contoso.test;sip:{address}\n");
        let users: String = addresses.iter().enumerate().map(user).collect();
        std::fs::write(&path, format!("sAMAccountName,proxyAddresses\n{users}")).unwrap();
        let options = ["--scenario", scenario, "--check-dns", "--dns-server", &server.at, "--out", "report"];
        let run =
            start(&[&["audit", path.to_str().unwrap()], &options[..], &["--exit-zero"]].concat(), &[]).end();
        let rows = run.table("organisation.csv").into_iter().filter(|row| row["step"] == "1");
        rows.map(|row| [&row["about"], &row["field"], &row["state"], &row["note"]].map(String::clone))
            .collect()
    };
    let states = |rows: &Vec<[String; 4]>, about: &str| -> Vec<(String, String)> {
        let own = rows.iter().filter(|row| row[0] == about);
        own.map(|[_, field, state, _]| (field.clone(), state.clone())).collect()
    };
    let open = |records: &[&str]| -> Vec<(String, String)> {
        records.iter().map(|record| ((*record).to_owned(), "not-evaluated".to_owned())).collect()
    };
    let records = open(&["_sipfederationtls._tcp", "_sip._tls", "sip", "lyncdiscover"]);

    // As people write it, and as DNS has it: one domain.
    let rows: Vec<[String; 4]> = audit(
        "teams",
        &[
            "a@b\u{fc}cher.test",
            "b@B\u{dc}CHER.test",
            "c@xn--bcher-kva.test",
            "d@contoso.test:5061",
            "e@contoso",
        ],
    );
    assert_eq!(states(&rows, "xn--bcher-kva.test"), records, "{rows:?}");
    assert_eq!(rows.len(), 5, "{rows:?}");
    let told = (String::new(), "not-possible".to_owned());
    assert_eq!(states(&rows, ""), [told]);
    assert!(rows.iter().any(|row| row[3].contains("2 users")), "{rows:?}");

    // Microsoft's own domain is never right without being asked for.
    for scenario in ["sfb-online", "teams"] {
        let before = server.asked();
        let rows: Vec<[String; 4]> = audit(scenario, &["a@contoso.onmicrosoft.com"]);
        assert_eq!(server.asked(), before);
        assert_eq!(states(&rows, "contoso.onmicrosoft.com"), [(String::new(), "by-hand".to_owned())]);
        let rows: Vec<[String; 4]> = audit(scenario, &["a@contoso.onmicrosoft.com", "b@contoso.test"]);
        assert_eq!(states(&rows, "contoso.onmicrosoft.com"), [(String::new(), "not-possible".to_owned())]);
        assert_eq!(states(&rows, "contoso.test"), records);
        assert!(rows.iter().any(|row| row[3].contains("not asked: Microsoft")), "{rows:?}");
    }
    for scenario in ["lync-onprem", "lync-hybrid"] {
        let rows: Vec<[String; 4]> = audit(scenario, &["a@contoso.onmicrosoft.com"]);
        assert_eq!(states(&rows, "contoso.onmicrosoft.com"), records, "{scenario}");
    }
}
