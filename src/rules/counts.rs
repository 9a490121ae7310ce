//! Counts over all users of a run: what summaries show.

use super::verdict::{Judged, Status, Verdict};
use super::{RuleSet, Scenario};
use crate::finding::{Finding, Severity};
use crate::model::AttrSet;
use crate::model::text::{grouped, several, share};

/// How often a rule fired, and for how many users.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// Findings.
    pub findings: u64,
    /// Users with at least one finding; of a rule about the organisation, things of it.
    pub users: u64,
    /// Findings by severity: infos, warnings, errors.
    pub by_severity: [u64; 3],
    /// Users by the worst severity of the rule's findings about them: infos, warnings, errors.
    pub users_by_worst: [u64; 3],
    /// How bad the worst finding is; the same rule may be worse for one user than for another.
    pub worst: Option<Severity>,
    /// Findings that were suppressed; they count nowhere else.
    pub suppressed: u64,
    /// Users for whom the rule was not evaluated.
    pub not_evaluated: u64,
    /// The attributes that were missing there.
    pub missing: AttrSet,
}

/// Counts over all users of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// Users with a row.
    pub users: u64,
    /// By status, in the order of [`super::verdict::Status::ALL`].
    pub status: [u64; 5],
    /// Findings by severity: infos, warnings, errors.
    pub severity: [u64; 3],
    /// By rule, in the order of the catalogue.
    pub rules: Vec<RuleCount>,
    /// By feature and support, in the orders of [`super::Feature::ALL`] and [`super::verdict::Support::ALL`].
    pub features: [[u64; 5]; 5],
    /// Step 2 and step 3 of the article, in the order of [`super::verdict::StepState::ALL`].
    pub steps: [[u64; 4]; 2],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            users: 0,
            status: [0; 5],
            severity: [0; 3],
            rules: vec![RuleCount::default(); super::all().count()],
            features: [[0; 5]; 5],
            steps: [[0; 4]; 2],
        }
    }
}

/// Counts users one by one.
#[derive(Debug, Default)]
pub struct Tally {
    counts: Counts,
    open: Vec<Open>,
}

/// Rules that were not evaluated for so many users, of whom the input carried these attributes. Most users of a block
/// have them in common, so they are counted together.
#[derive(Debug, Clone, Copy)]
struct Open {
    rules: RuleSet,
    carried: AttrSet,
    users: u64,
}

/// So many different ones are looked through.
const MOST_OPEN: usize = 16;

impl Tally {
    /// Counts one user.
    pub fn add(&mut self, judged: &Judged<'_, '_>) {
        self.add_verdict(judged.verdict, judged.user.carried(), 1);
        if !judged.findings.is_empty() {
            self.counts.add_subject(judged.findings);
        }
    }

    /// Counts so many users without findings who have one verdict, and of whom the input carried the same.
    pub fn add_verdict(&mut self, verdict: &Verdict, carried: AttrSet, users: u64) {
        let counts = &mut self.counts;
        counts.users += users;
        counts.status[verdict.status as usize] += users;
        for (column, support) in verdict.features.iter().enumerate() {
            counts.features[column][*support as usize] += users;
        }
        counts.steps[0][verdict.exchange_sees_sip as usize] += users;
        counts.steps[1][verdict.lync_sees_mail as usize] += users;
        self.add_open(verdict.not_evaluated, carried, users);
    }

    fn add_open(&mut self, rules: RuleSet, carried: AttrSet, users: u64) {
        match self.open.iter_mut().find(|open| open.rules == rules && open.carried == carried) {
            Some(open) => open.users += users,
            None => self.open.push(Open { rules, carried, users }),
        }
        if self.open.len() >= MOST_OPEN {
            self.settle();
        }
    }

    fn settle(&mut self) {
        for open in self.open.drain(..) {
            for place in open.rules.iter() {
                let rule = &mut self.counts.rules[place];
                rule.not_evaluated += open.users;
                rule.missing = rule.missing.union(super::at(place).reads().minus(open.carried));
            }
        }
    }

    /// What was counted.
    #[must_use]
    pub fn counts(mut self) -> Counts {
        self.settle();
        self.counts
    }
}

