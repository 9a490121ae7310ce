//! Redaction: the one place where the text of a user that may leave the house is made from the real one.
//!
//! Every format is written from a [`Judged`] user. With redaction it is written from another one, whose attributes,
//! findings, messages and suggestions have been replaced here, so that no format can forget anything. What is not
//! known to be harmless is replaced. Fingerprints are taken from the replaced text: redacted reports compare with
//! reports redacted alike.

mod organisation;
mod partly;

use std::borrow::Cow;

use partly::partly;

use crate::finding::{Change, Field, Finding};
use crate::model::attribute::Kind;
use crate::model::fold::{fold, trim};
use crate::model::home::{Locator, locator};
use crate::model::user::flag;
use crate::model::{Attr, User, address};
use crate::rules;
use crate::rules::verdict::{Judged, Shown};

/// How much of a user is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Everything.
    #[default]
    None,
    /// What is needed to find the user, and nothing more.
    Partial,
    /// Keyed hashes: equal texts stay equal, in this run and in the next with the same key.
    Hash,
}

impl Mode {
    /// The word of `--redact`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Hash => "hash",
        }
    }
}

/// Replaces what is known of a person.
#[derive(Clone)]
pub struct Redactor {
    /// The key of the hashes; partial without one.
    key: Option<[u8; 32]>,
    /// Domains that the user of the program named: no secret of the directory.
    domains: Vec<String>,
}

/// The key is nobody's business.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.mode().word())
    }
}

/// Types of addresses that say nothing about a person; any other may be a part of a name.
const TYPES: &[&str] = &[
    "sip", "smtp", "x500", "x400", "eum", "tel", "spo", "notes", "fax", "im", "ex", "mbx", "gwise", "msmail",
];

/// Texts in messages that are no values of the directory.
const FIXED: &[&str] = &["SMTP:", "sip:", "tel:+", "SRV:", "_"];

impl Redactor {
    /// Shows what is needed to find a user. `domains`, folded, are those that the settings name.
    #[must_use]
    pub fn partial(domains: Vec<String>) -> Self {
        Self { key: None, domains }
    }

    /// Shows keyed hashes; the key is derived from `secret`, which should have at least 16 random octets.
    #[must_use]
    pub fn hash(secret: &[u8]) -> Self {
        let key = blake3::derive_key("dirsync-audit 2026-11 redaction of reports", secret);
        Self { key: Some(key), domains: Vec::new() }
    }

    /// What it does.
    #[must_use]
    pub fn mode(&self) -> Mode {
        if self.key.is_some() { Mode::Hash } else { Mode::Partial }
    }

