//! Users about whom there is nothing to say, unless they share a key: the first reading has judged them, so that the
//! last need not.

use std::cell::Cell;

use super::spill::Shelf;
use crate::model::address::address_of_pua;
use crate::model::{Attr, AttrSet, Brief, Facts, MailboxHome, SipHome, User};
use crate::rules::concern::{Concerned, are_silent};
use crate::rules::counts::Tally;
use crate::rules::verdict::{Plan, Shown, Verdict};

/// What is said of such a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quiet {
    pub(super) verdict: Verdict,
    mailbox: MailboxHome,
    sip_home: SipHome,
    carried: AttrSet,
}

/// What has to be read of such a user, given what is shown of it: the SIP address is shown too.
pub(super) fn wanted(shown: AttrSet) -> AttrSet {
    shown.with(Attr::PrimaryUserAddress)
}

/// Which records of a block have one, an octet each: 0 for none, else its place among `all` from 1.
#[derive(Debug, Default)]
pub(super) struct Quiets {
    all: Vec<Quiet>,
    records: Box<[u8]>,
}

/// Collects those of one block, whose profiles come from one [`crate::rules::concern::Concern`].
#[derive(Debug)]
pub(super) struct Hush {
    all: Vec<Quiet>,
    records: Vec<u8>,
    /// The numbers that profiles have got lately, 0 for none; each at its place.
    known: [(u32, u8); PROFILES],
}

const PROFILES: usize = 64;

impl Default for Hush {
    fn default() -> Self {
        Self { all: Vec::new(), records: Vec::new(), known: [(0, 0); PROFILES] }
    }
}

impl Hush {
    /// Takes the next record: what the rules of a plan say while it is taken to share nothing.
    pub(super) fn add(&mut self, plan: &Plan, facts: &Facts<'_>, concerned: &Concerned, incomplete: bool) {
        let pua = facts.pua();
        let is_quiet = !incomplete
            // Of others the proxy addresses are needed to show the SIP address.
            && pua.is_empty() == facts.sip_address.is_none()
            && facts.exclusion().is_none()
            && are_silent(plan, concerned.run, facts);
        let number = if is_quiet { self.number(facts, concerned) } else { 0 };
        self.records.push(number);
    }

    /// The place of what is said of a profile, which decides it.
    fn number(&mut self, facts: &Facts<'_>, concerned: &Concerned) -> u8 {
        let place = concerned.profile as usize % PROFILES;
        if self.known[place].0 != concerned.profile {
            self.known[place] = (concerned.profile, self.place(facts, &concerned.verdict));
        }
        self.known[place].1
    }

    /// The place of what is said, from 1; 0 when there are too many others.
    fn place(&mut self, facts: &Facts<'_>, verdict: &Verdict) -> u8 {
        let carried = facts.user.carried();
        let is_it = |quiet: &Quiet| {
            quiet.mailbox == facts.mailbox
                && quiet.sip_home == facts.sip_home
                && quiet.carried == carried
                && quiet.verdict == *verdict
        };
        let place = self.all.iter().position(is_it).unwrap_or(self.all.len());
        let Ok(number) = u8::try_from(place + 1) else { return 0 };
        if place == self.all.len() {
            let (mailbox, sip_home) = (facts.mailbox, facts.sip_home);
            self.all.push(Quiet { verdict: verdict.clone(), mailbox, sip_home, carried });
        }
        number
    }

    /// What is kept of the block: nothing where there is no room.
    pub(super) fn finish(self, room: &Shelf<'_>) -> Quiets {
        let records = room.keep_here(&self.records);
        Quiets { all: if records.is_empty() { Vec::new() } else { self.all }, records }
    }
}

impl Quiets {
    /// Those who share nothing; the others are told by their place in the block.
    pub(super) fn alone(&self, others: impl Iterator<Item = u32>) -> Alone<'_> {
        let mut records = self.records.clone();
        for other in others {
            if let Some(record) = records.get_mut(other as usize) {
                *record = 0;
            }
        }
        Alone { all: &self.all, records, met: vec![Cell::new(0); self.all.len()] }
    }
}

/// What is known to be said of the records of a block.
#[derive(Debug)]
pub(super) struct Alone<'q> {
    all: &'q [Quiet],
    records: Box<[u8]>,
    /// How many users each was said of.
    met: Vec<Cell<u64>>,
}

impl<'q> Alone<'q> {
    /// What is said of a record, by its place in the block, when that is known; it then counts as met.
    pub(super) fn meet(&self, record: u32) -> Option<&'q Quiet> {
        let place = usize::from(*self.records.get(record as usize)?).checked_sub(1)?;
        let (quiet, met) = self.all.get(place).zip(self.met.get(place))?;
        met.set(met.get() + 1);
        Some(quiet)
    }

    /// Counts those who were met.
    pub(super) fn count(&self, counts: &mut Tally) {
        for (quiet, met) in self.all.iter().zip(&self.met).filter(|(_, met)| met.get() > 0) {
            counts.add_verdict(&quiet.verdict, quiet.carried, met.get());
        }
    }

    /// Of them a reading may leave out all but what is `wanted`.
    pub(super) fn brief(&self, wanted: AttrSet) -> Brief<'_> {
        Brief { wanted, records: &self.records }
    }
}

impl Quiet {
    /// What is shown of one of these users.
    pub(super) fn shown<'a>(&self, user: &User<'a>) -> Shown<'a> {
        let sip_address = match user.get(Attr::PrimaryUserAddress) {
            "" => None,
            pua => Some(address_of_pua(pua)),
        };
        Shown { sip_address, mailbox: self.mailbox, sip_home: self.sip_home }
    }
}

#[cfg(test)]
mod tests {
    use super::super::spill::Spill;
    use super::*;
    use crate::rules::concern::Concern;
    use crate::rules::{Context, RuleSet, Scenario};

    #[test]
    fn there_may_be_more_to_say_than_an_octet_counts() {
        let plan = Plan::new(Context::of(Scenario::Teams), RuleSet::NONE, &[]);
        let user = User::of(&[(Attr::SamAccountName, "x")]);
        let facts = Facts::of(&user);
        let mut concerned = Concern::of(&plan).with(&facts, true).clone();
        let mut hush = Hush::default();
        for record in 0..600 {
            // Stands for another verdict.
            concerned.verdict.by_severity[0] = record % 300;
            concerned.profile = record + 1;
            hush.add(&plan, &facts, &concerned, false);
        }
        let spill = Spill::new(std::path::Path::new("."));
        let quiets = hush.finish(&Shelf::new(&spill, 1000));
        let alone = quiets.alone([3, 3, 700].into_iter());
        for record in 0..600 {
            let said = alone.meet(record).map(|quiet| quiet.verdict.by_severity[0]);
            let known = record % 300 < 255 && record != 3;
            assert_eq!(said, known.then_some(record % 300), "{record}");
        }
    }
}
