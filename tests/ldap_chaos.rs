//! A real server behind a line that fails at random: whatever the line does and whenever, the users are those of an
//! undisturbed reading, or the run says that it is incomplete, or that nothing could be read. `CHAOSS=1000` makes more
//! runs, `CHAOS=17` only that one.
//!
//! `cargo test --test ldap_chaos -- --ignored`; Linux, with the packages that `tests/run` installs.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

mod beds;
mod common;
mod dice;
mod runs;
use beds::Bed;
use common::Row;
use dice::Dice;
use runs::{PLAIN, Run, audit, start};

/// A server that shows everybody to anybody, so that nothing hides what goes over the line.
static BED: LazyLock<Bed> = LazyLock::new(|| Bed::start("openldap.py", &["--users", "2500", "--anonymous"]));
/// What an undisturbed reading gives.
static UNDISTURBED: LazyLock<BTreeSet<Row>> = LazyLock::new(|| rows(&audit(&[BED.at("LDAP")], &[]).ended(0)));
/// No run may take longer, whatever happens to it.
const LONGEST: Duration = Duration::from_secs(60);

fn rows(run: &Run) -> BTreeSet<Row> {
    let mut rows = run.table("users.csv");
    for row in &mut rows {
        row.remove("source");
    }
    let different: BTreeSet<Row> = rows.iter().cloned().collect();
    assert_eq!(different.len(), rows.len(), "somebody stands there twice: {}", run.told);
    different
}

/// What becomes of a line when so many bytes have passed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// Both ends are closed.
    Drop,
    /// The end that receives is closed; what it sends goes through.
    Half,
    /// Nothing goes through any more.
    Freeze,
    /// Nothing goes through for so many milliseconds.
    Wait(u64),
    /// The next thousands come so many bytes at a time.
    Pieces(usize),
    /// A byte is another one.
    Flip(u8),
    /// So many bytes are missing.
    Lose(usize),
    /// These bytes come in between.
    Insert([u8; 3]),
}

impl Fault {
    fn any(dice: &mut Dice) -> Self {
        let byte = |dice: &mut Dice| u8::try_from(dice.below(256)).unwrap();
        match dice.below(12) {
            0 | 1 => Self::Drop,
            2 => Self::Half,
            3 => Self::Freeze,
            4 => Self::Wait(dice.one_of(&[5, 200, 900, 2500])),
            5 | 6 => Self::Pieces(dice.one_of(&[1, 3, 100])),
            7 | 8 => Self::Flip(byte(dice).max(1)),
            9 | 10 => Self::Lose(dice.one_of(&[1, 2, 50, 1000])),
            _ => Self::Insert([byte(dice), byte(dice), byte(dice)]),
        }
    }

    /// Whether what arrives is not what was sent: without TLS nobody can tell one letter from another.
    fn corrupts(self) -> bool {
        matches!(self, Self::Flip(_) | Self::Lose(_) | Self::Insert(_))
    }
}

/// The faults of a run: how many there are still to be, and what has come of them.
struct Plan {
    dice: Dice,
    left: u64,
    happened: Vec<(&'static str, Fault, usize)>,
}

impl Plan {
    /// The fault of a new line in this direction, if it gets one, and after how many bytes.
    fn next(&mut self, way: &'static str, most: u32) -> Option<(Fault, usize)> {
        if self.left == 0 || self.dice.below(3) == 0 {
            return None;
        }
        self.left -= 1;
        // As often in the first hundred bytes as in the last thousands.
        let power = self.dice.below(u64::from(most));
        let after = usize::try_from(self.dice.below(2 << power)).unwrap();
        let fault = Fault::any(&mut self.dice);
        self.happened.push((way, fault, after));
        Some((fault, after))
    }
}

/// A line to the server.
struct Line {
    port: u16,
    plan: Arc<Mutex<Plan>>,
    ended: Arc<AtomicBool>,
}

impl Line {
    fn of(to: &'static str, dice: Dice, faults: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let plan = Arc::new(Mutex::new(Plan { dice, left: faults, happened: Vec::new() }));
        let ended = Arc::new(AtomicBool::new(false));
        let (planning, ending) = (Arc::clone(&plan), Arc::clone(&ended));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if ending.load(Ordering::SeqCst) {
                    break;
                }
                // A server that is not there closes the line at once.
                let Ok(server) = TcpStream::connect(to) else { continue };
                for (way, most, from, to) in [("up", 11, &client, &server), ("down", 20, &server, &client)] {
                    let fault = planning.lock().unwrap().next(way, most);
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let ending = Arc::clone(&ending);
                    thread::spawn(move || {
                        let _whatever_ends_it = carry(&from, &to, fault, &ending);
                        let _gone_already = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
                    });
                }
            }
        });
        Self { port, plan, ended }
    }

    fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _wakes_the_listener = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Carries bytes from one end to the other until one of them, or the fault, ends it.