    /// What the key is called: equal for equal keys, and it does not tell the key.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        let id = |key| blake3::keyed_hash(key, b"dirsync-audit name of the key").to_hex();
        self.key.as_ref().map(|key| id(key).as_str().chars().take(16).collect())
    }

    /// Writes a user as it may be shown.
    pub(super) fn show(&self, judged: &Judged<'_, '_>, write: impl FnOnce(&Judged<'_, '_>)) {
        let texts = self.attributes(judged.user);
        let mut user = User::new(judged.user.carried());
        for (attr, text) in &texts {
            user.set(*attr, text);
        }
        let sip_address = judged.shown.sip_address.map(|text| self.text(text));
        // What follows from the real values stays.
        let shown = Shown { sip_address: sip_address.as_deref(), ..judged.shown };
        let known = Known::of(judged.user, &self.domains);
        let findings: Vec<Finding> =
            judged.findings.iter().map(|finding| self.finding(finding, &known)).collect();
        let source = self.source(judged.source);
        write(&Judged { source: &source, user: &user, shown, verdict: judged.verdict, findings: &findings });
    }

    /// A source: the name of a file without its folders, which may name a person too; of a server the scheme.
    #[must_use]
    pub fn source(&self, name: &str) -> String {
        if let Some((scheme, rest)) = name.split_once("://") {
            return if self.key.is_some() {
                format!("{scheme}://{}", self.token(rest))
            } else {
                name.to_owned()
            };
        }
        let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
        match (self.key, file) {
            (None, _) | (_, "-") => file.to_owned(),
            (Some(_), _) => self.token(file),
        }
    }

    /// A domain of the settings.
    pub(super) fn domain(&self, domain: &str) -> String {
        if self.key.is_some() { self.token(domain) } else { domain.to_owned() }
    }

    fn attributes(&self, user: &User<'_>) -> Vec<(Attr, String)> {
        let single = user
            .carried()
            .iter()
            .filter(|&attr| attr != Attr::ProxyAddresses)
            .map(|attr| (attr, user.get(attr)))
            .filter(|(_, value)| !value.is_empty());
        let several = user.proxies().iter().map(|&value| (Attr::ProxyAddresses, value));
        single.chain(several).map(|(attr, value)| (attr, self.value(attr, value))).collect()
    }

    fn finding(&self, finding: &Finding, known: &Known<'_>) -> Finding {
        let values = |values: &[String], attr| values.iter().map(|value| self.value(attr, value)).collect();
        let suggestion = finding.suggestion.as_ref().map(|change| Change {
            attribute: change.attribute,
            remove: values(&change.remove, change.attribute),
            add: values(&change.add, change.attribute),
        });
        Finding {
            rule: finding.rule,
            severity: finding.severity,
            attribute: finding.attribute,
            value: match finding.attribute {
                Field::Attr(attr) => self.value(attr, &finding.value),
                Field::Named(_) => self.text(&finding.value),
            },
            message: self.message(finding, known),
            suggestion,
            state: finding.state,
        }
    }

    /// A message: what stands in backquotes is a value, of this object or of another.
    fn message(&self, finding: &Finding, known: &Known<'_>) -> String {
        let pieces: Vec<&str> = finding.message.split('`').collect();
        if known.backquoted || finding.value.contains('`') || pieces.len().is_multiple_of(2) {
            // Where a value has backquotes of its own, nobody can say where it ends.
            return rules::at(finding.rule).summary.to_owned();
        }
        let mut shown = String::with_capacity(finding.message.len());
        for (place, piece) in pieces.into_iter().enumerate() {
            match place % 2 {
                0 => shown.push_str(piece),
                _ => shown.extend(["`", &self.quoted(piece, known), "`"]),
            }
        }
        shown
    }

    /// What stands in backquotes in a message.
    fn quoted<'t>(&self, text: &'t str, known: &Known<'_>) -> Cow<'t, str> {
        let one_mark = text.chars().count() == 1 && !text.chars().any(char::is_alphanumeric);
        let domain = self.key.is_none() && known.domains.iter().any(|domain| *domain == fold(text));
        if one_mark || domain || FIXED.contains(&text) || known.plain.contains(&text) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(self.text(text))
        }
    }

    /// The value of an attribute.
    fn value(&self, attr: Attr, value: &str) -> String {
        if is_plain(attr, value) { value.to_owned() } else { self.text(value) }
    }

    /// Any text; several addresses in one text are taken one by one.
    pub(super) fn text(&self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let pieces: Vec<String> = text.split("; ").map(|piece| self.one(piece)).collect();
        pieces.join("; ")
    }

    fn one(&self, text: &str) -> String {
        let (kind, rest) = match address::address_type(trim(text)) {
            Some((kind, rest)) if TYPES.iter().any(|known| known.eq_ignore_ascii_case(kind)) => (kind, rest),
            _ => ("", text),
        };
        let colon = if kind.is_empty() { "" } else { ":" };
        let rest = if self.key.is_some() { self.token(rest) } else { partly(rest) };
        format!("{kind}{colon}{rest}")
    }

    /// The keyed hash of a text, the same for texts that fold alike.
    fn token(&self, text: &str) -> String {
        let folded = fold(text);
        match &self.key {
            Some(key) => {
                let hash = blake3::keyed_hash(key, folded.as_bytes()).to_hex();
                format!("#{}", hash.get(..16).unwrap_or_default())
            }
            None => partly::GONE.to_owned(),
        }
    }
}

/// What is known about a user whose messages are redacted.
struct Known<'u> {
    /// Whether a value has a backquote.
    backquoted: bool,
    /// The domains of the addresses, and those that the settings name; folded.
    domains: Vec<Cow<'u, str>>,
    /// Values that may be shown.
    plain: Vec<&'u str>,
}

impl<'u> Known<'u> {
    fn of(user: &User<'u>, named: &'u [String]) -> Self {
        let single = user.carried().iter().filter(|&attr| attr != Attr::ProxyAddresses);
        let values: Vec<(Attr, &str)> = single.map(|attr| (attr, user.get(attr))).collect();
        let all = values.iter().map(|&(_, value)| value).chain(user.proxies().iter().copied());
        let domains = all.clone().map(|value| trim(address::domain(value)));
        let domains = domains.filter(|domain| address::is_domain(domain)).map(fold);
        Self {
            backquoted: all.clone().any(|value| value.contains('`')),
            domains: domains.chain(named.iter().map(|domain| Cow::Borrowed(domain.as_str()))).collect(),
            plain: values
                .iter()
                .filter(|(attr, value)| is_plain(*attr, value))
                .map(|&(_, value)| value)
                .collect(),
        }
    }
}

