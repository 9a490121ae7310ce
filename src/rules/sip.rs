//! SIP addresses: the sip proxy that Exchange reads and the PUA that Lync and the cloud read.

use std::collections::BTreeSet;

use super::level::{E, I, NO, W};
use super::{Check, Context, Example, Rule, Scenario, Sink, Step, blocking, upn};
use crate::finding::{Change, Severity};
use crate::model::Attr::{
    HomeMdb, HomeServerName, Mail, MasterAccountSid, ObjectClass, OriginatorSid, PrimaryHomeServer,
    PrimaryUserAddress, ProxyAddresses, RecipientTypeDetails, RemoteRecipientType, TargetAddress,
    UserAccountControl, UserEnabled, UserPrincipalName,
};
use crate::model::address::{domain, is_listed, parts};
use crate::model::class::Classes;
use crate::model::fold::{fold, same};
use crate::model::{Facts, Hidden, MailboxHome, Marks, Tri};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "SIP001",
        name: "no-sip-proxy",
        severity: [E, E, E, W],
        reads: &[
            ProxyAddresses,
            PrimaryUserAddress,
            UserEnabled,
            PrimaryHomeServer,
            Mail,
            ObjectClass,
            UserAccountControl,
            HomeMdb,
            HomeServerName,
            RecipientTypeDetails,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "proxyAddresses holds no sip: address",
        why: "Exchange takes the user's SIP address from proxyAddresses; without it Outlook Web App cannot connect \
              to Lync, and there is no presence, no instant message and no online meeting.",
        remedy: "Add the user's SIP address to proxyAddresses as sip:user@domain.",
        reference: "KB 2614242 step 2; KB 2565604",
        blocks: blocking::OWA,
        decides: Some(Step::ExchangeSeesSip),
        when: Marks::NO_SIP,
        by_profile: |cx, f| cx.scenario != Scenario::SfbOnline || !f.user.filled().has(RecipientTypeDetails),
        check: Check::User(no_sip_proxy),
        examples: &[
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (ProxyAddresses, "SMTP:ann@contoso.com")]],
                "no sip: address",
            ),
            Example::fires(&[&[(Mail, "ann@contoso.com"), (HomeMdb, "CN=DB1")]], "no sip: address")
                .in_scenario(Scenario::SfbOnline),
            Example::silent(&[&[(Mail, "room@contoso.com"), (RecipientTypeDetails, "16")]])
                .in_scenario(Scenario::SfbOnline),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]).without(&[ProxyAddresses]),
            Example::silent(&[&[(ObjectClass, "contact"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP002",
        name: "malformed-sip-proxy",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses],
        summary: "a sip: value of proxyAddresses is not a well-formed SIP address",
        why: "The SIP address must have the format sip:user@domain; Exchange cannot use anything else, and \
              synchronization may refuse the object.",
        remedy: "Correct the sip: value of proxyAddresses to sip:user@domain.",
        reference: "KB 2614242 step 2; RFC 3261 section 25",
        blocks: blocking::OWA,
        decides: Some(Step::ExchangeSeesSip),
        when: Marks::MALFORMED_SIP,
        check: Check::User(malformed_sip_proxy),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "sip:ann@contoso")]], "`sip:ann@contoso`"),
            Example::fires(&[&[(ProxyAddresses, "SIP:")]], "`SIP:`"),
            Example::silent(&[&[(ProxyAddresses, " SIP:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP003",
        name: "several-sip-proxies",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses],
        summary: "proxyAddresses holds several different sip: addresses",
        why: "A user has one SIP address; which of several Exchange takes is not defined.",
        remedy: "Keep the one sip: value that is the user's SIP address and remove the others.",
        reference: "KB 2614242 step 2",
        blocks: blocking::OWA,
        decides: Some(Step::ExchangeSeesSip),
        when: Marks::SIPS,
        check: Check::User(several_sip_proxies),
        examples: &[
            Example::fires(
                &[&[(ProxyAddresses, "sip:ann@contoso.com"), (ProxyAddresses, "sip:ann.b@contoso.com")]],
                "2 different",
            ),
            Example::silent(&[&[
                (ProxyAddresses, "sip:ann@contoso.com"),
                (ProxyAddresses, "SIP:Ann@contoso.com"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP004",
        name: "sip-proxy-not-primary-user-address",
        severity: [E, W, E, W],
        reads: &[
            ProxyAddresses,
            PrimaryUserAddress,
            HomeMdb,
            HomeServerName,
            RecipientTypeDetails,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "no sip: value of proxyAddresses equals msRTCSIP-PrimaryUserAddress",
        why: "Parts on-premises read the sip proxy, the cloud reads msRTCSIP-PrimaryUserAddress; where they differ, \
              Exchange and Lync take the user for two people.",
        remedy: "Make the sip: value of proxyAddresses equal msRTCSIP-PrimaryUserAddress.",
        reference: "KB 2614242 step 2; Cloud consolidation: managing attributes (Microsoft Learn)",
        blocks: blocking::OWA,
        decides: Some(Step::ExchangeSeesSip),
        when: Marks::PUA_NOT_SIP,
        by_profile: |_, f| f.user.hidden() == Hidden::default(),
        check: Check::User(sip_proxy_not_pua),
        examples: &[
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (ProxyAddresses, "sip:ann.b@contoso.com")]],
                "`sip:ann@contoso.com`",
            ),
            Example::silent(&[&[
                (PrimaryUserAddress, "sip:Ann@contoso.com"),
                (ProxyAddresses, "SIP:ann@contoso.com"),
            ]]),
            Example::silent(&[&[
                (PrimaryUserAddress, "ann@contoso.com"),
                (ProxyAddresses, "sip:ann@contoso.com"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP005",
        name: "no-primary-user-address",
        severity: [E, NO, E, NO],
        reads: &[PrimaryUserAddress, UserEnabled, PrimaryHomeServer],
        summary: "msRTCSIP-PrimaryUserAddress is empty although the account is enabled or homed",
        why: "Without its SIP address the account cannot sign in to Lync.",
        remedy: "Set the address with Set-CsUser or Enable-CsUser, or clear the leftovers with Disable-CsUser.",
        reference: "Set-CsUser, Enable-CsUser (Microsoft Learn)",
        blocks: blocking::ALL_BUT_PHOTOS,
        when: Marks::NO_PUA,
        check: Check::User(no_pua),
        examples: &[
            Example::fires(&[&[(UserEnabled, "TRUE")]], "msRTCSIP-UserEnabled is TRUE"),
            Example::fires(&[&[(PrimaryHomeServer, "CN=Lc Services")]], "msRTCSIP-PrimaryHomeServer is set"),
            Example::silent(&[&[(UserEnabled, "TRUE"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(UserEnabled, "FALSE")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP006",
        name: "sip-proxy-without-primary-user-address",
        severity: [W, NO, E, NO],
        reads: &[ProxyAddresses, PrimaryUserAddress, UserEnabled, PrimaryHomeServer],
        summary: "a sip proxy is present, but msRTCSIP-PrimaryUserAddress is empty",
        why: "Lync on-premises and hybrid set msRTCSIP-PrimaryUserAddress; a sip proxy alone is a leftover or was \
              written by hand, and the user cannot sign in with it.",
        remedy: "Enable the user with Enable-CsUser, or remove the sip: value from proxyAddresses.",
        reference: "KB 2614242 step 2",
        when: Marks::NO_PUA,
        by_profile: |_, _| true,
        check: Check::User(sip_proxy_without_pua),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "sip:ann@contoso.com")]], "`sip:ann@contoso.com`"),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.com"), (UserEnabled, "TRUE")]]),
            Example::silent(&[&[
                (ProxyAddresses, "sip:ann@contoso.com"),
                (PrimaryUserAddress, "sip:ann@contoso.com"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP007",
        name: "malformed-primary-user-address",
        severity: [E, E, E, E],
        reads: &[PrimaryUserAddress],
        summary: "msRTCSIP-PrimaryUserAddress is not a well-formed SIP address",
        why: "The value must have the prefix sip: and a valid SIP domain; the account cannot sign in with anything \
              else.",
        remedy: "Set the address with Set-CsUser -SipAddress sip:user@domain.",
        reference: "Set-CsUser (Microsoft Learn); RFC 3261 section 25",
        blocks: blocking::ALL_BUT_PHOTOS,
        when: Marks::MALFORMED_PUA,
        check: Check::User(malformed_pua),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, "ann@contoso.com")]], "`ann@contoso.com`"),
            Example::fires(&[&[(PrimaryUserAddress, "sip:ann@contoso.com ")]], "well-formed"),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP008",
        name: "unexpected-primary-user-address",
        severity: [NO, W, NO, I],
        reads: &[PrimaryUserAddress],
        summary: "msRTCSIP-PrimaryUserAddress is present although no Lync server should set it",
        why: "The cloud takes the SIP address from this attribute and ignores the sip proxy while it has a value.",
        remedy: "Clear the msRTCSIP attributes once no Lync server is left, and keep the address as a sip proxy.",
        reference: "Cloud consolidation: managing attributes (Microsoft Learn)",
        check: Check::User(unexpected_pua),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]], "`sip:ann@contoso.com`"),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP009",
        name: "sip-address-too-long",
        severity: [E, E, E, E],
        reads: &[PrimaryUserAddress, ProxyAddresses],
        summary: "a SIP address has more than 454 characters, sip: included",
        why: "Lync and Skype for Business support 454 characters; what they do with more is not defined.",
        remedy: "Give the user a shorter SIP address.",
        reference: "Supported SIP addresses in Lync and Skype for Business (Lync support team, 2015)",
        when: Marks::LONG,
        check: Check::User(sip_too_long),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, TOO_LONG)]], "455 characters"),
            Example::silent(&[&[(PrimaryUserAddress, TOO_LONG.split_at(454).0)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP010",
        name: "risky-sip-character",
        severity: [W, W, W, W],
        reads: &[PrimaryUserAddress, ProxyAddresses],
        summary: "the user part of a SIP address has a character outside A-Z a-z 0-9 . _ -",
        why: "Such characters are legal, but products stumble over them: apostrophes in Lync 2010 and Skype for \
              Business Online, reserved characters in Lync Server 2013.",
        remedy: "Choose a SIP address of letters, digits, full stop, underscore and hyphen.",
        reference: "KB 2708616; KB 2912334",
        when: Marks::RISKY,
        check: Check::User(risky_character),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "sip:o'brien@contoso.com")]], "`'`"),
            Example::silent(&[&[(ProxyAddresses, "sip:o.brien-x_1@contoso.com")]]),
            Example::silent(&[&[(ProxyAddresses, "SMTP:o'brien@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP011",
        name: "sip-domain-not-allowed",
        severity: [E, E, E, E],
        reads: &[PrimaryUserAddress, ProxyAddresses],
        summary: "the domain of the SIP address is not among the deployment's SIP domains",
        why: "Neither Enable-CsUser nor Set-CsUser checks the domain; a user with a foreign one cannot sign in.",
        remedy: "Give the user an address in a SIP domain of the deployment, or add the domain to it.",
        reference: "Get-CsSipDomain (Microsoft Learn)",
        by_profile: |cx, _| cx.sip_domains.is_empty(),
        check: Check::User(domain_not_allowed),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, "sip:ann@emea.contoso.com")]], "`emea.contoso.com`")
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@Contoso.com")]]).with_domains(&["contoso.com"]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@emea.contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP012",
        name: "sip-not-mail",
        severity: [W, W, W, W],
        reads: &[PrimaryUserAddress, ProxyAddresses, Mail],
        summary: "the SIP address differs from the mail address",
        why: "Lync compares the sign-in address with the address of the Outlook profile; where they differ it \
              reports a problem connecting to Outlook.",
        remedy: "Align SIP address, mail and primary smtp address of the user.",
        reference: "KB 2436962",
        when: Marks::SIP_NOT_MAIL,
        by_profile: |_, f| !f.sip_well_formed || f.user.has(Mail) != Tri::No,
        check: Check::User(sip_not_mail),
        examples: &[
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (Mail, "ann.b@contoso.com")]],
                "`ann.b@contoso.com`",
            ),
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (ProxyAddresses, "SMTP:ann.b@contoso.com")]],
                "`ann.b@contoso.com`",
            ),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (Mail, "Ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (Mail, "ann@contoso")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP013",
        name: "sip-not-upn",
        severity: [I, W, W, W],
        reads: &[
            PrimaryUserAddress,
            ProxyAddresses,
            UserPrincipalName,
            RecipientTypeDetails,
            OriginatorSid,
            MasterAccountSid,
        ],
        summary: "the SIP address differs from userPrincipalName",
        why: "Only deployments with matching SIP address, mail and sign-in name were tested; others may see reduced \
              functionality, such as problems with Exchange integration and single sign-on.",
        remedy: "Align SIP address and userPrincipalName.",
        reference: "KB 2537764; Configure a multi-forest environment for hybrid (Microsoft Learn)",
        when: Marks::SIP_NOT_UPN,
        by_profile: |_, f| !f.sip_well_formed && f.user.carries(PrimaryUserAddress) && f.shows_sip(),
        check: Check::User(sip_not_upn),
        examples: &[
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (UserPrincipalName, "ann.b@contoso.com")]],
                "`ann.b@contoso.com`",
            ),
            Example::silent(&[&[
                (PrimaryUserAddress, "sip:ann@contoso.com"),
                (UserPrincipalName, "ANN@contoso.com"),
            ]]),
            Example::silent(&[&[
                (PrimaryUserAddress, "sip:ann@contoso.com"),
                (UserPrincipalName, "ann@resource.contoso.com"),
                (OriginatorSid, "S-1-5-21-1-2-3-1104"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "SIP014",
        name: "sip-domain-not-routable",
        severity: [NO, E, E, E],
        reads: &[PrimaryUserAddress, ProxyAddresses],
        summary: "the domain of the SIP address cannot be a verified domain of the tenant",
        why: "In the cloud a SIP address must lie in a verified domain; the user is not provisioned otherwise.",
        remedy: "Give the user a SIP address in a verified domain.",
        reference: "Plan hybrid connectivity (Microsoft Learn)",
        when: Marks::NOT_ROUTABLE,
        check: Check::User(domain_not_routable),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "sip:ann@contoso.local")]], "`contoso.local`"),
            Example::fires(&[&[(ProxyAddresses, "sip:ann@fabrikam.com")]], "not among the verified domains")
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.onmicrosoft.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.app")]]),
        ],
        ..Rule::BLANK
    },
];

