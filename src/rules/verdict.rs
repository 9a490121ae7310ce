//! What a user gets told: status, the two steps of the article, the five features.

use super::suppress::Suppressions;
use super::{Context, Feature, MailboxPlace, Rule, RuleSet, Scenario, Step, all, scenario};
use crate::finding::{Finding, Severity};
use crate::model::{Attr, AttrSet, Facts, MailboxHome, SipHome, Tri, User};

/// The status of a user; the first that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not judged; the reason says why.
    Excluded,
    /// There is an error.
    NonCompliant,
    /// Values of the record are missing, and there is no error.
    Incomplete,
    /// There is a warning.
    Warning,
    /// Neither.
    Compliant,
}

impl Status {
    /// All, in the order of the enum.
    pub const ALL: [Self; 5] =
        [Self::Excluded, Self::NonCompliant, Self::Incomplete, Self::Warning, Self::Compliant];

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::NonCompliant => "non-compliant",
            Self::Incomplete => "incomplete",
            Self::Warning => "warning",
            Self::Compliant => "compliant",
        }
    }
}

/// How a step of the article stands for a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Done.
    Ok,
    /// A finding stands against it.
    Fail,
    /// Not asked of this user.
    NotApplicable,
    /// The input or the selection of rules does not tell.
    NotEvaluated,
}

impl StepState {
    /// All, in the order of the enum.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Fail, Self::NotApplicable, Self::NotEvaluated];

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::NotApplicable => "n/a",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

/// What a user gets of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Support {
    /// Supported, and nothing stands against it.
    Supported,
    /// Not supported in the scenario.
    Unsupported,
    /// Supported, but a finding stands against it.
    Blocked,
    /// Not asked of this user.
    NotApplicable,
    /// The input or the selection of rules does not tell.
    NotEvaluated,
}

impl Support {
    /// All, in the order of the enum.
    pub const ALL: [Self; 5] =
        [Self::Supported, Self::Unsupported, Self::Blocked, Self::NotApplicable, Self::NotEvaluated];

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Supported => "supported",
            Self::Unsupported => "unsupported",
            Self::Blocked => "blocked",
            Self::NotApplicable => "n/a",
            Self::NotEvaluated => "not-evaluated",
        }
    }
}

/// The verdict about one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status.
    pub status: Status,
    /// Why the user is excluded or incomplete; else empty.
    pub reason: &'static str,
    /// Step 2 of the article.
    pub exchange_sees_sip: StepState,
    /// Step 3 of the article.
    pub lync_sees_mail: StepState,
    /// What the user gets, in the order of [`Feature::ALL`].
    pub features: [Support; 5],
    /// How many findings of each severity that count: infos, warnings, errors (index by [`Severity`]).
    pub by_severity: [u32; 3],
    /// Rules that some attribute which the input never carried could make fire.
    pub not_evaluated: RuleSet,
}

/// One user with everything that was found: what a report writes.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'j, 'a> {
    /// The source, as the user named it.
    pub source: &'j str,
    /// The user.
    pub user: &'j User<'a>,
    /// What is shown of what follows from the attributes.
    pub shown: Shown<'a>,
    /// The verdict.
    pub verdict: &'j Verdict,
    /// The findings, in the order of the catalogue.
    pub findings: &'j [Finding],
}

/// What reports show of what follows from a user's attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown<'a> {
    /// The SIP address without its `sip:`.
    pub sip_address: Option<&'a str>,
    /// Where the mailbox is.
    pub mailbox: MailboxHome,
    /// Where the SIP account is homed.
    pub sip_home: SipHome,
}

impl<'a> Shown<'a> {
    /// It, of a user.
    #[must_use]
    pub fn of(facts: &Facts<'a>) -> Self {
        Self { sip_address: facts.sip_address, mailbox: facts.mailbox, sip_home: facts.sip_home }
    }
}

impl<'j, 'a> Judged<'j, 'a> {
    /// One user of a source.
    #[must_use]
    pub fn of(source: &'j str, facts: &'j Facts<'a>, verdict: &'j Verdict, findings: &'j [Finding]) -> Self {
        Self { source, user: facts.user, shown: Shown::of(facts), verdict, findings }
    }
}

