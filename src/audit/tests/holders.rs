//! Who is told of whom.

use super::*;

#[test]
fn every_holder_is_told_and_the_others_are_named() {
    let row = |dn: &'static str| -> Row {
        vec![(Attr::SamAccountName, "x"), (DistinguishedName, dn), (Mail, "info@contoso.com")].leak()
    };
    let rows: Vec<Row> = (0..8).map(|n| row(format!("CN={n}").leak())).collect();
    let (lines, _) = audit(&rows, Scenario::Teams);
    let message = |n: usize| {
        let place = lines[n].1.iter().position(|code| *code == "UNQ002").unwrap();
        lines[n].2[place].as_str()
    };
    assert_eq!(
        message(2),
        "`info@contoso.com` is also held by `CN=0`, `CN=1`, `CN=3`, `CN=4`, `CN=5` and 2 more"
    );
    assert!(message(7).ends_with("`CN=4` and 2 more"));
}

#[test]
fn a_name_does_not_end_at_its_own_backquote() {
    let row = |dn: &'static str| -> Row {
        vec![(Attr::SamAccountName, "x"), (DistinguishedName, dn), (Mail, "info@contoso.com")].leak()
    };
    let (lines, _) = audit(&[row("CN=Ann"), row("`CN=`B``"), row("CN=C")], Scenario::Teams);
    let message = "`info@contoso.com` is also held by `'CN='B''`, `CN=C`";
    assert!(lines[0].2.iter().any(|said| said == message), "{:?}", lines[0].2);
}

#[test]
fn linked_accounts_are_one_person() {
    const SID: &str = "S-1-5-21-1-2-3-1104";
    let account: Row = &[
        (Attr::SamAccountName, "a"),
        (DistinguishedName, "CN=Account"),
        (ObjectSid, SID),
        (PrimaryUserAddress, "sip:ann@contoso.com"),
    ];
    let resource: Row = &[
        (Attr::SamAccountName, "r"),
        (DistinguishedName, "CN=Resource"),
        (MasterAccountSid, SID),
        (ProxyAddresses, "sip:ann@contoso.com"),
    ];
    let thief: Row = &[
        (Attr::SamAccountName, "t"),
        (DistinguishedName, "CN=Thief"),
        (ProxyAddresses, "sip:ann@contoso.com"),
    ];
    assert_eq!(codes(&[account, resource], "UNQ"), [[""; 0]; 2]);
    assert_eq!(codes(&[account, resource, thief], "UNQ"), [["UNQ001"]; 3]);
    let (lines, _) = audit(&[account, resource, thief], Scenario::LyncHybrid);
    let message = lines[2].2.iter().find(|m| m.contains("also held")).unwrap();
    assert_eq!(message, "`ann@contoso.com` is also held by `CN=Account`");
}

#[test]
fn persons_of_several_accounts_are_told_apart() {
    const SIDS: [&str; 2] = ["S-1-5-21-1-2-3-1", "S-1-5-21-1-2-3-2"];
    let row = |dn: &'static str, sid: Attr, of: usize| -> Row {
        let address = (ProxyAddresses, "smtp:info@contoso.com");
        vec![(Attr::SamAccountName, "x"), (DistinguishedName, dn), (sid, SIDS[of]), address].leak()
    };
    // Two persons of two accounts each, whose records stand across, and one of one account.
    let rows = [
        row("CN=A1", ObjectSid, 0),
        row("CN=B1", MasterAccountSid, 1),
        row("CN=A2", MasterAccountSid, 0),
        row("CN=B2", ObjectSid, 1),
        row("CN=C", ObjectSid, 1),
    ];
    let (lines, _) = audit(&rows, Scenario::Teams);
    let of = |at: usize| {
        let place = lines[at].1.iter().position(|code| *code == "UNQ002").unwrap();
        lines[at].2[place].split("held by ").nth(1).unwrap().to_owned()
    };
    assert_eq!([of(0), of(2)], ["`CN=B1`, `CN=C`"; 2]);
    assert_eq!([of(1), of(3)], ["`CN=A1`, `CN=C`"; 2]);
    assert_eq!(of(4), "`CN=A1`, `CN=B1`");
}

#[test]
fn a_text_held_several_times_is_told_once_per_space() {
    let twice: Row = &[
        (Attr::SamAccountName, "a"),
        (DistinguishedName, "CN=Ann"),
        (ProxyAddresses, "smtp:x1@contoso.com"),
        (ProxyAddresses, "SMTP:info@contoso.com"),
        (ProxyAddresses, "smtp:INFO@contoso.com"),
        (Mail, "Info@contoso.com"),
        (UserPrincipalName, "info@contoso.com"),
        (MailNickname, "info@contoso.com"),
    ];
    let once: Row = &[
        (Attr::SamAccountName, "b"),
        (DistinguishedName, "CN=Bob"),
        (UserPrincipalName, "info@contoso.com"),
        (PrimaryUserAddress, "sip:info@contoso.com"),
        (Mail, "info@contoso.com"),
        (MailNickname, "info"),
    ];
    assert_eq!(codes(&[twice, once], "UNQ"), [vec!["UNQ002", "UNQ003"], vec!["UNQ002", "UNQ003"]]);
}
