//! What each rule finds in the records of a domain.

use super::super::super::{Context, Scenario, Sink};
use super::{CLOUDS, Cloud, is_for_cloud, is_in, is_online};
use crate::finding::Severity;
use crate::model::dns::{Domain, End, Lead, Record, Seen};
use std::net::IpAddr;

/// Why a name server does not tell: the domain is not its own.
pub const REFUSED: &str = "it answered REFUSED: it does not serve the domain, or not for this machine";

/// The same where it says who may know.
pub const REFERRAL: &str = "it refers to other name servers instead of answering";

/// Looks at every different answer for the records chosen; `at` names the servers that gave it, where others gave
/// another. Without an answer the rule is not evaluated.
fn each(
    domain: &Domain,
    chosen: impl Fn(Record) -> bool,
    out: &mut Sink<'_>,
    mut look: impl FnMut(Record, &Seen, &str, &mut Sink<'_>),
) {
    for answers in domain.records.iter().filter(|answers| chosen(answers.record)) {
        for (seen, at) in answers.different() {
            if matches!(seen, Seen::Unknown(_)) {
                out.not_evaluated();
            } else {
                look(answers.record, seen, &at, out);
            }
        }
    }
}

/// Looks at every place to which the records chosen lead.
fn each_lead(
    domain: &Domain,
    chosen: impl Fn(Record) -> bool,
    out: &mut Sink<'_>,
    mut look: impl FnMut(Record, &Lead, &str, &mut Sink<'_>),
) {
    each(domain, chosen, out, |record, seen, at, out| {
        if let Seen::Leads(leads) = seen {
            for lead in leads {
                look(record, lead, at, out);
            }
        }
    });
}

fn is_public(record: Record) -> bool {
    !record.is_internal()
}

/// Says that a record is not there.
fn missing(record: Record, seen: &Seen, out: &mut Sink<'_>) {
    if let Seen::Absent(absence) = seen {
        let message = format!("there is no `{}` record: {}", record.name(), absence.told());
        out.fire(record.name(), "", message);
    }
}

pub(super) fn no_federation(domain: &Domain, _: &Context, out: &mut Sink<'_>) {
    nowhere(domain, |record| record == Record::Federation, out);
}

pub(super) fn no_client(domain: &Domain, _: &Context, out: &mut Sink<'_>) {
    nowhere(domain, |record| matches!(record, Record::Tls | Record::Sip | Record::Discover), out);
}

pub(super) fn no_internal(domain: &Domain, _: &Context, out: &mut Sink<'_>) {
    nowhere(domain, Record::is_internal, out);
}

/// Says which of the records chosen no server has. With split DNS a record of the network inside is rightly missing
/// outside, and one of outside inside: one server that has it is enough, and that they differ is told by another rule.
fn nowhere(domain: &Domain, chosen: impl Fn(Record) -> bool, out: &mut Sink<'_>) {
    for answers in domain.records.iter().filter(|answers| chosen(answers.record)) {
        let has = |wanted: fn(&Seen) -> bool| answers.seen.iter().find(|(_, seen)| wanted(seen));
        if has(|seen| matches!(seen, Seen::Leads(_))).is_some() {
            continue;
        }
        if has(|seen| matches!(seen, Seen::Unknown(_))).is_some() {
            out.not_evaluated();
        } else if let Some((_, absent)) = answers.seen.first() {
            missing(answers.record, absent, out);
        }
    }
}

pub(super) fn leads_online(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(
        domain,
        |_| true,
        out,
        |record, lead, at, out| {
            if let Some(host) = lead.hosts().find(|host| is_online(host)) {
                let message = format!("`{}` leads to the online service: `{host}`{at}", record.name());
                out.fire(record.name(), lead.value(), message);
            } else if left_open(cx.scenario, domain, lead).is_some() {
                out.not_evaluated();
            }
        },
    );
}

pub(super) fn not_online(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(domain, is_public, out, |record, lead, at, out| {
        if lead.hosts().any(is_online) || lead.end == End::Endless {
            return;
        }
        if left_open(cx.scenario, domain, lead).is_some() {
            return out.not_evaluated();
        }
        let why = match lead.end {
            End::NoName => ", which does not exist",
            End::NoAddress => ", which has no address",
            _ => "",
        };
        let message = format!(
            "`{}` does not lead to the online service, but to {}{why}{at}",
            record.name(),
            lead.named()
        );
        out.fire(record.name(), lead.value(), message);
    });
}

pub(super) fn wrong_host(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(domain, is_public, out, |record, lead, at, out| {
        if left_open(cx.scenario, domain, lead).is_some() {
            return out.not_evaluated();
        }
        let Some(host) = lead.hosts().find(|host| is_online(host)) else { return };
        if Cloud::of(record, lead).is_some() {
            return;
        }
        let needed = Cloud::near(host).host(record);
        let named = lead.hosts().next().unwrap_or(host);
        let message = format!("`{}` names `{named}`, and not `{needed}`{at}", record.name());
        out.fire(record.name(), lead.value(), message);
    });
}

/// The federation record says which cloud it is, else the first that names one.
pub(super) fn several_clouds(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    let mut first: Option<(Record, &'static Cloud)> = None;
    each_lead(domain, is_public, out, |record, lead, at, out| {
        if left_open(cx.scenario, domain, lead).is_some() {
            return out.not_evaluated();
        }
        let Some(cloud) = Cloud::of(record, lead) else { return };
        let &mut (other, of) = first.get_or_insert((record, cloud));
        if !std::ptr::eq(of, cloud) {
            let message = format!(
                "`{}` leads to `{}`, `{}` to `{}`: the tenant is in one cloud only{at}",
                record.name(),
                cloud.host(record),
                other.name(),
                of.host(other)
            );
            out.fire(record.name(), lead.value(), message);
        }
    });
}

pub(super) fn wrong_port(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(
        domain,
        |record| record.port().is_some(),
        out,
        |record, lead, at, out| {
            let (Some(needed), Some((_, port))) = (record.port(), &lead.service) else { return };
            if *port == needed || (record.is_internal() && is_for_cloud(cx.scenario)) {
                return;
            }
            let message = format!("`{}` names port {port}, and not {needed}{at}", record.name());
            let out = out.fire(record.name(), lead.value(), message);
            // An Edge with a single address has its ports side by side.
            if record == Record::Tls && *port == 5061 && !is_for_cloud(cx.scenario) {
                out.at(Severity::Warning);
            }
        },
    );
}

pub(super) fn outside(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    let allowed = |host: &str| {
        is_in(host, &domain.name)
            || is_online(host)
            || cx.allowed_targets.iter().any(|other| is_in(host, other))
    };
    each_lead(
        domain,
        |_| true,
        out,
        |record, lead, at, out| {
            if let Some((host, _)) = &lead.service {
                if !allowed(host) {
                    let message =
                        format!("`{}` names `{host}`, which is not in `{}`{at}", record.name(), domain.name);
                    out.fire(record.name(), lead.value(), message);
                }
            } else if let Some(host) = lead.aliases.last()
                && !lead.hosts().any(is_online)
                && lead.end != End::Endless
                && !allowed(host)
                && !cx.sip_domains.iter().any(|other| is_in(host, other))
            {
                let message = format!(
                    "`{}` is an alias of `{host}`, which is not in `{}`{at}",
                    record.name(),
                    domain.name
                );
                out.fire(record.name(), lead.value(), message).at(Severity::Warning);
            }
        },
    );
}

pub(super) fn dangling(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(
        domain,
        |_| true,
        out,
        |record, lead, at, out| {
            let why = match lead.end {
                End::NoName => "does not exist",
                End::NoAddress => "has no address",
                _ if left_open(cx.scenario, domain, lead).is_some() => return out.not_evaluated(),
                _ => return,
            };
            let message = format!("`{}` leads to {}, which {why}{at}", record.name(), lead.named());
            out.fire(record.name(), lead.value(), message);
        },
    );
}

pub(super) fn endless(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    each_lead(
        domain,
        |_| true,
        out,
        |record, lead, at, out| {
            if lead.end == End::Endless {
                let way: Vec<String> = lead.hosts().take(4).map(|host| format!("`{host}`")).collect();
                let message = format!(
                    "`{}` leads over {} and on without end{at}",
                    record.name(),
                    if way.is_empty() { "itself".to_owned() } else { way.join(", ") }
                );
                out.fire(record.name(), lead.value(), message);
            } else if left_open(cx.scenario, domain, lead).is_some() {
                out.not_evaluated();
            }
        },
    );
}

pub(super) fn left_over(domain: &Domain, _: &Context, out: &mut Sink<'_>) {
    each_lead(domain, Record::is_internal, out, |record, lead, at, out| {
        let message = format!("`{}` leads to {}{at}", record.name(), lead.named());
        let out = out.fire(record.name(), lead.value(), message);
        if lead.hosts().any(is_online) {
            out.at(Severity::Warning);
        }
    });
}

/// The addresses of the servers to which a record leads; `None` where they are not known, or not on-premises.
fn addresses(seen: &Seen) -> Option<Vec<IpAddr>> {
    let Seen::Leads(leads) = seen else { return None };
    let mut all = Vec::new();
    for lead in leads {
        let End::Addresses(addresses) = &lead.end else { return None };
        all.extend(addresses);
    }
    Some(all)
}

/// Whether an address is one of a network inside.
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || address.is_loopback() || address.is_link_local(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

pub(super) fn disagree(domain: &Domain, cx: &Context, out: &mut Sink<'_>) {
    let of = |record: Record| domain.records.iter().find(|answers| answers.record == record);
    let inside = of(Record::DiscoverInternal).is_some();
    let Some(federation) = of(Record::Federation) else { return };
    for answers in [of(Record::Tls), of(Record::Sip)].into_iter().flatten() {
        if answers.record == Record::Sip && inside {
            continue;
        }
        for ((server, one), (_, other)) in federation.seen.iter().zip(&answers.seen) {
            let (Some(edge), Some(own)) = (addresses(one), addresses(other)) else {
                let both = [one, other];
                let absent = both.iter().any(|seen| matches!(seen, Seen::Absent(_)));
                if !absent && both.iter().any(|seen| open(cx.scenario, domain, seen).is_some()) {
                    out.not_evaluated();
                }
                continue;
            };
            let view =
                answers.record == Record::Sip && own.iter().all(is_private) != edge.iter().all(is_private);
            if view || own.iter().any(|address| edge.contains(address)) {
                continue;
            }
            let at = if answers.seen.len() > 1 { format!(" (at `{server}`)") } else { String::new() };
            let message = format!(
                "`{}` leads to {}, `{}` to {}{at}",
                answers.record.name(),
                other.named(),
                federation.record.name(),
                one.named()
            );
            let out = out.fire(answers.record.name(), other.value(), message);
            // Whoever asks inside the network is rightly led to the pool.
            if answers.record == Record::Sip {
                out.at(Severity::Info);
            }
        }
    }
}

pub(super) fn servers_disagree(domain: &Domain, _: &Context, out: &mut Sink<'_>) {
    for answers in &domain.records {
        let known: Vec<&(String, Seen)> =
            answers.seen.iter().filter(|(_, seen)| !matches!(seen, Seen::Unknown(_))).collect();
        if known.len() < answers.seen.len() {
            out.not_evaluated();
        }
        if known.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let told = |(server, seen): &&(String, Seen)| format!("{server}: {}", seen.value());
            let value: Vec<String> = known.iter().map(told).collect();
            let quoted = |(server, seen): &&(String, Seen)| format!("`{server}` says `{}`", seen.shown());
            let message: Vec<String> = known.iter().map(quoted).collect();
            let message = format!("`{}`: {}", answers.record.name(), message.join(", "));
            out.fire(answers.record.name(), value.join("; "), message);
        }
    }
}

/// Why it is not known whether a record leads to the right place. An alias may lead on to the right host online, and
/// to the wrong one on-premises. There a host must exist; but a server that serves the domain need not serve others.
pub(super) fn left_open<'l>(scenario: Scenario, domain: &Domain, lead: &'l Lead) -> Option<&'l str> {
    let End::Unknown(why) = &lead.end else { return None };
    let not_served = [REFERRAL, REFUSED].contains(&why.as_str()) && lead.aliases.is_empty();
    let excused = |host: &str| is_for_cloud(scenario) || (not_served && !is_in(host, &domain.name));
    match &lead.service {
        Some((host, _)) if excused(host) => None,
        _ => Some(why),
    }
}

/// Why an answer leaves something open: there was none, or where it leads on was not told.
pub(super) fn open<'s>(scenario: Scenario, domain: &Domain, seen: &'s Seen) -> Option<&'s str> {
    match seen {
        Seen::Unknown(why) => Some(why),
        Seen::Absent(_) => None,
        Seen::Leads(leads) => leads.iter().find_map(|lead| left_open(scenario, domain, lead)),
    }
}

/// The worldwide cloud's host of a record, for texts.
pub(super) fn worldwide(record: Record) -> &'static str {
    CLOUDS[0].host(record)
}

/// Whether a record may be missing.
pub(super) fn is_optional(scenario: Scenario, record: Record) -> bool {
    is_for_cloud(scenario)
        && (record.is_internal() || (scenario == Scenario::Teams && record != Record::Federation))
}
