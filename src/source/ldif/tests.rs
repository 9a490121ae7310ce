//! Whole texts: the examples of RFC 2849, what real tools write, and what is written by a writer of the tests.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::model::problem::{Problem, Problems};
use crate::model::{Attr, AttrSet};

/// What a record gives: line, values, lost attributes, whether it is incomplete.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    line: u64,
    values: Vec<(Attr, String)>,
    missing: AttrSet,
    incomplete: bool,
}

impl Got {
    fn get(&self, attr: Attr) -> Vec<&str> {
        self.values.iter().filter(|(of, _)| *of == attr).map(|(_, value)| value.as_str()).collect()
    }
}

/// Reads a text whose pieces arrive in this size, cut into blocks of this size.
fn read_in(
    text: &str,
    piece: usize,
    target: usize,
    limit: usize,
) -> (Vec<Got>, Vec<(Problem, u64, Vec<u64>)>) {
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
    blocks.iter().for_each(|block| seen.look(&block.text, &names, limit));
    let reading = Reading { names: &names, carried: seen.carried, limit };
    let (mut got, mut problems) = (Vec::new(), Problems::default());
    for block in &blocks {
        problems.merge(&block.problems);
        problems.merge(&records(&block.text, block.line, reading, &mut |record| {
            let user = &record.user;
            let single = Attr::all().filter(|&attr| attr != Attr::ProxyAddresses);
            let mut values: Vec<_> = single.map(|attr| (attr, user.get(attr).to_owned())).collect();
            values.extend(user.proxies().iter().map(|&value| (Attr::ProxyAddresses, value.to_owned())));
            values.retain(|(_, value)| !value.is_empty());
            let missing = seen.carried.minus(user.carried());
            got.push(Got { line: record.line, values, missing, incomplete: record.incomplete.is_some() });
        }));
    }
    (got, problems.iter().map(|(kind, tally)| (kind, tally.count, tally.lines.clone())).collect())
}

trait All {
    fn all() -> impl Iterator<Item = Attr>;
}

impl All for Attr {
    fn all() -> impl Iterator<Item = Attr> {
        AttrSet::ALL.iter()
    }
}

