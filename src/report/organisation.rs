//! The steps of the article that are properties of the organisation and not of a user: 1, 4, 5 and 6.
//!
//! Source: "Integrate Exchange Server 2013 with Lync Server 2013" (KB 2614242), "Deployment"; the cmdlets and
//! records that show them: Microsoft Learn.

use crate::rules::Scenario;

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
     servers on-premises, wherever the user is homed (Resolve-DnsName -Type SRV _sipfederationtls._tcp.DOMAIN)",
);

const DNS_ONLINE: Stands = Applies(
    "for every SIP domain look up `_sipfederationtls._tcp` (SRV 100 1 5061 sipfed.online.lync.com), `_sip._tls` (SRV \
     100 1 443 sipdir.online.lync.com), `sip` (CNAME sipdir.online.lync.com) and `lyncdiscover` (CNAME \
     webdir.online.lync.com), or the hosts of your national cloud: none may lead to servers on-premises \
     (Resolve-DnsName -Type SRV _sipfederationtls._tcp.DOMAIN)",
);

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

/// What no audit of Active Directory can see.
pub const CANNOT_SEE: &[&str] = &[
    "objects that exist only in the cloud",
    "mailboxes that are managed in the cloud, whose values in Active Directory are out of date",
    "custom synchronization rules, which may filter objects or change values on the way",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The article, by hand.
    #[test]
    fn which_step_belongs_to_which_scenario() {
        let applying = |scenario| {
            let applies = |step: &&Step| matches!(step.stands(scenario), Applies(_));
            STEPS.iter().filter(applies).map(|step| step.number).collect::<Vec<_>>()
        };
        assert_eq!(applying(Scenario::LyncOnPrem), [1, 4, 5]);
        assert_eq!(applying(Scenario::SfbOnline), [1]);
        assert_eq!(applying(Scenario::LyncHybrid), [1, 4, 5, 6]);
        assert_eq!(applying(Scenario::Teams), [1]);
    }
}
