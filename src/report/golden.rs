//! The rows of a few users, octet by octet.

use super::table::{Dialect, Sheet};
use super::{findings, users};
use crate::finding::{Change, Finding, Severity};
use crate::model::{Attr, Facts, User};
use crate::rules::verdict::{self, Judged, Plan, Status, Verdict};
use crate::rules::{self, Context, Feature, Rule, RuleSet, Scenario};

const CSV: Dialect = Dialect { delimiter: b',', guard: true };

fn rule(code: &str) -> &'static Rule {
    rules::find(code).unwrap()
}

/// A finding about `proxyAddresses`.
pub(super) fn finding(code: &str, severity: Severity, value: &str) -> Finding {
    Finding {
        rule: rules::all().position(|rule| rule.code == code).unwrap(),
        severity,
        attribute: Attr::ProxyAddresses.into(),
        value: value.to_owned(),
        message: format!("`{value}` is \"wrong\""),
        suggestion: None,
        state: crate::finding::State::Open,
    }
}

/// The verdict in `lync-onprem`, all rules run.
pub(super) fn judge(facts: &Facts<'_>, findings: &[Finding], incomplete: Option<&'static str>) -> Verdict {
    let mut all = RuleSet::NONE;
    (0..rules::all().count()).for_each(|place| all.insert(place));
    let plan = Plan::new(Context::of(Scenario::LyncOnPrem), all, &[]);
    verdict::judge(facts, &plan, findings, RuleSet::NONE, incomplete)
}

/// The row of `users.csv`, without its end.
fn row(user: &User<'_>, findings: &[Finding], incomplete: Option<&'static str>) -> (Status, String) {
    let facts = Facts::of(user);
    let verdict = judge(&facts, findings, incomplete);
    let judged = Judged::of("ad.csv", &facts, &verdict, findings);
    (verdict.status, written(&judged, users::user))
}

fn written(judged: &Judged<'_, '_>, by: fn(&mut Sheet, Dialect, &Judged<'_, '_>)) -> String {
    let mut sheet = Sheet::default();
    by(&mut sheet, CSV, judged);
    String::from_utf8(sheet.octets).unwrap().strip_suffix("\r\n").unwrap_or_default().to_owned()
}

const ANN: &[(Attr, &str)] = &[
    (Attr::DistinguishedName, "CN=Roth\\, Ann,DC=contoso,DC=com"),
    (Attr::ObjectGuid, "33221100-5544-7766-8899-aabbccddeeff"),
    (Attr::SamAccountName, "ann"),
    (Attr::UserPrincipalName, "ann@contoso.com"),
    (Attr::DisplayName, "Ann \"Annie\" Roth"),
    (Attr::Mail, "Ann@contoso.com"),
    (Attr::HomeMdb, "CN=DB1"),
    (Attr::PrimaryUserAddress, "sip:ann@contoso.com"),
    (Attr::DeploymentLocator, "SRV:"),
    (Attr::ProxyAddresses, "sip:ann@contoso.com"),
];

const WHO: &str = r#""ad.csv","CN=Roth\, Ann,DC=contoso,DC=com","33221100-5544-7766-8899-aabbccddeeff","ann","ann@contoso.com","Ann ""Annie"" Roth","Ann@contoso.com","ann@contoso.com","on-prem","on-prem""#;

#[test]
fn a_compliant_user() {
    let (status, row) = row(&User::of(ANN), &[], None);
    assert_eq!(status, Status::Compliant);
    let rest = r#""compliant","","ok","ok","supported","supported","supported","supported","supported","0","0","0","","""#;
    assert_eq!(row, format!("{WHO},{rest}"));
}

#[test]
fn a_user_with_errors_and_warnings() {
    let found = [
        finding("SIP002", Severity::Warning, "x"),
        finding("SIP003", Severity::Error, "x"),
        finding("SIP003", Severity::Error, "y"),
        finding("SIP010", Severity::Info, "x"),
    ];
    let (status, row) = row(&User::of(ANN), &found, None);
    assert_eq!(status, Status::NonCompliant);
    let rest = r#""non-compliant","","fail","ok","supported","blocked","blocked","supported","supported","2","1","1","SIP002 SIP003 SIP010""#;
    assert_eq!(row, format!("{WHO},{rest},\"{}\"", rule("SIP003").remedy));
}

