//! Whole texts: cut, looked at and read.

mod properties;
mod rfc;

use super::*;
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet, Brief};

/// What a record gives: line, values, lost attributes, whether it is incomplete.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    line: u64,
    values: Vec<(Attr, String)>,
    missing: AttrSet,
    incomplete: bool,
}

impl Got {
    fn of(record: &Record<'_>, carried: AttrSet) -> Self {
        let user = &record.user;
        let single = AttrSet::ALL.iter().filter(|&attr| attr != Attr::ProxyAddresses);
        let mut values: Vec<_> = single.map(|attr| (attr, user.get(attr).to_owned())).collect();
        values.extend(user.proxies().iter().map(|&value| (Attr::ProxyAddresses, value.to_owned())));
        values.retain(|(_, value)| !value.is_empty());
        let missing = carried.minus(user.carried());
        Self { line: record.place.line(), values, missing, incomplete: record.incomplete.is_some() }
    }

    fn get(&self, attr: Attr) -> Vec<&str> {
        self.values.iter().filter(|(of, _)| *of == attr).map(|(_, value)| value.as_str()).collect()
    }
}

/// The kinds of damage: how often and on which lines first.
type Damage = Vec<(Problem, u64, Vec<u64>)>;

/// Reads a text whose pieces arrive in this size, cut into blocks of this size.
fn read_in(text: &str, piece: usize, target: usize, limit: usize) -> (Vec<Got>, Damage) {
    let names = Names::new(&[]);
    let mut rest = text;
    let blocks: Vec<_> = Cutter::new(target, limit, |into| {
        if rest.is_empty() {
            return Ok(None);
        }
        let end = (piece..=rest.len()).find(|&end| rest.is_char_boundary(end)).unwrap_or(rest.len());
        into.push_str(&rest[..end]);
        rest = &rest[end..];
        Ok(Some(end as u64))
    })
    .map(Result::unwrap)
    .collect();
    assert_eq!(blocks.iter().map(|block| block.bytes).sum::<u64>(), text.len() as u64);
    let mut seen = Seen::default();
    for block in &blocks {
        let mut more = Seen::default();
        more.look(&block.text, block.line, &names, limit);
        read_seen(block, &names, &more, limit);
        seen.merge(&more);
    }
    let reading = Reading { names: &names, carried: seen.carried, wanted: AttrSet::ALL, limit };
    let (mut got, mut problems) = (Vec::new(), Problems::default());
    for block in &blocks {
        problems.merge(&block.problems);
        let from = got.len();
        let mut starts = Vec::new();
        problems.merge(&records((&block.text, block.line), reading, None, &mut |record| {
            starts.push(record.at);
            got.push(Got::of(record, seen.carried));
        }));
        noted_again(block, reading, &got[from..]);
        // Each alone is what it is among the others.
        for step in [1, 2] {
            let starts: Vec<u32> = starts.iter().copied().step_by(step).collect();
            let mut again = got[from..].iter().step_by(step);
            some_records(&block.text, block.line, reading, &starts, &mut |record| {
                assert_eq!(again.next(), Some(&Got::of(record, seen.carried)), "{text:?}");
            });
            assert_eq!(again.next(), None, "{text:?}");
        }
    }
    (got, problems.iter().map(|(kind, tally)| (kind, tally.count, tally.lines.clone())).collect())
}

/// Whoever reads the records of a block sees what a look at it shows, whatever is wanted of them.
fn read_seen(block: &Block, names: &Names, looked: &Seen, limit: usize) {
    let text = (block.text.as_str(), block.line);
    for wanted in [AttrSet::ALL, AttrSet::of(&[Attr::Mail]), AttrSet::NONE] {
        let reading = Reading { names, carried: AttrSet::ALL, wanted, limit };
        let (mut seen, mut noted) = (Seen::default(), Seen::default());
        records(text, reading, Some(Eyes::new(&mut seen, text, limit)), &mut |_| {});
        let eyes = Some(Eyes::new(&mut noted, text, limit));
        noting(text, reading, eyes, (&mut Vec::new(), wanted), &mut |_| {});
        assert_eq!((&seen, &noted), (looked, looked), "{text:?}");
    }
}