fn read(text: &str) -> (Vec<Got>, Vec<(Problem, u64, Vec<u64>)>) {
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

const RFC: [&str; 7] = [
    "version: 1
dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Barbara Jensen
cn: Barbara J Jensen
cn: Babs Jensen
sn: Jensen
uid: bjensen
telephonenumber: +1 408 555 1212
description: A big sailing fan.

dn: cn=Bjorn Jensen, ou=Accounting, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Bjorn Jensen
sn: Jensen
telephonenumber: +1 408 555 1212
",
    "version: 1
dn:cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com
objectclass:top
objectclass:person
objectclass:organizationalPerson
cn:Barbara Jensen
cn:Barbara J Jensen
cn:Babs Jensen
sn:Jensen
uid:bjensen
telephonenumber:+1 408 555 1212
description:Babs is a big sailing fan, and travels extensively in sea
 rch of perfect sailing conditions.
title:Product Manager, Rod and Reel Division
",
    "version: 1
dn: cn=Gern Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Gern Jensen
cn: Gern O Jensen
sn: Jensen
uid: gernj
telephonenumber: +1 408 555 1212
description:: V2hhdCBhIGNhcmVmdWwgcmVhZGVyIHlvdSBhcmUhICBUaGlzIHZhbHVl
 IGlzIGJhc2UtNjQtZW5jb2RlZCBiZWNhdXNlIGl0IGhhcyBhIGNvbnRyb2wgY2hhcmFjdGVyIG
 luIGl0IChhIENSKS4gIEJ5IHRoZSB3YXksIHlvdSBzaG91bGQgcmVhbGx5IGdldCBvdXQgbW9yZS4=
",
    "version: 1
dn:: b3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: ou=<JapaneseOU>,o=Airius
objectclass: top
objectclass: organizationalUnit
ou:: 5Za25qWt6YOo
# ou:: <JapaneseOU>
ou;lang-ja:: 5Za25qWt6YOo
# ou;lang-ja:: <JapaneseOU>
ou;lang-ja;phonetic:: 44GI44GE44GO44KH44GG44G2
# ou;lang-ja:: <JapaneseOU_in_phonetic_representation>
ou;lang-en: Sales
description: Japanese office

dn:: dWlkPXJvZ2FzYXdhcmEsb3U95Za25qWt6YOoLG89QWlyaXVz
# dn:: uid=<uid>,ou=<JapaneseOU>,o=Airius
userpassword: {SHA}O3HSv1MusyL4kTjP+HKI5uxuNoM=
objectclass: top
objectclass: person
objectclass: organizationalPerson
objectclass: inetOrgPerson
uid: rogasawara
mail: rogasawara@airius.co.jp
givenname;lang-ja:: 44Ot44OJ44OL44O8
# givenname;lang-ja:: <JapaneseGivenname>
sn;lang-ja:: 5bCP56yg5Y6f
# sn;lang-ja:: <JapaneseSn>
givenname:: 44Ot44OJ44OL44O8
# givenname:: <JapaneseGivenname>
sn:: 5bCP56yg5Y6f
# sn:: <JapaneseSn>
cn:: 5bCP56yg5Y6fIOODreODieODi+ODvA==
displayname:: 5bCP56yg5Y6fIOODreODieODi+ODvA==
preferredlanguage: ja
givenname;lang-en: Rodney
sn;lang-en: Ogasawara
displayname;lang-en: Rodney Ogasawara
title;lang-en: Sales, Director
",
    "version: 1
dn: cn=Horatio Jensen, ou=Product Testing, dc=airius, dc=com
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Horatio Jensen
cn: Horatio N Jensen
sn: Jensen
uid: hjensen
telephonenumber: +1 408 555 1212
jpegphoto:< file:///usr/local/directory/photos/hjensen.jpg
",
    "version: 1
# Add a new entry
dn: cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com
changetype: add
objectclass: top
objectclass: person
objectclass: organizationalPerson
cn: Fiona Jensen
sn: Jensen
uid: fiona
telephonenumber: +1 408 555 1212
jpegphoto:< file:///usr/local/directory/photos/fiona.jpg

# Delete an existing entry
dn: cn=Robert Jensen, ou=Marketing, dc=airius, dc=com
changetype: delete

# Modify an entry's relative distinguished name
dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: cn=Paula Jensen
deleteoldrdn: 1

# Rename an entry and move all of its children to a new location in
# the directory tree (only implemented by LDAPv3 servers).
dn: ou=PD Accountants, ou=Product Development, dc=airius, dc=com
changetype: modrdn
newrdn: ou=Product Development Accountants
deleteoldrdn: 0
newsuperior: ou=Accounting, dc=airius, dc=com

# Modify an entry: add an additional value to the postaladdress
# attribute, completely delete the description attribute, replace
# the telephonenumber attribute with two values, and delete a specific
# value from the facsimiletelephonenumber attribute
dn: cn=Paula Jensen, ou=Product Development, dc=airius, dc=com
changetype: modify
add: postaladdress
postaladdress: 123 Anystreet $ Sunnyvale, CA $ 94086
-
delete: description
-
replace: telephonenumber
telephonenumber: +1 408 555 1234
telephonenumber: +1 408 555 5678
-
delete: facsimiletelephonenumber
facsimiletelephonenumber: +1 408 555 9876
-

# Modify an entry: replace the postaladdress attribute with an empty
# set of values (which will cause the attribute to be removed), and
# delete the entire description attribute. Note that the first will
# always succeed, while the second might not.
dn: cn=Ingrid Jensen, ou=Product Support, dc=airius, dc=com
changetype: modify
replace: postaladdress
-
delete: description
-
",
    "version: 1
# Delete an entry. The operation will attach the LDAPv3
# Tree Delete Control defined in [9]. The criticality
# field is \"true\" and the controlValue field is
# absent, as required by [9].
dn: ou=Product Development, dc=airius, dc=com
control: 1.2.840.113556.1.4.805 true
changetype: delete
",
];

#[test]
fn the_examples_of_the_rfc() {
    use Attr::{DisplayName, DistinguishedName, GivenName, Mail, ObjectClass, Sn};
    let (got, problems) = read(RFC[0]);
    assert_eq!((got.len(), problems.len()), (2, 0));
    assert_eq!(
        got[0].get(DistinguishedName),
        ["cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com"]
    );
    assert_eq!(got[0].get(ObjectClass), ["top;person;organizationalPerson"]);
    assert_eq!((got[0].line, got[1].line, got[1].get(Sn)), (2, 14, vec!["Jensen"]));
    let plain = one(RFC[1]);
    assert_eq!(plain.values, got[0].values);
    assert_eq!(one(RFC[2]).get(Sn), ["Jensen"]);
    let (japanese, problems) = read(RFC[3]);
    assert_eq!((japanese.len(), problems.len()), (2, 0));
    assert_eq!(japanese[0].get(DistinguishedName), ["ou=営業部,o=Airius"]);
    assert_eq!(japanese[1].get(DistinguishedName), ["uid=rogasawara,ou=営業部,o=Airius"]);
    assert_eq!((japanese[1].get(Sn), japanese[1].get(GivenName)), (vec!["小笠原"], vec!["ロドニー"]));
    assert_eq!(japanese[1].get(DisplayName), ["小笠原 ロドニー"]);
    assert_eq!(japanese[1].get(Mail), ["rogasawara@airius.co.jp"]);
    assert_eq!(one(RFC[4]).get(Sn), ["Jensen"]);
    let (changes, problems) = read(RFC[5]);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].get(DistinguishedName), ["cn=Fiona Jensen, ou=Marketing, dc=airius, dc=com"]);
    assert_eq!(problems, [(Problem::ChangeRecord, 5, vec![15, 19, 26, 36, 55])]);
    assert_eq!(problem(RFC[6]).1, Problem::ChangeRecord);
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

