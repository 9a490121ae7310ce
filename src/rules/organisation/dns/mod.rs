//! Step 1: the DNS records of a SIP domain.
//!
//! What each scenario needs: online, every record names a host of the service, and all the hosts of one cloud;
//! on-premises, none does. Answers of several name servers are judged one by one; equal ones make one finding.

mod checks;
mod look;
#[cfg(test)]
mod tests;

use super::super::level::{E, I, NO, W};
use super::super::verdict::Plan;
use super::super::{Check, Example, Look, Rule, Scenario, Step, at};
use super::Organisation;
use crate::model::dns::{Domain, Lead, Record};
pub use look::{REFERRAL, REFUSED};
use look::{
    dangling, disagree, endless, leads_online, left_over, no_client, no_federation, no_internal, not_online,
    outside, servers_disagree, several_clouds, wrong_host, wrong_port,
};

/// The hosts of one cloud.
#[derive(Debug)]
struct Cloud {
    /// What stands in the host of federation.
    federation: &'static str,
    /// Where clients sign in.
    sign_in: &'static str,
    /// Where clients ask for the way.
    discover: &'static str,
}

/// The worldwide cloud, and the sovereign ones: US government (GCC High, `DoD`) and China (21Vianet).
static CLOUDS: &[Cloud] = &[
    Cloud {
        federation: "sipfed.online.lync.com",
        sign_in: "sipdir.online.lync.com",
        discover: "webdir.online.lync.com",
    },
    Cloud {
        federation: "sipfed.online.gov.skypeforbusiness.us",
        sign_in: "sipdir.online.gov.skypeforbusiness.us",
        discover: "webdir.online.gov.skypeforbusiness.us",
    },
    Cloud {
        federation: "sipfed.online.dod.skypeforbusiness.us",
        sign_in: "sipdir.online.dod.skypeforbusiness.us",
        discover: "webdir.online.dod.skypeforbusiness.us",
    },
    Cloud {
        federation: "sipfed.online.partner.lync.cn",
        sign_in: "sipdir.online.partner.lync.cn",
        discover: "webdir.online.partner.lync.cn",
    },
];

/// The domains whose hosts are the service's own.
const ONLINE: &[&str] =
    &["lync.com", "skypeforbusiness.us", "lync.cn", "skypeforbusiness.com", "teams.microsoft.com"];

/// The rules that look at nothing but the records of the network inside.
const INSIDE: [&str; 2] = ["DNS003", "DNS014"];

/// Whether a host belongs to the online service, of whatever cloud.
#[must_use]
pub fn is_online(host: &str) -> bool {
    ONLINE.iter().any(|domain| is_in(host, domain))
}

/// Whether a host is a domain or lies in it.
fn is_in(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
}

impl Cloud {
    /// The host that a record must lead to.
    fn host(&self, record: Record) -> &'static str {
        match record {
            Record::Federation => self.federation,
            Record::Tls | Record::Sip | Record::InternalTls => self.sign_in,
            Record::Discover | Record::DiscoverInternal => self.discover,
        }
    }

    /// The one whose host a record leads to.
    fn of(record: Record, lead: &Lead) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| on_the_way(record, lead, cloud.host(record)))
    }

    /// The one to which a host belongs, whatever it serves; the worldwide one when that cannot be told.
    fn near(host: &str) -> &'static Self {
        let domain =
            |cloud: &&Self| cloud.sign_in.split_once('.').is_some_and(|(_, domain)| is_in(host, domain));
        CLOUDS.iter().rev().find(domain).unwrap_or(&CLOUDS[0])
    }
}

/// Whether a record leads to a host: a service must name it, since clients check that name; an alias may lead on to it.
fn on_the_way(record: Record, lead: &Lead, host: &str) -> bool {
    match &lead.service {
        Some((named, _)) => named == host,
        None => record.port().is_none() && lead.aliases.iter().any(|alias| alias == host),
    }
}

/// Whether a scenario's records lead to the online service.
fn is_for_cloud(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::SfbOnline | Scenario::Teams)
}

/// Judges a domain by the rules of the plan.
pub fn judge(plan: &Plan, domain: &Domain, organisation: &mut Organisation) {
    let checks = checks::of(plan.context.scenario, domain);
    let inside = domain.records.iter().any(|answers| answers.record.is_internal());
    organisation.judge(plan, (&domain.name, "DNS"), checks, |look, sink| {
        let Look::Dns(check) = look else { return false };
        if !inside && INSIDE.contains(&at(sink.rule).code) {
            return false;
        }
        check(domain, &plan.context, sink);
        true
    });
}