/// Which rules are run, how bad each is, and what varies by site.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What varies by site.
    pub context: Context,
    /// The rules about users that are run: selected, and with a severity in the scenario.
    pub run: RuleSet,
    /// The same of the rules about the organisation; they are run on what is looked at of it.
    pub organisation: RuleSet,
    /// How bad each is, by its place in the catalogue; meaningless for rules that are not run.
    pub severity: Vec<Severity>,
    /// What was accepted.
    pub suppressions: Suppressions,
    /// Rules whose severity the user has set; it holds for every finding of them.
    pub overridden: RuleSet,
    /// The features of which a rule that was left out could decide.
    open_features: [bool; 5],
    /// Whether a rule that was left out could decide step 2, step 3.
    open_steps: [bool; 2],
}

/// The attributes that no verdict and no report needs, only the rules that read them.
const RULES_ALONE: &[Attr] =
    &[Attr::ObjectSid, Attr::GivenName, Attr::Sn, Attr::Line, Attr::LineServer, Attr::OwnerUrn];

impl Plan {
    /// The plan for a selection of rules and severities set by the user.
    #[must_use]
    pub fn new(context: Context, selected: RuleSet, set: &[(usize, Severity)]) -> Self {
        let mut plan = Self {
            run: RuleSet::NONE,
            organisation: RuleSet::NONE,
            severity: Vec::new(),
            suppressions: Suppressions::default(),
            overridden: RuleSet::NONE,
            open_features: [false; 5],
            open_steps: [false; 2],
            context,
        };
        for (place, rule) in all().enumerate() {
            let own = rule.severity_in(plan.context.scenario);
            plan.severity.push(own.unwrap_or(Severity::Info));
            if own.is_some() && selected.has(place) {
                let kind = if rule.is_about_organisation() { &mut plan.organisation } else { &mut plan.run };
                kind.insert(place);
            }
        }
        for &(place, severity) in set {
            plan.severity[place] = severity;
            plan.overridden.insert(place);
        }
        for (place, rule) in all().enumerate() {
            if !plan.left_out(place, rule) {
                continue;
            }
            let error = plan.severity[place] == Severity::Error;
            for feature in rule.blocks {
                plan.open_features[*feature as usize] |= error || rule.blocks_at_any;
            }
            if let Some(step) = rule.decides {
                plan.open_steps[step as usize] |= error || !needs_error(rule);
            }
        }
        plan
    }

    /// The attributes that the audit reads: those of the rules that are run, and those of every verdict.
    #[must_use]
    pub fn reads(&self) -> AttrSet {
        let every = AttrSet::ALL.minus(AttrSet::of(RULES_ALONE));
        self.run.iter().fold(every, |all, place| all.union(super::at(place).reads()))
    }

    /// Whether a rule that the scenario has is left out by the selection.
    fn left_out(&self, place: usize, rule: &Rule) -> bool {
        let has = !rule.is_about_organisation() && rule.severity_in(self.context.scenario).is_some();
        has && !self.run.has(place)
    }
}

/// The verdict about a user; `findings` and `not_evaluated` come from the rules that were run.
#[must_use]
pub fn judge(
    facts: &Facts<'_>,
    plan: &Plan,
    findings: &[Finding],
    not_evaluated: RuleSet,
    incomplete: Option<&'static str>,
) -> Verdict {
    let mut by_severity = [0; 3];
    for finding in findings.iter().filter(|finding| finding.counts()) {
        by_severity[finding.severity as usize] += 1;
    }
    let status = if by_severity[Severity::Error as usize] > 0 {
        Status::NonCompliant
    } else if incomplete.is_some() {
        Status::Incomplete
    } else if by_severity[Severity::Warning as usize] > 0 {
        Status::Warning
    } else {
        Status::Compliant
    };
    Verdict {
        status,
        reason: incomplete.unwrap_or(""),
        exchange_sees_sip: exchange_sees_sip(facts, plan, findings),
        lync_sees_mail: lync_sees_mail(facts, plan, findings),
        features: features(facts, plan, findings),
        by_severity,
        not_evaluated,
    }
}

