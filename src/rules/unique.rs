//! Rules across users, declared as key and judgement.
//!
//! A user *holds* keys: the folded text of an address, in a space. Only fixed-size hashes of keys are kept for
//! everybody; the text is looked at again only where hashes meet (see `crate::audit`). What is said about a key
//! that another object holds too is decided here.

use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

use smallvec::SmallVec;

use super::level::{E, NO, W};
use super::{Check, Example, Rule, Sink, Step, blocking};
use crate::model::Attr::{
    DistinguishedName, Line, Mail, MailNickname, MasterAccountSid, ObjectSid, OriginatorSid,
    PrimaryUserAddress, ProxyAddresses, UserPrincipalName,
};
use crate::model::address::address_of_pua;
use crate::model::fold::{fold, is_blank, same, trim};
use crate::model::proxy::ProxyType;
use crate::model::{Attr, Facts, Marks, User, address};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "UNQ001",
        name: "shared-sip-address",
        severity: [E, E, E, E],
        reads: &[PrimaryUserAddress, ProxyAddresses],
        summary: "another object has the same SIP address",
        why: "A SIP address must be unique over msRTCSIP-PrimaryUserAddress and all sip: proxies of the forest and \
              the tenant; the users concerned cannot sign in.",
        remedy: "Decide whose SIP address it is, and give the other objects another one or remove it from them.",
        reference: "KB 2430520",
        blocks: blocking::OUTLOOK_AND_OWA,
        decides: Some(Step::ExchangeSeesSip),
        check: Check::Shared(Space::Sip),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (PrimaryUserAddress, "sip:ann@contoso.com")],
                    &[(DistinguishedName, "CN=Bob"), (ProxyAddresses, "SIP:Ann@contoso.com")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[&[
                (PrimaryUserAddress, "sip:ann@contoso.com"),
                (ProxyAddresses, "sip:ann@contoso.com"),
            ]]),
            Example::silent(&[
                &[(PrimaryUserAddress, "sip:ann@contoso.com"), (OriginatorSid, "S-1-5-21-7-7-7-1104")],
                &[(ProxyAddresses, "sip:ann@contoso.com"), (ObjectSid, "S-1-5-21-7-7-7-1104")],
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UNQ002",
        name: "shared-smtp-address",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses, Mail],
        summary: "another object has the same mail address",
        why: "An address may be on one object only; synchronization stops the second object or takes the address \
              away from it (AttributeValueMustBeUnique, InvalidSoftMatch).",
        remedy: "Decide whose address it is, and remove it from mail and proxyAddresses of the other objects.",
        reference: "KB 2647098",
        blocks: blocking::OUTLOOK,
        check: Check::Shared(Space::Smtp),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (Mail, "info@contoso.com")],
                    &[(DistinguishedName, "CN=Bob"), (ProxyAddresses, "smtp:INFO@contoso.com")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[&[(Mail, "ann@contoso.com"), (ProxyAddresses, "SMTP:ann@contoso.com")]]),
            Example::silent(&[
                &[(ProxyAddresses, "smtp:ann@contoso.com"), (MasterAccountSid, "S-1-5-21-7-7-7-1104")],
                &[(Mail, "ann@contoso.com"), (ObjectSid, "S-1-5-21-7-7-7-1104")],
            ]),
            Example::silent(&[&[(ProxyAddresses, "smtp:")], &[(ProxyAddresses, "smtp:")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UNQ003",
        name: "shared-upn",
        severity: [E, E, E, E],
        reads: &[UserPrincipalName],
        summary: "another object has the same userPrincipalName",
        why: "A sign-in name must be unique in the forest and in the tenant; the second object is not synchronized \
              or gets an invented name.",
        remedy: "Give each of the objects a userPrincipalName of its own.",
        reference: "Troubleshooting errors during synchronization (Microsoft Learn)",
        check: Check::Shared(Space::Upn),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (UserPrincipalName, "ann@contoso.com")],
                    &[(DistinguishedName, "CN=Bob"), (UserPrincipalName, "ANN@contoso.com")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[
                &[(DistinguishedName, "CN=Ann"), (UserPrincipalName, "ann@contoso.com")],
                &[(DistinguishedName, "CN=Bob"), (UserPrincipalName, "bob@contoso.com")],
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UNQ004",
        name: "shared-mail-nickname",
        severity: [W, W, W, W],
        reads: &[MailNickname],
        summary: "another object has the same mailNickname",
        why: "The alias should be unique; the cloud appends random digits to the second one, and with it to the \
              address that is built from it.",
        remedy: "Give each of the objects a mailNickname of its own.",
        reference: "KB 3190357",
        check: Check::Shared(Space::Nickname),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (MailNickname, "ann")],
                    &[(DistinguishedName, "CN=Bob"), (MailNickname, "Ann")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[
                &[(DistinguishedName, "CN=Ann"), (MailNickname, "ann")],
                &[(DistinguishedName, "CN=Bob"), (MailNickname, "bob")],
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UNQ005",
        name: "shared-line-uri",
        severity: [W, W, W, W],
        reads: &[Line],
        summary: "another object has the same msRTCSIP-Line",
        why: "A line belongs to one account; a call to a shared one reaches nobody or the wrong person.",
        remedy: "Give each of the accounts a line, or an extension, of its own.",
        reference: "Set-CsUser -LineURI (Microsoft Learn)",
        check: Check::Shared(Space::Line),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (Line, "tel:+15550100")],
                    &[(DistinguishedName, "CN=Bob"), (Line, "TEL:+15550100")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[
                &[(DistinguishedName, "CN=Ann"), (Line, "tel:+15550100;ext=1")],
                &[(DistinguishedName, "CN=Bob"), (Line, "tel:+15550100;ext=2")],
            ]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "UNQ006",
        name: "upn-is-anothers-address",
        severity: [NO, W, W, W],
        reads: &[UserPrincipalName, ProxyAddresses, Mail],
        summary: "userPrincipalName is a mail address of another object and none of its own",
        why: "Synchronization matches accounts by address (soft match) and would join the wrong two.",
        remedy: "Change the userPrincipalName, or move the address to the object that signs in with it.",
        reference: "KB 2647098; Azure AD Connect: when you have an existing tenant (Microsoft Learn)",
        check: Check::Taken(Space::Upn, Space::Smtp),
        examples: &[
            Example::fires(
                &[
                    &[(DistinguishedName, "CN=Ann"), (UserPrincipalName, "ann@contoso.com")],
                    &[(DistinguishedName, "CN=Bob"), (ProxyAddresses, "smtp:ann@contoso.com")],
                ],
                "CN=Bob",
            ),
            Example::silent(&[
                &[(UserPrincipalName, "ann@contoso.com"), (Mail, "ann@contoso.com")],
                &[(DistinguishedName, "CN=Bob"), (ProxyAddresses, "smtp:ann@contoso.com")],
            ]),
            Example::silent(&[
                &[(UserPrincipalName, "ann@contoso.com")],
                &[(ProxyAddresses, "sip:ann@contoso.com")],
            ]),
            Example::silent(&[
                &[(UserPrincipalName, "ann@contoso.com")],
                &[(DistinguishedName, "CN=Bob"), (ProxyAddresses, "smtp:ann@contoso.com")],
            ])
            .without(&[Mail]),
        ],
        ..Rule::BLANK
    },
];

/// What a key is a key of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Space {
    /// SIP addresses: PUA and sip proxies.
    Sip,
    /// Mail addresses: `mail` and smtp proxies.
    Smtp,
    /// Sign-in names.
    Upn,
    /// Exchange aliases.
    Nickname,
    /// Telephone lines.
    Line,
}

/// A key that a user holds: its space, where it stands, the value there, and the text that counts.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    /// What it is a key of.
    pub space: Space,
    /// The attribute that holds it.
    pub attribute: Attr,
    /// The value as it stands.
    pub value: &'a str,
    /// The text that is compared, not yet folded.
    pub text: &'a str,
}

/// The attributes that hold keys.
pub const KEY_ATTRIBUTES: &[Attr] =
    &[PrimaryUserAddress, ProxyAddresses, Mail, UserPrincipalName, MailNickname, Line];

/// Gives every key that the user holds to `each`; the same text may come several times.
#[inline]
pub fn keys<'a>(user: &User<'a>, mut each: impl FnMut(Key<'a>)) {
    let mut give = |space, attribute, value: &'a str, text: &'a str| {
        if !text.bytes().all(is_blank) {
            each(Key { space, attribute, value, text });
        }
    };
    let pua = user.get(PrimaryUserAddress);
    give(Space::Sip, PrimaryUserAddress, pua, address::after_prefix(trim(pua), "sip").unwrap_or(pua));
    for &value in user.proxies() {
        let text = trim(value);
        if let Some(address) = address::after_prefix(text, "smtp") {
            give(Space::Smtp, ProxyAddresses, value, address);
        } else if let Some(address) = address::after_prefix(text, "sip") {
            give(Space::Sip, ProxyAddresses, value, address);
        }
    }
    let singles = [
        (Space::Smtp, Mail),
        (Space::Upn, UserPrincipalName),
        (Space::Nickname, MailNickname),
        (Space::Line, Line),
    ];
    for (space, attribute) in singles {
        give(space, attribute, user.get(attribute), user.get(attribute));
    }
}

/// Gives the texts of all keys as [`keys`] does, but for some that fold to one of the others, as the marks tell.
#[inline]
pub fn distinct_keys<'a>(facts: &Facts<'a>, mut each: impl FnMut(Space, &'a str)) {
    let (user, marks) = (facts.user, facts.marks);
    let mut give = |space, text: &'a str| {
        if !text.bytes().all(is_blank) {
            each(space, text);
        }
    };
    // The one sip proxy, where it is the PUA and mail: that is given, or a primary address that is the same.
    let other = [Marks::SIPS, Marks::PUA_NOT_SIP, Marks::SIP_NOT_MAIL];
    let sip_is_mail = !other.into_iter().any(|mark| marks.has(mark));
    for proxy in &facts.proxies {
        match proxy.of {
            ProxyType::Smtp => give(Space::Smtp, proxy.address),
            ProxyType::Sip if sip_is_mail => {}
            ProxyType::Sip => give(Space::Sip, proxy.address),
            ProxyType::Other | ProxyType::Missing => {}
        }
    }
    // What is not well-formed may fold to nothing, and so be the same as an address without any text, which is no key.
    if !facts.pua_well_formed || marks.has(Marks::PUA_NOT_SIP) {
        give(Space::Sip, address_of_pua(trim(facts.pua())));
    }
    if !facts.mail_well_formed || marks.has(Marks::MAIL_NOT_PRIMARY) {
        give(Space::Smtp, user.get(Mail));
    }
    if !facts.sip_well_formed || marks.has(Marks::SIP_NOT_UPN) {
        give(Space::Upn, user.get(UserPrincipalName));
    }
    give(Space::Nickname, user.get(MailNickname));
    give(Space::Line, user.get(Line));
}

