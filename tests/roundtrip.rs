//! Any table of users, written as any exporter writes it, is read back as the same table.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read has failed the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use dirsync_audit::model::{Attr, AttrSet, Input};
use dirsync_audit::source::{self, Options};
use proptest::prelude::*;

/// A user: sign-in name, DN, display name, addresses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Person {
    upn: String,
    dn: String,
    name: String,
    addresses: Vec<String>,
}

/// Addresses of every type, with what separates values elsewhere inside of them.
fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        "(smtp|SMTP|sip|SIP):[a-z][a-z.+_-]{0,8}[a-z]@contoso\\.com",
        "(X500|x500):/o=[A-Z][a-z ,+&]{0,9}[a-z]/cn=[a-z]{1,5}",
        "X400:C=US;A= ;P=[A-Z][a-z]{1,5};S=[A-Z][a-z]{1,5};",
        "EUM:[0-9]{3,5};phone-context=[a-z]{1,5}\\.contoso\\.com",
    ]
}

fn person() -> impl Strategy<Value = Person> {
    let name = "[A-Za-zÄé][A-Za-z0-9 ,;'\"|ßø.-]{0,12}[a-zÖ]";
    (name, prop::collection::vec(address(), 0..5)).prop_map(|(name, mut addresses)| {
        let mut known: Vec<String> = Vec::new();
        addresses.retain(|address| {
            let new = !known.contains(address);
            known.push(address.clone());
            new
        });
        Person { upn: String::new(), dn: String::new(), name, addresses }
    })
}

/// People whose names and DNs tell them apart.
fn people() -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(person(), 1..8).prop_map(|mut people| {
        for (at, person) in people.iter_mut().enumerate() {
            person.upn = format!("user{at}@contoso.com");
            let name = person.name.replace(['"', ';', '\''], "").replace(',', "\\,");
            person.dn = format!("CN={} {at},OU=Büro,DC=contoso,DC=com", name.trim());
        }
        people
    })
}

/// Reads a file back, and fails on any damage.
fn read(bytes: &[u8], order: bool) -> Vec<Person> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let source = source::open(file.path().to_str().unwrap(), &Options::default()).unwrap();
    let once = || {
        let (mut people, mut damage) = (Vec::new(), source.about().problems.clone());
        for block in source.blocks().unwrap() {
            let more = source.records(&block.unwrap(), AttrSet::ALL, &mut |record| {
                let user = &record.user;
                assert_eq!(record.incomplete, None);
                people.push(Person {
                    upn: user.get(Attr::UserPrincipalName).to_owned(),
                    dn: user.get(Attr::DistinguishedName).to_owned(),
                    name: user.get(Attr::DisplayName).to_owned(),
                    addresses: user.proxies().iter().map(|&value| value.to_owned()).collect(),
                });
            });
            damage.merge(&more);
        }
        assert!(!damage.incomplete(), "{damage:?}");
        people
    };
    let mut people = once();
    while !source.settled().unwrap() {
        people = once();
    }
    if !order {
        people.sort();
        for person in &mut people {
            person.addresses.sort();
        }
    }
    people
}

const HEAD: [&str; 4] = ["DistinguishedName", "UserPrincipalName", "DisplayName", "proxyAddresses"];

fn rows(people: &[Person], joint: &str) -> Vec<Vec<String>> {
    let head = HEAD.map(str::to_owned).to_vec();
    let row = |of: &Person| vec![of.dn.clone(), of.upn.clone(), of.name.clone(), of.addresses.join(joint)];
    [head].into_iter().chain(people.iter().map(row)).collect()
}

/// Every cell quoted, or only where it has to be.
fn csv(rows: &[Vec<String>], delimiter: char, all: bool, end: &str) -> String {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| {
                let must = cell.contains([delimiter, '"', '\n', '\r']);
                if all || must { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
            })
            .collect();
        text.push_str(&cells.join(&delimiter.to_string()));
        text.push_str(end);
    }
    text
}

fn wide(text: &str) -> Vec<u8> {
    [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
}

/// A cell of csvde: `;` and `\` inside a value get a backslash.
fn csvde(people: &[Person]) -> String {
    let mut rows =
        vec![["DN", "userPrincipalName", "displayName", "proxyAddresses"].map(str::to_owned).to_vec()];
    for of in people {
        let escaped = |text: &String| text.replace('\\', "\\\\").replace(';', "\\;");
        let addresses: Vec<String> = of.addresses.iter().map(escaped).collect();
        rows.push(vec![of.dn.clone(), of.upn.clone(), escaped(&of.name), addresses.join(";")]);
    }
    csv(&rows, ',', false, "\r\n")
}

/// AdFind: all quoted, quotes with a backslash.
fn adfind(people: &[Person]) -> String {
    let mut text = String::from("\"dn\",\"userPrincipalName\",\"displayName\",\"proxyAddresses\",\"cn\"\r\n");
    for of in people {
        let joined: Vec<String> = of.addresses.iter().map(|value| value.replace(';', "\\;")).collect();
        let cells = [&of.dn, &of.upn, &of.name, &joined.join(";"), "a \"b\" c"];
        let cells: Vec<String> =
            cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\\\""))).collect();
        let _ = write!(text, "{}\r\n", cells.join(","));
    }
    text + "ObjCount=1\r\n"
}

