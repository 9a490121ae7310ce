//! The sign-in name, userPrincipalName.
//!
//! A linked account signs in with the name of another forest; its own must not be copied and is not judged.

use super::level::{E, NO};
use super::{Check, Context, Example, Rule, Sink, length, named};
use crate::finding::Severity;
use crate::model::Attr::{
    HomeMdb, HomeServerName, Mail, MasterAccountSid, ObjectClass, OriginatorSid, PrimaryHomeServer,
    PrimaryUserAddress, ProxyAddresses, RecipientTypeDetails, RemoteRecipientType, TargetAddress,
    UserEnabled, UserPrincipalName,
};
use crate::model::address::{domain, parts};
use crate::model::class::Classes;
use crate::model::{Attr, Facts, Marks};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "UPN001",
        name: "no-upn",
        severity: [NO, E, E, E],
        reads: &[
            UserPrincipalName,
            ObjectClass,
            OriginatorSid,
            MasterAccountSid,
            RecipientTypeDetails,
            PrimaryUserAddress,
            UserEnabled,
            PrimaryHomeServer,
            ProxyAddresses,
            Mail,
            HomeMdb,
            HomeServerName,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "userPrincipalName is empty",
        why: "Synchronization then builds a sign-in name from sAMAccountName and the name of the AD domain, \
              which nobody knows and which often is no verified domain.",
        remedy: "Set userPrincipalName to the user's mail address, in a verified domain.",
        reference: PREPARE,
        when: Marks::NO_UPN,
        check: Check::User(no_upn),
        examples: &[
            Example::fires(&[&[(Mail, "ann@contoso.com")]], "userPrincipalName is empty"),
            Example::fires(&[&[]], "userPrincipalName is empty"),
            Example::silent(&[&[(UserPrincipalName, "ann@contoso.com")]]),
            Example::silent(&[&[(UserPrincipalName, " ")]]),
            Example::silent(&[&[(ObjectClass, "contact"), (Mail, "ann@contoso.com")]]),
            Example::silent(&[&[(MasterAccountSid, "S-1-5-21-1-2-3-1104"), (Mail, "ann@contoso.com")]]),
            Example::silent(&[&[(RecipientTypeDetails, "2")]]),
            Example::silent(&[&[(Mail, "ann@contoso.com")]]).without(&[UserPrincipalName]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UPN002",
        name: "malformed-upn",
        severity: [NO, E, E, E],
        reads: LINKED_AND_UPN,
        summary: "userPrincipalName does not have the form user@suffix",
        why: "A sign-in name needs exactly one @ with something on both sides, and no full stop before it; \
              the cloud accepts no other.",
        remedy: "Correct userPrincipalName to user@suffix.",
        reference: PREPARE,
        when: Marks::ODD_UPN,
        check: Check::User(malformed_upn),
        examples: &[
            Example::fires(&[&[(UserPrincipalName, "ann")]], "`ann`"),
            Example::fires(&[&[(UserPrincipalName, "@contoso.com")]], "`@contoso.com`"),
            Example::fires(&[&[(UserPrincipalName, "ann@b@contoso.com")]], "`ann@b@contoso.com`"),
            Example::fires(&[&[(UserPrincipalName, "ann.@contoso.com")]], "full stop"),
            Example::silent(&[&[(UserPrincipalName, "ann@contoso")]]),
            Example::silent(&[&[]]),
            Example::silent(&[&[(UserPrincipalName, "ann"), (OriginatorSid, "S-1-5-21-1-2-3-1104")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UPN003",
        name: "invalid-upn-character",
        severity: [NO, E, E, E],
        reads: LINKED_AND_UPN,
        summary: "userPrincipalName has a character that a sign-in name in the cloud must not have",
        why: "One such character makes Entra replace the whole name by one under the tenant's \
              onmicrosoft.com domain, with which the user does not expect to sign in.",
        remedy: "Choose a sign-in name of letters and digits A-Z a-z 0-9 and the characters ' . - _ ! # ^ ~.",
        reference: "Prepare for directory synchronization to Microsoft 365; Microsoft Entra \
              UserPrincipalName population (Microsoft Learn)",
        when: Marks::ODD_UPN,
        check: Check::User(invalid_character),
        examples: &[
            Example::fires(&[&[(UserPrincipalName, "ann+b@contoso.com")]], "`+`"),
            Example::fires(&[&[(UserPrincipalName, "rené@contoso.com")]], "`é`"),
            Example::fires(&[&[(UserPrincipalName, "ann@contoso.com ")]], "a blank"),
            Example::silent(&[&[(UserPrincipalName, "o'brien-x_1!#^~@contoso.com")]]),
            Example::silent(&[&[
                (UserPrincipalName, "ann+b@contoso.com"),
                (MasterAccountSid, "S-1-5-21-1-2-3-1104"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UPN004",
        name: "upn-too-long",
        severity: [NO, E, E, E],
        reads: LINKED_AND_UPN,
        summary: "userPrincipalName is longer than 113 characters, 64 before or 48 after the @",
        why: "Microsoft 365 takes sign-in names of up to 113 characters, 64 before and 48 after the @; the \
              cloud accepts none that is longer.",
        remedy: "Choose a shorter sign-in name.",
        reference: PREPARE,
        when: Marks::ODD_UPN,
        check: Check::User(too_long),
        examples: &[
            Example::fires(&[&[(UserPrincipalName, LONG_USER)]], "65 before the @ (64 are allowed)"),
            Example::fires(&[&[(UserPrincipalName, LONG_SUFFIX)]], "49 after the @ (48 are allowed)"),
            Example::fires(&[&[(UserPrincipalName, LONG_WITHOUT_AT)]], "114 characters (113 are allowed)"),
            Example::silent(&[&[(UserPrincipalName, LONG_USER.split_at(1).1)]]),
            Example::silent(&[&[(UserPrincipalName, LONG_WITHOUT_AT.split_at(1).1)]]),
            Example::silent(&[&[(UserPrincipalName, LONG_USER), (RecipientTypeDetails, "2")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UPN005",
        name: "upn-suffix-not-routable",
        severity: [NO, E, E, E],
        reads: &[
            UserPrincipalName,
            OriginatorSid,
            MasterAccountSid,
            RecipientTypeDetails,
            PrimaryUserAddress,
            UserEnabled,
            PrimaryHomeServer,
            ProxyAddresses,
            Mail,
            HomeMdb,
            HomeServerName,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "the suffix of userPrincipalName cannot be a verified domain of the tenant",
        why: "Entra replaces a sign-in name whose suffix is no verified domain by one under the tenant's \
              onmicrosoft.com domain, with which the user does not expect to sign in.",
        remedy: "Give the user a UPN suffix that is a verified domain of the tenant.",
        reference: "Prepare a nonroutable domain for directory synchronization; Microsoft Entra \
              UserPrincipalName population (Microsoft Learn)",
        when: Marks::NOT_ROUTABLE,
        check: Check::User(suffix_not_routable),
        examples: &[
            Example::fires(
                &[&[(UserPrincipalName, "ann@contoso.local"), (Mail, "ann@contoso.com")]],
                "`contoso.local`",
            ),
            Example::fires(&[&[(UserPrincipalName, "ann@contoso")]], "`contoso`"),
            Example::fires(
                &[&[(UserPrincipalName, "ann@emea.contoso.com")]],
                "not among the verified domains",
            )
            .with_domains(&["contoso.com"]),
            Example::silent(&[&[(UserPrincipalName, "ann@Contoso.com")]]).with_domains(&["contoso.com"]),
            Example::silent(&[&[(UserPrincipalName, "ann@contoso.onmicrosoft.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(UserPrincipalName, "ann@contoso.app")]]),
            Example::silent(&[&[(UserPrincipalName, "ann.@contoso.local")]]),
            Example::silent(&[&[
                (UserPrincipalName, "ann@resource.local"),
                (OriginatorSid, "S-1-5-21-1-2-3-1104"),
            ]]),
        ],
        ..Rule::BLANK
    },
];

const PREPARE: &str = "Prepare for directory synchronization to Microsoft 365 (Microsoft Learn)";

/// What decides a rule about the name alone.
const LINKED_AND_UPN: &[Attr] = &[UserPrincipalName, OriginatorSid, MasterAccountSid, RecipientTypeDetails];

/// 65 characters before the `@`, one too many.
const LONG_USER: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@contoso.com";

/// 49 characters after the `@`, one too many.
const LONG_SUFFIX: &str = "ann@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.contoso.com";

/// 114 characters without an `@`, one too many.
const LONG_WITHOUT_AT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
                               aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Whether a sign-in name is malformed: not exactly one `@` with something on both sides, or a full stop before it.
pub(super) fn is_malformed(name: &str) -> bool {
    parts(name).is_none_or(|(user, suffix)| user.is_empty() || suffix.is_empty() || user.ends_with('.'))
}

/// The sign-in name when it is to be judged and not empty; notes it when the input never carried it.
fn judged<'a>(f: &Facts<'a>, out: &mut Sink<'_>) -> Option<&'a str> {
    if f.is_linked() || !out.needs(f, UserPrincipalName) {
        return None;
    }
    Some(f.user.get(UserPrincipalName)).filter(|name| !name.is_empty())
}

/// The name of an account that has neither SIP nor mail matters less: synchronization builds one.
fn soften(f: &Facts<'_>, out: &mut Sink<'_>) {
    if !f.sip_enabled.yes() && !f.mail_bearing.yes() {
        out.at(Severity::Info);
    }
}

fn no_upn(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !f.is_contact() && !f.is_linked() && out.holds(!f.user.has(UserPrincipalName)) {
        out.fire(UserPrincipalName, "", "userPrincipalName is empty");
        soften(f, out);
    }
}

fn malformed_upn(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let Some(name) = judged(f, out) else { return };
    if is_malformed(name) {
        let message = match parts(name) {
            Some((user, suffix)) if !user.is_empty() && !suffix.is_empty() => {
                format!("`{name}` has a full stop before the @")
            }
            _ => format!("`{name}` does not have the form user@suffix"),
        };
        out.fire(UserPrincipalName, name, message);
    }
}

fn invalid_character(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let Some(name) = judged(f, out) else { return };
    if let Some(c) = Classes::NOT_UPN.first_in(name) {
        out.fire(
            UserPrincipalName,
            name,
            format_args!("{} in `{name}` is not allowed in a sign-in name", named(c)),
        );
    }
}

fn too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let Some(name) = judged(f, out).filter(|name| name.len() > 48) else { return };
    let (user, suffix) = parts(name).map_or((0, 0), |(user, suffix)| (length(user), length(suffix)));
    let limits = [(length(name), 113, "characters"), (user, 64, "before the @"), (suffix, 48, "after the @")];
    let over: Vec<String> = limits
        .into_iter()
        .filter(|(has, most, _)| has > most)
        .map(|(has, most, what)| format!("{has} {what} ({most} are allowed)"))
        .collect();
    if !over.is_empty() {
        out.fire(UserPrincipalName, name, format_args!("the sign-in name is too long: {}", over.join(", ")));
    }
}

fn suffix_not_routable(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    let Some(name) = judged(f, out).filter(|name| !is_malformed(name)) else { return };
    let suffix = domain(name);
    if !cx.is_routable(suffix) {
        out.fire(UserPrincipalName, name, super::NotRoutable(suffix));
        soften(f, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttrSet, User};
    use crate::rules::RuleSet;

    /// The severities that a check gives to a user in `teams` without any list.
    fn severities(check: fn(&Facts<'_>, &Context, &mut Sink<'_>), user: &User<'_>) -> Vec<Severity> {
        let (mut findings, mut not_evaluated) = (Vec::new(), RuleSet::NONE);
        let mut out = Sink::new(0, Severity::Error, &mut findings, &mut not_evaluated);
        check(&Facts::of(user), &Context::of(crate::rules::Scenario::Teams), &mut out);
        findings.into_iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn a_name_matters_less_without_sip_and_mail() {
        let bare = User::of(&[(UserPrincipalName, "ann@contoso.local")]);
        assert_eq!(severities(suffix_not_routable, &bare), [Severity::Info]);
        assert_eq!(severities(no_upn, &User::of(&[])), [Severity::Info]);
        for reason in [(Mail, "ann@contoso.com"), (UserEnabled, "TRUE"), (HomeMdb, "CN=DB1")] {
            let user = User::of(&[(UserPrincipalName, "ann@contoso.local"), reason]);
            assert_eq!(severities(suffix_not_routable, &user), [Severity::Error], "{reason:?}");
            assert_eq!(severities(no_upn, &User::of(&[reason])), [Severity::Error], "{reason:?}");
        }
        let open = User::new(AttrSet::of(&[UserPrincipalName]));
        assert_eq!(severities(no_upn, &open), [Severity::Info]);
    }
}
