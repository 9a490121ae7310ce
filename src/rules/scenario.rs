//! The deployment scenarios, and the table of features that each supports.
//!
//! Source: the article "Integrate Exchange Server 2013 with Lync Server 2013" (KB 2614242), "More Information";
//! for online mailboxes its sibling, KB 2614614.

use crate::model::{MailboxHome, SipHome};

/// What the directory serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// Exchange and Lync / Skype for Business Server on-premises, no cloud.
    LyncOnPrem,
    /// Exchange on-premises, Skype for Business Online only, directory synchronization.
    SfbOnline,
    /// Exchange on-premises, Skype for Business Online through a Lync hybrid deployment.
    LyncHybrid,
    /// Teams with directory synchronization, after the retirement of Skype for Business Online.
    Teams,
}

impl Scenario {
    /// All, in the order of the columns of the catalogue (L, O, H, T).
    pub const ALL: [Self; 4] = [Self::LyncOnPrem, Self::SfbOnline, Self::LyncHybrid, Self::Teams];

    /// The value of `--scenario`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LyncOnPrem => "lync-onprem",
            Self::SfbOnline => "sfb-online",
            Self::LyncHybrid => "lync-hybrid",
            Self::Teams => "teams",
        }
    }

    /// What the directory serves in it, for help and reports.
    #[must_use]
    pub fn serves(self) -> &'static str {
        match self {
            Self::LyncOnPrem => {
                "Exchange on-premises + Lync Server 2013 / Skype for Business Server, no cloud"
            }
            Self::SfbOnline => {
                "Exchange on-premises + Skype for Business Online only, with directory synchronization"
            }
            Self::LyncHybrid => {
                "Exchange on-premises + Skype for Business Online through a Lync hybrid deployment, with directory \
                 synchronization and single sign-on"
            }
            Self::Teams => {
                "Teams with directory synchronization, Lync / Skype for Business servers gone or being removed"
            }
        }
    }

    /// The scenario of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name().eq_ignore_ascii_case(name))
    }
}

/// What Exchange and Lync do for a user together: the columns of the article's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feature {
    /// Free/busy, conversation history, contacts in Outlook.
    OutlookIntegration,
    /// Instant messages and presence in Outlook Web App.
    OwaImPresence,
    /// Online meetings scheduled in Outlook Web App.
    OwaOnlineMeetings,
    /// The contact list kept in the mailbox.
    UnifiedContactStore,
    /// High-resolution contact photos.
    HighResPhotos,
}

impl Feature {
    /// All, in the order of the article's columns.
    pub const ALL: [Self; 5] = [
        Self::OutlookIntegration,
        Self::OwaImPresence,
        Self::OwaOnlineMeetings,
        Self::UnifiedContactStore,
        Self::HighResPhotos,
    ];

    /// The name of its column in `users.csv`.
    #[must_use]
    pub fn column(self) -> &'static str {
        match self {
            Self::OutlookIntegration => "outlook_integration",
            Self::OwaImPresence => "owa_im_presence",
            Self::OwaOnlineMeetings => "owa_online_meetings",
            Self::UnifiedContactStore => "unified_contact_store",
            Self::HighResPhotos => "high_res_photos",
        }
    }

    /// The name that people use.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OutlookIntegration => "Outlook integration",
            Self::OwaImPresence => "Outlook Web App IM and presence",
            Self::OwaOnlineMeetings => "Outlook Web App online meetings",
            Self::UnifiedContactStore => "Unified Contact Store",
            Self::HighResPhotos => "High-resolution photos",
        }
    }

    /// Whether the feature reads the sip proxy (the two of Outlook Web App) rather than `mail`.
    #[must_use]
    pub fn reads_sip_proxy(self) -> bool {
        matches!(self, Self::OwaImPresence | Self::OwaOnlineMeetings)
    }
}

/// Which features are supported, in the order of [`Feature::ALL`].
pub type Row = [bool; 5];

/// Where a mailbox is, for the table of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxPlace {
    /// On-premises.
    OnPremises,
    /// In the cloud.
    Online,
}

impl MailboxPlace {
    /// The row that a mailbox home reads: both reads on-prem; none and unknown what `--mailboxes` says.
    #[must_use]
    pub fn of(home: MailboxHome, otherwise: Self) -> Self {
        match home {
            MailboxHome::Both | MailboxHome::OnPremises => Self::OnPremises,
            MailboxHome::Online => Self::Online,
            MailboxHome::None | MailboxHome::Unknown => otherwise,
        }
    }
}

const S: bool = true;
const N: bool = false;

/// The row of the table for a scenario, a mailbox and a SIP home.
#[must_use]
pub fn supported(scenario: Scenario, mailbox: MailboxPlace, sip_online: bool) -> Row {
    use MailboxPlace::{OnPremises, Online};
    match (scenario, mailbox, sip_online) {
        (Scenario::LyncOnPrem, OnPremises, _)
        | (Scenario::SfbOnline, Online, _)
        | (Scenario::LyncHybrid, OnPremises, false)
        | (Scenario::LyncHybrid, Online, true) => [S, S, S, S, S],
        (Scenario::SfbOnline | Scenario::Teams, OnPremises, _) => [S, N, N, N, S],
        (Scenario::LyncHybrid, OnPremises, true) => [S, S, N, N, S],
        (Scenario::LyncOnPrem | Scenario::Teams, Online, _) | (Scenario::LyncHybrid, Online, false) => {
            [S, S, S, N, S]
        }
    }
}

/// What is supported for a user; `None` where it depends on a SIP home that the input does not show.
#[must_use]
pub fn support(scenario: Scenario, mailbox: MailboxPlace, sip_home: SipHome) -> [Option<bool>; 5] {
    let row = supported(scenario, mailbox, sip_home == SipHome::Online);
    if scenario != Scenario::LyncHybrid || sip_home != SipHome::Unknown {
        return row.map(Some);
    }
    let other = supported(scenario, mailbox, true);
    std::array::from_fn(|place| (row[place] == other[place]).then_some(row[place]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for scenario in Scenario::ALL {
            assert_eq!(Scenario::of(scenario.name()), Some(scenario));
        }
    }

    #[test]
    fn an_unknown_sip_home_leaves_open_only_what_depends_on_it() {
        let open = |mailbox| support(Scenario::LyncHybrid, mailbox, SipHome::Unknown);
        assert_eq!(open(MailboxPlace::OnPremises), [Some(S), Some(S), None, None, Some(S)]);
        assert_eq!(open(MailboxPlace::Online), [Some(S), Some(S), Some(S), None, Some(S)]);
    }

    /// The article's table, by hand.
    #[test]
    fn the_articles_table() {
        let row = |scenario, sip| support(scenario, MailboxPlace::OnPremises, sip).map(Option::unwrap);
        assert_eq!(row(Scenario::LyncOnPrem, SipHome::OnPremises), [S; 5]);
        assert_eq!(row(Scenario::SfbOnline, SipHome::Unset), [S, N, N, N, S]);
        assert_eq!(row(Scenario::LyncHybrid, SipHome::OnPremises), [S; 5]);
        assert_eq!(row(Scenario::LyncHybrid, SipHome::Online), [S, S, N, N, S]);
        assert_eq!(row(Scenario::Teams, SipHome::Online), [S, N, N, N, S]);
    }
}
