//! The mail address: the attribute by which Lync finds the user's mailbox.

use super::level::{E, NO, W};
use super::{Check, Context, Example, Rule, Sink, Step, blocking};
use crate::finding::Change;
use crate::model::Attr::{
    HomeMdb, HomeServerName, Mail, ObjectClass, PrimaryHomeServer, PrimaryUserAddress, ProxyAddresses,
    RecipientTypeDetails, RemoteRecipientType, TargetAddress, UserEnabled,
};
use crate::model::address::{self, domain};
use crate::model::fold::same;
use crate::model::{Facts, Marks, Tri};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "MAIL001",
        name: "no-mail",
        severity: [E, E, E, E],
        reads: &[
            Mail,
            ProxyAddresses,
            PrimaryUserAddress,
            UserEnabled,
            PrimaryHomeServer,
            ObjectClass,
            HomeMdb,
            HomeServerName,
            RecipientTypeDetails,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "mail is empty although the user has SIP, a mailbox or an smtp address",
        why: "Lync finds the user's mailbox by the mail attribute; without it there is no conversation history, no \
              free/busy information, no out-of-office note and no contact card.",
        remedy: "Set mail to the user's primary smtp address.",
        reference: "KB 2614242 step 3; KB 2787614",
        blocks: blocking::ALL_BUT_OWA,
        decides: Some(Step::LyncSeesMail),
        when: Marks::NO_MAIL,
        check: Check::User(no_mail),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]], "enabled for SIP"),
            Example::fires(&[&[(RecipientTypeDetails, "2147483648")]], "has a mailbox"),
            Example::fires(&[&[(ProxyAddresses, "smtp:ann@contoso.com")]], "has an smtp: address"),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (Mail, "ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]).without(&[Mail]),
            Example::silent(&[&[(ObjectClass, "contact"), (ProxyAddresses, "SMTP:ann@contoso.com")]]),
            Example::silent(&[&[(TargetAddress, "SMTP:ann@fabrikam.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "MAIL002",
        name: "malformed-mail",
        severity: [E, E, E, E],
        reads: &[Mail],
        summary: "mail is not a well-formed mail address",
        why: "Lync looks the mailbox up by this text; what is no address, or has a type such as SMTP: before it, \
              leads nowhere.",
        remedy: "Correct mail to user@domain, without a type.",
        reference: "KB 2614242 step 3; RFC 5321 section 4.1.2",
        blocks: blocking::ALL_BUT_OWA,
        decides: Some(Step::LyncSeesMail),
        when: Marks::MALFORMED_MAIL,
        check: Check::User(malformed_mail),
        examples: &[
            Example::fires(&[&[(Mail, "ann@contoso")]], "`ann@contoso`"),
            Example::fires(&[&[(Mail, "SMTP:ann@contoso.com")]], "`SMTP:ann@contoso.com`"),
            Example::fires(&[&[(Mail, "  ")]], "blanks only"),
            Example::silent(&[&[(Mail, " o'brien+x@contoso.com ")]]),
            Example::silent(&[&[(Mail, "")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "MAIL003",
        name: "mail-not-primary-smtp",
        severity: [W, W, W, W],
        reads: &[Mail, ProxyAddresses],
        summary: "mail differs from the primary smtp address",
        why: "Editing mail in Active Directory does not move the primary address of the mailbox: Lync looks for a \
              mailbox under one address, and people write to another.",
        remedy: "Make mail equal the SMTP: value of proxyAddresses.",
        reference: "Set-Mailbox -WindowsEmailAddress (Microsoft Learn)",
        when: Marks::MAIL_NOT_PRIMARY,
        check: Check::User(mail_not_primary),
        examples: &[
            Example::fires(
                &[&[(Mail, "ann@contoso.com"), (ProxyAddresses, "SMTP:ann.b@contoso.com")]],
                "`ann.b@contoso.com`",
            ),
            Example::fires(
                &[&[
                    (Mail, "ann@contoso.com"),
                    (ProxyAddresses, "SMTP:a@contoso.com"),
                    (ProxyAddresses, "SMTP:b@contoso.com"),
                ]],
                "`a@contoso.com; b@contoso.com`",
            ),
            Example::silent(&[&[(Mail, "Ann@contoso.com "), (ProxyAddresses, "SMTP:ann@Contoso.com")]]),
            Example::silent(&[&[
                (Mail, "ann@contoso.com"),
                (ProxyAddresses, "SMTP:a@contoso.com"),
                (ProxyAddresses, "SMTP:ann@contoso.com"),
            ]]),
            Example::silent(&[&[(Mail, "ann@contoso.com"), (ProxyAddresses, "smtp:ann.b@contoso.com")]]),
            Example::silent(&[&[(Mail, "ann@contoso.com"), (ProxyAddresses, "SMTP:ann.b@contoso")]]),
            Example::silent(&[&[(Mail, "ann@contoso"), (ProxyAddresses, "SMTP:ann@contoso.com")]]),
            Example::silent(&[&[(Mail, "ann@contoso.com")]]).without(&[ProxyAddresses]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "MAIL004",
        name: "mail-domain-not-routable",
        severity: [NO, E, E, E],
        reads: &[Mail, ObjectClass, RecipientTypeDetails],
        summary: "the domain of mail cannot be a verified domain of the tenant",
        why: "The cloud keeps only addresses in verified domains; with any other the user gets an address in the \
              tenant's initial domain, and Lync finds no mailbox.",
        remedy: "Give the user a mail address in a verified domain.",
        reference: "KB 3190357; Prepare for directory synchronization to Microsoft 365",
        when: Marks::NOT_ROUTABLE,
        check: Check::User(domain_not_routable),
        examples: &[
            Example::fires(&[&[(Mail, "ann@contoso.local")]], "`contoso.local`"),
            Example::fires(&[&[(Mail, "ann@fabrikam.com")]], "not among the verified domains")
                .with_domains(&["contoso.com"]),
            Example::fires(&[&[(ObjectClass, "contact"), (Mail, "ann@fabrikam.local")]], "`fabrikam.local`")
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(ObjectClass, "contact"), (Mail, "ann@fabrikam.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(RecipientTypeDetails, "128"), (Mail, "ann@fabrikam.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(Mail, "ann@contoso.onmicrosoft.com")]]).with_domains(&["contoso.com"]),
            Example::silent(&[&[(Mail, "ann@contoso.app")]]),
            Example::silent(&[&[(Mail, "a nn@contoso.local")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "MAIL005",
        name: "padded-mail",
        severity: [W, W, W, W],
        reads: &[Mail],
        summary: "there are blanks around mail",
        why: "Synchronization trims the value; other readers take the blanks for a part of the address.",
        remedy: "Remove the blanks around mail.",
        reference: "Default synchronization rules of Microsoft Entra Connect: Trim([mail])",
        when: Marks::PADDED_MAIL,
        check: Check::User(padded_mail),
        examples: &[
            Example::fires(&[&[(Mail, "ann@contoso.com ")]], "`ann@contoso.com`"),
            Example::fires(&[&[(Mail, "\tann@contoso.com")]], "`ann@contoso.com`"),
            Example::fires(&[&[(Mail, " ")]], "blanks only"),
            Example::silent(&[&[(Mail, "a nn@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
];

fn no_mail(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let wanted = f.sip_enabled.or(Tri::from(f.mailbox.exists())).or(f.smtp_proxy);
    if f.is_contact() || !out.holds((!f.user.has(Mail)).and(wanted)) {
        return;
    }
    let because = if f.sip_enabled.yes() {
        "the user is enabled for SIP"
    } else if f.mailbox.exists() {
        "the user has a mailbox"
    } else {
        "proxyAddresses has an smtp: address"
    };
    out.fire(Mail, "", format_args!("mail is empty although {because}"));
    if let Some(primary) = f.primary().filter(|primary| primary.well_formed) {
        out.suggest(|| Change::add(Mail, primary.address));
    }
}

fn malformed_mail(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.user.has(Mail)) || f.mail_well_formed {
        return;
    }
    let message = if f.mail.is_empty() {
        BLANKS_ONLY.to_owned()
    } else {
        format!("`{}` is not a well-formed mail address", f.mail)
    };
    out.fire(Mail, f.user.get(Mail), message);
}

const BLANKS_ONLY: &str = "mail holds blanks only";

fn mail_not_primary(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let known = |attr, yes: bool| if f.user.carries(attr) { Tri::from(yes) } else { Tri::Unknown };
    let some_primary = f.primaries().next().is_some() && f.primaries().all(|primary| primary.well_formed);
    let primary = if f.shows_primary() { Tri::from(some_primary) } else { Tri::Unknown };
    let comparable = known(Mail, f.mail_well_formed).and(primary);
    if !out.holds(comparable) || f.primaries().any(|primary| same(primary.address, f.mail)) {
        return;
    }
    let mut addresses: Vec<&str> = f.primaries().map(|primary| primary.address).collect();
    addresses.sort_unstable();
    let addresses = addresses.join("; ");
    out.fire(
        Mail,
        f.user.get(Mail),
        format_args!("`{}` is not the primary smtp address `{addresses}`", f.mail),
    );
    if let Some(primary) = f.primary() {
        out.suggest(|| Change::replace(Mail, f.user.get(Mail), primary.address));
    }
}

/// `msExchRecipientTypeDetails` of mail contacts and mail users: mailboxes of somebody else.
const ELSEWHERE: &[i64] = &[64, 128];

/// Whether mail can be sent to the domain through the tenant. The addresses of contacts and mail users lie in the
/// domains of others, which no list of the tenant's own can name: of them only the shape is asked.
pub(super) fn is_routable(f: &Facts<'_>, cx: &Context, domain: &str) -> bool {
    let elsewhere = f.is_contact() || f.recipient_type.is_some_and(|of| ELSEWHERE.contains(&of));
    if elsewhere { address::is_routable(domain) } else { cx.is_routable(domain) }
}

fn domain_not_routable(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    out.needs(f, Mail);
    let domain = domain(f.mail);
    if f.mail_well_formed && !is_routable(f, cx, domain) {
        out.fire(Mail, f.user.get(Mail), super::NotRoutable(domain));
    }
}

fn padded_mail(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, Mail);
    let raw = f.user.get(Mail);
    if raw == f.mail {
        return;
    }
    if f.mail.is_empty() {
        out.fire(Mail, raw, BLANKS_ONLY);
    } else {
        out.fire(Mail, raw, format_args!("there are blanks around `{}`", f.mail));
    }
    if f.mail_well_formed {
        out.suggest(|| Change::replace(Mail, raw, f.mail));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{RuleSet, Scenario};
    use super::*;
    use crate::finding::{Finding, Severity};
    use crate::model::{Attr, User};

    /// The function of a rule.
    pub(in super::super) type UserCheck = fn(&Facts<'_>, &Context, &mut Sink<'_>);

    /// What a rule finds; errors, as far as it does not say otherwise.
    pub(in super::super) fn found(
        check: UserCheck,
        scenario: Scenario,
        values: &[(Attr, &str)],
    ) -> Vec<Finding> {
        let user = User::of(values);
        let (mut findings, mut not_evaluated) = (Vec::new(), RuleSet::NONE);
        let mut out = Sink::new(0, Severity::Error, &mut findings, &mut not_evaluated);
        check(&Facts::of(&user), &Context::of(scenario), &mut out);
        findings
    }

    fn change(check: UserCheck, values: &[(Attr, &str)]) -> Option<Change> {
        let mut findings = found(check, Scenario::LyncHybrid, values);
        assert_eq!(findings.len(), 1);
        findings.pop().unwrap().suggestion
    }

    #[test]
    fn an_empty_mail_takes_the_primary_address() {
        let one = [(ProxyAddresses, "SMTP:Ann@contoso.com"), (ProxyAddresses, "smtp:b@contoso.com")];
        assert_eq!(change(no_mail, &one), Some(Change::add(Mail, "Ann@contoso.com")));
        let two = [(ProxyAddresses, "SMTP:a@contoso.com"), (ProxyAddresses, "SMTP:b@contoso.com")];
        assert_eq!(change(no_mail, &two), None);
        assert_eq!(change(no_mail, &[(ProxyAddresses, "SMTP:a@contoso")]), None);
        assert_eq!(change(no_mail, &one[1..]), None);
    }

    #[test]
    fn another_mail_takes_the_primary_address_where_there_is_one() {
        let values = [
            (Mail, " a@contoso.com"),
            (ProxyAddresses, "SMTP:b@contoso.com"),
            (ProxyAddresses, "SMTP:c@contoso.com"),
        ];
        let one = Change::replace(Mail, " a@contoso.com", "b@contoso.com");
        assert_eq!(change(mail_not_primary, &values[..2]), Some(one));
        assert_eq!(change(mail_not_primary, &values), None);
    }

    #[test]
    fn only_a_well_formed_mail_is_trimmed() {
        let trimmed = Change::replace(Mail, "a@contoso.com\t", "a@contoso.com");
        assert_eq!(change(padded_mail, &[(Mail, "a@contoso.com\t")]), Some(trimmed));
        assert_eq!(change(padded_mail, &[(Mail, " a@contoso")]), None);
        assert_eq!(change(padded_mail, &[(Mail, " ")]), None);
    }
}
