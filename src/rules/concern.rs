//! Which rules have to look at a user: what the others would say is known without them.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::profile::Profile;
use super::verdict::{Plan, Verdict, judge};
use super::{Check, RuleSet, Sink, all, count_of};
use crate::model::{Attr, AttrSet, Facts, Hidden, Marks, User};

/// Chooses the rules for one user after the other.
#[derive(Debug)]
pub struct Concern<'p> {
    plan: &'p Plan,
    /// The rules that are run on users with a mark, by the place of the mark.
    by_mark: [RuleSet; Marks::COUNT],
    /// The rules that read an attribute, by its place.
    readers: [RuleSet; Attr::COUNT],
    /// The rules about keys that users share.
    shared: RuleSet,
    /// Of the inputs met lately: records that lost values carry less than others.
    nothing: Vec<Nothing>,
    /// Of the profiles met lately, each at its place; at first all of an object without any value.
    known: Vec<(Profile, Concerned)>,
    /// How many profiles were met.
    met: u32,
}

/// How many inputs are kept.
const MOST: usize = 8;

/// How many profiles; most users of a directory have one of some hundred.
const PROFILES: usize = 512;

/// What the rules say about an object without any value, for as long as inputs carry and hide the same.
#[derive(Debug)]
struct Nothing {
    carried: AttrSet,
    hidden: Hidden,
    /// Those that find nothing.
    quiet: RuleSet,
    /// Those among them that are left open.
    open: RuleSet,
}

/// Which rules have to look at a user, and what follows when they find nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concerned {
    /// They have to.
    pub run: RuleSet,
    /// They need not, and are left open.
    pub open: RuleSet,
    /// The verdict, as far as those know that need not look.
    pub verdict: Verdict,
    /// The number of the profile: no two of one [`Concern`] share it.
    pub profile: u32,
}

impl<'p> Concern<'p> {
    /// For the rules of a plan.
    #[must_use]
    pub fn of(plan: &'p Plan) -> Self {
        let mut of = Self {
            plan,
            by_mark: [RuleSet::NONE; Marks::COUNT],
            readers: [RuleSet::NONE; Attr::COUNT],
            shared: RuleSet::NONE,
            nothing: Vec::new(),
            known: Vec::new(),
            met: 0,
        };
        for (place, rule) in all().enumerate().filter(|(place, _)| plan.run.has(*place)) {
            rule.when_in(&plan.context).places().for_each(|mark| of.by_mark[mark].insert(place));
            match rule.check {
                Check::User(_) => rule.reads.iter().for_each(|&attr| of.readers[attr as usize].insert(place)),
                Check::Shared(_) | Check::Taken(..) => of.shared.insert(place),
                Check::Organisation(_) => {}
            }
        }
        let nobody = User::new(AttrSet::NONE);
        let nobody = Facts::of(&nobody);
        let first = (Profile::of(&nobody, true), of.worked_out(&nobody, true));
        of.known = vec![first; PROFILES];
        of
    }

    /// The rules for a user; `alone` says that the user shares no key with others.
    pub fn with(&mut self, facts: &Facts<'_>, alone: bool) -> &Concerned {
        let profile = Profile::of(facts, alone);
        let place = profile.place(PROFILES);
        if self.known[place].0 != profile {
            self.known[place] = (profile, self.worked_out(facts, alone));
        }
        &self.known[place].1
    }

    /// How many findings about one user the rules of the plan have that are not `left_out`, by their place in the
    /// catalogue; what [`super::findings_about`] says, without asking those that have nothing to say.
    pub fn counts_about(&mut self, facts: &Facts<'_>, left_out: RuleSet) -> Vec<u32> {
        let mut counts = vec![0; self.plan.severity.len()];
        for place in self.with(facts, true).run.without(left_out).iter() {
            counts[place] = count_of(place, &self.plan.context, facts);
        }
        counts
    }

    /// A rule has nothing to say without its marks. And what a rule says follows from what it reads: where none of that
    /// has a value, it says what it says about an object without any. Some say the same of all users of a profile.
    #[cold]
    fn worked_out(&mut self, facts: &Facts<'_>, alone: bool) -> Concerned {
        let marked = facts.marks.places().fold(RuleSet::NONE, |all, mark| all.with(self.by_mark[mark]));
        let mut readers = if alone { RuleSet::NONE } else { self.shared };
        for place in facts.user.filled().places() {
            readers = readers.with(self.readers[place]);
        }
        let nothing = self.about_nothing(facts.user);
        let passed = marked.and(nothing.quiet).without(readers);
        let (mut run, mut open) = (marked.without(passed), passed.and(nothing.open));
        for place in run.iter().filter(|&place| (super::at(place).by_profile)(&self.plan.context, facts)) {
            if let Some(own) = in_silence(self.plan, place, facts) {
                run.remove(place);
                open = open.with(own);
            }
        }
        self.met = self.met.wrapping_add(1);
        Concerned { run, open, verdict: judge(facts, self.plan, &[], open, None), profile: self.met }
    }

    fn about_nothing(&mut self, user: &User<'_>) -> &Nothing {
        let (carried, hidden) = (user.carried(), user.hidden());
        let is_it = |known: &Nothing| known.carried == carried && known.hidden == hidden;
        let place = self.nothing.iter().position(is_it).unwrap_or_else(|| {
            self.nothing.truncate(MOST - 1);
            self.nothing.push(Nothing::of(self.plan, carried, hidden));
            self.nothing.len() - 1
        });
        &self.nothing[place]
    }
}

impl Nothing {
    fn of(plan: &Plan, carried: AttrSet, hidden: Hidden) -> Self {
        let mut user = User::new(carried);
        user.hide(hidden);
        let facts = Facts::of(&user);
        let (mut quiet, mut open) = (RuleSet::NONE, RuleSet::NONE);
        for place in plan.run.iter() {
            if let Some(own) = in_silence(plan, place, &facts) {
                quiet.insert(place);
                open = open.with(own);
            }
        }
        Self { carried, hidden, quiet, open }
    }
}

/// Whether rules find nothing about a user and are not left open.
#[must_use]
pub fn are_silent(plan: &Plan, run: RuleSet, facts: &Facts<'_>) -> bool {
    run.iter().all(|place| in_silence(plan, place, facts) == Some(RuleSet::NONE))
}

/// The rule if it is left open, none if not; `None` when it has something to say or fails: then it is run on every user
/// concerned, where that is told.
fn in_silence(plan: &Plan, place: usize, facts: &Facts<'_>) -> Option<RuleSet> {
    let (rule, mut findings, mut own) = (super::at(place), 0, RuleSet::NONE);
    let ran = catch_unwind(AssertUnwindSafe(|| match rule.check {
        Check::User(check) => {
            check(facts, &plan.context, &mut Sink::counting(place, &mut findings, &mut own));
        }
        Check::Shared(_) | Check::Taken(..) if !rule.is_shown(facts.user.carried()) => own.insert(place),
        Check::Shared(_) | Check::Taken(..) | Check::Organisation(_) => {}
    }));
    (ran.is_ok() && findings == 0).then_some(own)
}
