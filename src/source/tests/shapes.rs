//! Tables of other shapes than one row per object with one cell of addresses.

use super::*;

/// The addresses of each record, joined by a blank, and the damage.
fn addresses(text: &str) -> (Vec<String>, Vec<(Problem, Vec<u64>)>) {
    let (seen, problems) = read_text(text);
    (seen.iter().map(|seen| seen.proxies.join(" ")).collect(), kinds(&problems))
}

/// What the input hides of its first record.
fn hidden(text: &str) -> crate::model::Hidden {
    let source = open_bytes(text.as_bytes()).unwrap();
    let mut hidden = None;
    for block in source.blocks().unwrap() {
        source.records(&block.unwrap(), AttrSet::ALL, &mut |record| {
            hidden = hidden.or(Some(record.user.hidden()))
        });
    }
    hidden.unwrap()
}

#[test]
fn one_column_per_type() {
    let text = "DisplayName;UserPrincipalName;PrimarySMTPAddress;smtp;x500;SIP\n\
                Ann;ann@b.co;ann@b.co;\"a@b.co;ann@c.co\";/o=A/ou=B C/cn=d;ann@b.co\n\
                Bob;bob@b.co;bob@b.co;\"bob@b.co;b@b.co\";;\n";
    let want = [
        "SMTP:ann@b.co smtp:a@b.co smtp:ann@c.co X500:/o=A/ou=B C/cn=d sip:ann@b.co",
        "SMTP:bob@b.co smtp:b@b.co",
    ];
    assert_eq!(addresses(text), (want.map(str::to_owned).to_vec(), vec![]));
    assert_eq!(read_text(text).0[0].get(Attr::Mail), "ann@b.co");
    assert_eq!(read_text(text).0[0].get(Attr::PrimaryUserAddress), "");
    assert_eq!(hidden(text), crate::model::Hidden::default());
    let text = "upn,smtp\na@b.co,\"a@b.co,b@b.co\"\n";
    let want = (vec!["smtp:a@b.co smtp:b@b.co".to_owned()], vec![(Problem::TypesLost, vec![1])]);
    assert_eq!(addresses(text), want);
    let hides = hidden(text);
    assert!(hides.primary && hides.sip && !hides.smtp);
}

#[test]
fn types_taken_off() {
    let text = "upn,Aliases\na@b.co,\"a@b.co;b@b.co\"\n";
    assert_eq!(addresses(text).0, ["smtp:a@b.co smtp:b@b.co"]);
    let text =
        "upn,proxyAddresses\na@b.co,\"a@b.co;sip:a@b.co\"\nc@b.co,c@b.co\nd@b.co,d@b.co\ne@b.co,e@b.co\n";
    assert_eq!(addresses(text).0[0], "smtp:a@b.co sip:a@b.co");
    assert!(hidden(text).primary && !hidden(text).sip);
    // One address without type is more likely an error of the directory.
    assert_eq!(addresses("upn,proxyAddresses\na@b.co,a@b.co\n"), (vec!["a@b.co".to_owned()], vec![]));
    let text = "upn,proxyAddresses\na@b.co,a@b.co\nb@b.co,b@b.co\nc@b.co,c@b.co\nd@b.co,SMTP:d@b.co\n";
    assert_eq!(addresses(text).0[0], "a@b.co");
}

#[test]
fn indexed_columns_and_ranges() {
    let want = vec!["SMTP:a@b.co sip:a@b.co".to_owned(), "SMTP:b@b.co".to_owned()];
    for names in [
        "ProxyAddress_1,ProxyAddress_2",
        "proxyAddresses.0,proxyAddresses.1",
        "EmailAddresses 1,EmailAddresses 2",
    ] {
        let text = format!("upn,{names}\na,SMTP:a@b.co,sip:a@b.co\nb,SMTP:b@b.co,\n");
        assert_eq!(addresses(&text), (want.clone(), vec![]), "{names}");
    }
    let text = "upn,proxyAddresses,proxyAddresses;range=0-1,proxyAddresses;range=2-*\na,,SMTP:a@b.co,sip:a@b.co\nb,SMTP:b@b.co,,\n";
    assert_eq!(addresses(text), (want, vec![]));
    let text = "upn,proxyAddresses,proxyAddresses;range=0-1499\na,,SMTP:a@b.co\nb,SMTP:b@b.co,\n";
    let (seen, problems) = read_text(text);
    assert_eq!(kinds(&problems), [(Problem::RangeCut, vec![2])]);
    assert!(!seen[0].carried.has(Attr::ProxyAddresses) && seen[0].incomplete.is_some());
    assert_eq!(seen[1].proxies, ["SMTP:b@b.co"]);
}

#[test]
fn adfind_jtsv() {
    let text = "dn\tproxyAddresses\tmail\nCN=A\\, B,DC=c\tSMTP:a@b.co|sip:a@b.co\ta@b.co\nObjCount=1\n";
    let (seen, problems) = read_text(text);
    assert_eq!(seen[0].get(Attr::DistinguishedName), "CN=A\\, B,DC=c");
    assert_eq!((seen[0].proxies.len(), seen.len(), kinds(&problems)), (2, 1, vec![]));
}