/// 455 characters, all of them allowed in a user part.
const TOO_LONG: &str = "sip:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@contoso.com";

fn no_sip_proxy(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    if f.is_contact() {
        return;
    }
    let wanted = if cx.scenario == Scenario::SfbOnline {
        f.sip_enabled.or(needs_sip_online(f))
    } else {
        f.sip_enabled
    };
    if !out.holds((!f.sip_proxy).and(wanted)) {
        return;
    }
    out.fire(ProxyAddresses, "", "proxyAddresses holds no sip: address");
    let address = match cx.scenario {
        Scenario::LyncOnPrem | Scenario::LyncHybrid => f.sip_address.filter(|_| f.sip_well_formed),
        Scenario::SfbOnline | Scenario::Teams => own_mail(f),
    };
    if let Some(address) = address {
        out.suggest(|| Change::add(ProxyAddresses, format!("sip:{address}")));
    }
}

/// Mailbox types whose owners need no SIP address: shared, room, equipment, mail contact, mail user.
const NO_PERSONS: &[i64] = &[4, 16, 32, 64, 128];

/// With Skype for Business Online alone, everybody with a local mailbox needs the address, enabled or not.
fn needs_sip_online(f: &Facts<'_>) -> Tri {
    let place = matches!(f.mailbox, MailboxHome::OnPremises | MailboxHome::Both | MailboxHome::Unknown);
    let person = !f.user.number(RecipientTypeDetails).is_some_and(|of| NO_PERSONS.contains(&of));
    f.mail_bearing.and(Tri::from(place && person && !f.is_disabled()))
}

