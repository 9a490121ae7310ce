//! What no directory holds: the side of Lync, which is in its central store, and files of Exchange servers. A person
//! looks at it, and may record in the settings that somebody has.

use jiff::civil::Date;

use super::super::Scenario;
use super::steps::{self, Stands};
use crate::model::organisation::{Check, State};
use crate::model::text::several;

/// Something to be looked at by hand.
#[derive(Debug)]
pub struct ByHand {
    /// Its key in the settings, below `[organisation]`.
    pub key: &'static str,
    /// The step of the article.
    pub step: u8,
    /// What to run, and where.
    pub run: &'static str,
    /// What the output must show.
    pub shows: &'static str,
}

/// All, by step.
pub static BY_HAND: &[ByHand] = &[
    ByHand {
        key: "lync_trusts_exchange",
        step: 4,
        run: "on Lync: Get-CsPartnerApplication, and Get-CsOAuthConfiguration",
        shows: "an application with ApplicationIdentifier 00000002-0000-0ff1-ce00-000000000000, Enabled True, \
                ApplicationTrustLevel Full, and ExchangeAutodiscoverUrl of your Exchange",
    },
    ByHand {
        key: "owa_im_settings",
        step: 5,
        run: "on each Exchange mailbox server: Get-SettingOverride (2016 and later), or ClientAccess\\Owa\\web.config (2013)",
        shows: "IMServerName with the name of the Lync pool, and IMCertificateThumbprint of a certificate that \
                Get-ExchangeCertificate shows as valid",
    },
    ByHand {
        key: "lync_trusts_owa",
        step: 5,
        run: "on Lync: Get-CsTrustedApplicationPool, and Get-CsTrustedApplication",
        shows: "a pool with the name in that certificate for each Exchange server, and an application of Outlook Web App in \
                it, with the port that it listens on",
    },
    ByHand {
        key: "lync_trusts_office365",
        step: 6,
        run: "on Lync: Get-CsOAuthServer, and Get-CsPartnerApplication microsoft.exchange",
        shows: "microsoft.sts with MetadataUrl https://accounts.accesscontrol.windows.net/TENANT/metadata/json/1, and an \
                application with ApplicationIdentifier 00000002-0000-0ff1-ce00-000000000000, Enabled True, \
                ApplicationTrustLevel Full",
    },
];

/// That somebody has looked, and found it as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was looked at: a key of [`BY_HAND`].
    pub key: &'static str,
    /// When.
    pub checked: Date,
    /// By whom.
    pub by: String,
}

impl Recorded {
    /// When and by whom, with its age.
    fn told(&self, today: Date) -> String {
        let days = today.since(self.checked).map_or(0, |span| span.get_days());
        let age = match days {
            0 => "today".to_owned(),
            days => format!("{} ago", several(u64::from(days.unsigned_abs()), "day")),
        };
        format!("checked on {} by {}, {age}", self.checked, self.by)
    }
}

/// What a domain controller shows of the steps of a scenario, where none was asked.
#[must_use]
pub fn instead(scenario: Scenario) -> Vec<Check> {
    let cmdlets = [(4, "Get-PartnerApplication"), (5, "Get-OwaVirtualDirectory"), (6, "Get-AuthServer")];
    let check = |(step, cmdlet)| Check {
        step,
        state: State::ByHand,
        about: String::new(),
        field: cmdlet,
        codes: Vec::new(),
        found: String::new(),
        expected: String::new(),
        note: "`dirsync-audit org LDAP-URL`, or `audit LDAP-URL --check-org`, looks at what it shows"
            .to_owned(),
    };
    cmdlets.into_iter().filter(|&(step, _)| applies(scenario, step)).map(check).collect()
}

/// Whether a scenario has a step.
pub(super) fn applies(scenario: Scenario, number: u8) -> bool {
    let step = steps::STEPS.iter().find(|step| step.number == number);
    step.is_some_and(|step| matches!(step.stands(scenario), Stands::Applies(_)))
}

/// The checks of the steps that a scenario has. What was recorded has passed; a date to come says nothing.
#[must_use]
pub fn checks(scenario: Scenario, recorded: &[Recorded], today: Date) -> Vec<Check> {
    let check = |one: &'static ByHand| {
        let record = recorded.iter().rfind(|record| record.key == one.key);
        let (state, found, note) = match record {
            Some(record) if record.checked > today => (
                State::ByHand,
                String::new(),
                format!("the recorded date {} has not come yet; {}", record.checked, one.run),
            ),
            Some(record) => (State::Passed, record.told(today), one.run.to_owned()),
            None => (State::ByHand, String::new(), one.run.to_owned()),
        };
        Check {
            step: one.step,
            state,
            about: String::new(),
            field: one.key,
            codes: Vec::new(),
            found,
            expected: one.shows.to_owned(),
            note,
        }
    };
    BY_HAND.iter().filter(|one| applies(scenario, one.step)).map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_is_told_with_its_age() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let record = |checked: &str| Recorded {
            key: "lync_trusts_office365",
            checked: day(checked),
            by: "Ann".into(),
        };
        let of = |recorded: &[Recorded]| {
            checks(Scenario::LyncHybrid, recorded, day("2026-11-25"))
                .into_iter()
                .find(|check| check.step == 6)
                .unwrap()
        };
        let old = of(&[record("2026-10-20")]);
        assert_eq!(
            (old.state, old.found.as_str()),
            (State::Passed, "checked on 2026-10-20 by Ann, 36 days ago")
        );
        assert_eq!(of(&[record("2026-11-24")]).found, "checked on 2026-11-24 by Ann, 1 day ago");
        assert!(of(&[record("2026-11-25")]).found.ends_with("today"));
        let ahead = of(&[record("2026-11-26")]);
        assert!(ahead.state == State::ByHand && ahead.note.contains("has not come yet"), "{ahead:?}");
        assert_eq!(of(&[]).state, State::ByHand);
    }

    #[test]
    fn only_steps_of_the_scenario() {
        let keys = |scenario| {
            checks(scenario, &[], Date::default()).iter().map(|check| check.field).collect::<Vec<_>>()
        };
        assert_eq!(
            keys(Scenario::LyncOnPrem),
            ["lync_trusts_exchange", "owa_im_settings", "lync_trusts_owa"]
        );
        assert_eq!(keys(Scenario::LyncHybrid).len(), 4);
        assert!(keys(Scenario::SfbOnline).is_empty() && keys(Scenario::Teams).is_empty());
    }
}
