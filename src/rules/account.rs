//! Accounts: whether the kind and the state of the object fit its SIP account.

use super::level::{NO, W};
use super::{Check, Context, Example, Rule, Sink};
use crate::model::Attr::{
    LineServer, MasterAccountSid, ObjectClass, OriginatorSid, OwnerUrn, PrimaryUserAddress,
    UserAccountControl, UserEnabled,
};
use crate::model::{Facts, Marks, Tri};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "ACC001",
        name: "disabled-account-sip-enabled",
        severity: [W, W, W, W],
        reads: &[UserAccountControl, UserEnabled, OriginatorSid, MasterAccountSid],
        summary: "the account is disabled, but still enabled for SIP",
        why: "Disabling an account does not stop its sign-in to Lync: client certificates stay valid, for \
              180 days unless set otherwise.",
        remedy: "Disable the SIP account too, with Disable-CsUser; in a resource forest set \
              msRTCSIP-OriginatorSid.",
        reference: "Disable-CsUser (Microsoft Learn)",
        when: Marks::DISABLED,
        by_profile: |_, _| true,
        check: Check::User(disabled_but_sip_enabled),
        examples: &[
            Example::fires(&[&[(UserAccountControl, "514"), (UserEnabled, "TRUE")]], "`514`"),
            Example::silent(&[&[(UserAccountControl, "512"), (UserEnabled, "TRUE")]]),
            Example::silent(&[&[(UserAccountControl, "514"), (UserEnabled, "FALSE")]]),
            Example::silent(&[&[
                (UserAccountControl, "514"),
                (UserEnabled, "TRUE"),
                (OriginatorSid, "S-1-5-21-1-2-3-1104"),
            ]]),
            Example::silent(&[&[
                (UserAccountControl, "514"),
                (UserEnabled, "TRUE"),
                (MasterAccountSid, "S-1-5-21-1-2-3-1104"),
            ]]),
            Example::silent(&[&[(UserAccountControl, "514"), (UserEnabled, "TRUE")]])
                .without(&[MasterAccountSid]),
            Example::silent(&[&[(UserEnabled, "TRUE")]]).without(&[UserAccountControl]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ACC002",
        name: "sip-contact",
        severity: [NO, W, W, W],
        reads: &[ObjectClass, PrimaryUserAddress, OwnerUrn, LineServer],
        summary: "a contact carries a SIP address",
        why: "Synchronization from a resource forest needs disabled user objects; a contact does not become \
              the SIP account of a person.",
        remedy: "Replace the contact by a disabled user with msRTCSIP-OriginatorSid, or clear its SIP \
              address.",
        reference: "Configure a multi-forest environment for hybrid (Microsoft Learn)",
        when: Marks::CONTACT,
        by_profile: |_, _| true,
        check: Check::User(sip_contact),
        examples: &[
            Example::fires(
                &[&[(ObjectClass, "contact"), (PrimaryUserAddress, "sip:ann@contoso.com")]],
                "`sip:ann@contoso.com`",
            ),
            Example::silent(&[&[(ObjectClass, "user"), (PrimaryUserAddress, "sip:ann@contoso.com")]]),
            Example::silent(&[&[(ObjectClass, "contact")]]),
            Example::silent(&[&[
                (ObjectClass, "contact"),
                (PrimaryUserAddress, "sip:attendant@contoso.com"),
                (OwnerUrn, "urn:trustedonlineplatformapplication:ce933385-9390-45d1-9512-c8d228074e07"),
            ]]),
            Example::silent(&[&[
                (ObjectClass, "contact"),
                (PrimaryUserAddress, "sip:pbx@contoso.com"),
                (LineServer, "sip:gateway.contoso.com"),
            ]]),
            Example::silent(&[&[(ObjectClass, "contact"), (PrimaryUserAddress, "sip:ann@contoso.com")]])
                .without(&[OwnerUrn]),
        ],
        ..Rule::BLANK
    },
];

/// What an attribute shows, unless the input never carried it.
fn shown(f: &Facts<'_>, attr: crate::model::Attr, so: bool) -> Tri {
    if f.user.carries(attr) { Tri::from(so) } else { Tri::Unknown }
}

fn disabled_but_sip_enabled(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let disabled = shown(f, UserAccountControl, f.is_disabled());
    let linked = f.user.has(OriginatorSid).or(f.user.has(MasterAccountSid));
    if out.holds(disabled.and(f.user.says(UserEnabled, true)).and(!linked)) {
        let flags = f.user.get(UserAccountControl);
        out.fire(
            UserEnabled,
            f.user.get(UserEnabled),
            format_args!(
                "msRTCSIP-UserEnabled is TRUE although userAccountControl `{flags}` disables the account"
            ),
        );
    }
}

fn sip_contact(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let contact = shown(f, ObjectClass, f.is_contact());
    let application = f.user.has(OwnerUrn).or(f.user.has(LineServer));
    if out.holds(contact.and(f.user.has(PrimaryUserAddress)).and(!application)) {
        out.fire(
            PrimaryUserAddress,
            f.pua(),
            format_args!("a contact carries the SIP address `{}`", f.pua()),
        );
    }
}
