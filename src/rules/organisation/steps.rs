//! The six steps of the article, and how each stands after a run.
//!
//! Source: "Integrate Exchange Server 2013 with Lync Server 2013" (KB 2614242), "Deployment"; the cmdlets and
//! records that show them: Microsoft Learn.

use super::super::Scenario;
use super::super::counts::Counts;
use super::super::verdict::StepState;
use super::Organisation;
use crate::model::organisation::{Check, State};
use crate::model::text::several;

/// One step.
#[derive(Debug)]
pub struct Step {
    /// Its number in the article.
    pub number: u8,
    /// What is to be done.
    pub title: &'static str,
    /// How it stands with each scenario, in the order of [`Scenario::ALL`].
    stands: [Stands; 4],
}

/// How a step stands with a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// It belongs to it; how it is checked.
    Applies(&'static str),
    /// It does not; why.
    No(&'static str),
}

use Stands::{Applies, No};

const DNS_ON_PREMISES: Stands = Applies(
    "for every SIP domain look up `_sipfederationtls._tcp` (SRV, port 5061, Access Edge), `_sip._tls` (SRV, port 443, \
     Access Edge), `sip` and `lyncdiscover`, and inside the network `lyncdiscoverinternal`: all must lead to the \
     servers on-premises, wherever the user is homed (`dirsync-audit dns DOMAIN`, or `audit --check-dns`)",
);

const DNS_ONLINE: Stands = Applies(
    "for every SIP domain look up `_sipfederationtls._tcp` (SRV 100 1 5061 sipfed.online.lync.com), `_sip._tls` (SRV \
     100 1 443 sipdir.online.lync.com), `sip` (CNAME sipdir.online.lync.com) and `lyncdiscover` (CNAME \
     webdir.online.lync.com), or the hosts of your national cloud: none may lead to servers on-premises \
     (`dirsync-audit dns DOMAIN`, or `audit --check-dns`)",
);

const OF_USERS: Stands = Applies("the audit of the users shows it: the columns of users.csv");

const PARTNERS: Stands = Applies(
    "on Exchange, Get-PartnerApplication must show Lync (00000004-0000-0ff1-ce00-000000000000), enabled; on Lync, \
     Get-CsPartnerApplication must show Exchange (00000002-0000-0ff1-ce00-000000000000) and Get-CsOAuthConfiguration \
     its metadata; Test-CsExStorageConnectivity tries it",
);

const OUTLOOK_WEB_APP: Stands = Applies(
    "on Exchange, Get-OwaVirtualDirectory must show InstantMessagingEnabled True and InstantMessagingType OCS, and the \
     IM server name and certificate must be set (Exchange 2013: web.config; 2016 and later: Get-SettingOverride); on \
     Lync, Get-CsTrustedApplicationPool and Get-CsTrustedApplication must show Outlook Web App",
);

const NOT_WITH_ONLINE: Stands = No(
    "this step is not possible with Skype for Business Online: that is why some integration features are missing",
);

const NOT_WITH_TEAMS: Stands = No("this step connects Lync servers, which Teams does not have");

/// The steps.
pub static STEPS: &[Step] = &[
    Step {
        number: 1,
        title: "DNS records for federation and client discovery",
        stands: [DNS_ON_PREMISES, DNS_ONLINE, DNS_ON_PREMISES, DNS_ONLINE],
    },
    Step { number: 2, title: "Exchange sees each user’s SIP address", stands: [OF_USERS; 4] },
    Step { number: 3, title: "Lync sees each user’s mail address", stands: [OF_USERS; 4] },
    Step {
        number: 4,
        title: "Exchange and Lync as trusted applications of each other",
        stands: [PARTNERS, NOT_WITH_ONLINE, PARTNERS, NOT_WITH_TEAMS],
    },
    Step {
        number: 5,
        title: "Instant messaging in the Outlook Web App virtual directory",
        stands: [OUTLOOK_WEB_APP, NOT_WITH_ONLINE, OUTLOOK_WEB_APP, NOT_WITH_TEAMS],
    },
    Step {
        number: 6,
        title: "Lync trusts the Office 365 authentication service",
        stands: [
            No("this step is required only in a Lync hybrid deployment"),
            NOT_WITH_ONLINE,
            Applies(
                "on Lync, Get-CsOAuthServer must show the authentication service of Office 365 and \
                 Get-CsPartnerApplication Exchange Online; on Exchange, Get-AuthServer must show it, enabled",
            ),
            NOT_WITH_TEAMS,
        ],
    },
];

impl Step {
    /// How it stands with a scenario.
    #[must_use]
    pub fn stands(&self, scenario: Scenario) -> Stands {
        self.stands[scenario as usize]
    }
}

/// How a step stands after a run.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'o> {
    /// The step.
    pub step: &'static Step,
    /// How it stands.
    pub state: State,
    /// What was looked at for it.
    pub checks: &'o [Check],
    /// How users stand with it, in the order of [`StepState::ALL`]; for steps 2 and 3 where users were audited.
    pub users: Option<[u64; 4]>,
}