/// The well-formed mail address, else the primary smtp address.
fn own_mail<'a>(f: &Facts<'a>) -> Option<&'a str> {
    if f.mail_well_formed {
        return Some(f.mail);
    }
    f.primary().filter(|primary| primary.well_formed).map(|primary| primary.address)
}

fn malformed_sip_proxy(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs_shown(f.shows_sip());
    for proxy in f.sips().filter(|proxy| !proxy.well_formed) {
        out.fire(
            ProxyAddresses,
            proxy.raw,
            format_args!("`{}` is not a well-formed SIP address", proxy.text()),
        );
    }
}

fn several_sip_proxies(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs_shown(f.shows_sip());
    if f.sips().nth(1).is_none() {
        return;
    }
    let distinct: BTreeSet<_> = f.sips().map(|proxy| fold(proxy.address)).collect();
    if distinct.len() > 1 {
        let values = super::joined(f.sips());
        out.fire(
            ProxyAddresses,
            &values,
            format_args!("{} different sip: addresses: `{values}`", distinct.len()),
        );
    }
}

fn sip_proxy_not_pua(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    let comparable = f.pua_well_formed && f.sips().all(|proxy| proxy.well_formed);
    if !out.holds(f.user.has(PrimaryUserAddress).and(f.sip_proxy)) || !comparable {
        return;
    }
    let pua = f.sip_address.unwrap_or_default();
    if f.sips().any(|proxy| same(proxy.address, pua)) {
        return;
    }
    let values = super::joined(f.sips());
    out.fire(
        ProxyAddresses,
        &values,
        format_args!("the sip proxy `{values}` is not msRTCSIP-PrimaryUserAddress `{}`", f.pua()),
    );
    if cx.scenario == Scenario::LyncHybrid && f.mailbox == MailboxHome::Online {
        out.at(Severity::Warning);
    }
    out.suggest(|| Change {
        attribute: ProxyAddresses,
        remove: f.sips().map(|proxy| proxy.raw.to_owned()).collect(),
        add: vec![format!("sip:{pua}")],
    });
}

