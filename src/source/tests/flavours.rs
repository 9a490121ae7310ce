//! The same users from every exporter.

use super::*;
use Attr::{
    DeploymentLocator, DisplayName, DistinguishedName, Line, Mail, ObjectClass, ObjectGuid,
    PrimaryHomeServer, PrimaryUserAddress, ProxyAddresses, RecipientTypeDetails, SamAccountName,
    UserAccountControl, UserEnabled, UserPrincipalName,
};

type Want = (&'static [(Attr, &'static str)], &'static [&'static str]);

#[rustfmt::skip]
const USERS: [Want; 5] = [
    (&[(DistinguishedName, r"CN=Müller\, Anna,OU=Staff,DC=contoso,DC=com"), (SamAccountName, "amueller"),
        (ObjectGuid, "0c6b9a11-2233-4455-6677-889900aabb01"), (UserPrincipalName, "anna.mueller@contoso.com"),
        (DisplayName, "Müller, Anna"), (Mail, "anna.mueller@contoso.com"), (UserAccountControl, "512"),
        (PrimaryUserAddress, "sip:anna.mueller@contoso.com"), (UserEnabled, "TRUE"), (DeploymentLocator, "SRV:"),
        (RecipientTypeDetails, "1"), (Line, "tel:+15550100;ext=100"), (PrimaryHomeServer, "pool01.contoso.com"),
        (ObjectClass, "top;person;organizationalPerson;user")],
     &["SMTP:anna.mueller@contoso.com", "smtp:amueller@fabrikam.com", "sip:anna.mueller@contoso.com",
        "X500:/o=Contoso/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=amueller"]),
    (&[(DistinguishedName, r"CN=Roth\, Jana,OU=Staff,DC=contoso,DC=com"), (SamAccountName, "jroth"),
        (ObjectGuid, "0c6b9a11-2233-4455-6677-889900aabb02"), (UserPrincipalName, "jana.roth@contoso.com"),
        (DisplayName, "Jana \"JR\" Roth"), (Mail, "jana.roth@contoso.com"), (UserAccountControl, "512"),
        (PrimaryUserAddress, "sip:jana.roth@contoso.com"), (UserEnabled, "TRUE"), (DeploymentLocator, "SRV:"),
        (RecipientTypeDetails, "1"), (PrimaryHomeServer, "pool01.contoso.com"),
        (ObjectClass, "top;person;organizationalPerson;user")],
     &["X400:C=US;A= ;P=Contoso;O=Exchange;S=Roth;G=Jana;", "SMTP:jana.roth@contoso.com",
        "sip:jana.roth@contoso.com"]),
    (&[(DistinguishedName, "CN=Renée Dubois,OU=Équipe,DC=contoso,DC=com"), (SamAccountName, "rdubois"),
        (ObjectGuid, "0c6b9a11-2233-4455-6677-889900aabb03"), (UserPrincipalName, "renee.dubois@contoso.com"),
        (DisplayName, "Renée Dubois"), (UserAccountControl, "514"),
        (ObjectClass, "top;person;organizationalPerson;user")],
     &[]),
    (&[(DistinguishedName, "CN=Mail User,OU=Staff,DC=contoso,DC=com"), (SamAccountName, "muser"),
        (ObjectGuid, "0c6b9a11-2233-4455-6677-889900aabb04"), (UserPrincipalName, "mail.user@contoso.com"),
        (DisplayName, "Mail User"), (Mail, "mail.user@contoso.com"), (UserAccountControl, "512"),
        (RecipientTypeDetails, "128"), (ObjectClass, "top;person;organizationalPerson;user")],
     &["SMTP:mail.user@contoso.com"]),
    (&[(DistinguishedName, "CN=Björn Öberg,OU=Staff,DC=contoso,DC=com"), (SamAccountName, "boberg"),
        (ObjectGuid, "0c6b9a11-2233-4455-6677-889900aabb05"), (UserPrincipalName, "bjorn.oberg@contoso.com"),
        (DisplayName, "Björn Öberg"), (Mail, "bjorn.oberg@contoso.com"), (UserAccountControl, "512"),
        (PrimaryUserAddress, "sip:bjorn.oberg@contoso.com"), (UserEnabled, "TRUE"),
        (DeploymentLocator, "sipfed.online.lync.com"), (RecipientTypeDetails, "2147483648"),
        (ObjectClass, "top;person;organizationalPerson;user")],
     &["SMTP:bjorn.oberg@contoso.com", "smtp:bjorn+lists@contoso.com", "SIP:bjorn.oberg@contoso.com"]),
];

const POWERSHELL: &[Attr] = &[
    DistinguishedName,
    ObjectGuid,
    SamAccountName,
    UserPrincipalName,
    DisplayName,
    Mail,
    ProxyAddresses,
    PrimaryUserAddress,
    UserEnabled,
    DeploymentLocator,
    Line,
    RecipientTypeDetails,
    UserAccountControl,
];

