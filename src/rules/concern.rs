//! Which rules have to look at a user: what the others would say is known without them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::verdict::Plan;
use super::{Check, RuleSet, Sink, all};
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
}

/// How many of those are kept.
const MOST: usize = 8;

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

/// Which rules have to look at a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concerned {
    /// They have to.
    pub run: RuleSet,
    /// They need not, and are left open.
    pub open: RuleSet,
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
        };
        for (place, rule) in all().enumerate().filter(|(place, _)| plan.run.has(*place)) {
            rule.when_in(&plan.context).places().for_each(|mark| of.by_mark[mark].insert(place));
            match rule.check {
                Check::User(_) => rule.reads.iter().for_each(|&attr| of.readers[attr as usize].insert(place)),
                Check::Shared(_) | Check::Taken(..) => of.shared.insert(place),
                Check::Organisation(_) => {}
            }
        }
        of
    }

    /// The rules for a user; `alone` says that the user shares no key with others.
    ///
    /// A rule has nothing to say without its marks. And what a rule says follows from what it reads: where none of that
    /// has a value, it says what it says about an object without any.
    pub fn with(&mut self, facts: &Facts<'_>, alone: bool) -> Concerned {
        let marked = facts.marks.places().fold(RuleSet::NONE, |all, mark| all.with(self.by_mark[mark]));
        let mut readers = if alone { RuleSet::NONE } else { self.shared };
        for place in facts.user.filled().places() {
            readers = readers.with(self.readers[place]);
        }
        let nothing = self.about_nothing(facts.user);
        let passed = marked.and(nothing.quiet).without(readers);
        Concerned { run: marked.without(passed), open: passed.and(nothing.open) }
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
        for (place, rule) in all().enumerate().filter(|(place, _)| plan.run.has(*place)) {
            let (mut findings, mut own) = (Vec::new(), RuleSet::NONE);
            // A rule that fails is run on every user, where that is told.
            let ran = catch_unwind(AssertUnwindSafe(|| match rule.check {
                Check::User(check) => {
                    let mut sink = Sink::new(place, plan.severity[place], &mut findings, &mut own);
                    check(&facts, &plan.context, &mut sink);
                }
                Check::Shared(_) | Check::Taken(..) if !rule.is_shown(carried) => own.insert(place),
                Check::Shared(_) | Check::Taken(..) | Check::Organisation(_) => {}
            }));
            if ran.is_ok() && findings.is_empty() {
                quiet.insert(place);
                open = open.with(own);
            }
        }
        Self { carried, hidden, quiet, open }
    }
}
