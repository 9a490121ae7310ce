//! Rules across users, declared as key and judgement.
//!
//! A user *holds* keys: the folded text of an address, in a space. Only fixed-size hashes of keys are kept for
//! everybody; the text is looked at again only where hashes meet (see `crate::audit`).

use super::Rule;
use crate::model::fold::trim;
use crate::model::{Attr, Facts, address};

pub(super) static RULES: &[Rule] = &[];

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

/// Gives every key that the user holds to `each`; the same text may come several times.
pub fn keys<'a>(facts: &Facts<'a>, each: &mut dyn FnMut(Key<'a>)) {
    let user = facts.user;
    let mut give = |space, attribute, value: &'a str, text: &'a str| {
        if !trim(text).is_empty() {
            each(Key { space, attribute, value, text });
        }
    };
    let pua = facts.pua();
    give(Space::Sip, Attr::PrimaryUserAddress, pua, address::after_prefix(trim(pua), "sip").unwrap_or(pua));
    for proxy in facts.sips() {
        give(Space::Sip, Attr::ProxyAddresses, proxy.raw, proxy.address);
    }
    for proxy in facts.smtps() {
        give(Space::Smtp, Attr::ProxyAddresses, proxy.raw, proxy.address);
    }
    let single = [
        (Space::Smtp, Attr::Mail),
        (Space::Upn, Attr::UserPrincipalName),
        (Space::Nickname, Attr::MailNickname),
        (Space::Line, Attr::Line),
    ];
    for (space, attribute) in single {
        give(space, attribute, user.get(attribute), user.get(attribute));
    }
}