/// Reads a sample and compares it with the users it holds, by their places in [`USERS`].
fn check(
    name: &str,
    flavour: &str,
    encoding: &str,
    users: &[usize],
    carried: &[Attr],
    damage: &[(Problem, &[u64])],
) {
    let path = format!("{}/samples/flavours/{name}", env!("CARGO_MANIFEST_DIR"));
    let source = open(&path, &Options::default()).unwrap();
    let about = source.about();
    assert_eq!((about.flavour, about.encoding), (flavour, encoding), "{name}");
    assert_eq!(source.carried(), AttrSet::of(carried), "{name}: {:#?}", about.columns);
    let (seen, problems) = read(&source);
    let mut all = about.problems.clone();
    all.merge(&problems);
    let damage: Vec<_> = damage.iter().map(|(problem, lines)| (*problem, lines.to_vec())).collect();
    assert_eq!(kinds(&all), damage, "{name}");
    assert_eq!(seen.len(), users.len(), "{name}");
    let lost = damage.iter().any(|(problem, _)| *problem == Problem::LostLetters);
    for (seen, &user) in seen.iter().zip(users) {
        let (values, proxies) = USERS[user];
        for &attr in carried.iter().filter(|&&attr| attr != ProxyAddresses) {
            let want = values.iter().find(|(known, _)| *known == attr).map_or("", |(_, value)| value);
            let want = if lost { want.replace(|c: char| !c.is_ascii(), "?") } else { want.to_owned() };
            let got = seen.get(attr);
            // PowerShell writes True for TRUE.
            let same = if attr == UserEnabled { got.eq_ignore_ascii_case(&want) } else { got == want };
            assert!(same, "{name}: {attr} is `{got}`, not `{want}`");
        }
        if carried.contains(&ProxyAddresses) {
            assert_eq!(seen.proxies, proxies, "{name}");
        }
        assert_eq!(seen.incomplete, None, "{name}");
    }
}

const EVERYBODY: &[usize] = &[0, 1, 2, 3, 4];

#[test]
fn windows_powershell() {
    let ps = "PowerShell Export-Csv";
    check("ps51-type.csv", ps, "windows-1252", EVERYBODY, POWERSHELL, &[(Problem::NotUtf8, &[3])]);
    check("ps51-semicolon.csv", ps, "UTF-8", EVERYBODY, POWERSHELL, &[]);
    check("ps51-tab.csv", ps, "UTF-8", EVERYBODY, POWERSHELL, &[]);
    check("ps51-ascii.csv", ps, "UTF-8", EVERYBODY, POWERSHELL, &[(Problem::LostLetters, &[3, 5, 7])]);
    check("ps51-utf8bom.csv", ps, "UTF-8", EVERYBODY, POWERSHELL, &[]);
    check("ps51-utf16.csv", ps, "UTF-16LE", EVERYBODY, POWERSHELL, &[]);
}

#[test]
fn powershell_7() {
    check("ps7.csv", "CSV", "UTF-8", EVERYBODY, POWERSHELL, &[]);
}

#[test]
fn csvde() {
    let mut carried = POWERSHELL.to_vec();
    carried.push(ObjectClass);
    check("csvde.csv", "csvde", "windows-1252", EVERYBODY, &carried, &[(Problem::NotUtf8, &[2])]);
    check("csvde-utf16.csv", "csvde", "UTF-16LE", EVERYBODY, &carried, &[]);
}

#[test]
fn exchange() {
    let carried = [
        DistinguishedName,
        SamAccountName,
        UserPrincipalName,
        DisplayName,
        Mail,
        ProxyAddresses,
        RecipientTypeDetails,
    ];
    check("exchange-get-mailbox.csv", "Exchange Get-Mailbox", "UTF-8", &[0, 1, 3, 4], &carried, &[]);
}

#[test]
fn lync() {
    let carried = [
        DistinguishedName,
        SamAccountName,
        UserPrincipalName,
        PrimaryUserAddress,
        UserEnabled,
        DeploymentLocator,
        PrimaryHomeServer,
        Line,
    ];
    check("lync-get-csuser.csv", "Lync Get-CsUser", "UTF-8", &[0, 1, 4], &carried, &[]);
}

#[test]
fn admin_center() {
    let carried =
        [UserPrincipalName, DisplayName, Attr::GivenName, Attr::Sn, UserAccountControl, ProxyAddresses];
    check("m365-users.csv", "Microsoft 365 admin center", "UTF-8", EVERYBODY, &carried, &[]);
}

#[test]
fn ldif() {
    let mut carried = POWERSHELL.to_vec();
    carried.push(ObjectClass);
    check("ldifde.ldif", "ldifde", "UTF-8", EVERYBODY, &carried, &[]);
    check("ldifde-utf16.ldif", "ldifde", "UTF-16LE", EVERYBODY, &carried, &[]);
    check("ldapsearch.ldif", "ldapsearch", "UTF-8", EVERYBODY, &carried, &[]);
    check("ldapsearch-LLL.ldif", "LDIF", "UTF-8", EVERYBODY, &carried, &[]);
}
