//! Servers that DNS names: the servers of the domain are tried in their order, and nobody else gets a connection.

#![allow(clippy::unwrap_used, reason = "a test that cannot run has failed")]

use std::time::{Duration, Instant};

mod common;
mod runs;
mod wire;
use runs::{Run, audit};
use wire::directory::Directory;
use wire::names::{Names, Zone, silent};
use wire::{Act, Plan, Wire};

const URL: &str = "ldap:///DC=contoso,DC=com";
const CONTROLLERS: &str = "_ldap._tcp.dc._msdcs.contoso.com.";
const SERVERS: &str = "_ldap._tcp.contoso.com.";

fn server() -> Wire {
    Plan::of(Directory::of(40)).start()
}

fn read(url: &str, names: &Names, options: &[&str]) -> Run {
    let address = names.address.to_string();
    audit(&[url], &[&["--dns-server", &address, "--timeout", "5"], options].concat())
}

/// Everybody is in the report.
#[track_caller]
fn whole(run: Run) -> Run {
    let run = run.ended(0);
    assert_eq!(run.names().len(), 40, "{}", run.told);
    run
}

/// A port on which nobody listens.
fn nobody() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_domain_is_read_from_its_controllers() {
    let (first, other) = (server(), server());
    let zone = Zone::default()
        .service(CONTROLLERS, 10, first.port, "dc2.contoso.com.")
        .service(CONTROLLERS, 0, nobody(), "DC1.contoso.com.")
        .service(SERVERS, 0, other.port, "dc3.contoso.com.");
    let names = zone.host("dc1.contoso.com.").host("dc2.contoso.com.").host("dc3.contoso.com.").serve();
    let run = whole(read(URL, &names, &[])).says(&["dc1.contoso.com, dc2.contoso.com"]);
    // The first by priority is gone, the second gives everything, and what other servers there are is not asked.
    assert!(run.told.contains("dc1.contoso.com:") && first.seen().connections > 1);
    assert_eq!(other.seen().connections, 0);
}

#[test]
fn a_directory_without_controllers_has_servers() {
    let server = server();
    let names =
        Zone::default().service(SERVERS, 0, server.port, "a.b.contoso.com.").host("a.b.contoso.com.").serve();
    whole(read("ldap:///OU=Staff,DC=contoso,DC=com", &names, &[]));
    whole(read("ldap:///", &names, &["--base", "DC=contoso,DC=com"]));
}

#[test]
fn a_server_that_is_lost_in_the_middle_is_followed_by_the_next() {
    let plan = Plan::of(Directory::of(40))
        .script(|moment| if moment.reads() && moment.sent >= 10 { Act::Drop } else { Act::Go });
    let (first, second) = (plan.start(), server());
    let names = Zone::default()
        .service(SERVERS, 0, first.port, "dc1.contoso.com.")
        .service(SERVERS, 1, second.port, "dc2.contoso.com.")
        .host("dc1.contoso.com.")
        .host("dc2.contoso.com.")
        .serve();
    whole(read(URL, &names, &["--page-size", "7"]));
    assert!(second.seen().searches > 0);
}

/// Whoever forges the answer of DNS has certificates for names of their own, not for those of the domain.
#[test]
fn a_server_of_another_domain_gets_no_connection() {
    let server = server();
    for host in ["dc1.contoso.com.example.net.", "dc1.notcontoso.com.", "com."] {
        let names = Zone::default().service(CONTROLLERS, 0, server.port, host).host(host).serve();
        read(URL, &names, &[]).ended(2).says(&[host.trim_end_matches('.'), "left out", "name a server"]);
    }
    assert_eq!(server.seen().connections, 0);
}

#[test]
fn a_domain_that_nobody_serves() {
    let names = Zone::default().service(SERVERS, 0, 389, ".").serve();
    read(URL, &names, &[]).ended(2).says(&["names no server of `contoso.com`", "--dns-server"]);
    let names = Zone::default().service(SERVERS, 0, 389, "dc1.contoso.com.").serve();
    read(URL, &names, &[]).ended(2).says(&["dc1.contoso.com", "no address"]);
    read(URL, &Zone::refusing().serve(), &[]).ended(2).says(&[
        "DNS gives no answer",
        "refused",
        "--dns-server",
    ]);
    read("ldap:///", &names, &[]).ended(2).says(&["neither a server nor a domain"]);
    read("ldap:///O=Contoso", &names, &[]).ended(2).says(&["neither a server nor a domain"]);
}

#[test]
fn a_name_server_that_does_not_answer() {
    let (_socket, address) = silent();
    let begun = Instant::now();
    let options = ["--dns-server", &address.to_string(), "--timeout", "1"];
    audit(&[URL], &options).ended(2).says(&["DNS gives no answer"]);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

/// What is named in the URL is the system's to find: public name servers know nothing of it, or something else.
#[test]
fn a_name_server_is_not_asked_for_the_name_in_the_url() {
    let server = server();
    let names = Zone::refusing().serve();
    whole(read(&format!("ldap://127.0.0.1:{}", server.port), &names, &[]));
    whole(read(&format!("ldap://localhost:{}", server.port), &names, &[]));
}

/// Without TLS the password stays here, whoever is found.
#[test]
fn a_found_server_gets_no_password_in_the_clear() {
    let server = server();
    let names =
        Zone::default().service(SERVERS, 0, server.port, "dc1.contoso.com.").host("dc1.contoso.com.").serve();
    read(URL, &names, &["--user", "audit@contoso.com"]).ended(2).says(&["in the clear"]);
    assert_eq!(server.seen().connections, 0);
}