/// Whether a value says nothing about a person: flags, codes, the homes of accounts.
fn is_plain(attr: Attr, value: &str) -> bool {
    match attr.about().kind {
        Kind::Flag => flag(value).is_some(),
        Kind::Number => value.trim_ascii().parse::<i64>().is_ok(),
        _ => {
            attr == Attr::DeploymentLocator && matches!(locator(value), Locator::OnPremises | Locator::Online)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::model::Facts;
    use crate::rules::verdict;

    #[test]
    fn equal_texts_have_equal_hashes_under_one_key() {
        let (one, other) = (Redactor::hash(b"one"), Redactor::hash(b"other"));
        assert_eq!(one.text("ann@contoso.com"), one.text("Ann@Contoso.com "));
        assert_eq!(
            one.text("SMTP:ann@contoso.com").strip_prefix("SMTP:"),
            Some(&*one.text("ann@contoso.com"))
        );
        assert_ne!(one.text("ann@contoso.com"), other.text("ann@contoso.com"));
        assert_eq!(one.text("ann@contoso.com").len(), 17);
        assert_eq!(one.text(""), "");
        assert!(!format!("{one:?}").contains("key"));
    }

    #[test]
    fn sources_lose_their_folders() {
        let (part, hash) = (Redactor::partial(Vec::new()), Redactor::hash(b"one"));
        for name in ["users.csv", "/home/ann/users.csv", "C:\\Users\\ann\\users.csv"] {
            assert_eq!((part.source(name), hash.source(name)), ("users.csv".into(), hash.token("users.csv")));
        }
        assert_eq!((part.source("-"), hash.source("-")), ("-".into(), "-".into()));
        assert_eq!(part.source("ldaps://dc.contoso.com"), "ldaps://dc.contoso.com");
        assert!(hash.source("ldaps://dc.contoso.com").starts_with("ldaps://#"));
    }

    fn shown(redactor: &Redactor, values: &[(Attr, &str)], message: &str) -> String {
        let user = User::of(values);
        let facts = Facts::of(&user);
        let finding = Finding {
            rule: 0,
            severity: Severity::Error,
            attribute: Attr::ProxyAddresses.into(),
            value: String::new(),
            message: message.to_owned(),
            suggestion: None,
            state: crate::finding::State::Open,
        };
        let verdict = verdict::excluded("x");
        let judged = Judged::of("a.csv", &facts, &verdict, std::slice::from_ref(&finding));
        let mut text = String::new();
        redactor.show(&judged, |shown| text.clone_from(&shown.findings[0].message));
        text
    }

    #[test]
    fn messages_lose_their_values_and_keep_their_words() {
        let part = Redactor::partial(vec!["route.contoso.com".to_owned()]);
        let user = [(Attr::Mail, "ann@contoso.com"), (Attr::UserAccountControl, "514")];
        for (message, left) in [
            (
                "`ann@contoso.com` is also held by `CN=Bob,DC=x` and 3 more",
                "`a…@contoso.com` is also held by `CN=B…,DC=x` and 3 more",
            ),
            (
                "`contoso.com` is not among the verified domains",
                "`contoso.com` is not among the verified domains",
            ),
            ("under `route.contoso.com`", "under `route.contoso.com`"),
            ("flags `514`, number `515999`", "flags `514`, number `5…`"),
            ("`,` in `Ann,` is no `SMTP:`", "`,` in `A…` is no `SMTP:`"),
        ] {
            assert_eq!(shown(&part, &user, message), left);
        }
        let summary = rules::at(0).summary;
        assert_eq!(shown(&part, &[(Attr::Mail, "a`b`c@d.co")], "`a`b`c@d.co` is wrong"), summary);
        assert_eq!(shown(&part, &user, "one ` alone"), summary);
    }

    #[test]
    fn what_follows_from_the_real_values_stays() {
        let user =
            User::of(&[(Attr::PrimaryUserAddress, "sip:ann@contoso.com"), (Attr::DeploymentLocator, "SRV:")]);
        let facts = Facts::of(&user);
        let verdict = verdict::excluded("x");
        let judged = Judged::of("a.csv", &facts, &verdict, &[]);
        Redactor::hash(b"k").show(&judged, |shown| {
            assert_eq!(shown.shown.sip_home, facts.sip_home);
            assert_eq!(shown.user.get(Attr::DeploymentLocator), "SRV:");
            assert!(shown.shown.sip_address.is_some_and(|text| text.starts_with('#')));
        });
    }
}
