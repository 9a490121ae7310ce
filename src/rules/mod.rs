//! The catalogue: one file per family, one value per rule, and what a rule is.
//!
//! A rule is a struct literal with its function below it; whatever lists, explains, selects or tests rules reads
//! these values. Rules are pure: no clock, no input or output, no settings. What varies by site is in [`Context`].

use std::fmt;

use smallvec::SmallVec;

use crate::finding::{Finding, Severity};
use crate::model::{Attr, AttrSet, Facts, Marks, Proxy};

pub mod concern;
pub mod counts;
pub mod organisation;
pub mod scenario;
pub mod select;
pub mod suppress;
pub mod verdict;

mod account;
mod home;
mod identity;
mod line;
mod mail;
mod profile;
mod proxy;
mod sink;
mod sip;
pub mod unique;
mod upn;

#[cfg(test)]
mod tests;

pub use organisation::Look;
pub use scenario::{Feature, MailboxPlace, Scenario};
pub use sink::Sink;
use unique::Space;

/// The families, in the order of the catalogue, which is the order of every report.
static FAMILIES: &[&[Rule]] = &[
    sip::RULES,
    mail::RULES,
    proxy::RULES,
    home::RULES,
    account::RULES,
    upn::RULES,
    identity::RULES,
    line::RULES,
    unique::RULES,
    organisation::dns::RULES,
    organisation::org::RULES,
];

/// One rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Its stable code: family and number.
    pub code: &'static str,
    /// Its stable name: the offence, in words joined by `-`.
    pub name: &'static str,
    /// How bad it is per scenario, in the order of [`Scenario::ALL`]; `None` where it is not run.
    pub severity: [Option<Severity>; 4],
    /// Every attribute that its verdict can depend on.
    pub reads: &'static [Attr],
    /// What is wrong, in one line without a full stop.
    pub summary: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// What to do, as an order.
    pub remedy: &'static str,
    /// Where that is written: an article, an RFC, a page.
    pub reference: &'static str,
    /// The features that a finding takes away.
    pub blocks: &'static [Feature],
    /// Whether it blocks them at any severity, not only as an error.
    pub blocks_at_any: bool,
    /// The step of the article that fails with a finding.
    pub decides: Option<Step>,
    /// Without any of these marks it neither fires nor is left open.
    pub when: Marks,
    /// Whether what it says of a user without a finding follows from the profile, with no look at texts; this is
    /// answered from the profile alone too.
    pub by_profile: fn(&Context, &Facts<'_>) -> bool,
    /// How it is decided.
    pub check: Check,
    /// Users with the verdict, of both kinds.
    pub examples: &'static [Example],
}

/// How a rule is decided.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// From the user alone.
    User(fn(&Facts<'_>, &Context, &mut Sink<'_>)),
    /// From the keys that a user shares with others; see [`unique`].
    Shared(Space),
    /// From a key of one space that another object holds in another space; see [`unique`].
    Taken(Space, Space),
    /// From what was seen of the organisation.
    Organisation(Look),
}

/// The steps of the article; 2 and 3 are properties of a user, the others of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Step 2: Exchange has access to the user's SIP address.
    ExchangeSeesSip,
    /// Step 3: Lync has access to the user's mail address.
    LyncSeesMail,
    /// Step 1: the DNS records for federation and client discovery.
    Dns,
    /// Step 4: Exchange and Lync are trusted applications of each other.
    TrustedApplications,
    /// Step 5: instant messaging in the Outlook Web App virtual directory.
    OutlookWebApp,
    /// Step 6: Lync trusts the Office 365 authentication service.
    Office365Trust,
}

impl Step {
    /// Its number in the article.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Dns => 1,
            Self::ExchangeSeesSip => 2,
            Self::LyncSeesMail => 3,
            Self::TrustedApplications => 4,
            Self::OutlookWebApp => 5,
            Self::Office365Trust => 6,
        }
    }
}

/// Which features a finding takes away (KB 2614242, "More Information").
mod blocking {
    use super::Feature::{
        self, HighResPhotos, OutlookIntegration, OwaImPresence, OwaOnlineMeetings, UnifiedContactStore,
    };

    pub(super) const OWA: &[Feature] = &[OwaImPresence, OwaOnlineMeetings];
    pub(super) const OUTLOOK: &[Feature] = &[OutlookIntegration];
    pub(super) const OUTLOOK_AND_OWA: &[Feature] = &[OutlookIntegration, OwaImPresence, OwaOnlineMeetings];
    pub(super) const ALL_BUT_OWA: &[Feature] = &[OutlookIntegration, UnifiedContactStore, HighResPhotos];
    pub(super) const ALL_BUT_PHOTOS: &[Feature] =
        &[OutlookIntegration, OwaImPresence, OwaOnlineMeetings, UnifiedContactStore];
    pub(super) const ALL: &[Feature] = &Feature::ALL;
}

/// `E`, `W`, `I` and `-` of the catalogue's columns, for the tables of the families.
mod level {
    use crate::finding::Severity;

