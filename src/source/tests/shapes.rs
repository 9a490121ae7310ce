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
            hidden = hidden.or(Some(record.user.hidden()));
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

/// Lines, names and addresses.
fn objects(text: &str) -> Vec<(u64, String, String)> {
    let (seen, problems) = read_text(text);
    assert_eq!(kinds(&problems), []);
    let of = |seen: &Seen| (seen.line, seen.get(Attr::UserPrincipalName).to_owned(), seen.proxies.join(" "));
    seen.iter().map(of).collect()
}

#[test]
fn one_row_per_address() {
    let text = "User,UPN,ProxyAddress\n\
                Ann,ann@b.co,SMTP:ann@b.co\n\
                Bob,bob@b.co,SMTP:bob@b.co\n\
                Ann,ANN@b.co,sip:ann@b.co\n\
                Cid,cid@b.co,\n\
                Ann,ann@b.co,\"X400:C=US;A= ;P=x;\"\n\
                Ann,ann@b.co,sip:ann@b.co\n\
                Bob,bob@b.co,no type\n";
    let want = [
        (2, "ann@b.co", "SMTP:ann@b.co sip:ann@b.co X400:C=US;A= ;P=x;"),
        (3, "bob@b.co", "SMTP:bob@b.co no type"),
        (5, "cid@b.co", ""),
    ];
    assert_eq!(objects(text), want.map(|(line, upn, all)| (line, upn.to_owned(), all.to_owned())));
    let source = open_bytes(text.as_bytes()).unwrap();
    assert!(source.about().shape.starts_with("one row per address"), "{}", source.about().shape);
    assert_eq!(source.about().bytes, text.len() as u64);
    // An unquoted DN, as Out-File writes it.
    let text = "DN;proxyAddress\nCN=A\\, B,OU=c,DC=d;SMTP:a@b.co\nCN=A\\, B,OU=c,DC=d;sip:a@b.co\n";
    let (seen, _) = read_text(text);
    assert_eq!((seen.len(), seen[0].proxies.len()), (1, 2));
    assert_eq!(seen[0].get(Attr::DistinguishedName), "CN=A\\, B,OU=c,DC=d");
}

#[test]
fn one_row_per_address_with_its_type() {
    let head = "Identity,PrimarySmtpAddress,AddressType,ProxyAddress,RawProxyAddress,IsPrimarySmtp\n";
    let rows = "b.co/Ann,ann@b.co,SMTP,ann@b.co,SMTP:ann@b.co,True\nb.co/Ann,ann@b.co,smtp,a@b.co,smtp:a@b.co,False\n\
                b.co/Ann,ann@b.co,sip,ann@b.co,sip:ann@b.co,False\n";
    let (seen, problems) = read_text(&format!("{head}{rows}"));
    assert_eq!(seen[0].proxies, ["SMTP:ann@b.co", "smtp:a@b.co", "sip:ann@b.co"]);
    assert_eq!((seen.len(), seen[0].get(Attr::Mail), kinds(&problems)), (1, "ann@b.co", vec![]));
    let text = "upn,AddressType,ProxyAddress,IsPrimary\na,smtp,a@b.co,True\na,SMTP,c@b.co,False\na,SIP,a@b.co,False\n";
    let (seen, problems) = read_text(text);
    assert_eq!(seen[0].proxies, ["SMTP:a@b.co", "smtp:c@b.co", "SIP:a@b.co"]);
    assert_eq!(kinds(&problems), []);
}

#[test]
fn damage_of_lists() {
    let text = "upn,mail,ProxyAddress\na,a@b.co,SMTP:a@b.co\na,a@b.co\nb,b@b.co,System.Object[]\nb,b@b.co,SMTP:b@b.co\n\
                ,,SMTP:c@b.co\nupn,mail,ProxyAddress\nd,d@b.co,\"SMTP:d@b.co\n";
    let (seen, problems) = read_text(text);
    let want = [
        (Problem::TypeName, vec![4]),
        (Problem::ShortRow, vec![3]),
        (Problem::OpenQuote, vec![8]),
        (Problem::NoIdentity, vec![6]),
        (Problem::SecondHeading, vec![7]),
    ];
    assert_eq!(kinds(&problems), want);
    assert!(seen.iter().all(|seen| !seen.carried.has(Attr::ProxyAddresses) && seen.incomplete.is_some()));
    assert_eq!(seen.len(), 2);
}

#[test]
fn a_repeat_in_a_wide_table_is_no_list() {
    let text = "upn,proxyAddresses\na,SMTP:a@b.co;sip:a@b.co\na,SMTP:a@b.co\nb,SMTP:b@b.co\n";
    assert_eq!(read_text(text).0.len(), 3);
    assert_eq!(read_text("upn,proxyAddresses\na,SMTP:a@b.co\na,SMTP:c@b.co\n").0.len(), 2);
}

#[test]
fn backslashes_of_adfind_and_jxplorer() {
    let text = "\"dn\",\"displayName\",\"mail\",\"proxyAddresses\"\n\
                \"CN=A\\, B,DC=c\",\"Ann \\\"Bo\\\" B\",\"a@b.co\",\"X400:c=US\\;a= \\;;SMTP:a@b.co\"\n\
                \"CN=C,DC=c\",\"C:\\\",\"c@b.co\",\"\"\n\
                \"CN=D,DC=c\",\"D, \\\"x\\\", y\",\"d@b.co\",\"\"\nObjCount=3\n";
    let (seen, problems) = read_text(text);
    assert_eq!(kinds(&problems), []);
    let names: Vec<_> = seen.iter().map(|seen| (seen.line, seen.get(Attr::DisplayName))).collect();
    assert_eq!(names, [(2, "Ann \"Bo\" B"), (3, "C:\\"), (4, "D, \"x\", y")]);
    assert_eq!(seen[0].get(Attr::DistinguishedName), "CN=A\\, B,DC=c");
    assert_eq!(seen[0].proxies, ["X400:c=US;a= ;", "SMTP:a@b.co"]);
    let text = "dn,objectClass,mail,proxyAddresses\nCN=Roth\\\\\\, Jana\\,OU=x\\,DC=c,top;user,j@b.co,SMTP:j@b.co;sip:j@b.co\n";
    let (seen, problems) = read_text(text);
    assert_eq!(seen[0].get(Attr::DistinguishedName), "CN=Roth\\, Jana,OU=x,DC=c");
    assert_eq!((seen[0].proxies.len(), kinds(&problems)), (2, vec![]));
}