/// Users as the writer of the tests takes them.
fn users() -> impl Strategy<Value = Vec<Vec<(Attr, String)>>> {
    let text = "[ -~é中\\t]{0,5}[a-z:<#]{1,30}[ -~ü]{0,90}";
    let number = (-1i64 << 40..1 << 40).prop_map(|number| number.to_string());
    let guid = any::<u128>().prop_map(|bits| {
        let hex = format!("{bits:032x}");
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    });
    let user = (
        "CN=[a-zé, ]{1,60},DC=b",
        proptest::option::of(guid),
        proptest::option::of(number),
        proptest::collection::vec(proptest::option::of(text), 6),
        proptest::collection::vec(text, 0..5),
    )
        .prop_map(|(dn, guid, number, texts, proxies)| {
            let mut user = vec![(Attr::DistinguishedName, dn)];
            user.extend(guid.map(|guid| (Attr::ObjectGuid, guid)));
            use Attr::{DisplayName, GivenName, Line, Mail, Sn, UserPrincipalName};
            let attrs = [UserPrincipalName, DisplayName, GivenName, Sn, Mail];
            user.extend(attrs.into_iter().zip(&texts).filter_map(|(attr, text)| Some((attr, text.clone()?))));
            user.extend(number.map(|number| (Attr::UserAccountControl, number)));
            user.extend(texts[5].clone().map(|text| (Line, text)));
            user.extend(proxies.into_iter().map(|proxy| (Attr::ProxyAddresses, proxy)));
            user
        });
    proptest::collection::vec(user, 0..8)
}

/// How the writer writes; cycled through.
#[derive(Debug, Clone)]
struct Style {
    choices: Vec<u8>,
    end: &'static str,
    separator: &'static str,
    head: &'static str,
}