/// The verdict about an excluded object.
#[must_use]
pub fn excluded(reason: &'static str) -> Verdict {
    Verdict {
        status: Status::Excluded,
        reason,
        exchange_sees_sip: StepState::NotApplicable,
        lync_sees_mail: StepState::NotApplicable,
        features: [Support::NotApplicable; 5],
        by_severity: [0; 3],
        not_evaluated: RuleSet::NONE,
    }
}

/// Whether a rule decides its step only as an error: step 3 and the lack of a sip proxy count at any severity.
fn needs_error(rule: &Rule) -> bool {
    rule.decides == Some(Step::ExchangeSeesSip) && rule.code != NO_SIP_PROXY
}

/// The rule that as a warning makes step 2 not applicable.
const NO_SIP_PROXY: &str = "SIP001";

/// The rules by their place; the catalogue does not change while the program runs.
fn rule(place: usize) -> &'static Rule {
    super::at(place)
}

fn exchange_sees_sip(facts: &Facts<'_>, plan: &Plan, findings: &[Finding]) -> StepState {
    let against = |finding: &&Finding| rule(finding.rule).decides == Some(Step::ExchangeSeesSip);
    let no_sip_proxy = |finding: &Finding| rule(finding.rule).code == NO_SIP_PROXY;
    let scenario = plan.context.scenario;
    let pua_counts = matches!(scenario, Scenario::LyncOnPrem | Scenario::LyncHybrid);
    if !facts.user.carries(Attr::ProxyAddresses) || facts.sip_proxy == Tri::Unknown {
        StepState::NotEvaluated
    } else if findings.iter().filter(against).any(|finding| finding.severity == Severity::Error) {
        StepState::Fail
    } else if !facts.sip_enabled.yes() || findings.iter().any(no_sip_proxy) {
        StepState::NotApplicable
    } else if (pua_counts && !facts.user.carries(Attr::PrimaryUserAddress))
        || plan.open_steps[Step::ExchangeSeesSip as usize]
    {
        StepState::NotEvaluated
    } else {
        StepState::Ok
    }
}

fn lync_sees_mail(facts: &Facts<'_>, plan: &Plan, findings: &[Finding]) -> StepState {
    let decides = |rule: &Rule| rule.decides == Some(Step::LyncSeesMail);
    if !facts.user.carries(Attr::Mail) {
        StepState::NotEvaluated
    } else if findings.iter().any(|finding| decides(rule(finding.rule))) {
        StepState::Fail
    } else if !facts.sip_enabled.yes() && !facts.mail_bearing.yes() {
        StepState::NotApplicable
    } else if plan.open_steps[Step::LyncSeesMail as usize] {
        StepState::NotEvaluated
    } else {
        StepState::Ok
    }
}

fn features(facts: &Facts<'_>, plan: &Plan, findings: &[Finding]) -> [Support; 5] {
    let scenario = plan.context.scenario;
    let served = match scenario {
        Scenario::LyncOnPrem | Scenario::LyncHybrid => facts.sip_enabled.yes(),
        Scenario::SfbOnline | Scenario::Teams => facts.sip_enabled.yes() || facts.mail_bearing.yes(),
    };
    if !served {
        return [Support::NotApplicable; 5];
    }
    let place = MailboxPlace::of(facts.mailbox, plan.context.mailboxes);
    let supported = scenario::support(scenario, place, facts.sip_home);
    std::array::from_fn(|column| match supported[column] {
        None => Support::NotEvaluated,
        Some(false) => Support::Unsupported,
        Some(true) => standing(Feature::ALL[column], facts, plan, findings),
    })
}

/// A supported feature: blocked, not evaluated, or really supported.
fn standing(feature: Feature, facts: &Facts<'_>, plan: &Plan, findings: &[Finding]) -> Support {
    let shown = if feature.reads_sip_proxy() { facts.shows_sip() } else { facts.user.carries(Attr::Mail) };
    let blocks = |finding: &Finding| {
        let rule = rule(finding.rule);
        rule.blocks.contains(&feature) && (rule.blocks_at_any || finding.severity == Severity::Error)
    };
    if findings.iter().any(blocks) {
        Support::Blocked
    } else if !shown || plan.open_features[feature as usize] {
        Support::NotEvaluated
    } else {
        Support::Supported
    }
}