fn carry(
    mut from: &TcpStream,
    mut to: &TcpStream,
    mut fault: Option<(Fault, usize)>,
    ended: &AtomicBool,
) -> std::io::Result<()> {
    let (mut room, mut passed, mut piece) = (vec![0; 16 << 10], 0, 1);
    let mut in_pieces = 0;
    loop {
        let read = from.read(&mut room)?;
        if read == 0 {
            return Ok(());
        }
        let mut bytes = room[..read].to_vec();
        if let Some((what, after)) = fault.filter(|(_, after)| passed + read > *after) {
            fault = None;
            let at = after - passed;
            let rest = bytes.split_off(at);
            to.write_all(&bytes)?;
            bytes = rest;
            match what {
                Fault::Drop => {
                    let _gone_already = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
                    return Ok(());
                }
                Fault::Half => to.shutdown(Shutdown::Write)?,
                Fault::Freeze => {
                    while !ended.load(Ordering::SeqCst) {
                        sleep(Duration::from_millis(20));
                    }
                    return Ok(());
                }
                Fault::Wait(time) => sleep(Duration::from_millis(time)),
                Fault::Pieces(size) => (piece, in_pieces) = (size, 3000),
                Fault::Flip(mask) => bytes[0] ^= mask,
                Fault::Lose(many) => drop(bytes.drain(..many.min(read - at))),
                Fault::Insert(more) => drop(bytes.splice(..0, more)),
            }
        }
        passed += read;
        let (slowly, rest) = bytes.split_at(bytes.len().min(in_pieces));
        in_pieces -= slowly.len();
        for part in slowly.chunks(piece).chain([rest]) {
            to.write_all(part)?;
        }
    }
}

fn run(seed: u64) {
    let expected = &*UNDISTURBED;
    let mut dice = Dice::of(seed);
    let connections = dice.one_of(&["1", "2", "4"]);
    let options =
        ["--connections", connections, "--page-size", dice.one_of(&["1000", "150", "31"]), "--timeout", "2"];
    let (faults, fetches) = (dice.one_of(&[1, 2, 4, 8, 100]), dice.below(4) == 0);
    let line = Line::of(BED.at("LDAP").strip_prefix("ldap://").unwrap(), dice, faults);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("people");
    let (url, out) = (line.url(), file.to_str().unwrap());
    let begun = Instant::now();
    let mut run = if fetches {
        start(&[&["fetch", &url, "--out", out], &options[..]].concat(), &[]).end()
    } else {
        audit(&[&url], &options)
    };
    let about = || {
        let plan = line.plan.lock().unwrap();
        format!("CHAOS={seed} fetches={fetches} {options:?} {:?}", plan.happened)
    };
    assert!(begun.elapsed() < LONGEST, "{:?}: {}", begun.elapsed(), about());
    if fetches {
        if run.status != 0 {
            assert!(matches!(run.status, 2 | 3), "{}: {}", about(), run.told);
            // What is left is read over a line without faults.
            line.plan.lock().unwrap().left = 0;
            start(&[&["fetch", &url, "--out", out, "--resume"], &options[..]].concat(), &[]).end().ended(0);
        }
        run = audit(&[out], &[]);
    }
    let corrupts =
        |way| line.plan.lock().unwrap().happened.iter().any(|(of, fault, _)| *of == way && fault.corrupts());
    // A question that was changed on its way may mean more, such as another class of objects.
    let (asked_else, corrupted) = (corrupts("up"), corrupts("up") || corrupts("down"));
    if run.status == 2 {
        return assert!(run.told.contains("remedy"), "{}: {}", about(), run.told);
    }
    let found = rows(&run);
    match run.status {
        0 if asked_else => assert!(found.len() >= expected.len(), "{}: {}", about(), run.told),
        0 if corrupted => assert_eq!(found.len(), expected.len(), "{}: {}", about(), run.told),
        0 => assert!(found == *expected, "{}: {}", about(), run.told),
        3 => {
            assert!(corrupted || found.is_subset(expected), "{}: {}", about(), run.told);
            assert!(run.told.contains("incomplete"), "{}: {}", about(), run.told);
        }
        status => panic!("status {status}: {}: {}", about(), run.told),
    }
}

#[test]
#[ignore = "needs slapd"]
fn users_are_those_of_an_undisturbed_reading_or_it_is_said_that_they_are_not() {
    dice::campaign("CHAOS", 30, 10, run);
}

/// The server itself dies and comes back, once or more, at any time.
#[test]
#[ignore = "needs slapd"]
fn a_server_that_comes_and_goes() {
    let bed = Bed::start("openldap.py", &["--users", "2500", "--anonymous"]);
    let expected = rows(&audit(&[bed.at("LDAP")], &[]).ended(0));
    let mut dice = Dice::of(5);
    for number in 0..8 {
        let slowly = ["--max-rate", dice.one_of(&["2000", "4000"]), "--page-size", "100", "--timeout", "3"];
        let going =
            start(&[&["audit", bed.at("LDAP"), "--out", "report"], &PLAIN[..], &slowly].concat(), &[]);
        for _ in 0..=dice.below(3) {
            sleep(Duration::from_millis(dice.below(600)));
            bed.server(dice.one_of(&["kill", "stop"]));
            sleep(Duration::from_millis(dice.below(1500)));
            bed.server("kill");
            bed.server("start");
        }
        let run = going.end();
        match run.status {
            0 => assert!(rows(&run) == expected, "{number}: {}", run.told),
            2 => assert!(run.told.contains("remedy"), "{number}: {}", run.told),
            status => {
                assert_eq!(status, 3, "{number}: {}", run.told);
                assert!(rows(&run).is_subset(&expected), "{number}: {}", run.told);
            }
        }
    }
}
