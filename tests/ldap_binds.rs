//! Refusals of an account: what Active Directory says in numbers is told in words, with what to do, and nobody tries a
//! refused password again.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]
#![cfg(unix)]

use std::io;
use std::net::TcpStream;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

mod common;
mod runs;
mod wire;
use runs::{PLAIN, start};
use wire::Plan;
use wire::directory::Directory;

const SECRET: &str = "a-secret-that-nobody-sees";

/// Passes on what comes to a socket, where a password may travel, to a port.
fn socket(path: &Path, port: u16) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || copy_to_the_end(&mut from, &mut to));
            thread::spawn(move || {
                let (mut from, mut to): (TcpStream, UnixStream) = (far, near);
                let _ended = io::copy(&mut from, &mut to);
                let _gone_already = to.shutdown(std::net::Shutdown::Both);
            });
        }
    });
}

fn copy_to_the_end(from: &mut UnixStream, to: &mut TcpStream) {
    let _ended = io::copy(from, to);
    let _gone_already = to.shutdown(std::net::Shutdown::Write);
}

#[test]
fn what_is_wrong_with_an_account_is_told_in_words() {
    let refusals = [
        ("525", "there is no such account", "--user"),
        ("52e", "wrong password or unknown account", "lockout"),
        ("52f", "a restriction of the account", "restrictions"),
        ("530", "may not sign in at this time", "logon hours"),
        ("531", "may not sign in from here", "workstations"),
        ("532", "the password has expired", "new password"),
        ("533", "the account is disabled", "enable"),
        ("568", "too many groups", "fewer groups"),
        ("701", "the account has expired", "extend"),
        ("773", "must be changed first", "sign in once"),
        ("775", "the account is locked", "unlock"),
        ("80090346", "channel binding token", "--kerberos"),
        ("7ff", "invalid credentials", "check --user"),
    ];
    for (code, words, remedy) in refusals {
        let said = format!(
            "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v3839\0"
        );
        let server = Plan { refusal: Some(said), ..Plan::of(Directory::of(3)) }.start();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ldapi");
        socket(&path, server.port);
        let url = format!("ldapi://{}", path.to_str().unwrap().replace('/', "%2F"));
        let options = ["--user", "audit@contoso.com", "--out", "report"];
        let arguments = [&["audit", &url], &PLAIN[..], &options].concat();
        let run = start(&arguments, &[("DIRSYNC_AUDIT_PASSWORD", SECRET)]).end().ended(2);
        let run = run.says(&[code, words, remedy]);
        assert!(!run.told.contains(SECRET), "{}", run.told);
        // Once: tries count towards a lockout.
        assert_eq!(server.seen().binds, [("audit@contoso.com".to_owned(), true)], "{code}");
    }
}