/// The condition of SIP005, which SIP006 excludes.
fn lacks_pua(f: &Facts<'_>) -> Tri {
    let wanted = f.user.says(UserEnabled, true).or(f.user.has(PrimaryHomeServer));
    (!f.user.has(PrimaryUserAddress)).and(wanted)
}

fn no_pua(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if out.holds(lacks_pua(f)) {
        let enabled = f.user.says(UserEnabled, true).yes();
        let because =
            if enabled { "msRTCSIP-UserEnabled is TRUE" } else { "msRTCSIP-PrimaryHomeServer is set" };
        out.fire(
            PrimaryUserAddress,
            "",
            format_args!("msRTCSIP-PrimaryUserAddress is empty although {because}"),
        );
    }
}

fn sip_proxy_without_pua(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.sip_proxy.and(!f.user.has(PrimaryUserAddress)).and(!lacks_pua(f))) {
        return;
    }
    let values = super::joined(f.sips());
    out.fire(
        PrimaryUserAddress,
        "",
        format_args!("proxyAddresses has `{values}`, but msRTCSIP-PrimaryUserAddress is empty"),
    );
    if let (Scenario::LyncHybrid, Some(address), true) = (cx.scenario, f.sip_address, f.sip_well_formed) {
        out.suggest(|| Change::add(PrimaryUserAddress, format!("sip:{address}")));
    }
}