/// A rule about the records of a domain.
const DNS: Rule = Rule { decides: Some(Step::Dns), ..Rule::BLANK };

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "DNS001",
        name: "no-federation-record",
        severity: [E, E, E, E],
        summary: "there is no SRV record _sipfederationtls._tcp",
        why: "By this record Exchange and other organisations find the SIP domain: without it there is no federation, \
              and no presence in Outlook Web App.",
        remedy: "Add the SRV record _sipfederationtls._tcp with port 5061: to sipfed.online.lync.com with the online \
                 service (or the host of the national cloud), else to the Access Edge.",
        reference: "KB 2614242 step 1; KB 2566790; KB 2565604",
        check: Check::Organisation(Look::Dns(no_federation)),
        examples: &[
            Example::seen(&[("_sipfederationtls._tcp", "NXDOMAIN")], "no `_sipfederationtls._tcp`"),
            Example::seen(&[("_sipfederationtls._tcp", "SRV 0 0 0 .")], "no service"),
            Example::sound(&[("_sipfederationtls._tcp", "SRV 0 0 5061 sip.contoso.com")]),
            Example::sound(&[("_sipfederationtls._tcp", "SERVFAIL")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS002",
        name: "no-client-record",
        severity: [E, E, E, NO],
        summary: "a record by which clients find their server is missing: _sip._tls, sip or lyncdiscover",
        why: "Clients and Outlook Web App ask for lyncdiscover, then for _sip._tls, then for sip: what is missing there \
              they cannot find.",
        remedy: "Add the record: with the online service as an SRV record or alias to its hosts, else to the Access \
                 Edge (_sip._tls with port 443, sip) and the web services (lyncdiscover).",
        reference: "KB 2614242 step 1; KB 2566790; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(no_client)),
        examples: &[
            Example::seen(&[("_sip._tls", "NXDOMAIN")], "no `_sip._tls`"),
            Example::seen(&[("lyncdiscover", "NODATA")], "no `lyncdiscover`"),
            Example::sound(&[("sip", "A 192.0.2.7")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS003",
        name: "no-internal-record",
        severity: [E, NO, E, NO],
        summary: "a record for clients inside the network is missing: lyncdiscoverinternal or _sipinternaltls._tcp",
        why: "Clients inside the network ask for lyncdiscoverinternal first, older ones for _sipinternaltls._tcp; \
              without them they take the way round over the Edge, or none.",
        remedy: "Add the record to the zone of the network inside, to the Front End or Director pool.",
        reference: "KB 2614242 step 1; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(no_internal)),
        examples: &[
            Example::seen(&[("lyncdiscoverinternal", "NXDOMAIN")], "no `lyncdiscoverinternal`"),
            Example::sound(&[("lyncdiscoverinternal", "A 10.1.2.3")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS004",
        name: "record-leads-online",
        severity: [E, NO, E, NO],
        summary: "a record leads to the online service, although the servers are on-premises",
        why: "With Lync on-premises and in a hybrid deployment all records lead to the servers on-premises, wherever a \
              user is homed; those send online users on. The online service does not know users on-premises.",
        remedy: "Let the record lead to the Access Edge or the web services on-premises.",
        reference: "KB 2614242 step 1; Plan hybrid connectivity (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(leads_online)),
        examples: &[
            Example::seen(
                &[("_sipfederationtls._tcp", "SRV 100 1 5061 sipfed.online.lync.com")],
                "`sipfed.online.lync.com`",
            ),
            Example::seen(
                &[
                    ("_sip._tls", "SRV 0 0 443 sip.contoso.com"),
                    ("_sip._tls", "SRV 9 0 443 sipdir.online.lync.com"),
                ],
                "`sipdir.online.lync.com`",
            ),
            Example::seen(&[("sip", "CNAME im.contoso.com CNAME sipdir.online.lync.com")], "online"),
            Example::sound(&[("sip", "CNAME edge.contoso.com A 192.0.2.7")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS005",
        name: "record-not-online",
        severity: [NO, E, NO, E],
        summary: "a record does not lead to the online service",
        why: "Users are online, so nobody finds them where this record leads. A tenant with records that lead \
              on-premises cannot be switched to Teams.",
        remedy: "Let the record name the host of the online service, or with Teams take `_sip._tls`, `sip` and \
                 `lyncdiscover` away; the federation record must stay.",
        reference: "KB 2614242 step 1; KB 2566790; Disable hybrid to complete migration to the cloud (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(not_online)),
        examples: &[
            Example::seen(&[("_sipfederationtls._tcp", "SRV 0 0 5061 sip.contoso.com")], "`sip.contoso.com`"),
            Example::seen(&[("lyncdiscover", "A 192.0.2.7")], "`192.0.2.7`"),
            Example::seen(&[("sip", "CNAME gone.contoso.com NXDOMAIN")], "`gone.contoso.com`"),
            Example::sound(&[("_sip._tls", "SRV 100 1 443 sipdir.online.lync.com")]),
            Example::sound(&[("lyncdiscover", "CNAME webdir.online.partner.lync.cn")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS006",
        name: "wrong-online-host",
        severity: [NO, E, NO, E],
        summary: "a record names a host of the online service that serves something else",
        why: "Federation, sign-in and discovery have hosts of their own, and one does not do the work of another.",
        remedy: "Name sipfed for _sipfederationtls._tcp, sipdir for _sip._tls and sip, webdir for lyncdiscover.",
        reference: "KB 2614242 step 1; KB 2566790",
        check: Check::Organisation(Look::Dns(wrong_host)),
        examples: &[
            Example::seen(
                &[("_sipfederationtls._tcp", "SRV 100 1 5061 sipdir.online.lync.com")],
                "`sipdir.online.lync.com`",
            ),
            Example::seen(&[("lyncdiscover", "CNAME sipdir.online.lync.com")], "`webdir.online.lync.com`"),
            Example::sound(&[("sip", "CNAME sipdir.online.lync.com")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS007",
        name: "several-clouds",
        severity: [NO, E, NO, E],
        summary: "the records of a domain lead to hosts of different clouds",
        why: "A tenant is in one cloud: the worldwide one, one of the US government, or the one in China. The others do \
              not know its users.",
        remedy: "Let all records name the hosts of the cloud in which the tenant is.",
        reference: "KB 2614242 step 1; Office 365 endpoints for national clouds (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(several_clouds)),
        examples: &[
            Example::seen(
                &[
                    ("_sipfederationtls._tcp", "SRV 100 1 5061 sipfed.online.gov.skypeforbusiness.us"),
                    ("sip", "CNAME sipdir.online.lync.com"),
                ],
                "`sipdir.online.lync.com`",
            ),
            Example::sound(&[
                ("_sipfederationtls._tcp", "SRV 100 1 5061 sipfed.online.lync.com"),
                ("sip", "CNAME sipdir.online.lync.com"),
            ]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS008",
        name: "wrong-service-port",
        severity: [E, E, E, E],
        summary: "an SRV record names the wrong port",
        why: "Federation and sign-in inside the network use port 5061, sign-in from outside port 443. On-premises \
              _sip._tls with port 5061 is only a warning: an Edge with a single address listens there.",
        remedy: "Set the port to 5061 in _sipfederationtls._tcp and _sipinternaltls._tcp, to 443 in _sip._tls.",
        reference: "KB 2614242 step 1; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(wrong_port)),
        examples: &[
            Example::seen(&[("_sipfederationtls._tcp", "SRV 0 0 5060 sip.contoso.com")], "port 5060"),
            Example::seen(&[("_sip._tls", "SRV 0 0 5061 sip.contoso.com")], "port 5061"),
            Example::sound(&[("_sip._tls", "SRV 7 3 443 sip.contoso.com")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS009",
        name: "host-outside-sip-domain",
        severity: [E, NO, E, NO],
        summary: "a record leads to a host outside of the SIP domain",
        why: "Clients and federation partners trust an SRV record only when the host that it names lies in the SIP \
              domain. An alias elsewhere works, and is a warning: it may be left over from another provider.",
        remedy: "Name a host in the SIP domain; if it is meant, name the host or its domain with --allow-target.",
        reference: "KB 2614242 step 1; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(outside)),
        examples: &[
            Example::seen(&[("_sip._tls", "SRV 0 0 443 sip.fabrikam.com")], "`sip.fabrikam.com`"),
            Example::seen(&[("_sip._tls", "SRV 0 0 443 sip.notcontoso.com")], "`sip.notcontoso.com`"),
            Example::seen(&[("lyncdiscover", "CNAME web.fabrikam.com A 192.0.2.7")], "`web.fabrikam.com`"),
            Example::sound(&[("_sip._tls", "SRV 0 0 443 sip.fabrikam.com")]).with_domains(&["fabrikam.com"]),
            Example::sound(&[("_sip._tls", "SRV 0 0 443 edge.emea.contoso.com")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS010",
        name: "dangling-record",
        severity: [E, NO, E, NO],
        summary: "a record leads to a host that does not exist or has no address",
        why: "Whoever follows the record arrives nowhere. If the name can be registered by somebody else, that person \
              receives the sign-ins.",
        remedy: "Let the record lead to a host that exists, or give the host its addresses.",
        reference: "KB 2614242 step 1; RFC 1912",
        check: Check::Organisation(Look::Dns(dangling)),
        examples: &[
            Example::seen(&[("sip", "CNAME edge.contoso.com NXDOMAIN")], "does not exist"),
            Example::seen(&[("_sip._tls", "SRV 0 0 443 edge.contoso.com NODATA")], "no address"),
            Example::sound(&[("sip", "CNAME edge.contoso.com A 192.0.2.7")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS011",
        name: "alias-loop",
        severity: [E, E, E, E],
        summary: "the aliases of a record form a circle or a chain without end",
        why: "No name server and no client follows such a record to its end.",
        remedy: "Let the first alias name the host itself.",
        reference: "KB 2614242 step 1; RFC 1034, 3.6.2",
        check: Check::Organisation(Look::Dns(endless)),
        examples: &[
            Example::seen(&[("sip", "CNAME a.contoso.com CNAME sip.contoso.com LOOP")], "`a.contoso.com`"),
            Example::sound(&[("sip", "CNAME a.contoso.com A 192.0.2.7")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS012",
        name: "records-disagree",
        severity: [W, NO, W, NO],
        summary: "the records for the Access Edge lead to different servers",
        why: "Federation, sign-in and sip belong to one Access Edge; where they lead to different servers, one is \
              usually left over. With several Edge pools it may be meant. For sip it is only a note, since inside the \
              network it leads to the pool; it is not compared where records of the network inside are asked for.",
        remedy: "Let _sipfederationtls._tcp, _sip._tls and sip lead to the same Access Edge.",
        reference: "KB 2614242 step 1; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(disagree)),
        examples: &[
            Example::seen(
                &[
                    ("_sipfederationtls._tcp", "SRV 0 0 5061 sip.contoso.com A 192.0.2.7"),
                    ("_sip._tls", "SRV 0 0 443 old.contoso.com A 192.0.2.8"),
                ],
                "`old.contoso.com`",
            ),
            Example::seen(
                &[
                    ("_sipfederationtls._tcp", "SRV 0 0 5061 edge.contoso.com A 192.0.2.7"),
                    ("sip", "A 192.0.2.8"),
                ],
                "`192.0.2.8`",
            ),
            Example::sound(&[
                ("_sipfederationtls._tcp", "SRV 0 0 5061 access.contoso.com A 192.0.2.7"),
                ("_sip._tls", "SRV 0 0 443 sip.contoso.com A 192.0.2.7"),
                ("sip", "A 192.0.2.7"),
            ]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS013",
        name: "name-servers-disagree",
        severity: [I, I, I, I],
        summary: "the name servers that were asked give different answers",
        why: "With split DNS that is meant for some records; for the others somebody is led elsewhere depending on where \
              he is.",
        remedy: "Compare the zones inside and outside, and mend the one that is wrong.",
        reference: "KB 2614242 step 1; DNS requirements for Skype for Business Server (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(servers_disagree)),
        examples: &[
            Example::seen(&[("sip", "A 192.0.2.7 @ 10.0.0.1"), ("sip", "A 10.1.2.3 @ 10.0.0.2")], "10.0.0.2"),
            Example::sound(&[("sip", "A 192.0.2.7 @ 10.0.0.1"), ("sip", "A 192.0.2.7 @ 10.0.0.2")]),
            Example::sound(&[("sip", "A 192.0.2.7 @ 10.0.0.1"), ("sip", "SERVFAIL @ 10.0.0.2")]),
        ],
        ..DNS
    },
    Rule {
        code: "DNS014",
        name: "internal-record-left-over",
        severity: [NO, E, NO, E],
        summary: "a record for servers inside the network is still there, although the service is online",
        why: "Clients ask for lyncdiscoverinternal before anything else, and are led to servers that do not serve them. \
              One that leads to the online service does no harm, and is a warning.",
        remedy: "Take lyncdiscoverinternal and _sipinternaltls._tcp away.",
        reference: "KB 2614242 step 1; Disable hybrid to complete migration to the cloud (Microsoft Learn)",
        check: Check::Organisation(Look::Dns(left_over)),
        examples: &[
            Example::seen(&[("lyncdiscoverinternal", "A 10.1.2.3")], "`10.1.2.3`"),
            Example::seen(&[("_sipinternaltls._tcp", "SRV 0 0 5061 pool.contoso.com")], "`pool.contoso.com`"),
            Example::sound(&[("lyncdiscoverinternal", "NXDOMAIN")]),
        ],
        ..DNS
    },
];