/// What was noted of records is what is read of them.
fn noted_again(block: &Block, reading: Reading<'_>, got: &[Got]) {
    let text = (block.text.as_str(), block.line);
    let shown = AttrSet::ALL.without(Attr::ProxyAddresses).without(Attr::ObjectClass);
    for shown in [shown, AttrSet::of(&[Attr::DistinguishedName, Attr::Mail, Attr::ObjectGuid])] {
        let (mut notes, mut all) = (Vec::new(), Vec::new());
        let problems = noting(text, reading, None, (&mut notes, shown), &mut |record| {
            all.push(Got::of(record, reading.carried));
        });
        assert_eq!(all, got, "{text:?}");
        assert!(got.is_empty() || problems.is_empty() != notes.is_empty(), "{text:?}");
        for less in [[0, 0], [1, 1], [0, 1]].map(|less| less.repeat(got.len())) {
            let brief = Brief { wanted: shown, records: &less };
            let mut again = got.iter().zip(&less);
            let notes = if problems.is_empty() { &notes[..] } else { continue };
            noted(text, reading, (notes, brief), &mut |record| {
                let (want, &less) = again.next().unwrap();
                let own = Got::of(record, reading.carried);
                if less == 0 {
                    return assert_eq!(own, *want, "{text:?}");
                }
                assert!((own.line, own.incomplete) == (want.line, want.incomplete), "{text:?}");
                shown.iter().for_each(|attr| assert_eq!(own.get(attr), want.get(attr), "{text:?}"));
            });
            assert_eq!(again.next(), None, "{text:?}");
            // Notes that are not of this text do no harm.
            for place in 0..notes.len().min(50) {
                let mut other = notes.to_vec();
                other[place] ^= 1 << (place % 8);
                noted(text, reading, (&other, brief), &mut |_| {});
            }
        }
    }
}

fn read(text: &str) -> (Vec<Got>, Damage) {
    read_in(text, 1 << 20, 1 << 20, 1 << 24)
}

fn one(text: &str) -> Got {
    let (mut got, problems) = read(text);
    assert_eq!((got.len(), problems), (1, vec![]), "{text}");
    got.remove(0)
}

fn problem(text: &str) -> (Vec<Got>, Problem, u64) {
    let (got, problems) = read(text);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].1, 1, "{problems:?}");
    (got, problems[0].0, problems[0].2[0])
}

/// The first line of a record.
const HEAD: &str = "dn: CN=Roth\\, Jana,OU=Staff,DC=contoso,DC=com\n";

#[test]
fn folding_with_blank_and_tab_and_every_end_of_line() {
    let text = "dn: CN=Roth\\, Jana,OU=St\n aff,DC=contoso,DC=com\nproxyAddresses: SMTP:jana.roth@con\n\ttoso.com\n\
                proxy\n Addresses: sip:a@contoso.com\nmail\n :: amFuYUBjb250\n b3NvLmNvbQ==\nsn:\n Roth\n \n";
    for end in ["\n", "\r\n", "\r", "\r\r\n"] {
        let got = one(&text.replace('\n', end));
        assert_eq!(got.get(Attr::DistinguishedName), ["CN=Roth\\, Jana,OU=Staff,DC=contoso,DC=com"]);
        assert_eq!(got.get(Attr::ProxyAddresses), ["SMTP:jana.roth@contoso.com", "sip:a@contoso.com"]);
        assert_eq!(
            (got.get(Attr::Mail), got.get(Attr::Sn)),
            (vec!["jana@contoso.com"], vec!["Roth"]),
            "{end:?}"
        );
    }
    let mixed = "dn: a\r\nsn: b\nmail: c\r\n\r\ndn: d\n\r\ndn: e\r\n\n";
    assert_eq!(read(mixed).0.iter().map(|got| got.line).collect::<Vec<_>>(), [1, 5, 7]);
}

#[test]
fn blanks_belong_to_a_value_unless_they_come_first() {
    let got = one(&format!("{HEAD}mail:   a@b.c \nsn:: IHggIA==\ngivenName: :x\ndisplayName: <y\n"));
    assert_eq!((got.get(Attr::Mail), got.get(Attr::Sn)), (vec!["a@b.c "], vec![" x  "]));
    assert_eq!((got.get(Attr::GivenName), got.get(Attr::DisplayName)), (vec![":x"], vec!["<y"]));
}