fn malformed_pua(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if out.holds(f.user.has(PrimaryUserAddress)) && !f.pua_well_formed {
        out.fire(PrimaryUserAddress, f.pua(), format_args!("`{}` is not a well-formed SIP address", f.pua()));
    }
}

fn unexpected_pua(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if out.holds(f.user.has(PrimaryUserAddress)) {
        out.fire(
            PrimaryUserAddress,
            f.pua(),
            format_args!(
                "msRTCSIP-PrimaryUserAddress is `{}`; the cloud prefers it to the sip proxy",
                f.pua()
            ),
        );
    }
}

/// The PUA and the sip proxies: attribute, value as it stands, value without outer blanks.
fn sip_values<'f>(f: &'f Facts<'_>) -> impl Iterator<Item = (crate::model::Attr, &'f str, &'f str)> {
    let pua = Some(f.pua()).filter(|pua| !pua.is_empty()).map(|pua| (PrimaryUserAddress, pua, pua));
    pua.into_iter().chain(f.sips().map(|proxy| (ProxyAddresses, proxy.raw, proxy.text())))
}

fn sip_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, PrimaryUserAddress);
    out.needs_shown(f.shows_sip());
    for (attr, raw, text) in sip_values(f) {
        if let Some(length) = super::longer_than(text, 454) {
            out.fire(attr, raw, format_args!("the SIP address has {length} characters, 454 are supported"));
        }
    }
}