/// The six steps in a scenario. `users` counts the users, where any were audited.
#[must_use]
pub fn all<'o>(
    scenario: Scenario,
    users: Option<&Counts>,
    organisation: &'o Organisation,
) -> Vec<Standing<'o>> {
    let standing = |step: &'static Step| {
        let checks = of_step(&organisation.checks, step.number);
        let users = match step.number {
            2 => users.map(|counts| counts.steps[0]),
            3 => users.map(|counts| counts.steps[1]),
            _ => None,
        };
        let state = match (step.stands(scenario), step.number) {
            (No(_), _) => State::NotPossible,
            (_, 2 | 3) => users.map_or(State::NotEvaluated, of_users),
            // Nobody has looked yet: somebody may.
            _ => State::of_all(checks.iter().map(|check| check.state)).unwrap_or(State::ByHand),
        };
        Standing { step, state, checks, users }
    };
    STEPS.iter().map(standing).collect()
}

/// The checks of a step; they are sorted by it.
fn of_step(checks: &[Check], step: u8) -> &[Check] {
    let start = checks.partition_point(|check| check.step < step);
    let end = checks.partition_point(|check| check.step <= step);
    checks.get(start..end).unwrap_or_default()
}

fn of_users(counts: [u64; 4]) -> State {
    let of = |state: StepState| counts[state as usize];
    if of(StepState::Fail) > 0 {
        State::Failed
    } else if of(StepState::NotEvaluated) > 0 {
        State::NotEvaluated
    } else {
        State::Passed
    }
}

impl Standing<'_> {
    /// In one sentence without a full stop: what was found, how to check by hand, why it is not possible.
    #[must_use]
    pub fn told(&self, scenario: Scenario) -> String {
        let how = match self.step.stands(scenario) {
            No(why) => return why.to_owned(),
            Applies(how) => how,
        };
        if let Some(counts) = self.users {
            let of = |state: StepState| several(counts[state as usize], "user");
            return format!(
                "{} without it, {} with it, {} not evaluated",
                of(StepState::Fail),
                of(StepState::Ok),
                of(StepState::NotEvaluated)
            );
        }
        if self.checks.is_empty() {
            return if self.state == State::NotEvaluated {
                "no users were audited".to_owned()
            } else {
                how.to_owned()
            };
        }
        let of = |state| self.checks.iter().filter(|check| check.state == state).count() as u64;
        let parts: Vec<String> = [
            (State::Failed, "wrong"),
            (State::NotEvaluated, "not evaluated"),
            (State::ByHand, "to be checked by hand"),
            (State::Passed, "right"),
        ]
        .into_iter()
        .filter(|(state, _)| of(*state) > 0)
        .map(|(state, word)| format!("{} {word}", of(state)))
        .collect();
        format!("of {}: {}", several(self.checks.len() as u64, "check"), parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{ByHand, Failed, NotEvaluated, NotPossible, Passed};

    /// The article, by hand.
    #[test]
    fn which_step_belongs_to_which_scenario() {
        let applying = |scenario| {
            let applies = |step: &&Step| matches!(step.stands(scenario), Applies(_));
            STEPS.iter().filter(applies).map(|step| step.number).collect::<Vec<_>>()
        };
        assert_eq!(applying(Scenario::LyncOnPrem), [1, 2, 3, 4, 5]);
        assert_eq!(applying(Scenario::SfbOnline), [1, 2, 3]);
        assert_eq!(applying(Scenario::LyncHybrid), [1, 2, 3, 4, 5, 6]);
        assert_eq!(applying(Scenario::Teams), [1, 2, 3]);
    }

    #[test]
    fn a_step_stands_as_its_worst_check() {
        let check = |step, state| Check {
            step,
            state,
            about: String::new(),
            field: "",
            codes: Vec::new(),
            found: String::new(),
            expected: String::new(),
            note: String::new(),
        };
        let mut organisation = Organisation::default();
        for (step, state) in
            [(4, State::ByHand), (1, State::Passed), (1, State::Failed), (5, State::NotEvaluated)]
        {
            organisation.note(check(step, state));
        }
        let states = |users, scenario| {
            all(scenario, users, &organisation).iter().map(|one| one.state).collect::<Vec<_>>()
        };
        let counts = Counts { steps: [[3, 1, 0, 0], [4, 0, 0, 0]], ..Counts::default() };
        assert_eq!(
            states(Some(&counts), Scenario::LyncHybrid),
            [Failed, Failed, Passed, ByHand, NotEvaluated, ByHand]
        );
        assert_eq!(
            states(None, Scenario::Teams),
            [Failed, NotEvaluated, NotEvaluated, NotPossible, NotPossible, NotPossible]
        );
    }
}