#[test]
fn octets_become_identities() {
    let got =
        one(&format!("{HEAD}objectGUID:: ABEiM0RVZneImaq7zN3u/w==\nobjectSid:: AQIAAAAAAAUgAAAAIAIAAA==\n"));
    assert_eq!(got.get(Attr::ObjectGuid), ["33221100-5544-7766-8899-aabbccddeeff"]);
    assert_eq!(got.get(Attr::ObjectSid), ["S-1-5-32-544"]);
    // Samba's ldbsearch writes them as text.
    let got = one(&format!(
        "{HEAD}objectGUID: {{33221100-5544-7766-8899-AABBCCDDEEFF}}\nobjectSid: S-1-5-32-544\n"
    ));
    assert_eq!(got.get(Attr::ObjectGuid), ["33221100-5544-7766-8899-aabbccddeeff"]);
    assert_eq!(got.get(Attr::ObjectSid), ["S-1-5-32-544"]);
    let (got, kind, line) = problem(&format!("{HEAD}objectGUID:: ABEi\nmail: a\n"));
    assert_eq!(
        (kind, line, got[0].incomplete, got[0].get(Attr::ObjectGuid).len()),
        (Problem::BadIdentity, 2, false, 0)
    );
    let got = one("dn: <GUID=33221100-5544-7766-8899-aabbccddeeff>;<SID=S-1-5-32-544>;CN=a,DC=b\n");
    assert_eq!(got.get(Attr::DistinguishedName), ["CN=a,DC=b"]);
}

#[test]
fn flags_are_those_of_the_directory() {
    for (text, expected) in [("TRUE", "TRUE"), ("False", "FALSE"), ("1", "TRUE"), ("maybe", "maybe")] {
        let got = one(&format!("{HEAD}msRTCSIP-UserEnabled: {text}\n"));
        assert_eq!(got.get(Attr::UserEnabled), [expected]);
    }
}

#[test]
fn text_that_is_not_base64_is_taken_as_it_stands() {
    let (got, problems) = read("dn:: CN=Müller,DC=contoso\nsn:: Müller\nmail: a\n");
    assert_eq!(got[0].get(Attr::DistinguishedName), ["CN=Müller,DC=contoso"]);
    assert_eq!(got[0].get(Attr::Sn), ["Müller"]);
    assert_eq!(problems, [(Problem::NotBase64, 2, vec![1, 2])]);
    let (got, kind, _) = problem(&format!("{HEAD}sn:: TfxsbGVy\n"));
    assert_eq!((kind, got[0].get(Attr::Sn)), (Problem::NotText, vec!["M\u{fffd}ller"]));
}

#[test]
fn values_in_files_are_never_opened() {
    let (got, kind, line) =
        problem(&format!("{HEAD}mail:< file:///etc/passwd\nsn: Roth\njpegPhoto:< file:///a\n"));
    assert_eq!((kind, line, got[0].incomplete), (Problem::UrlValue, 2, true));
    assert_eq!((got[0].missing, got[0].get(Attr::Sn)), (AttrSet::of(&[Attr::Mail]), vec!["Roth"]));
}

#[test]
fn ranges_are_whole_or_lost() {
    let whole = "proxyAddresses;range=0-1: smtp:a@b.c\nproxyAddresses;range=0-1: smtp:b@b.c\n\
                 proxyAddresses;range=2-*: smtp:c@b.c\n";
    assert_eq!(one(&format!("{HEAD}{whole}")).get(Attr::ProxyAddresses).len(), 3);
    let cut = &whole[..whole.len() - 38];
    let (got, kind, line) = problem(&format!("{HEAD}{cut}mail: a\n"));
    assert_eq!((kind, line, got[0].incomplete), (Problem::RangeCut, 1, true));
    assert_eq!(got[0].missing, AttrSet::of(&[Attr::ProxyAddresses]));
    assert_eq!(one(&format!("{HEAD}member;range=0-1499: CN=a\nmail: a\n")).get(Attr::Mail), ["a"]);
}

#[test]
fn names_without_values_are_no_values() {
    let (got, kind, line) =
        problem(&format!("{HEAD}mail:\nproxyAddresses:\ncn:\n\n{HEAD}mail: a\nproxyAddresses:\n"));
    assert_eq!((kind, line, got[0].incomplete), (Problem::NamesOnly, 1, true));
    assert_eq!(got[0].missing, AttrSet::of(&[Attr::Mail, Attr::ProxyAddresses]));
    assert_eq!((got[1].missing, got[1].incomplete), (AttrSet::NONE, false));
}

#[test]
fn the_first_of_two_values_counts() {
    let (got, kind, line) = problem(&format!("{HEAD}distinguishedName: b\nmail: a\nmail: b\n"));
    assert_eq!((kind, line, got[0].get(Attr::Mail)), (Problem::TwoValues, 4, vec!["a"]));
}