fn risky_character(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, PrimaryUserAddress);
    out.needs_shown(f.shows_sip());
    if f.pua_well_formed && f.pua_local_classes.has(Classes::RISKY) {
        risky(PrimaryUserAddress, f.pua(), f.pua(), f.sip_address.unwrap_or_default(), out);
    }
    for proxy in f.sips().filter(|proxy| proxy.well_formed && proxy.local_classes.has(Classes::RISKY)) {
        risky(ProxyAddresses, proxy.raw, proxy.text(), proxy.address, out);
    }
}

fn risky(attr: crate::model::Attr, raw: &str, text: &str, address: &str, out: &mut Sink<'_>) {
    let user = parts(address).map_or("", |(user, _)| user);
    if let Some(c) = Classes::RISKY.first_in(user) {
        out.fire(
            attr,
            raw,
            format_args!("`{c}` in the SIP address `{text}` is legal, but products stumble over it"),
        );
    }
}

/// The attribute that the SIP address is taken from, and its value there.
fn sip_source<'a>(f: &Facts<'a>) -> (crate::model::Attr, &'a str) {
    if f.pua().is_empty() {
        (ProxyAddresses, f.sips().next().map_or("", |proxy| proxy.raw))
    } else {
        (PrimaryUserAddress, f.pua())
    }
}

/// The SIP address when it is well-formed; notes what the input leaves open.
fn comparable<'a>(f: &Facts<'a>, out: &mut Sink<'_>) -> Option<&'a str> {
    if f.sip_address.is_none() && !(f.user.carries(PrimaryUserAddress) && f.shows_sip()) {
        out.not_evaluated();
    }
    f.sip_address.filter(|_| f.sip_well_formed)
}

fn domain_not_allowed(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    let Some(address) = comparable(f, out) else { return };
    if cx.sip_domains.is_empty() {
        return out.not_evaluated();
    }
    let domain = domain(address);
    if !is_listed(domain, &cx.sip_domains) {
        let (attr, value) = sip_source(f);
        out.fire(attr, value, format_args!("`{domain}` is not among the SIP domains"));
    }
}

fn sip_not_mail(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let Some(sip) = comparable(f, out) else { return };
    let other = match f.user.has(Mail) {
        Tri::Unknown => return out.not_evaluated(),
        Tri::Yes => Some(f.mail).filter(|_| f.mail_well_formed),
        Tri::No => {
            out.needs_shown(f.shows_primary());
            let comparable = f.primaries().all(|primary| primary.well_formed);
            f.primaries().next().map(|primary| primary.address).filter(|_| comparable)
        }
    };
    let Some(other) = other else { return };
    let equal = if f.user.has(Mail).yes() {
        same(sip, other)
    } else {
        f.primaries().any(|primary| same(sip, primary.address))
    };
    if !equal {
        let (attr, value) = sip_source(f);
        out.fire(attr, value, format_args!("the SIP address `{sip}` is not the mail address `{other}`"));
    }
}

fn sip_not_upn(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if f.is_linked() {
        return;
    }
    let Some(sip) = comparable(f, out) else { return };
    let name = f.user.get(UserPrincipalName);
    if out.holds(f.user.has(UserPrincipalName)) && !upn::is_malformed(name) && !same(sip, name) {
        let (attr, value) = sip_source(f);
        out.fire(attr, value, format_args!("the SIP address `{sip}` is not the sign-in name `{name}`"));
    }
}

fn domain_not_routable(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    let Some(address) = comparable(f, out) else { return };
    let domain = domain(address);
    if !cx.is_routable(domain) {
        let (attr, value) = sip_source(f);
        out.fire(attr, value, super::NotRoutable(domain));
    }
}
