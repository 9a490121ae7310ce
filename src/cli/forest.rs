//! The configuration partition of the servers: read, judged, and its domains handed on.

use super::ldap::Directory;
use super::terminal::{self, escape};
use crate::error::{Error, Result};
use crate::model::configuration::{Configuration, Kind, Object};
use crate::model::dn;
use crate::rules::organisation::{Organisation, by_hand, forest};
use crate::rules::verdict::Plan;
use crate::settings::{self, Settings};
use crate::source::ldap::is_ldap;

/// Whether an audit is to read it.
pub(super) fn is_wanted(settings: &Settings) -> bool {
    settings.org.check || settings.org.domains
}

/// Reads it of every server among the sources; of servers of one forest once.
pub(super) fn read(settings: &Settings, directory: &mut Directory<'_>) -> Result<Vec<Configuration>> {
    if !is_wanted(settings) {
        return Ok(Vec::new());
    }
    let servers: Vec<&String> = settings.sources.iter().filter(|spec| is_ldap(spec)).collect();
    if servers.is_empty() {
        let option = if settings.org.check { "--check-org" } else { "--domains-from-org" };
        return Err(Error::usage(format!(
            "{option} reads a domain controller, and no SOURCE is one\n  remedy: name one, such as ldaps://dc1.contoso.com"
        )));
    }
    let mut seen = Vec::new();
    for spec in servers {
        add_forest(&mut seen, directory.organisation(spec)?);
    }
    Ok(seen)
}

/// Adds what a server showed; of a forest that was read before, what could not be read then.
fn add_forest(seen: &mut Vec<Configuration>, more: Configuration) {
    let base = dn::parts(&more.base);
    match seen.iter_mut().find(|one| dn::parts(&one.base) == base) {
        Some(one) => one.complete(more),
        None => seen.push(more),
    }
}

/// What was read, judged, and what somebody has looked at by hand.
pub(super) fn judged(
    plan: &Plan,
    settings: &Settings,
    seen: &[Configuration],
    today: jiff::civil::Date,
) -> Organisation {
    let mut organisation = Organisation::default();
    for one in seen {
        organisation.merge(forest::judged(plan, one));
    }
    let scenario = plan.context.scenario;
    if seen.is_empty() && settings.org.recorded.is_empty() {
        return organisation;
    }
    if seen.is_empty() {
        for check in by_hand::instead(scenario) {
            organisation.note(check);
        }
    }
    for check in by_hand::checks(scenario, &settings.org.recorded, today) {
        organisation.note(check);
    }
    organisation
}

/// Adds the domains of the organisation to the lists of the settings. A list is used only when it was read whole: with
/// half of it, domains that are right would be taken for wrong.
pub(super) fn hand_on(settings: &mut Settings, seen: &[Configuration]) {
    if !settings.org.domains {
        return;
    }
    let all = |kind| seen.iter().all(|one| one.unread(kind).is_none());
    let of = |kind| seen.iter().flat_map(move |one| one.objects(kind));
    if !all(Kind::SipDomain) {
        return terminal::note(
            "warning: --domains-from-org: the SIP domains could not be read; no domain was taken over",
        );
    }
    let sip: Vec<String> =
        of(Kind::SipDomain).filter_map(|object| domain(object, "msRTCSIP-DomainName")).collect();
    add(&mut settings.sip_domains, &sip);
    let accepted: Vec<String> =
        of(Kind::AcceptedDomain).filter_map(|object| domain(object, "msExchAcceptedDomainName")).collect();
    if !all(Kind::AcceptedDomain) || accepted.is_empty() {
        return terminal::note(
            "warning: --domains-from-org: no accepted domain could be read; --verified-domain stays as it was",
        );
    }
    add(&mut settings.verified_domains, &accepted);
    add(&mut settings.verified_domains, &sip);
    // `*.contoso.com` is contoso.com and all below.
    let above: Vec<String> =
        accepted.iter().filter_map(|one| one.strip_prefix('.')).map(str::to_owned).collect();
    add(&mut settings.verified_domains, &above);
}

fn add(list: &mut Vec<String>, more: &[String]) {
    for domain in more {
        if !list.contains(domain) {
            list.push(domain.clone());
        }
    }
}

/// The domain of an object, folded; `.contoso.com` where all below are meant. What is none is left out, which is told.
fn domain(object: &Object, attribute: &str) -> Option<String> {
    let text = object.text(attribute);
    let written = text.strip_prefix('*').unwrap_or(&text);
    let read = settings::domain(written).ok();
    if read.is_none() {
        let place = escape(&object.told());
        terminal::note(&format!("warning: --domains-from-org: `{}` of {place} is no domain", escape(&text)));
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::configuration::Part;
    use crate::settings::Values;

    fn part(kind: Kind, attribute: &'static str, domains: &[&[u8]], unread: bool) -> Part {
        let object =
            |domain: &&[u8]| Object { dn: b"CN=d".to_vec(), values: vec![(attribute, domain.to_vec())] };
        let unread = unread.then(|| "refused".to_owned());
        Part { kind, objects: domains.iter().map(object).collect(), unread }
    }

    fn handed_on(sip: bool, accepted: bool) -> (Vec<String>, Vec<String>) {
        let domains: [&[u8]; 4] = [b"Contoso.com", b"*.fabrikam.com", b"\xff\xfe", b"contoso.com"];
        let parts = vec![
            part(Kind::SipDomain, "msRTCSIP-DomainName", &[b"sip.contoso.com"], sip),
            part(Kind::AcceptedDomain, "msExchAcceptedDomainName", &domains, accepted),
        ];
        let mut settings = settings::of(Values::default()).unwrap();
        settings.org.domains = true;
        settings.sip_domains.push("given.com".into());
        hand_on(&mut settings, &[Configuration { parts, ..Configuration::default() }]);
        (settings.sip_domains, settings.verified_domains)
    }

    #[test]
    fn a_forest_is_told_once() {
        let of = |base: &str, unread| Configuration {
            server: base.into(),
            base: base.into(),
            parts: vec![part(Kind::SipDomain, "msRTCSIP-DomainName", &[b"contoso.com"], unread)],
        };
        let mut seen = Vec::new();
        for (base, unread) in
            [("CN=C,DC=a", true), ("CN=C,DC=b", false), ("cn=c, dc=A", false), ("CN=c,DC=a", true)]
        {
            add_forest(&mut seen, of(base, unread));
        }
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|one| one.unread(Kind::SipDomain).is_none()));
    }

    #[test]
    fn lists_are_handed_on_whole_or_not_at_all() {
        let (sip, verified) = handed_on(false, false);
        assert_eq!(sip, ["given.com", "sip.contoso.com"]);
        assert_eq!(verified, ["contoso.com", ".fabrikam.com", "sip.contoso.com", "fabrikam.com"]);
        assert_eq!(handed_on(false, true), (vec!["given.com".into(), "sip.contoso.com".into()], vec![]));
        assert_eq!(handed_on(true, false), (vec!["given.com".into()], vec![]));
    }
}