#[test]
fn a_user_with_warnings_only() {
    let (status, row) = row(&User::of(ANN), &[finding("SIP010", Severity::Warning, "x")], None);
    assert_eq!(status, Status::Warning);
    let rest = r#""warning","","ok","ok","supported","supported","supported","supported","supported","0","1","0","SIP010""#;
    assert_eq!(row, format!("{WHO},{rest},\"{}\"", rule("SIP010").remedy));
}

#[test]
fn an_incomplete_user() {
    let mut user = User::of(&[(Attr::SamAccountName, "-ann"), (Attr::DisplayName, "=cmd|' /C calc'!A0")]);
    user.lose(Attr::ProxyAddresses);
    let (status, row) = row(&user, &[], Some("cells are missing"));
    assert_eq!(status, Status::Incomplete);
    let rest = r#""incomplete","cells are missing","not-evaluated","n/a","n/a","n/a","n/a","n/a","n/a","0","0","0","","""#;
    let who = r#""ad.csv","","","'-ann","","'=cmd|' /C calc'!A0","","","none","none""#;
    assert_eq!(row, format!("{who},{rest}"));
}

#[test]
fn an_excluded_object() {
    let user = User::of(ANN);
    let facts = Facts::of(&user);
    let verdict = verdict::excluded("system mailbox");
    let judged = Judged::of("ad.csv", &facts, &verdict, &[]);
    let rest = r#""excluded","system mailbox","n/a","n/a","n/a","n/a","n/a","n/a","n/a","0","0","0","","""#;
    assert_eq!(written(&judged, users::user), format!("{WHO},{rest}"));
    assert_eq!(written(&judged, findings::user), "");
}

#[test]
fn findings_have_a_row_each() {
    let user = User::of(ANN);
    let facts = Facts::of(&user);
    let mut several = finding("SIP003", Severity::Error, "sip:a@b.co; sip:c@b.co");
    several.suggestion = Some(Change {
        attribute: Attr::ProxyAddresses,
        remove: vec!["sip:a@b.co".to_owned()],
        add: vec!["sip:ann@contoso.com".to_owned(), "x".to_owned()],
    });
    let found = [several, finding("SIP010", Severity::Warning, "+x")];
    let verdict = judge(&facts, &found, None);
    let judged = Judged::of("ad.csv", &facts, &verdict, &found);
    let text = written(&judged, findings::user);
    let rows: Vec<&str> = text.split("\r\n").collect();
    let who = r#""CN=Roth\, Ann,DC=contoso,DC=com","33221100-5544-7766-8899-aabbccddeeff","ann@contoso.com""#;
    let (several, risky) = (rule("SIP003"), rule("SIP010"));
    assert_eq!(
        rows,
        [
            format!(
                r#"{who},"SIP003","several-sip-proxies","error","proxyAddresses","sip:a@b.co; sip:c@b.co","`sip:a@b.co; sip:c@b.co` is ""wrong""","{}","'-sip:a@b.co +sip:ann@contoso.com +x","{}","{}","""#,
                several.remedy, several.reference, "0adcfc694eedc41a0e66069d71c47eb5"
            ),
            format!(
                r#"{who},"SIP010","risky-sip-character","warning","proxyAddresses","'+x","`+x` is ""wrong""","{}","","{}","{}","""#,
                risky.remedy, risky.reference, "073aeaaf9882bd19b0ef13ca8709710c"
            ),
        ]
    );
}

#[test]
fn the_headings_are_the_contract() {
    let heading = |head: fn(&mut Vec<u8>, Dialect)| {
        let mut out = Vec::new();
        head(&mut out, Dialect { delimiter: b';', guard: true });
        String::from_utf8(out).unwrap().replace("\";\"", ", ")
    };
    assert_eq!(
        heading(users::head),
        "\u{feff}\"source, dn, object_guid, sam_account_name, user_principal_name, display_name, mail, sip_address, \
         mailbox_home, sip_home, status, reason, exchange_sees_sip, lync_sees_mail, outlook_integration, \
         owa_im_presence, owa_online_meetings, unified_contact_store, high_res_photos, errors, warnings, infos, \
         codes, next_step\"\r\n"
    );
    assert_eq!(
        heading(findings::head),
        "\u{feff}\"dn, object_guid, user_principal_name, code, name, severity, attribute, value, message, remedy, \
         suggestion, reference, fingerprint, state\"\r\n"
    );
    for feature in Feature::ALL {
        assert!(users::COLUMNS.iter().any(|column| column.name == feature.column()));
    }
    assert!(users::COLUMNS.iter().map(|column| column.holds).all(|holds| !holds.is_empty()));
}