/// The other objects that hold a text: how many, and the first of their names; shown as `CN=A, CN=B and 3 more`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Others {
    /// How many there are; a person with two linked accounts counts once.
    pub count: u64,
    /// The names of the first [`Others::NAMED`].
    pub names: SmallVec<[Rc<str>; Others::NAMED]>,
}

impl Others {
    /// How many are named in a message.
    pub const NAMED: usize = 5;
}

impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "`";
        for name in &self.names {
            f.write_str(between)?;
            // Backquotes of its own would hide where a name ends, from people and from redaction.
            let mut pieces = name.split('`');
            pieces.next().map_or(Ok(()), |piece| f.write_str(piece))?;
            pieces.try_for_each(|piece| write!(f, "'{piece}"))?;
            between = "`, `";
        }
        f.write_str(if self.names.is_empty() { "" } else { "`" })?;
        match self.count.saturating_sub(self.names.len() as u64) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// Who else holds what the user holds.
pub trait Neighbours {
    /// Whether there may be other holders of anything in a space.
    fn any(&self, space: Space) -> bool;

    /// The other holders of a text in a space; `None` when there are none.
    fn others(&self, text: &str, space: Space) -> Option<Others>;
}

/// Says what there is to say about the keys that a user shares; nothing for rules about one user.
pub fn check(facts: &Facts<'_>, rule: &Rule, near: &dyn Neighbours, out: &mut Sink<'_>) {
    match rule.check {
        Check::User(_) | Check::Organisation(_) => {}
        Check::Shared(space) => shared(facts, space, near, out),
        Check::Taken(own, theirs) => taken(facts, own, theirs, near, out),
    }
}