#[test]
fn damage_stays_in_its_record() {
    let (got, kind, line) =
        problem(&format!("{HEAD}description:: first\nsecond line\nmail: a\n\n{HEAD}mail: b\n"));
    assert_eq!((kind, line, got.len()), (Problem::StrayLine, 3, 2));
    assert_eq!((got[0].incomplete, got[0].get(Attr::Mail), got[1].incomplete), (true, vec!["a"], false));
    let (got, kind, line) = problem(&format!("{HEAD}mail: a\n\nsn: torn\n\n{HEAD}sn: b\n"));
    assert_eq!((kind, line, got.len()), (Problem::NoDn, 4, 2));
    let (got, kind, _) = problem(&format!("{HEAD}userAccountControl: 5.12E2\n"));
    assert_eq!((kind, got[0].incomplete), (Problem::BadNumber, true));
    // A missing blank line joins nothing.
    assert_eq!(read(&format!("{HEAD}mail: a\n{HEAD}mail: b\n")).0.len(), 2);
}

#[test]
fn a_search_that_failed_is_incomplete() {
    let trailer =
        |result: &str| format!("{HEAD}mail: a\n\n# search result\nsearch: 2\n{result}\n\n# numEntries: 1\n");
    assert_eq!(read(&trailer("result: 0 Success")).1, []);
    assert_eq!(problem(&trailer("result: 4 Size limit exceeded")).1, Problem::SearchCut);
    assert_eq!(problem(&trailer("Size limit exceeded (4)")).1, Problem::SearchCut);
    assert_eq!(problem("ldap_bind: Invalid credentials (49)\n").1, Problem::SearchCut);
}

#[test]
fn what_is_no_object_is_left_out() {
    let (got, problems) = read(
        "dn:\nmail: root\n\nref: ldap://ForestDnsZones.contoso.com/DC=ForestDnsZones\n\n\
         # refldap://contoso.com/CN=Configuration,DC=contoso,DC=c\n om\n\nConnecting to \"dc1\"\n",
    );
    assert_eq!((got.len(), problems.len()), (0, 0));
}

#[test]
fn flavours_are_told_by_their_start() {
    for (text, expected) in [
        ("dn: CN=a\r\nchangetype: add\r\n", Some("ldifde")),
        ("DN:: YQ==\nobjectClass: top\n", Some("LDIF")),
        ("\n# extended LDIF\n#\n# LDAPv3\n", Some("ldapsearch")),
        ("version: 1\n\n#\n# LDAPv3\n# base <dc=c>\n", Some("ldapsearch")),
        ("SASL/GSSAPI authentication started\nSASL SSF: 256\n# extended LDIF\n", Some("ldapsearch")),
        ("version: 1\n\ndn: a\n", Some("LDIF")),
        ("version: 1\ncharset: UTF-8\ndn: a\nchangetype: add\n", Some("LDIF")),
        ("# record 1\ndn: a\n", Some("LDIF")),
        ("version: 1\n", Some("LDIF")),
        ("#TYPE Selected.User\n\"dn\",\"mail\"\n", None),
        ("dn,mail\na,b\n", None),
        ("DN;mail\n", None),
        ("# only comments\n", None),
        ("", None),
    ] {
        assert_eq!(flavour(text), expected, "{text:?}");
    }
}

#[test]
fn what_is_not_wanted_changes_no_records() {
    let text = format!("{HEAD}mail: a\nproxyAddresses:: c210\n cDphQGIuYw==\n\n{HEAD}sn:\n\ndn:\nmail: b\n");
    let names = Names::new(&[]);
    let carried = AttrSet::of(&[Attr::DistinguishedName, Attr::Mail, Attr::Sn, Attr::ProxyAddresses]);
    let reading = |wanted| Reading { names: &names, carried, wanted, limit: 1 << 24 };
    let mut got = Vec::new();
    for wanted in [AttrSet::ALL, AttrSet::of(&[Attr::ProxyAddresses]), AttrSet::NONE] {
        records((&text, 1), reading(wanted), None, &mut |record| {
            got.push((
                record.place.line(),
                record.user.get(Attr::Mail).to_owned(),
                record.user.proxies().len(),
            ));
        });
    }
    let expected = [(1, "a", 1), (6, "", 0), (1, "", 1), (6, "", 0), (1, "", 0), (6, "", 0)];
    assert_eq!(got, expected.map(|(line, mail, proxies)| (line, mail.to_owned(), proxies)));
}
