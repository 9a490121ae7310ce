//! What sources hold, and the scenario that fits.

use rayon::iter::{ParallelBridge, ParallelIterator};

use super::terminal::{grouped, several};
use crate::error::Result;
use crate::model::home::{Locator, locator};
use crate::model::problem::Problems;
use crate::model::{Attr, AttrSet, Facts, Input, MailboxHome, Record};
use crate::rules::Scenario;

/// Counts over the records of sources.
#[derive(Debug, Clone, Default)]
pub(super) struct Survey {
    /// Records that could be read.
    pub(super) records: u64,
    /// Records with a PUA.
    pub(super) puas: u64,
    /// Records with a sip proxy.
    pub(super) sip_proxies: u64,
    /// Records with a home server.
    pub(super) servers: u64,
    /// Locators: `SRV:`, online, others.
    pub(super) locators: [u64; 3],
    /// Mailbox homes, in the order of [`HOMES`].
    pub(super) homes: [u64; 5],
    /// The attributes that some source carries.
    pub(super) carried: AttrSet,
    /// The damage.
    pub(super) problems: Problems,
}

/// The mailbox homes in the order in which they are shown.
pub(super) const HOMES: [MailboxHome; 5] = [
    MailboxHome::OnPremises,
    MailboxHome::Online,
    MailboxHome::Both,
    MailboxHome::None,
    MailboxHome::Unknown,
];

impl Survey {
    /// Counts a source, its blocks in parallel; sums do not depend on the order.
    pub(super) fn of(input: &dyn Input) -> Result<Self> {
        // A source that turns out to need more care is read again.
        loop {
            let survey = Self::once(input)?;
            if input.settled()? {
                return Ok(survey);
            }
        }
    }

    fn once(input: &dyn Input) -> Result<Self> {
        let counted = input.blocks()?.par_bridge().map(|block| {
            let mut survey = Self { carried: input.carried(), ..Self::default() };
            let problems = input.records(&block?, AttrSet::ALL, &mut |record| survey.add(record));
            survey.problems.merge(&problems);
            Ok(survey)
        });
        let empty = || Self { carried: input.carried(), ..Self::default() };
        let mut survey = counted.try_reduce(empty, |mut all, more| {
            all.merge(&more);
            Ok(all)
        })?;
        survey.problems.check_rows(survey.records);
        Ok(survey)
    }

    fn add(&mut self, record: &Record<'_>) {
        let facts = Facts::of(&record.user);
        let count = |holds: bool| u64::from(holds);
        self.records += 1;
        self.puas += count(facts.user.has(Attr::PrimaryUserAddress).yes());
        self.sip_proxies += count(facts.sip_proxy.yes());
        self.servers += count(facts.user.has(Attr::PrimaryHomeServer).yes());
        match locator(facts.user.get(Attr::DeploymentLocator)) {
            Locator::Empty => {}
            Locator::OnPremises => self.locators[0] += 1,
            Locator::Online => self.locators[1] += 1,
            Locator::Unknown => self.locators[2] += 1,
        }
        if let Some(place) = HOMES.iter().position(|home| *home == facts.mailbox) {
            self.homes[place] += 1;
        }
    }

