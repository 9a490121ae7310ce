//! The values of `proxyAddresses`: types, primary address, characters, lengths, domains.

use super::level::{E, I, NO, W};
use super::mail::is_routable;
use super::{Check, Context, Example, Rule, Scenario, Sink};
use crate::finding::Change;
use crate::model::Attr::{
    HomeMdb, HomeServerName, Mail, ObjectClass, ProxyAddresses, RecipientTypeDetails, RemoteRecipientType,
    TargetAddress,
};
use crate::model::address::{domain, is_listed, is_under, parts, sync_invalid};
use crate::model::class::Classes;
use crate::model::fold::{fold, hash, is_blank, same};
use crate::model::proxy::ProxyType;
use crate::model::{Facts, MailboxHome, Marks, Proxy};

pub(super) static RULES: &[Rule] = &[
    Rule {
        code: "PRX001",
        name: "proxy-without-type",
        severity: [W, E, E, E],
        reads: &[ProxyAddresses],
        summary: "a value of proxyAddresses has no type such as smtp: before the address",
        why: "Synchronization discards a value without a type; the tools of Exchange take it for an smtp address.",
        remedy: "Write the type before the address (smtp:user@domain), or remove the value.",
        reference: "KB 3190357; [MS-OXLDAP] 2.2.3.4",
        when: Marks::UNTYPED,
        check: Check::User(no_type),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "ann@contoso.com")]], "`ann@contoso.com`"),
            Example::fires(&[&[(ProxyAddresses, "smtp :ann@contoso.com")]], "`smtp :ann@contoso.com`"),
            Example::fires(&[&[(ProxyAddresses, " ")]], "blanks only"),
            Example::silent(&[&[(ProxyAddresses, " smtp:ann@contoso.com"), (ProxyAddresses, "=EX:/o=x")]]),
            Example::silent(&[&[]]).without(&[ProxyAddresses]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX002",
        name: "no-primary-smtp",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses, Mail],
        summary: "proxyAddresses holds smtp addresses, but none is marked as primary",
        why: "The primary address is the value whose type is written SMTP: in upper case; without one Exchange finds \
              the object damaged, and the cloud takes another address for the primary one.",
        remedy: "Write the type of the user's primary address in upper case: SMTP:user@domain.",
        reference: "KB 3190357; [MS-OXOABK] PidTagAddressBookProxyAddresses",
        when: Marks::NO_PRIMARY,
        check: Check::User(no_primary),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:ann@contoso.com")]], "`smtp:ann@contoso.com`"),
            Example::fires(
                &[&[
                    (Mail, "ann@contoso.com"),
                    (ProxyAddresses, "Smtp:Ann@contoso.com"),
                    (ProxyAddresses, "smtp:a@contoso.com"),
                ]],
                "`Smtp:Ann@contoso.com; smtp:a@contoso.com`",
            ),
            Example::silent(&[&[
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "smtp:a@contoso.com"),
            ]]),
            Example::silent(&[&[(ProxyAddresses, "SIP:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX003",
        name: "several-primary-smtp",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses, Mail],
        summary: "proxyAddresses holds several different primary smtp addresses",
        why: "An object has one primary address; Exchange cannot open an object with several, and which one the \
              cloud takes is not defined.",
        remedy: "Keep SMTP: in upper case at the one primary address and write the others as smtp:.",
        reference: "[MS-OXOABK] PidTagAddressBookProxyAddresses; KB 3190357",
        when: Marks::PRIMARIES,
        check: Check::User(several_primaries),
        examples: &[
            Example::fires(
                &[&[(ProxyAddresses, "SMTP:b@contoso.com"), (ProxyAddresses, "SMTP:a@contoso.com")]],
                "`SMTP:a@contoso.com; SMTP:b@contoso.com`",
            ),
            Example::fires(
                &[&[
                    (Mail, "b@contoso.com"),
                    (ProxyAddresses, "SMTP:b@contoso.com"),
                    (ProxyAddresses, "SMTP:a@contoso.com"),
                ]],
                "several primary",
            ),
            Example::silent(&[&[
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "SMTP:Ann@contoso.com"),
            ]]),
            Example::silent(&[&[
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "Smtp:a@contoso.com"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX004",
        name: "malformed-smtp-proxy",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses],
        summary: "an smtp: value of proxyAddresses is not a well-formed mail address",
        why: "No mail can reach such an address, and synchronization drops the value or refuses the object.",
        remedy: "Correct the value to smtp:user@domain, or remove it.",
        reference: "RFC 5321 section 4.1.2; KB 3190357",
        when: Marks::MALFORMED_SMTP,
        check: Check::User(malformed_smtp_proxy),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:ann@contoso")]], "`smtp:ann@contoso`"),
            Example::fires(&[&[(ProxyAddresses, "SMTP:")]], "`SMTP:`"),
            Example::fires(&[&[(ProxyAddresses, "smtp:smtp:ann@contoso.com")]], "`smtp:smtp:ann@contoso.com`"),
            Example::silent(&[&[(ProxyAddresses, "smtp:a nn@contoso.com")]]),
            Example::silent(&[&[(ProxyAddresses, " SMTP:o'brien@contoso.com ")]]),
            Example::silent(&[&[(ProxyAddresses, "x500:/o=Contoso/cn=ann")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX005",
        name: "invalid-proxy-character",
        severity: [E, E, E, E],
        reads: &[ProxyAddresses],
        summary: "an smtp: or sip: value of proxyAddresses has a character that synchronization refuses",
        why: "No smtp address may have a blank, one of < > ( ) ; , [ ] \" or a character outside ASCII; directory \
              synchronization of the object fails with them, and with ( ) , ; in a SIP address.",
        remedy: "Give the user an address of other characters, or remove the value.",
        reference: "Prepare for directory synchronization to Microsoft 365",
        when: Marks::SYNC_INVALID,
        check: Check::User(invalid_character),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:a nn@contoso.com")]], "a blank"),
            Example::fires(&[&[(ProxyAddresses, "smtp: ann@contoso.com")]], "a blank"),
            Example::fires(&[&[(ProxyAddresses, "SMTP:josé@contoso.com")]], "`é` (U+00E9)"),
            Example::fires(&[&[(ProxyAddresses, "sip:ann(b)@contoso.com")]], "`(`")
                .in_scenario(Scenario::SfbOnline),
            Example::silent(&[&[(ProxyAddresses, "sip:ann(b)@contoso.com")]])
                .in_scenario(Scenario::LyncOnPrem),
            Example::silent(&[&[(ProxyAddresses, "sip:ann;b@contoso")]]).in_scenario(Scenario::Teams),
            Example::silent(&[&[(ProxyAddresses, " smtp:ann@contoso.com ")]]),
            Example::silent(&[&[(ProxyAddresses, "X400:C=DE;A= ;P=Contoso;S=Lee;")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX006",
        name: "proxy-too-long",
        severity: [W, E, E, E],
        reads: &[ProxyAddresses],
        summary: "a value of proxyAddresses has more than 256 characters, type included",
        why: "Microsoft 365 takes 256 characters a value; directory synchronization of the object fails with more.",
        remedy: "Replace the value by a shorter address, or remove it.",
        reference: "Prepare for directory synchronization to Microsoft 365",
        when: Marks::LONG,
        check: Check::User(too_long),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, TOO_LONG)]], "257 characters"),
            Example::silent(&[&[(ProxyAddresses, TOO_LONG.split_at(256).0)]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX007",
        name: "repeated-proxy",
        severity: [W, W, W, W],
        reads: &[ProxyAddresses],
        summary: "proxyAddresses holds the same address more than once",
        why: "Active Directory keeps no two values that differ only in case or accents: the list was edited or merged \
              outside, and an import of it fails.",
        remedy: "Keep one of the values, the one written SMTP: where there is one.",
        reference: "[MS-ADTS] 3.1.1.2.2.4.13",
        when: Marks::ALIKE,
        check: Check::User(repeated_proxy),
        examples: &[
            Example::fires(
                &[&[(ProxyAddresses, "smtp:Ann@contoso.com"), (ProxyAddresses, "SMTP:ann@contoso.com")]],
                "`smtp:Ann@contoso.com` repeats `SMTP:ann@contoso.com`",
            ),
            Example::fires(
                &[&[(ProxyAddresses, "sip:ann@contoso.com"), (ProxyAddresses, "sip:ann@contoso.com ")]],
                "repeats `sip:ann@contoso.com`",
            ),
            Example::fires(
                &[&[(ProxyAddresses, "SMTP:ann@contoso.com"), (ProxyAddresses, "smtp: ann@contoso.com")]],
                "`smtp: ann@contoso.com` repeats `SMTP:ann@contoso.com`",
            ),
            Example::silent(&[&[
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "sip:ann@contoso.com"),
                (ProxyAddresses, "smtp:ann.b@contoso.com"),
            ]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX008",
        name: "too-many-proxies",
        severity: [I, E, E, E],
        reads: &[ProxyAddresses],
        summary: "proxyAddresses has more than 300 values",
        why: "Exchange Online takes 300 addresses a recipient; with more, the object is too large to be synchronized.",
        remedy: "Remove addresses that nobody writes to any more, until 300 are left.",
        reference: "KB 3196424",
        when: Marks::MANY,
        check: Check::User(too_many),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:ann@contoso.com"); 301]], "301 values"),
            Example::silent(&[&[(ProxyAddresses, "smtp:ann@contoso.com"); 300]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX009",
        name: "padded-proxy",
        severity: [W, W, W, W],
        reads: &[ProxyAddresses],
        summary: "there are blanks around a value of proxyAddresses",
        why: "Synchronization trims the value; other readers take the blanks for a part of the address.",
        remedy: "Remove the blanks around the value.",
        reference: "Default synchronization rules of Microsoft Entra Connect: Trim of proxyAddresses",
        when: Marks::PADDED,
        check: Check::User(padded_proxy),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "SMTP:ann@contoso.com ")]], "around `SMTP:ann@contoso.com`"),
            Example::fires(&[&[(ProxyAddresses, "\tsip:ann@contoso.com")]], "around `sip:ann@contoso.com`"),
            Example::fires(&[&[(ProxyAddresses, "  ")]], "blanks only"),
            Example::silent(&[&[(ProxyAddresses, "smtp: ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX010",
        name: "smtp-domain-not-routable",
        severity: [NO, W, W, W],
        reads: &[ProxyAddresses, ObjectClass, RecipientTypeDetails],
        summary: "smtp: values of proxyAddresses lie in domains that cannot be verified domains of the tenant",
        why: "The cloud drops the addresses of a mailbox user that lie in domains which the tenant has not verified.",
        remedy: "Verify the domain in the tenant, or remove the addresses in it.",
        reference: "KB 3190357",
        when: Marks::NOT_ROUTABLE,
        check: Check::User(domains_not_routable),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:ann@contoso.local")]], "`contoso.local`"),
            Example::fires(
                &[&[
                    (ProxyAddresses, "SMTP:ann@contoso.com"),
                    (ProxyAddresses, "smtp:ann@fabrikam.com"),
                    (ProxyAddresses, "smtp:ann@Contoso.local"),
                    (ProxyAddresses, "smtp:a@contoso.LOCAL"),
                ]],
                "`contoso.local` is no domain that can be verified; `fabrikam.com` is not among the verified domains",
            )
            .with_domains(&["contoso.com"]),
            Example::fires(
                &[&[(ObjectClass, "contact"), (ProxyAddresses, "SMTP:ann@fabrikam.lan")]],
                "`fabrikam.lan`",
            ),
            Example::silent(&[&[(ObjectClass, "contact"), (ProxyAddresses, "SMTP:ann@fabrikam.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(RecipientTypeDetails, "64"), (ProxyAddresses, "SMTP:ann@fabrikam.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(ProxyAddresses, "smtp:ann@contoso.mail.onmicrosoft.com")]])
                .with_domains(&["contoso.com"]),
            Example::silent(&[&[(ProxyAddresses, "smtp:a nn@contoso.local")]]),
            Example::silent(&[&[(ProxyAddresses, "sip:ann@contoso.local")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX011",
        name: "no-smtp-proxy",
        severity: [W, W, W, W],
        reads: &[
            ProxyAddresses,
            HomeMdb,
            HomeServerName,
            RecipientTypeDetails,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "the user has a local mailbox, but proxyAddresses holds no smtp address",
        why: "Exchange delivers by proxyAddresses: a mailbox without an smtp address receives no mail.",
        remedy: "Add the user's address to proxyAddresses as SMTP:user@domain, with Set-Mailbox.",
        reference: "Set-Mailbox -EmailAddresses (Microsoft Learn)",
        by_profile: |_, _| true,
        check: Check::User(no_smtp_proxy),
        examples: &[
            Example::fires(&[&[(HomeMdb, "CN=DB1"), (Mail, "ann@contoso.com")]], "no smtp: address"),
            Example::fires(
                &[&[
                    (HomeMdb, "CN=DB1"),
                    (RecipientTypeDetails, "2147483648"),
                    (ProxyAddresses, "sip:ann@contoso.com"),
                ]],
                "no smtp: address",
            ),
            Example::silent(&[&[(HomeMdb, "CN=DB1"), (ProxyAddresses, "smtp:ann@contoso.com")]]),
            Example::silent(&[&[(RecipientTypeDetails, "2147483648")]]),
            Example::silent(&[&[(HomeMdb, "CN=DB1")]]).without(&[ProxyAddresses]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX012",
        name: "no-routing-address",
        severity: [NO, W, W, W],
        reads: &[
            ProxyAddresses,
            HomeMdb,
            HomeServerName,
            RecipientTypeDetails,
            RemoteRecipientType,
            TargetAddress,
        ],
        summary: "the user has a local mailbox, but no smtp address in the tenant's routing domain",
        why: "A mailbox cannot be moved to the cloud while the user has no address in the routing domain, such as \
              contoso.mail.onmicrosoft.com.",
        remedy: "Add the user's address in the routing domain to proxyAddresses, by the email address policy or with \
                 Set-Mailbox.",
        reference: "Target mailbox doesn't have an SMTP proxy matching (Microsoft Learn, no-smtp-proxy-matching)",
        by_profile: |cx, _| cx.routing_domains.is_empty(),
        check: Check::User(no_routing_address),
        examples: &[
            Example::fires(
                &[&[(HomeMdb, "CN=DB1"), (ProxyAddresses, "SMTP:ann@contoso.com")]],
                "`contoso.mail.onmicrosoft.com`",
            )
            .with_domains(&["contoso.mail.onmicrosoft.com"]),
            Example::silent(&[&[
                (HomeMdb, "CN=DB1"),
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "smtp:ann@Contoso.mail.onmicrosoft.com"),
            ]])
            .with_domains(&["contoso.mail.onmicrosoft.com"]),
            Example::silent(&[&[
                (HomeMdb, "CN=DB1"),
                (RecipientTypeDetails, "2147483648"),
                (ProxyAddresses, "SMTP:ann@contoso.com"),
            ]])
            .with_domains(&["contoso.mail.onmicrosoft.com"]),
            Example::silent(&[&[(HomeMdb, "CN=DB1"), (ProxyAddresses, "SMTP:ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX013",
        name: "unknown-proxy-type",
        severity: [I, I, I, I],
        reads: &[ProxyAddresses],
        summary: "the type of a value of proxyAddresses is not a known one",
        why: "Exchange takes any type and does not check what stands behind it; an unknown one often is a typing \
              error, and the address is of no effect.",
        remedy: "Correct the type, or ignore the finding where a gateway of your own uses it.",
        reference: "Set-Mailbox -EmailAddresses (Microsoft Learn)",
        when: Marks::OTHER_TYPE,
        check: Check::User(unknown_type),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "stmp:ann@contoso.com")]], "`stmp`"),
            Example::silent(&[&[
                (ProxyAddresses, "SMTP:ann@contoso.com"),
                (ProxyAddresses, "X500:/o=Contoso/cn=ann"),
                (ProxyAddresses, "=ex:/o=Contoso/cn=ann"),
                (ProxyAddresses, "EUM:1234;phone-context=contoso"),
                (ProxyAddresses, "GwIse:ann"),
            ]]),
            Example::silent(&[&[(ProxyAddresses, "ann@contoso.com")]]),
        ],
        ..Rule::BLANK
    },
    Rule {
        code: "PRX014",
        name: "character-replaced-by-sync",
        severity: [NO, W, W, W],
        reads: &[ProxyAddresses],
        summary: "an smtp address has a character that becomes an underscore in the cloud",
        why: "Before the @, synchronization replaces ` | = ? / % by an underscore: in the cloud the user has another \
              address than here, and mail to this one bounces.",
        remedy: "Give the user an address of other characters, or remove the value.",
        reference: "Underscores in synchronized addresses (Microsoft Learn, email-address-contain-underscore)",
        when: Marks::REPLACED,
        check: Check::User(replaced_character),
        examples: &[
            Example::fires(&[&[(ProxyAddresses, "smtp:ann/b@contoso.com")]], "`/`"),
            Example::fires(&[&[(ProxyAddresses, "smtp:ann`b@contoso.com")]], "a backquote"),
            Example::silent(&[&[(ProxyAddresses, "smtp:ann_b+c@contoso.com")]]),
            Example::silent(&[&[(ProxyAddresses, "sip:ann=b@contoso.com")]]),
            Example::silent(&[&[(ProxyAddresses, "smtp:ann=b@contoso")]]),
        ],
        ..Rule::BLANK
    },
];

/// 257 characters.
const TOO_LONG: &str = "x500:/o=Contoso/cn=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The types that Exchange, its connectors and synchronization know.
const KNOWN_TYPES: &[&str] = &[
    "smtp", "sip", "x500", "x400", "eum", "spo", "ex", "=ex", "notes", "ccmail", "msmail", "fax", "mbx",
    "gwise", "tel", "im",
];

/// A character so that a reader can tell which it is, invisible ones too.
fn named(c: char) -> String {
    match c {
        '`' => "a backquote".to_owned(),
        _ if u8::try_from(c).is_ok_and(is_blank) => "a blank".to_owned(),
        _ if c.is_ascii() => format!("`{c}`"),
        _ => format!("`{c}` (U+{:04X})", u32::from(c)),
    }
}

fn no_type(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.of_type(ProxyType::Missing).filter(|proxy| !proxy.raw.is_empty()) {
        let message = if proxy.text().is_empty() {
            "a value of blanks only has no type".to_owned()
        } else {
            format!("`{}` has no type", proxy.text())
        };
        out.fire(ProxyAddresses, proxy.raw, message);
    }
}

fn no_primary(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.smtp_proxy) || f.primaries().next().is_some() || !out.needs_shown(f.shows_primary()) {
        return;
    }
    let values = super::joined(f.smtps());
    out.fire(ProxyAddresses, &values, format_args!("none of `{values}` is marked SMTP: as primary"));
    let mut own = f.smtps().filter(|proxy| proxy.well_formed && same(proxy.address, f.mail));
    if let (true, Some(proxy), None) = (f.mail_well_formed, own.next(), own.next()) {
        out.suggest(|| Change::replace(ProxyAddresses, proxy.raw, format!("SMTP:{}", proxy.address)));
    }
}

fn several_primaries(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs_shown(f.shows_primary());
    if f.primaries().nth(1).is_none() || f.primary().is_some() {
        return;
    }
    let values = super::joined(f.primaries());
    out.fire(ProxyAddresses, &values, format_args!("several primary smtp addresses: `{values}`"));
    out.suggest(|| one_primary(f));
}

/// Keeps the primary address that equals `mail` and makes the others secondary.
fn one_primary(f: &Facts<'_>) -> Option<Change> {
    let own = |proxy: &Proxy<'_>| same(proxy.address, f.mail);
    let comparable = f.mail_well_formed && f.primaries().all(|proxy| proxy.well_formed);
    if !comparable || !f.primaries().any(own) {
        return None;
    }
    let mut change = Change { attribute: ProxyAddresses, remove: Vec::new(), add: Vec::new() };
    for other in f.primaries().filter(|proxy| !own(proxy)) {
        change.remove.push(other.raw.to_owned());
        let secondary = format!("smtp:{}", other.address);
        let held = f.smtps().any(|proxy| !proxy.primary && same(proxy.address, other.address))
            || change.add.iter().any(|added| same(added, &secondary));
        if !held {
            change.add.push(secondary);
        }
    }
    Some(change)
}

fn malformed_smtp_proxy(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.smtps().filter(|proxy| !proxy.well_formed && !proxy.classes.has(Classes::SYNC_INVALID)) {
        out.fire(
            ProxyAddresses,
            proxy.raw,
            format_args!("`{}` is not a well-formed mail address", proxy.text()),
        );
    }
}

fn invalid_character(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.proxies.iter().filter(|proxy| proxy.classes.has(Classes::SYNC_INVALID)) {
        // Lync takes `( ) , ;` in a SIP address, so that only synchronization minds; what is malformed is SIP002's.
        let because = match proxy.of {
            ProxyType::Smtp => "an smtp address must not have",
            ProxyType::Sip if proxy.well_formed && cx.scenario != Scenario::LyncOnPrem => {
                "synchronization refuses"
            }
            _ => continue,
        };
        if let Some(c) = sync_invalid(proxy.address) {
            out.fire(
                ProxyAddresses,
                proxy.raw,
                format_args!("`{}` has {}, which {because}", proxy.text(), named(c)),
            );
        }
    }
}

fn too_long(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in &f.proxies {
        if let Some(length) = super::longer_than(proxy.text(), 256) {
            out.fire(
                ProxyAddresses,
                proxy.raw,
                format_args!("the value has {length} characters, 256 are supported"),
            );
        }
    }
}

fn repeated_proxy(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    if f.proxies.len() <= FEW && !f.proxies.iter().enumerate().any(|(at, one)| repeats(one, &f.proxies[..at]))
    {
        return;
    }
    // Comparing each with each would take minutes for an object that somebody filled with values: by hash first.
    let mut keys: Vec<(u64, usize)> = Vec::new();
    for (place, proxy) in f.proxies.iter().enumerate().filter(|(_, proxy)| proxy.of != ProxyType::Missing) {
        keys.push((hash(proxy.written_type()) ^ hash(proxy.address).rotate_left(32), place));
    }
    keys.sort_unstable();
    let equal = keys.chunk_by(|a, b| a.0 == b.0 && alike(&f.proxies[a.1], &f.proxies[b.1]));
    let mut groups: Vec<Vec<usize>> =
        equal.filter(|group| group.len() > 1).map(|group| group.iter().map(|key| key.1).collect()).collect();
    groups.sort_unstable();
    for group in groups {
        let values: Vec<_> = group.into_iter().filter_map(|place| f.proxies.get(place)).collect();
        fire_repeats(&values, out);
    }
}

/// Up to so many values are compared each with each.
const FEW: usize = 16;

/// Whether a value is the same as one before it.
fn repeats(one: &Proxy<'_>, before: &[Proxy<'_>]) -> bool {
    one.of != ProxyType::Missing && before.iter().any(|other| alike(one, other))
}

/// The same type and folded address.
fn alike(a: &Proxy<'_>, b: &Proxy<'_>) -> bool {
    // Addresses of ASCII without a blank inside fold to texts as long as they are.
    let plain = !a.classes.with(b.classes).has(Classes::SYNC_INVALID) && a.of != ProxyType::Other;
    if a.of != b.of || (plain && a.address.len() != b.address.len()) {
        return false;
    }
    same(a.address, b.address) && a.written_type().eq_ignore_ascii_case(b.written_type())
}

/// One finding for values that are the same; the primary is kept, or else the first.
fn fire_repeats(group: &[&Proxy<'_>], out: &mut Sink<'_>) {
    let kept = group.iter().position(|proxy| proxy.primary).unwrap_or(0);
    let (Some(keep), Some(first)) = (group.get(kept), group.get(usize::from(kept == 0))) else { return };
    out.fire(ProxyAddresses, first.raw, format_args!("`{}` repeats `{}`", first.text(), keep.text()));
    if keep.well_formed {
        out.suggest(|| keep_one(group, kept, keep));
    }
}

/// Removes all values of a group but one.
fn keep_one(group: &[&Proxy<'_>], kept: usize, keep: &Proxy<'_>) -> Change {
    let repeats = group.iter().enumerate().filter(|(place, _)| *place != kept);
    let remove = repeats.map(|(_, proxy)| proxy.raw.to_owned()).collect();
    let mut change = Change { attribute: ProxyAddresses, remove, add: Vec::new() };
    // A directory removes by value: a repeat to the letter takes the kept value with it.
    if change.remove.iter().any(|raw| raw == keep.raw) {
        change.remove.push(keep.raw.to_owned());
        change.add.push(keep.raw.to_owned());
    }
    change
}

fn too_many(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    let count = f.proxies.len();
    if count > 300 {
        out.fire(ProxyAddresses, "", format_args!("proxyAddresses has {count} values, 300 are supported"));
    }
}

fn padded_proxy(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.proxies.iter().filter(|proxy| proxy.is_padded()) {
        if proxy.text().is_empty() {
            out.fire(ProxyAddresses, proxy.raw, "a value holds blanks only");
            continue;
        }
        out.fire(ProxyAddresses, proxy.raw, format_args!("there are blanks around `{}`", proxy.text()));
        if proxy.well_formed && proxy.of != ProxyType::Missing {
            out.suggest(|| Change::replace(ProxyAddresses, proxy.raw, proxy.text()));
        }
    }
}

fn domains_not_routable(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    let outside = |proxy: &&Proxy<'_>| proxy.well_formed && !is_routable(f, cx, proxy.domain());
    let mut domains: Vec<_> = f.smtps().filter(outside).map(|proxy| fold(proxy.domain())).collect();
    if domains.is_empty() {
        return;
    }
    domains.sort_unstable();
    domains.dedup();
    let reasons: Vec<String> = domains.iter().map(|domain| super::NotRoutable(domain).to_string()).collect();
    out.fire(ProxyAddresses, super::joined(f.smtps().filter(outside)), reasons.join("; "));
}

fn no_smtp_proxy(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    if out.holds(f.mailbox.known(f.mailbox.is_local()).and(!f.smtp_proxy)) {
        out.fire(
            ProxyAddresses,
            "",
            "the user has a local mailbox, but proxyAddresses holds no smtp: address",
        );
    }
}

fn no_routing_address(f: &Facts<'_>, cx: &Context, out: &mut Sink<'_>) {
    if !out.holds(f.mailbox.known(f.mailbox == MailboxHome::OnPremises)) {
        return;
    }
    if cx.routing_domains.is_empty() {
        return out.not_evaluated();
    }
    let routed = f.smtps().any(|proxy| proxy.well_formed && routes(domain(proxy.address), cx));
    if out.needs(f, ProxyAddresses) && !routed {
        let domains = cx.routing_domains.join("` or `");
        out.fire(ProxyAddresses, "", format_args!("proxyAddresses holds no smtp: address under `{domains}`"));
    }
}

/// Whether a domain is a routing domain or lies under one.
fn routes(domain: &str, cx: &Context) -> bool {
    is_listed(domain, &cx.routing_domains)
        || cx.routing_domains.iter().any(|routing| is_under(domain, &format!(".{routing}")))
}

fn unknown_type(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.of_type(ProxyType::Other) {
        if !KNOWN_TYPES.iter().any(|known| known.eq_ignore_ascii_case(proxy.written_type())) {
            out.fire(
                ProxyAddresses,
                proxy.raw,
                format_args!("`{}` in `{}` is no known type", proxy.written_type(), proxy.text()),
            );
        }
    }
}

fn replaced_character(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    out.needs(f, ProxyAddresses);
    for proxy in f.smtps().filter(|proxy| proxy.well_formed && proxy.local_classes.has(Classes::REPLACED)) {
        let local = parts(proxy.address).map_or("", |(local, _)| local);
        if let Some(c) = Classes::REPLACED.first_in(local) {
            out.fire(
                ProxyAddresses,
                proxy.raw,
                format_args!("{} in `{}` becomes `_` in the cloud", named(c), proxy.text()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::mail::tests::{UserCheck, found};
    use super::*;
    use crate::finding::Finding;

    fn of(check: UserCheck, mail: &str, proxies: &[&str]) -> Vec<Finding> {
        let mut user = vec![(Mail, mail)];
        user.extend(proxies.iter().map(|&value| (ProxyAddresses, value)));
        found(check, Scenario::LyncHybrid, &user)
    }

    fn cell(found: &[Finding]) -> Option<String> {
        let [finding] = found else { panic!("{found:?}") };
        finding.suggestion.as_ref().map(|change| change.cell(&finding.value))
    }

    #[test]
    fn the_proxy_that_equals_mail_becomes_the_primary() {
        let change = |mail, proxies: &[&str]| cell(&of(no_primary, mail, proxies));
        let two = ["smtp:ann@contoso.com", "smtp:b@contoso.com"];
        assert_eq!(change("B@contoso.com", &two).unwrap(), "-smtp:b@contoso.com +SMTP:b@contoso.com");
        assert_eq!(change("c@contoso.com", &two), None);
        assert_eq!(change("b@contoso.com", &["smtp:b@contoso.com", "smtp:B@contoso.com"]), None);
        assert_eq!(change("b@contoso", &["smtp:b@contoso"]), None);
        assert_eq!(change("jose@contoso.com", &["smtp:josé@contoso.com"]), None);
    }

    #[test]
    fn of_several_primaries_the_one_that_equals_mail_stays() {
        let change = |mail, proxies: &[&str]| cell(&of(several_primaries, mail, proxies));
        let three = ["SMTP:a@contoso.com", "SMTP:b@contoso.com", "smtp:A@contoso.com"];
        assert_eq!(change("b@contoso.com", &three).unwrap(), "-SMTP:a@contoso.com");
        assert_eq!(change("c@contoso.com", &three), None);
        assert_eq!(change("b@contoso.com", &["SMTP:a@contoso", "SMTP:b@contoso.com"]), None);
        let repeated = ["SMTP:a@contoso.com", "SMTP:b@contoso.com", "SMTP:A@contoso.com"];
        assert_eq!(
            change("b@contoso.com", &repeated).unwrap(),
            "-SMTP:a@contoso.com -SMTP:A@contoso.com +smtp:a@contoso.com"
        );
    }

    #[test]
    fn of_repeats_one_stays_even_where_they_are_the_same_to_the_letter() {
        let change = |proxies: &[&str]| cell(&of(repeated_proxy, "", proxies));
        let three = ["smtp:a@contoso.com", "SMTP:a@contoso.com", "smtp:A@contoso.com"];
        assert_eq!(change(&three).unwrap(), "-smtp:a@contoso.com -smtp:A@contoso.com");
        assert_eq!(change(&["x500:/o=c", "x500:/o=c"]).unwrap(), "-x500:/o=c -x500:/o=c +x500:/o=c");
        assert_eq!(of(repeated_proxy, "", &["ann@contoso.com", "Ann@contoso.com"]), []);
        assert_eq!(change(&["smtp:ann@contoso", "smtp:Ann@contoso"]), None);
    }

    #[test]
    fn every_repeated_address_is_found_in_the_order_of_the_values() {
        let between = ["SMTP:a@x.co", "sip:a@x.co", "smtp:a@x.co"];
        assert_eq!(of(repeated_proxy, "", &between).len(), 1);
        let values =
            ["smtp:b@x.co", "sip:a@x.co", "SIP:A@x.co", "SMTP:b@x.co", "smtp: b@x.co", "smtp:a@x.co"];
        let found = of(repeated_proxy, "", &values);
        let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["`smtp:b@x.co` repeats `SMTP:b@x.co`", "`SIP:A@x.co` repeats `sip:a@x.co`"]);
    }

    #[test]
    fn only_well_formed_values_are_trimmed() {
        let change = |value| cell(&of(padded_proxy, "", &[value]));
        assert_eq!(change(" SMTP:a@contoso.com\t").unwrap(), "SMTP:a@contoso.com");
        assert_eq!(change("x400:c=DE; ").unwrap(), "x400:c=DE;");
        for value in [" smtp:a@contoso", " a@contoso.com", "sip: ", " "] {
            assert_eq!(change(value), None, "{value}");
        }
    }

    #[test]
    fn a_value_is_malformed_or_has_a_wrong_character_but_not_both() {
        for value in
            ["smtp:a b@c", "smtp:é", "SMTP: a@b.co", "smtp:a@b;c", "smtp:a@b", "SMTP: ", "smtp:a@@b.co"]
        {
            let count = |check| of(check, "", &[value]).len();
            assert_eq!(count(malformed_smtp_proxy) + count(invalid_character), 1, "{value}");
        }
    }
}