/// One row per address, in an order given by numbers.
fn long(people: &[Person], order: &[usize]) -> String {
    let mut rows = Vec::new();
    for of in people {
        let values = if of.addresses.is_empty() { vec![String::new()] } else { of.addresses.clone() };
        rows.extend(
            values.into_iter().map(|value| vec![of.dn.clone(), of.upn.clone(), of.name.clone(), value]),
        );
    }
    for (at, &with) in order.iter().enumerate() {
        let (at, with) = (at % rows.len(), with % rows.len());
        rows.swap(at, with);
    }
    let head = vec!["DN".to_owned(), "UPN".to_owned(), "DisplayName".to_owned(), "ProxyAddress".to_owned()];
    csv(&[vec![head], rows].concat(), ';', true, "\r\n")
}

fn indexed(people: &[Person]) -> String {
    let most = people.iter().map(|of| of.addresses.len()).max().unwrap_or(0).max(2);
    let mut head = HEAD[..3].iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    head.extend((0..most).map(|at| format!("ProxyAddress_{}", at + 1)));
    let mut rows = vec![head];
    for of in people {
        let mut row = vec![of.dn.clone(), of.upn.clone(), of.name.clone()];
        row.extend((0..most).map(|at| of.addresses.get(at).cloned().unwrap_or_default()));
        rows.push(row);
    }
    csv(&rows, ',', true, "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn tables_of_every_exporter(people in people(), order in prop::collection::vec(0usize..40, 0..40)) {
        for joint in [";", "; ", ",", ", ", "|", "\n", "\r\n", " ", "+"] {
            prop_assert_eq!(&read(csv(&rows(&people, joint), ',', true, "\r\n").as_bytes(), true), &people, "{:?}", joint);
        }
        let mut array = rows(&people, ";");
        for (row, of) in array[1..].iter_mut().zip(&people) {
            row[3] = serde_json::to_string(&of.addresses).unwrap();
        }
        prop_assert_eq!(&read(csv(&array, ',', true, "\r\n").as_bytes(), true), &people);
        let plain = rows(&people, ";");
        for delimiter in [',', ';', '\t', '|'] {
            for all in [true, false] {
                let text = csv(&plain, delimiter, all, "\r\n");
                prop_assert_eq!(&read(text.as_bytes(), true), &people, "{}", text);
                prop_assert_eq!(&read(&wide(&text), true), &people);
                prop_assert_eq!(&read(format!("\u{feff}{text}").as_bytes(), true), &people);
            }
            let text = format!("sep={delimiter}\r\n{}", csv(&plain, delimiter, false, "\r\n"));
            prop_assert_eq!(&read(text.as_bytes(), true), &people, "{}", text);
        }
        prop_assert_eq!(&read(format!("#TYPE Selected.X\r\n{}", csv(&plain, ',', true, "\r\n")).as_bytes(), true), &people);
        prop_assert_eq!(&read(csv(&plain, ',', true, "\r").as_bytes(), true), &people);
        prop_assert_eq!(&read(adfind(&people).as_bytes(), true), &people);
        prop_assert_eq!(&read(indexed(&people).as_bytes(), true), &people);
        let mut sorted = people.clone();
        for person in &mut sorted {
            person.addresses.sort();
        }
        sorted.sort();
        let listed = people.iter().any(|person| person.addresses.len() > 1);
        let text = long(&people, &order);
        if listed {
            prop_assert_eq!(&read(text.as_bytes(), false), &sorted, "{}", text);
            prop_assert_eq!(&read(&wide(&text), false), &sorted);
        }
    }

    #[test]
    fn tables_of_csvde(people in people()) {
        // The escapes of a file are known by csvde's own mark, the heading DN in first place.
        let text = csvde(&people);
        let unescaped = |person: &Person| Person { name: person.name.clone(), ..person.clone() };
        let want: Vec<Person> = people.iter().map(unescaped).collect();
        prop_assert_eq!(&read(text.as_bytes(), true), &want, "{}", text);
        prop_assert_eq!(&read(&wide(&text), true), &want);
    }
}

/// The report on the samples.
fn report() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_dirsync-audit"))
        .args([
            "audit",
            concat!(env!("CARGO_MANIFEST_DIR"), "/samples/contoso.csv"),
            "--scenario",
            "lync-hybrid",
        ])
        .args(["--format", "csv", "--exit-zero", "-q", "--out"])
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    folder
}

/// What a report's table holds, cell by cell.
fn cells(path: &std::path::Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn our_own_tables_survive_a_spreadsheet() {
    let folder = report();
    let rows = cells(&folder.path().join("users.csv"));
    let seen = |bytes: &[u8]| {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let source = source::open(file.path().to_str().unwrap(), &Options::default())?;
        let mut all = Vec::new();
        loop {
            all.clear();
            for block in source.blocks()? {
                source.records(&block?, AttrSet::ALL, &mut |record| {
                    let single = record.user.carried().iter().filter(|&attr| attr != Attr::ProxyAddresses);
                    let values: BTreeMap<_, _> =
                        single.map(|attr| (attr.ldap(), record.user.get(attr).to_owned())).collect();
                    all.push(values);
                });
            }
            if source.settled()? {
                return Ok::<_, dirsync_audit::error::Error>(all);
            }
        }
    };
    let forms = |rows: &[Vec<String>]| {
        [
            csv(rows, ';', false, "\r\n").into_bytes(),
            wide(&csv(rows, '\t', false, "\r\n")),
            format!("sep=;\r\n{}", csv(rows, ';', false, "\r\n")).into_bytes(),
        ]
    };
    let plain = seen(&std::fs::read(folder.path().join("users.csv")).unwrap()).unwrap();
    assert!(plain.len() > 50);
    for bytes in forms(&rows) {
        assert_eq!(seen(&bytes).unwrap(), plain);
    }
    for bytes in forms(&cells(&folder.path().join("findings.csv"))) {
        let why = seen(&bytes).unwrap_err().to_string();
        assert!(why.contains("findings.csv"), "{why}");
    }
}