    pub(super) const E: Option<Severity> = Some(Severity::Error);
    pub(super) const W: Option<Severity> = Some(Severity::Warning);
    pub(super) const I: Option<Severity> = Some(Severity::Info);
    pub(super) const NO: Option<Severity> = None;
}

/// What varies by site and run.
#[derive(Debug, Clone)]
pub struct Context {
    /// The scenario.
    pub scenario: Scenario,
    /// The SIP domains of the deployment, folded; empty when not given.
    pub sip_domains: Vec<String>,
    /// The domains that the tenant has verified, folded; empty when not given.
    pub verified_domains: Vec<String>,
    /// The domains by which mail is routed to the tenant, folded; empty when not given.
    pub routing_domains: Vec<String>,
    /// Where mailboxes are whose home the input does not show.
    pub mailboxes: MailboxPlace,
    /// Hosts, and domains of hosts, to which DNS records may lead although they lie outside of the SIP domain; folded.
    pub allowed_targets: Vec<String>,
}

impl Context {
    /// A scenario without any list.
    #[must_use]
    pub fn of(scenario: Scenario) -> Self {
        Self {
            scenario,
            sip_domains: Vec::new(),
            verified_domains: Vec::new(),
            routing_domains: Vec::new(),
            mailboxes: MailboxPlace::OnPremises,
            allowed_targets: Vec::new(),
        }
    }

    /// Whether a domain counts as routable: by its shape, and verified when that list is given.
    #[must_use]
    pub fn is_routable(&self, domain: &str) -> bool {
        use crate::model::address::{is_listed, is_routable, is_under};
        is_routable(domain)
            && (self.verified_domains.is_empty()
                || is_under(domain, ".onmicrosoft.com")
                || is_listed(domain, &self.verified_domains))
    }
}

/// A user, or something of the organisation, with the verdict of the rule that holds the example.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The scenario; the first in which the rule runs, when `None`.
    pub scenario: Option<Scenario>,
    /// `--sip-domain`, `--verified-domain`, `--routing-domain`: one list for all three.
    pub domains: &'static [&'static str],
    /// Attributes that the input never carried.
    pub absent: &'static [Attr],
    /// The users; the verdict is about the first.
    pub users: &'static [&'static [(Attr, &'static str)]],
    /// Of a rule about the organisation: records or objects, each with what it holds.
    pub shows: &'static [(&'static str, &'static str)],
    /// A part of the message of its finding; `None` when the rule is silent.
    pub finds: Option<&'static str>,
}

impl Example {
    /// The rule fires on this user, with this in its message.
    const fn fires(users: &'static [&'static [(Attr, &'static str)]], finds: &'static str) -> Self {
        Self { scenario: None, domains: &[], absent: &[], users, shows: &[], finds: Some(finds) }
    }

    /// The rule is silent about this user.
    const fn silent(users: &'static [&'static [(Attr, &'static str)]]) -> Self {
        Self { scenario: None, domains: &[], absent: &[], users, shows: &[], finds: None }
    }

    /// The rule, about the organisation, fires where this is seen.
    const fn seen(shows: &'static [(&'static str, &'static str)], finds: &'static str) -> Self {
        Self { scenario: None, domains: &[], absent: &[], users: &[], shows, finds: Some(finds) }
    }

    /// The rule, about the organisation, is silent where this is seen.
    const fn sound(shows: &'static [(&'static str, &'static str)]) -> Self {
        Self { scenario: None, domains: &[], absent: &[], users: &[], shows, finds: None }
    }

    /// … in this scenario.
    const fn in_scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// … with these domains listed.
    const fn with_domains(mut self, domains: &'static [&'static str]) -> Self {
        self.domains = domains;
        self
    }

    /// … when the input never carried these.
    const fn without(mut self, absent: &'static [Attr]) -> Self {
        self.absent = absent;
        self
    }
}

/// A set of rules, by their place in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleSet(u128);

impl RuleSet {
    /// No rule.
    pub const NONE: Self = Self(0);
    /// Every rule there can be.
    pub const ALL: Self = Self(u128::MAX);

    /// Takes a rule in.
    pub fn insert(&mut self, rule: usize) {
        self.0 |= 1 << rule;
    }

    /// Takes a rule out.
    pub fn remove(&mut self, rule: usize) {
        self.0 &= !(1 << rule);
    }

    /// Whether the rule is in.
    #[must_use]
    pub fn has(self, rule: usize) -> bool {
        self.0 & 1 << rule != 0
    }

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether none is in.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (next < 128).then_some(next)
        })
    }
}

/// All rules, in the order of the catalogue.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// The rule at a place in the catalogue.
///
/// # Panics
/// When there is none; places come from [`all`].
#[must_use]
pub fn at(place: usize) -> &'static Rule {
    static TABLE: std::sync::LazyLock<Vec<&'static Rule>> = std::sync::LazyLock::new(|| all().collect());
    TABLE[place]
}