fn styles() -> impl Strategy<Value = Style> {
    let ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\r")];
    let separators = prop_oneof![Just(""), Just(" ")];
    let heads = prop_oneof![Just(""), Just("version: 1"), Just("# extended LDIF\n#\n# LDAPv3\n\n# a,\n  b")];
    (proptest::collection::vec(any::<u8>(), 1..40), ends, separators, heads)
        .prop_map(|(choices, end, separator, head)| Style { choices, end, separator, head })
}

fn write_value(line: &mut String, value: &str, choice: u8) {
    let unsafe_start = value.starts_with([' ', ':', '<']);
    if choice % 3 == 0 || unsafe_start || value.ends_with(' ') || !value.is_ascii() {
        let blank = if choice % 2 == 0 { " " } else { "" };
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
        write!(line, "::{blank}{base64}").unwrap();
    } else {
        write!(line, ":{}{value}", ["", " ", "  "][usize::from(choice % 3)]).unwrap();
    }
}

fn write_ldif(users: &[Vec<(Attr, String)>], style: &Style) -> String {
    let mut choices = style.choices.iter().copied().cycle();
    let mut choice = move || choices.next().unwrap_or_default();
    let mut text = style.head.replace('\n', style.end);
    if !text.is_empty() {
        text.push_str(style.end);
    }
    for user in users {
        for (attr, value) in user {
            let name = if *attr == Attr::DistinguishedName { "dn" } else { attr.ldap() };
            let mut line = if choice() % 2 == 0 { name.to_ascii_lowercase() } else { name.to_owned() };
            write_value(&mut line, value, choice());
            // Folded anywhere behind the name of the record, with at least one character a line.
            let first = if name == "dn" { 3 } else { 1 };
            let width = usize::from(choice()) + first;
            for (place, letter) in line.chars().enumerate() {
                if place >= first && place % width == 0 {
                    text.push_str(style.end);
                    text.push(if choice() % 4 == 0 { '\t' } else { ' ' });
                }
                text.push(letter);
            }
            text.push_str(style.end);
        }
        text.push_str(style.separator);
        text.push_str(style.end);
    }
    text
}

proptest! {
    #[test]
    fn what_is_written_is_read(users in users(), style in styles()) {
        let text = write_ldif(&users, &style);
        let (got, problems) = read(&text);
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(got.len(), users.len());
        for (got, mut user) in got.into_iter().zip(users) {
            user.sort_by_key(|(attr, _)| (*attr == Attr::ProxyAddresses, *attr));
            prop_assert_eq!(got.values, user, "{}", text);
        }
    }

    #[test]
    fn blocks_and_pieces_make_no_difference(
        lines in proptest::collection::vec(
            prop_oneof![
                4 => Just("dn: a"), 4 => Just(""), 2 => Just(" "), 2 => Just(" b"), 2 => Just("mail: c"),
                1 => Just("dn:: Yg=="), 1 => Just("proxyAddresses;range=0-1: d"), 1 => Just("changetype: modify"),
                1 => Just("result: 4 x"), 1 => Just("stray"), 1 => Just("# é"), 1 => Just("sn:: ü"),
                1 => Just("description: a long line of which nobody wants to know anything"), 1 => Just("dn:"),
            ], 0..40),
        ends in proptest::collection::vec(
            prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("\r\r\n")], 1..4),
        piece in 1usize..30, target in 1usize..60, limit in 20usize..200,
    ) {
        let mut text = String::new();
        for (line, end) in lines.iter().zip(ends.iter().cycle()) {
            text.push_str(line);
            text.push_str(end);
        }
        let whole = read_in(&text, 1 << 20, 1 << 20, limit);
        prop_assert_eq!(read_in(&text, piece, target, limit), whole, "{:?}", text);
    }

    #[test]
    fn any_text_is_read(text in "(dn|mail|proxyAddresses|;range=|:|::|:<| |\\n|\\r|#|[0-9*-]|[a-zé]){0,60}") {
        read_in(&text, 7, 9, 50);
        let _ = flavour(&text);
    }
}