impl Counts {
    /// Counts what one rule found about one user.
    fn add_findings(&mut self, findings: &[Finding]) {
        let Some(first) = findings.first() else { return };
        let rule = &mut self.rules[first.rule];
        let counting = || findings.iter().filter(|finding| finding.counts());
        rule.suppressed += (findings.len() - counting().count()) as u64;
        let Some(worst) = counting().map(|finding| finding.severity).max() else { return };
        rule.users += 1;
        rule.worst = rule.worst.max(Some(worst));
        rule.users_by_worst[worst as usize] += 1;
        for finding in counting() {
            rule.findings += 1;
            rule.by_severity[finding.severity as usize] += 1;
            self.severity[finding.severity as usize] += 1;
        }
    }

    /// Counts what was found about one user, or one thing of the organisation.
    pub(super) fn add_subject(&mut self, findings: &[Finding]) {
        // The findings of a rule stand together.
        for findings in findings.chunk_by(|one, next| one.rule == next.rule) {
            self.add_findings(findings);
        }
    }

    /// Takes over what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        let add = |mine: &mut [u64], theirs: &[u64]| mine.iter_mut().zip(theirs).for_each(|(m, t)| *m += t);
        self.users += other.users;
        add(&mut self.status, &other.status);
        add(&mut self.severity, &other.severity);
        for column in 0..self.features.len() {
            add(&mut self.features[column], &other.features[column]);
        }
        for step in 0..self.steps.len() {
            add(&mut self.steps[step], &other.steps[step]);
        }
        for (mine, theirs) in self.rules.iter_mut().zip(&other.rules) {
            mine.findings += theirs.findings;
            mine.users += theirs.users;
            mine.suppressed += theirs.suppressed;
            add(&mut mine.by_severity, &theirs.by_severity);
            add(&mut mine.users_by_worst, &theirs.users_by_worst);
            mine.worst = mine.worst.max(theirs.worst);
            mine.not_evaluated += theirs.not_evaluated;
            mine.missing = mine.missing.union(theirs.missing);
        }
    }

    /// Whom or what a rule concerns here: so many users, or so many things of the organisation.
    #[must_use]
    pub fn concerned(&self, rule: usize) -> String {
        several(self.rules[rule].users, super::at(rule).concerns())
    }

    /// Findings that were suppressed.
    #[must_use]
    pub fn suppressed(&self) -> u64 {
        self.rules.iter().map(|rule| rule.suppressed).sum()
    }

    /// Findings of errors.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.severity[Severity::Error as usize]
    }
    /// The verdict about the directory in one sentence, and the status that it amounts to.
    #[must_use]
    pub fn sentence(&self, scenario: Scenario) -> (Status, String) {
        let of = |status: Status| self.status[status as usize];
        let judged = self.users - of(Status::Excluded);
        let scenario = scenario.name();
        let (bad, partly, warned) = (of(Status::NonCompliant), of(Status::Incomplete), of(Status::Warning));
        if judged == 0 {
            (Status::Excluded, "There was no user to judge.".to_owned())
        } else if bad > 0 {
            let are = if bad == 1 { "is" } else { "are" };
            let of_all = format!("{} of {}", grouped(bad), several(judged, "user"));
            let sentence = format!("{of_all} {are} not ready for {scenario} ({}).", share(bad, judged));
            (Status::NonCompliant, sentence)
        } else if partly > 0 {
            let damaged = several(partly, "record");
            let sentence =
                format!("No error was found for {scenario}, but {damaged} could be read only in part.");
            (Status::Incomplete, sentence)
        } else if warned > 0 {
            let all = several(judged, "user");
            (Status::Warning, format!("{all}: no error for {scenario}, warnings for {}.", grouped(warned)))
        } else {
            (Status::Compliant, format!("{}: all ready for {scenario}.", several(judged, "user")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_fits_the_users() {
        let told = |status: [u64; 5]| {
            let counts = Counts { users: status.iter().sum(), status, ..Counts::default() };
            counts.sentence(Scenario::Teams)
        };
        assert_eq!(told([1, 0, 0, 0, 0]), (Status::Excluded, "There was no user to judge.".into()));
        let (status, sentence) = told([1, 412, 0, 1, 791]);
        assert_eq!(status, Status::NonCompliant);
        assert_eq!(sentence, "412 of 1,204 users are not ready for teams (34 %).");
        assert_eq!(told([0, 1, 0, 0, 999]).1, "1 of 1,000 users is not ready for teams (under 1 %).");
        assert_eq!(told([0, 0, 2, 0, 1]).0, Status::Incomplete);
        assert_eq!(told([0, 0, 0, 2, 1]).1, "3 users: no error for teams, warnings for 2.");
        assert_eq!(told([0, 0, 0, 0, 1]).1, "1 user: all ready for teams.");
    }
}
