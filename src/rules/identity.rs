//! Names, the Exchange alias and the target address: what synchronization and Exchange accept of them.

use super::level::{E, NO, W};
use super::{Check, Context, Example, Rule, Sink, longer_than, named};
use crate::model::Attr::{
    DisplayName, GivenName, MailNickname, ObjectClass, SamAccountName, Sn, TargetAddress,
};
use crate::model::address::{address_type, is_mail};
use crate::model::class::Classes;
use crate::model::fold::trim;
use crate::model::{Attr, Facts, Marks};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "ID001",
        name: "sam-account-name-too-long",
        severity: [NO, W, W, W],
        reads: &[SamAccountName, ObjectClass],
        summary: "sAMAccountName has more than 20 characters",
        why: "Windows and Microsoft 365 take logon names of up to 20 characters; programs cut or refuse \
              longer ones.",
        remedy: "Choose a sAMAccountName of at most 20 characters.",
        reference: PREPARE,
        when: Marks::ODD_ACCOUNT,
        check: Check::User(sam_too_long),
        examples: &[
            Example::fires(&[&[(SamAccountName, "annabelle.vanderberg2")]], "21 characters"),
            Example::silent(&[&[(SamAccountName, "annabelle.vanderberg")]]),
            Example::silent(&[&[(SamAccountName, "annabelle.vanderberg2"), (ObjectClass, "contact")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID002",
        name: "invalid-sam-account-name-character",
        severity: [NO, W, W, W],
        reads: &[SamAccountName],
        summary: "sAMAccountName has one of the characters \\ \" | , / [ ] : < > + = ; ? *",
        why: "Windows and Microsoft 365 do not accept these characters in a logon name; synchronization then \
              builds on userPrincipalName alone.",
        remedy: "Choose a sAMAccountName without these characters.",
        reference: PREPARE,
        when: Marks::ODD_ACCOUNT,
        check: Check::User(invalid_sam),
        examples: &[
            Example::fires(&[&[(SamAccountName, "ann/b")]], "`/`"),
            Example::silent(&[&[(SamAccountName, "o'brien-x_1.a")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID003",
        name: "mail-nickname-too-long",
        severity: [W, E, E, E],
        reads: &[MailNickname],
        summary: "mailNickname has more than 64 characters",
        why: "Exchange takes aliases of up to 64 characters and builds mail addresses from them.",
        remedy: "Choose an alias of at most 64 characters.",
        reference: SET_MAILBOX,
        check: Check::User(nickname_too_long),
        examples: &[
            Example::fires(&[&[(MailNickname, LONG.split_at(65).0)]], "65 characters"),
            Example::silent(&[&[(MailNickname, LONG.split_at(64).0)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID004",
        name: "malformed-mail-nickname",
        severity: [W, E, E, E],
        reads: &[MailNickname],
        summary: "mailNickname has a full stop at an end or two in a row, or a character that an alias must \
              not have",
        why: "Exchange builds mail addresses from the alias; what it cannot use there it replaces by \
              underscores, and synchronization fails on invalid ones.",
        remedy: "Choose an alias of letters, digits and single full stops between them.",
        reference: SET_MAILBOX,
        check: Check::User(malformed_nickname),
        examples: &[
            Example::fires(&[&[(MailNickname, "ann b")]], "a blank"),
            Example::fires(&[&[(MailNickname, ".ann")]], "full stop"),
            Example::fires(&[&[(MailNickname, "ann.")]], "full stop"),
            Example::fires(&[&[(MailNickname, "ann..b")]], "two full stops in a row"),
            Example::fires(&[&[(MailNickname, "ann@b")]], "`@`"),
            Example::fires(&[&[(MailNickname, "łukasz")]], "`ł`"),
            Example::silent(&[&[(MailNickname, "ann.b")]]),
            Example::silent(&[&[(MailNickname, "a!#$%&'*+-/=?^_`{|}~z")]]),
            Example::silent(&[&[(MailNickname, "renéÿ¡")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID005",
        name: "display-name-blank",
        severity: [NO, W, W, W],
        reads: &[DisplayName],
        summary: "displayName holds nothing but blanks",
        why: "Synchronization does not accept a display name of blanks, and nobody finds such a user in the \
              address list.",
        remedy: "Set displayName to the user's name, or clear it.",
        reference: PREPARE,
        when: Marks::ODD_NAME,
        check: Check::User(blank_display_name),
        examples: &[
            Example::fires(&[&[(DisplayName, "  ")]], "nothing but blanks"),
            Example::silent(&[&[(DisplayName, " Ann")]]),
            Example::silent(&[&[(DisplayName, "")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID006",
        name: "display-name-too-long",
        severity: [NO, E, E, E],
        reads: &[DisplayName],
        summary: "displayName has more than 256 characters",
        why: "Microsoft 365 takes display names of up to 256 characters; synchronization fails on longer \
              ones.",
        remedy: "Choose a displayName of at most 256 characters.",
        reference: PREPARE,
        when: Marks::ODD_NAME,
        check: Check::User(display_name_too_long),
        examples: &[
            Example::fires(&[&[(DisplayName, LONG)]], "257 characters"),
            Example::silent(&[&[(DisplayName, LONG.split_at(256).0)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID007",
        name: "given-name-too-long",
        severity: [NO, E, E, E],
        reads: &[GivenName],
        summary: "givenName has more than 64 characters",
        why: "Microsoft 365 takes first names of up to 64 characters; synchronization fails on longer ones.",
        remedy: "Choose a givenName of at most 64 characters.",
        reference: PREPARE,
        check: Check::User(given_name_too_long),
        examples: &[
            Example::fires(&[&[(GivenName, LONG.split_at(65).0)]], "65 characters"),
            Example::silent(&[&[(GivenName, LONG.split_at(64).0)]]),
            Example::silent(&[&[(GivenName, UMLAUTS)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID008",
        name: "surname-too-long",
        severity: [NO, E, E, E],
        reads: &[Sn],
        summary: "sn has more than 64 characters",
        why: "Microsoft 365 takes surnames of up to 64 characters; synchronization fails on longer ones.",
        remedy: "Choose an sn of at most 64 characters.",
        reference: "user resource type, surname (Microsoft Graph)",
        check: Check::User(surname_too_long),
        examples: &[
            Example::fires(&[&[(Sn, LONG.split_at(65).0)]], "65 characters"),
            Example::silent(&[&[(Sn, LONG.split_at(64).0)]]),
            Example::silent(&[&[(Sn, UMLAUTS)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID009",
        name: "malformed-target-address",
        severity: [W, E, E, E],
        reads: &[TargetAddress],
        summary: "targetAddress is not an address with its type, or has a character that synchronization \
              refuses",
        why: "Exchange sends the user's mail where targetAddress says; a value that it cannot read loses the \
              mail, and synchronization fails on invalid characters.",
        remedy: "Correct targetAddress to SMTP:user@domain.",
        reference: PREPARE,
        check: Check::User(malformed_target),
        examples: &[
            Example::fires(&[&[(TargetAddress, "ann@contoso.com")]], "no type"),
            Example::fires(&[&[(TargetAddress, "SMTP:ann@contoso.com ")]], "a blank"),
            Example::fires(&[&[(TargetAddress, "SMTP:<ann@contoso.com>")]], "`<`"),
            Example::fires(&[&[(TargetAddress, "smtp:ann@contoso")]], "well-formed mail address"),
            Example::fires(&[&[(TargetAddress, "SMTP:")]], "well-formed mail address"),
            Example::silent(&[&[(TargetAddress, "SMTP:ann@contoso.mail.onmicrosoft.com")]]),
            Example::silent(&[&[(TargetAddress, "X400:c=us/a=x/s=ann")]]),
            Example::silent(&[&[]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "ID010",
        name: "target-address-too-long",
        severity: [W, E, E, E],
        reads: &[TargetAddress],
        summary: "targetAddress has more than 256 characters",
        why: "Microsoft 365 takes target addresses of up to 256 characters; synchronization fails on longer \
              ones.",
        remedy: "Set targetAddress to a shorter address of the same mailbox.",
        reference: PREPARE,
        check: Check::User(target_too_long),
        examples: &[
            Example::fires(&[&[(TargetAddress, LONG)]], "257 characters"),
            Example::silent(&[&[(TargetAddress, LONG.split_at(256).0)]]),
        ],
        ..Rule::BLANK
    },
];

const PREPARE: &str = "Prepare for directory synchronization to Microsoft 365 (Microsoft Learn)";

const SET_MAILBOX: &str = "Set-Mailbox, parameter Alias (Microsoft Learn)";

/// 257 characters.
const LONG: &str = "\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// 64 characters, twice as many bytes.
const UMLAUTS: &str = "öööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööööö";

fn too_long(f: &Facts<'_>, out: &mut Sink<'_>, attr: Attr, most: usize) {
    if !out.needs(f, attr) {
        return;
    }
    let value = f.user.get(attr);
    if let Some(length) = longer_than(value, most) {
        out.fire(attr, value, format_args!("{attr} has {length} characters, {most} are allowed"));
    }
}

fn sam_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !f.is_contact() {
        too_long(f, out, SamAccountName, 20);
    }
}

fn invalid_sam(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, SamAccountName);
    let name = f.user.get(SamAccountName);
    if let Some(c) = Classes::NOT_SAM.first_in(name) {
        out.fire(
            SamAccountName,
            name,
            format_args!("{} in `{name}` is not allowed in a sAMAccountName", named(c)),
        );
    }
}

fn nickname_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    too_long(f, out, MailNickname, 64);
}

fn malformed_nickname(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, MailNickname);
    let alias = f.user.get(MailNickname);
    let wrong = if let Some(c) = refused_in_alias(alias) {
        format!("{} in `{alias}` is not allowed in an alias", named(c))
    } else if alias.starts_with('.') || alias.ends_with('.') {
        format!("the alias `{alias}` starts or ends with a full stop")
    } else if alias.contains("..") {
        format!("the alias `{alias}` has two full stops in a row")
    } else {
        return;
    };
    out.fire(MailNickname, alias, wrong);
}

/// The first character that Exchange does not allow in an alias; it allows U+00A1 to U+00FF.
fn refused_in_alias(alias: &str) -> Option<char> {
    let suspect = Classes::NOT_ALIAS.first_in(alias)?;
    if suspect.is_ascii() {
        return Some(suspect);
    }
    let refused =
        |c: &char| Classes::of_char(*c).has(Classes::NOT_ALIAS) && !('\u{a1}'..='\u{ff}').contains(c);
    alias.chars().find(refused)
}

fn blank_display_name(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let name = f.user.get(DisplayName);
    if out.needs(f, DisplayName) && !name.is_empty() && trim(name).is_empty() {
        out.fire(DisplayName, name, "displayName holds nothing but blanks");
    }
}

fn display_name_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    too_long(f, out, DisplayName, 256);
}

fn given_name_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    too_long(f, out, GivenName, 64);
}

fn surname_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    too_long(f, out, Sn, 64);
}

fn malformed_target(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let target = f.user.get(TargetAddress);
    if !out.needs(f, TargetAddress) || target.is_empty() {
        return;
    }
    let wrong = match (Classes::NOT_TARGET.first_in(target), address_type(target)) {
        (Some(c), _) => format!("{} in `{target}` is not allowed in targetAddress", named(c)),
        (None, None) => format!("`{target}` has no type, such as `SMTP:`"),
        (None, Some((kind, address))) if kind.eq_ignore_ascii_case("smtp") && !is_mail(address) => {
            format!("`{target}` is not a well-formed mail address")
        }
        (None, Some(_)) => return,
    };
    out.fire(TargetAddress, target, wrong);
}

fn target_too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    too_long(f, out, TargetAddress, 256);
}