/// The rule of a code or a name, in any case.
#[must_use]
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    all().find(|rule| {
        rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name)
    })
}

/// What one rule about users says about a user in a scenario that has it, whatever was selected.
#[must_use]
pub fn findings_of(place: usize, context: &Context, facts: &Facts<'_>) -> Vec<Finding> {
    let (rule, mut findings, mut open) = (at(place), Vec::new(), RuleSet::NONE);
    if let (Check::User(check), Some(severity)) = (rule.check, rule.severity_in(context.scenario)) {
        check(facts, context, &mut Sink::new(place, severity, &mut findings, &mut open));
    }
    findings
}

/// How many findings that would be.
#[must_use]
pub fn count_of(place: usize, context: &Context, facts: &Facts<'_>) -> u32 {
    let (rule, mut count, mut open) = (at(place), 0, RuleSet::NONE);
    if let (Check::User(check), Some(_)) = (rule.check, rule.severity_in(context.scenario)) {
        check(facts, context, &mut Sink::counting(place, &mut count, &mut open));
    }
    count
}

/// What all of them say, in the order of the catalogue.
#[must_use]
pub fn findings_about(context: &Context, facts: &Facts<'_>) -> Vec<Finding> {
    (0..all().count()).flat_map(|place| findings_of(place, context, facts)).collect()
}

impl Rule {
    /// What most rules share: no feature is blocked and no step decided. The rest must be given.
    const BLANK: Self = Self {
        code: "",
        name: "",
        severity: [None; 4],
        reads: &[],
        summary: "",
        why: "",
        remedy: "",
        reference: "",
        blocks: &[],
        blocks_at_any: false,
        decides: None,
        when: Marks::ANY,
        by_profile: |_, _| false,
        check: Check::Shared(Space::Sip),
        examples: &[],
    };

    /// How bad it is in a scenario; `None` where it is not run.
    #[must_use]
    pub fn severity_in(&self, scenario: Scenario) -> Option<Severity> {
        self.severity[scenario as usize]
    }

    /// The attributes that its verdict can depend on.
    #[must_use]
    pub fn reads(&self) -> AttrSet {
        AttrSet::of(self.reads)
    }

    /// Whether an input that carries these attributes shows all that the rule reads.
    #[must_use]
    pub fn is_shown(&self, carried: AttrSet) -> bool {
        self.reads().minus(carried).is_empty()
    }

    /// [`Rule::when`] in a context: once there is a list of verified domains, every domain has to be looked up.
    #[must_use]
    pub fn when_in(&self, cx: &Context) -> Marks {
        let lists = self.when == Marks::NOT_ROUTABLE && !cx.verified_domains.is_empty();
        if lists { Marks::ANY } else { self.when }
    }

    /// Whether it is about the organisation and not about users.
    #[must_use]
    pub fn is_about_organisation(&self) -> bool {
        matches!(self.check, Check::Organisation(_))
    }

    /// What it is about, as a noun.
    #[must_use]
    pub fn concerns(&self) -> &'static str {
        match self.check {
            Check::Organisation(look) => look.concerns(),
            _ => "user",
        }
    }

    /// The family: the letters of the code.
    #[must_use]
    pub fn family(&self) -> &'static str {
        self.code.trim_end_matches(|c: char| c.is_ascii_digit())
    }
}

/// How many characters a text has.
fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// How many characters a text has, when that is more than so many.
fn longer_than(text: &str, most: usize) -> Option<usize> {
    // A text has at least as many octets as characters.
    if text.len() <= most {
        return None;
    }
    Some(length(text)).filter(|&length| length > most)
}

/// A character as a message names it: what cannot be seen or is easily mistaken by its number.
fn named(c: char) -> String {
    if u8::try_from(c).is_ok_and(crate::model::fold::is_blank) {
        "a blank".to_owned()
    } else if c.is_ascii_graphic() {
        format!("`{c}`")
    } else if c.is_alphanumeric() {
        format!("`{c}` (U+{:04X})", u32::from(c))
    } else {
        format!("U+{:04X}", u32::from(c))
    }
}

/// Several proxy addresses in one text, in an order that does not depend on the input's.
fn joined<'a, 'f: 'a>(proxies: impl Iterator<Item = &'a Proxy<'f>>) -> Joined<'f> {
    let mut texts: SmallVec<_> = proxies.map(Proxy::text).collect();
    texts.sort_unstable();
    Joined(texts)
}

/// Texts, shown with semicolons between them.
struct Joined<'a>(SmallVec<[&'a str; 8]>);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts = self.0.iter();
        texts.next().map_or(Ok(()), |first| f.write_str(first))?;
        texts.try_for_each(|text| write!(f, "; {text}"))
    }
}

/// Says of a domain why it does not count as routable.
struct NotRoutable<'d>(&'d str);

impl fmt::Display for NotRoutable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(domain) = self;
        if crate::model::address::is_routable(domain) {
            write!(f, "`{domain}` is not among the verified domains")
        } else {
            write!(f, "`{domain}` is no domain that can be verified")
        }
    }
}