/// One finding per shared text.
fn shared(facts: &Facts<'_>, space: Space, near: &dyn Neighbours, out: &mut Sink<'_>) {
    if !near.any(space) {
        return;
    }
    let mut told = BTreeSet::new();
    keys(facts.user, |key| {
        let text = if key.space == space { fold(key.text) } else { return };
        if told.contains(&text) {
            return;
        }
        if let Some(others) = near.others(key.text, space) {
            out.fire(key.attribute, key.value, format_args!("`{text}` is also held by {others}"));
            told.insert(text);
        }
    });
}

/// A key of one space that another object holds in another space, unless the object holds it there itself.
fn taken(facts: &Facts<'_>, own: Space, theirs: Space, near: &dyn Neighbours, out: &mut Sink<'_>) {
    // An address that the input never carried could be the user's own.
    if ![ProxyAddresses, Mail].into_iter().all(|attr| facts.user.carries(attr)) {
        return out.not_evaluated();
    }
    if !near.any(theirs) {
        return;
    }
    keys(facts.user, |key| {
        if key.space != own {
            return;
        }
        let mut holds_it_too = false;
        keys(facts.user, |other| holds_it_too |= other.space == theirs && same(other.text, key.text));
        if let Some(others) = near.others(key.text, theirs).filter(|_| !holds_it_too) {
            out.fire(
                key.attribute,
                key.value,
                format_args!("`{}` is an address of {others}", fold(key.text)),
            );
        }
    });
}
