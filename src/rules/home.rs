//! Where the SIP account and the mailbox are homed: locator, home server, marks of two mailboxes or of none.

use super::level::{E, NO, W};
use super::{Check, Context, Example, Rule, Scenario, Sink, blocking};
use crate::finding::{Change, Severity};
use crate::model::Attr::{
    DeploymentLocator, HomeMdb, HomeServerName, Mail, ObjectClass, PrimaryHomeServer, PrimaryUserAddress,
    ProxyAddresses, RecipientTypeDetails, RemoteRecipientType, TargetAddress, UserAccountControl,
    UserEnabled,
};
use crate::model::home::{Locator, on_premises_mark, online_mark};
use crate::model::{Facts, MailboxHome, Marks, Tri};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "HOME001",
        name: "locator-not-for-scenario",
        severity: [E, E, NO, E],
        reads: &[DeploymentLocator],
        summary: "msRTCSIP-DeploymentLocator names a home that the scenario does not have",
        why: "The locator says where the SIP account is homed, and the user is served there and nowhere else: a user \
              homed on-premises cannot federate from Teams, and one homed online is unknown to the local pools.",
        remedy: "Move the user with Move-CsUser, or choose the scenario that fits the deployment.",
        reference: "Move users between on-premises and cloud (Microsoft Learn)",
        check: Check::User(locator_not_for_scenario),
        examples: &[
            Example::fires(&[&[(DeploymentLocator, "sipfed.online.lync.com")]], "homed online")
                .in_scenario(Scenario::LyncOnPrem),
            Example::fires(&[&[(DeploymentLocator, "SRV:")]], "homed on-premises")
                .in_scenario(Scenario::SfbOnline),
            Example::fires(&[&[(DeploymentLocator, "srv:")]], "homed on-premises")
                .in_scenario(Scenario::Teams),
            Example::silent(&[&[(DeploymentLocator, "SRV:")]]).in_scenario(Scenario::LyncOnPrem),
            Example::silent(&[&[(DeploymentLocator, "sipfed.online.gov.skypeforbusiness.us")]])
                .in_scenario(Scenario::Teams),
            Example::silent(&[&[(DeploymentLocator, "pool.contoso.com")]]).in_scenario(Scenario::Teams),
            Example::silent(&[&[]]).without(&[DeploymentLocator]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME002",
        name: "locator-without-address",
        severity: [W, W, W, W],
        reads: &[DeploymentLocator, PrimaryUserAddress, UserEnabled, PrimaryHomeServer],
        summary: "msRTCSIP-DeploymentLocator is set, but msRTCSIP-PrimaryUserAddress is empty",
        why: "Disable-CsUser may leave the locator behind; the cloud then takes the user for one who is still homed \
              there.",
        remedy: "Clear msRTCSIP-DeploymentLocator, or enable the user again with Enable-CsUser.",
        reference: "Cloud consolidation: managing attributes (Microsoft Learn)",
        when: Marks::NO_PUA,
        check: Check::User(locator_without_address),
        examples: &[
            Example::fires(&[&[(DeploymentLocator, "SRV:")]], "`SRV:`"),
            Example::fires(&[&[(DeploymentLocator, "SRV:"), (UserEnabled, "TRUE")]], "`SRV:`"),
            Example::silent(&[&[(DeploymentLocator, "SRV:"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(DeploymentLocator, "SRV:")]]).without(&[PrimaryUserAddress]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME003",
        name: "sip-disabled",
        severity: [W, E, E, E],
        reads: &[UserEnabled, PrimaryUserAddress, UserAccountControl],
        summary: "msRTCSIP-UserEnabled is FALSE although the user has a SIP address",
        why: "FALSE is synchronized: the user cannot sign in to Skype for Business or Teams in the cloud, licensed \
              or not.",
        remedy: "Enable the user with Set-CsUser -Enabled $true, or clear the attribute where no Lync server is left.",
        reference: "KB 2705378",
        blocks: blocking::ALL_BUT_PHOTOS,
        when: Marks::NOT_ENABLED,
        by_profile: |_, _| true,
        check: Check::User(sip_disabled),
        examples: &[
            Example::fires(
                &[&[(UserEnabled, "FALSE"), (PrimaryUserAddress, "sip:ann@contoso.com")]],
                "`sip:ann@contoso.com`",
            ),
            Example::fires(
                &[&[
                    (UserEnabled, "FALSE"),
                    (PrimaryUserAddress, "sip:ann@contoso.com"),
                    (UserAccountControl, "514"),
                ]],
                "the account is disabled too",
            )
            .in_scenario(Scenario::Teams),
            Example::silent(&[&[(UserEnabled, "TRUE"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(UserEnabled, "FALSE"), (ProxyAddresses, "sip:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME004",
        name: "no-home-server",
        severity: [W, NO, W, NO],
        reads: &[UserEnabled, DeploymentLocator, PrimaryHomeServer],
        summary: "the user is enabled for Lync on-premises, but msRTCSIP-PrimaryHomeServer is empty",
        why: "The attribute names the pool that serves the user; without it no pool does.",
        remedy: "Home the user again: Disable-CsUser, then Enable-CsUser -RegistrarPool.",
        reference: "Lync Server 2013 schema attributes and descriptions (Microsoft Learn)",
        by_profile: |_, _| true,
        check: Check::User(no_home_server),
        examples: &[
            Example::fires(&[&[(UserEnabled, "TRUE"), (DeploymentLocator, "SRV:")]], "is empty"),
            Example::fires(&[&[(UserEnabled, "TRUE")]], "is empty"),
            Example::silent(&[&[(UserEnabled, "TRUE"), (DeploymentLocator, "sipfed.online.lync.com")]]),
            Example::silent(&[&[(UserEnabled, "TRUE"), (PrimaryHomeServer, "CN=Lc Services")]]),
            Example::silent(&[&[(UserEnabled, "FALSE")]]),
            Example::silent(&[&[(UserEnabled, "TRUE")]]).without(&[DeploymentLocator]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME005",
        name: "two-mailboxes",
        severity: [E, E, E, E],
        reads: &[HomeMdb, HomeServerName, RecipientTypeDetails, RemoteRecipientType, TargetAddress],
        summary: "the user has the marks of a local and of an online mailbox at once",
        why: "Mail is delivered now to the one and now to the other mailbox, and neither Exchange nor Lync can tell \
              which of them is the user's.",
        remedy: "Find out which mailbox is in use, merge and remove the other, and clear its attributes.",
        reference: "Mailbox in both Exchange Online and on-premises (Microsoft Learn, mailbox-exists-exo-onpremises)",
        blocks: blocking::ALL,
        check: Check::User(two_mailboxes),
        examples: &[
            Example::fires(
                &[&[(HomeMdb, "CN=DB1"), (RecipientTypeDetails, "2147483648")]],
                "msExchRecipientTypeDetails `2147483648`",
            ),
            Example::fires(
                &[&[
                    (HomeServerName, "/o=Contoso/cn=EX1"),
                    (RemoteRecipientType, "4"),
                    (TargetAddress, "SMTP:ann@contoso.mail.onmicrosoft.com"),
                ]],
                "msExchRemoteRecipientType `4`",
            ),
            Example::silent(&[&[(HomeMdb, "CN=DB1"), (RecipientTypeDetails, "1")]]),
            Example::silent(&[&[(RecipientTypeDetails, "2147483648")]]),
            Example::silent(&[&[
                (HomeMdb, "CN=DB1"),
                (RemoteRecipientType, "4"),
                (TargetAddress, "SMTP:ann@fabrikam.com"),
            ]]),
            Example::silent(&[&[(RecipientTypeDetails, "2147483648")]]).without(&[HomeMdb]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME006",
        name: "no-mailbox",
        severity: [W, W, W, NO],
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
        summary: "the user is enabled for SIP, but has neither a mailbox nor a mail address",
        why: "What Exchange and Lync do together is kept in the mailbox: contacts, conversation history, photo. \
              Without one the contact list may be read-only and the picture cannot be changed.",
        remedy: "Give the user a mailbox, or set mail to the address of the mailbox elsewhere.",
        reference: "KB 2860366; KB 2811654",
        blocks: blocking::ALL,
        blocks_at_any: true,
        when: Marks::NO_MAIL,
        check: Check::User(no_mailbox),
        examples: &[
            Example::fires(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]], "neither a mailbox nor mail"),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (Mail, "ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (HomeMdb, "CN=DB1")]]),
            Example::silent(&[&[(ObjectClass, "contact"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]).without(&[Mail]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]).without(&[
                HomeMdb,
                HomeServerName,
                RecipientTypeDetails,
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME007",
        name: "unknown-locator",
        severity: [W, W, W, W],
        reads: &[DeploymentLocator],
        summary: "msRTCSIP-DeploymentLocator is neither SRV: nor the federation host of a known cloud",
        why: "Lync routes by this value; with one that it does not know, nobody can tell where the user is homed.",
        remedy: "Correct the value with Move-CsUser, or clear it where no Lync server is left.",
        reference: "Move users between on-premises and cloud (Microsoft Learn)",
        when: Marks::ODD_LOCATOR,
        check: Check::User(unknown_locator),
        examples: &[
            Example::fires(&[&[(DeploymentLocator, "pool01.contoso.com")]], "`pool01.contoso.com`"),
            Example::fires(&[&[(DeploymentLocator, "SRV")]], "`SRV`"),
            Example::silent(&[&[(DeploymentLocator, "srv:")]]),
            Example::silent(&[&[(DeploymentLocator, "sipfed.online.partner.lync.cn")]]),
            Example::silent(&[&[(DeploymentLocator, "")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME008",
        name: "no-locator",
        severity: [NO, NO, W, NO],
        reads: &[DeploymentLocator, PrimaryUserAddress, UserEnabled],
        summary: "the user is enabled for Lync, but msRTCSIP-DeploymentLocator is empty",
        why: "In a hybrid deployment the locator alone tells users homed on-premises from those homed online.",
        remedy: "Home the user again with Move-CsUser, which sets the locator.",
        reference: "Migrating Lync Online users to Lync on-premises (Microsoft Learn)",
        when: Marks::ODD_LOCATOR,
        check: Check::User(no_locator),
        examples: &[
            Example::fires(
                &[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (UserEnabled, "TRUE")]],
                "is empty",
            ),
            Example::silent(&[&[
                (PrimaryUserAddress, "sip:ann@contoso.com"),
                (UserEnabled, "TRUE"),
                (DeploymentLocator, "SRV:"),
            ]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(PrimaryUserAddress, "sip:ann@contoso.com"), (UserEnabled, "TRUE")]])
                .without(&[DeploymentLocator]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "HOME009",
        name: "target-address-on-local-mailbox",
        severity: [W, W, W, W],
        reads: &[HomeMdb, TargetAddress],
        summary: "the user has a local mailbox, but targetAddress routes mail elsewhere",
        why: "Exchange sends mail for an object to its targetAddress; the local mailbox receives none.",
        remedy: "Clear targetAddress, or remove the local mailbox if the other one is in use.",
        reference: "[MS-ADA3] targetAddress",
        check: Check::User(target_on_local_mailbox),
        examples: &[
            Example::fires(
                &[&[(HomeMdb, "CN=DB1"), (TargetAddress, "SMTP:ann@fabrikam.com")]],
                "`SMTP:ann@fabrikam.com`",
            ),
            Example::silent(&[&[(TargetAddress, "SMTP:ann@fabrikam.com")]]),
            Example::silent(&[&[(HomeMdb, "CN=DB1")]]),
        ],
        ..Rule::BLANK
    },
];

fn locator_not_for_scenario(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    out.needs(f, DeploymentLocator);
    let homed = match (cx.scenario, f.locator) {
        (Scenario::LyncOnPrem, Locator::Online) => "online",
        (Scenario::SfbOnline | Scenario::Teams, Locator::OnPremises) => "on-premises",
        _ => return,
    };
    let value = f.user.get(DeploymentLocator);
    out.fire(
        DeploymentLocator,
        value,
        format_args!(
            "`{value}` says that the user is homed {homed}, where {} has no home",
            cx.scenario.name()
        ),
    );
}

fn locator_without_address(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.user.has(DeploymentLocator).and(!f.user.has(PrimaryUserAddress))) {
        return;
    }
    let value = f.user.get(DeploymentLocator);
    out.fire(
        DeploymentLocator,
        value,
        format_args!("the locator is `{value}`, but msRTCSIP-PrimaryUserAddress is empty"),
    );
    // Of an account in use it is the address that is missing, and the locator is no leftover.
    if (!f.user.says(UserEnabled, true).or(f.user.has(PrimaryHomeServer))).yes() {
        out.suggest(|| Change::remove(DeploymentLocator, value));
    }
}

fn sip_disabled(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.user.says(UserEnabled, false).and(f.user.has(PrimaryUserAddress))) {
        return;
    }
    let disabled = f.is_disabled();
    let too = if disabled { "; the account is disabled too" } else { "" };
    out.fire(
        UserEnabled,
        f.user.get(UserEnabled),
        format_args!(
            "msRTCSIP-UserEnabled is FALSE although the user has the SIP address `{}`{too}",
            f.pua()
        ),
    );
    if disabled {
        out.at(Severity::Warning);
    }
}

fn no_home_server(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let not_online = if f.user.carries(DeploymentLocator) {
        Tri::from(f.locator != Locator::Online)
    } else {
        Tri::Unknown
    };
    let enabled = f.user.says(UserEnabled, true);
    if out.holds(enabled.and(not_online).and(!f.user.has(PrimaryHomeServer))) {
        let message = "msRTCSIP-UserEnabled is TRUE, but msRTCSIP-PrimaryHomeServer is empty";
        out.fire(PrimaryHomeServer, "", message);
    }
}

fn two_mailboxes(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !out.holds(on_premises_mark(f.user).and(online_mark(f.user))) {
        return;
    }
    let local = if f.user.get(HomeMdb).is_empty() { HomeServerName } else { HomeMdb };
    let marks = [RecipientTypeDetails, RemoteRecipientType]
        .into_iter()
        .filter(|&attr| !f.user.get(attr).is_empty())
        .map(|attr| format!("{attr} `{}`", f.user.get(attr)))
        .collect::<Vec<_>>();
    out.fire(
        local,
        f.user.get(local),
        format_args!(
            "{local} shows a local mailbox although the user is marked for an online one ({})",
            marks.join(", ")
        ),
    );
}

fn no_mailbox(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let none = f.mailbox.known(f.mailbox == MailboxHome::None).and(!f.user.has(Mail));
    if !f.is_contact() && out.holds(f.sip_enabled.and(none)) {
        out.fire(HomeMdb, "", "the user is enabled for SIP, but has neither a mailbox nor mail");
    }
}

fn unknown_locator(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, DeploymentLocator);
    if f.locator == Locator::Unknown {
        let value = f.user.get(DeploymentLocator);
        out.fire(
            DeploymentLocator,
            value,
            format_args!("`{value}` is neither SRV: nor the federation host of a known cloud"),
        );
    }
}

fn no_locator(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let enabled = f.user.has(PrimaryUserAddress).and(f.user.says(UserEnabled, true));
    if out.holds(enabled.and(!f.user.has(DeploymentLocator))) {
        let message = "msRTCSIP-UserEnabled is TRUE, but msRTCSIP-DeploymentLocator is empty";
        out.fire(DeploymentLocator, "", message);
    }
}

fn target_on_local_mailbox(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if out.holds(f.user.has(HomeMdb).and(f.user.has(TargetAddress))) {
        let value = f.user.get(TargetAddress);
        out.fire(
            TargetAddress,
            value,
            format_args!("the user has a local mailbox, but targetAddress routes mail to `{value}`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::mail::tests::found;
    use super::*;

    #[test]
    fn only_a_leftover_locator_is_cleared() {
        let left = found(locator_without_address, Scenario::Teams, &[(DeploymentLocator, "srv:")]);
        assert_eq!(left[0].suggestion, Some(Change::remove(DeploymentLocator, "srv:")));
        let homed = [(DeploymentLocator, "SRV:"), (PrimaryHomeServer, "CN=Lc Services")];
        assert_eq!(found(locator_without_address, Scenario::LyncHybrid, &homed)[0].suggestion, None);
    }

    #[test]
    fn a_locator_is_cleared_only_where_the_input_shows_that_the_account_is_not_in_use() {
        for attr in [UserEnabled, PrimaryHomeServer] {
            let mut user = crate::model::User::of(&[(DeploymentLocator, "SRV:")]);
            user.lose(attr);
            let place = crate::rules::all().position(|rule| rule.code == "HOME002").unwrap();
            let context = Context::of(Scenario::LyncHybrid);
            let found = crate::rules::findings_of(place, &context, &Facts::of(&user));
            assert_eq!(found[0].suggestion, None, "{attr}");
        }
    }

    #[test]
    fn a_disabled_account_may_be_disabled_for_sip() {
        let severity = |flags| {
            let user = [
                (UserEnabled, "FALSE"),
                (PrimaryUserAddress, "sip:ann@contoso.com"),
                (UserAccountControl, flags),
            ];
            found(sip_disabled, Scenario::Teams, &user)[0].severity
        };
        assert_eq!(severity("514"), Severity::Warning);
        assert_eq!(severity("512"), Severity::Error);
    }
}