    /// Takes over what was counted elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        self.records += other.records;
        self.puas += other.puas;
        self.sip_proxies += other.sip_proxies;
        self.servers += other.servers;
        self.locators.iter_mut().zip(other.locators).for_each(|(mine, theirs)| *mine += theirs);
        self.homes.iter_mut().zip(other.homes).for_each(|(mine, theirs)| *mine += theirs);
        self.carried = self.carried.union(other.carried);
        self.problems.merge(&other.problems);
    }

    /// The scenario that fits, and why; `None` when nothing of SIP is there.
    pub(super) fn fits(&self) -> (Option<Scenario>, String) {
        let [local, online, _] = self.locators;
        let users = |number| several(number, "user");
        if online > 0 && (local > 0 || self.servers > 0) {
            let here = if local > 0 {
                format!("`SRV:` for {}", grouped(local))
            } else {
                format!("home servers for {}", grouped(self.servers))
            };
            (
                Some(Scenario::LyncHybrid),
                format!("online locators for {}, beside {here}: both sides have users", users(online)),
            )
        } else if online > 0 {
            (
                Some(Scenario::Teams),
                format!("online locators for {}, and no user homed on-premises. {RETIRED}", users(online)),
            )
        } else if local > 0 || self.puas > 0 || self.servers > 0 {
            (Some(Scenario::LyncOnPrem), self.on_premises())
        } else if self.sip_proxies > 0 {
            (
                Some(Scenario::Teams),
                format!(
                    "sip proxies for {}, and no msRTCSIP-PrimaryUserAddress. {RETIRED}",
                    users(self.sip_proxies)
                ),
            )
        } else {
            (None, "nothing of SIP: no msRTCSIP-PrimaryUserAddress, no locator, no sip proxy. Choose what your deployment is; `teams` asks least of such users".to_owned())
        }
    }

    fn on_premises(&self) -> String {
        let marks = [
            (self.puas, "msRTCSIP-PrimaryUserAddress"),
            (self.locators[0], "`SRV:`"),
            (self.servers, "a home server"),
        ];
        let marks: Vec<String> = marks
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{what} for {}", several(*number, "user")))
            .collect();
        let locators = if self.carried.has(Attr::DeploymentLocator) {
            "and no online locator"
        } else {
            "but msRTCSIP-DeploymentLocator is not in the input: without it a hybrid deployment looks the same"
        };
        format!("{}, {locators}", marks.join(", "))
    }
}

const RETIRED: &str = "(Skype for Business Online, the service of `sfb-online`, was retired in 2021.)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::User;
    use crate::model::lines::Lines;
    use crate::model::record::Place;

    fn survey(users: &[&[(Attr, &'static str)]]) -> Survey {
        let mut survey = Survey { carried: AttrSet::ALL, ..Survey::default() };
        for user in users {
            survey.add(&Record {
                user: User::of(user),
                place: Place { lines: &Lines::new("", 1), at: 0 },
                at: 0,
                incomplete: None,
            });
        }
        survey
    }

    const PUA: (Attr, &str) = (Attr::PrimaryUserAddress, "sip:a@b.co");
    const SRV: (Attr, &str) = (Attr::DeploymentLocator, "SRV:");
    const ONLINE: (Attr, &str) = (Attr::DeploymentLocator, "sipfed.online.lync.com");
    const SERVER: (Attr, &str) = (Attr::PrimaryHomeServer, "CN=Pool");
    const PROXY: (Attr, &str) = (Attr::ProxyAddresses, "sip:a@b.co");

    #[test]
    fn the_scenario_that_fits() {
        let fits = |users: &[&[_]]| survey(users).fits().0;
        assert_eq!(fits(&[&[PUA]]), Some(Scenario::LyncOnPrem));
        assert_eq!(fits(&[&[SRV]]), Some(Scenario::LyncOnPrem));
        assert_eq!(fits(&[&[PUA, ONLINE], &[PUA, SRV]]), Some(Scenario::LyncHybrid));
        assert_eq!(fits(&[&[PUA, ONLINE], &[SERVER]]), Some(Scenario::LyncHybrid));
        assert_eq!(fits(&[&[PUA, ONLINE]]), Some(Scenario::Teams));
        assert_eq!(fits(&[&[PROXY]]), Some(Scenario::Teams));
        assert_eq!(fits(&[&[(Attr::Mail, "a@b.co")]]), None);
    }

    #[test]
    fn a_missing_locator_column_is_said() {
        let mut seen = survey(&[&[PUA]]);
        assert!(!seen.fits().1.contains("hybrid"));
        seen.carried = seen.carried.without(Attr::DeploymentLocator);
        assert!(seen.fits().1.contains("hybrid"));
    }
}
