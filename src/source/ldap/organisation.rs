//! What Exchange and Lync keep of the organisation, read from the configuration partition.

use std::collections::HashSet;

use super::ask::{Asking, Told, Why};
use super::dial::Dialer;
use super::fault::Fault;
use super::fetch::Request;
use super::locate;
use super::root::Root;
use super::search::Scope;
use super::watch::{Clock, Watch};
use crate::error::{Error, Result};
use crate::model::configuration::{Configuration, Kind, Object, Part};
use crate::model::dn;

/// So many servers are looked at that show nothing.
const FEW: usize = 16;
/// What every schema has, and whoever may read the schema sees.
const SENTINEL: &str = "Object-Class";
/// The two attributes whose ranges are the versions of the schema.
const VERSIONS: [(Kind, &str); 2] =
    [(Kind::ExchangeSchema, "ms-Exch-Schema-Version-Pt"), (Kind::LyncSchema, "ms-RTC-SIP-SchemaVersion")];

/// Reads it. What cannot be read is named in its part and is no error.
///
/// # Errors
/// When no server can be asked, when it is no domain controller, or when the run was interrupted.
pub fn organisation(request: &Request, watch: &dyn Watch) -> Result<Configuration> {
    let clock = Clock::new(watch, request.timeout, request.deadline, request.rate);
    let request = &locate::located(request, &clock)?;
    let dialer =
        Dialer::new(request.url.servers.clone(), request.tls.clone(), request.account.clone(), &clock)?;
    let name = dialer.servers.first().map(ToString::to_string).unwrap_or_default();
    if let Some(catalogue) = dialer.servers.iter().find(|server| server.is_global_catalogue()) {
        let what = "a global catalogue shows only a part of the configuration partition";
        let remedy = "name the port of the directory itself: 636 with ldaps://, 389 with ldap://";
        return Err(Error::source(catalogue.to_string(), what, remedy));
    }
    let (ask, root, server) =
        Asking::begin(&dialer, &clock, request.page).map_err(|fault| fault.into_error(&name))?;
    let Some(base) = root.configuration.clone() else {
        let what =
            "the server has no configuration partition: it is no domain controller of Active Directory";
        return Err(Error::source(
            &server,
            what,
            "name a domain controller of the forest in which Exchange is",
        ));
    };
    let mut reader = Reader { ask, root, base };
    let parts = reader.all().map_err(|fault| fault.into_error(&server))?;
    Ok(Configuration { server, base: reader.base, parts })
}

/// Reads one part after the other.
struct Reader<'r, 'w> {
    ask: Asking<'r, 'w>,
    root: Root,
    base: String,
}

impl Reader<'_, '_> {
    fn all(&mut self) -> std::result::Result<Vec<Part>, Fault> {
        let mut parts: Vec<Part> = self.versions()?.into();
        parts.extend(self.exchange()?);
        parts.extend(self.lync()?);
        let partitions = format!("CN=Partitions,{}", self.base);
        parts.push(self.part(Kind::UpnSuffixes, |reader| reader.one(Kind::UpnSuffixes, &partitions))?);
        Ok(parts)
    }

    /// A part by whatever reads it.
    fn part(
        &mut self,
        kind: Kind,
        read: impl FnOnce(&mut Self) -> Told<Vec<Object>>,
    ) -> std::result::Result<Part, Fault> {
        match read(self) {
            Ok(objects) => Ok(Part { kind, objects, unread: None }),
            Err(Why::Unread(why)) => Ok(Part { kind, objects: Vec::new(), unread: Some(why) }),
            Err(Why::Ended(fault)) => Err(fault),
        }
    }

    /// The versions in the schema.
    fn versions(&mut self) -> std::result::Result<[Part; 2], Fault> {
        let asked: Vec<String> =
            VERSIONS.iter().map(|(_, cn)| *cn).chain([SENTINEL]).map(|cn| format!("(cn={cn})")).collect();
        let filter = format!("(&(objectClass=attributeSchema)(|{}))", asked.concat());
        let mut found = match self.root.schema.clone() {
            Some(base) => self.ask.find(&base, Scope::OneLevel, &filter, Kind::ExchangeSchema.attributes()),
            None => Err(Why::Unread("the server does not say where its schema is".into())),
        };
        if let Ok(objects) = &found
            && !objects.iter().any(|object| is_named(object, SENTINEL))
        {
            found = Err(Why::Unread("the account may not read the schema".into()));
        }
        let [exchange, lync] = VERSIONS;
        let found = match found {
            Err(Why::Ended(fault)) => return Err(fault),
            Err(Why::Unread(why)) => Err(why),
            Ok(objects) => Ok(objects),
        };
        let part = |(kind, cn): (Kind, &str)| match &found {
            Err(why) => Part { kind, objects: Vec::new(), unread: Some(why.clone()) },
            Ok(objects) => {
                let objects = objects.iter().filter(|object| is_named(object, cn)).cloned().collect();
                Part { kind, objects, unread: None }
            }
        };
        Ok([part(exchange), part(lync)])
    }

    /// What Exchange keeps.
    fn exchange(&mut self) -> std::result::Result<Vec<Part>, Fault> {
        let above = format!("CN=Microsoft Exchange,CN=Services,{}", self.base);
        let organisation = self.part(Kind::Organisation, |reader| {
            reader.below(Kind::Organisation, &above, Scope::OneLevel, |reader| reader.ask.surely_none(&above))
        })?;
        let place = organisation.objects.first().map(name);
        let unread = organisation.unread.clone();
        let mut parts = vec![organisation];
        for (kind, folder) in [
            (Kind::Server, "CN=Administrative Groups"),
            (Kind::AcceptedDomain, "CN=Accepted Domains,CN=Transport Settings"),
            (Kind::PartnerApplication, "CN=Partner Applications,CN=Auth Configuration"),
            (Kind::AuthServer, "CN=Auth Servers,CN=Auth Configuration"),
        ] {
            let part = self.part(kind, |reader| {
                reader.below(kind, &above, Scope::Subtree, |reader| {
                    match (&unread, &place) {
                        (Some(why), _) => Err(Why::Unread(why.clone())),
                        (None, Some(place)) => reader.ask.surely_none(&format!("{folder},{place}")),
                        // Without an organisation there is nothing of it.
                        (None, None) => Ok(()),
                    }
                })
            })?;
            parts.push(part);
        }
        let servers = parts[1].objects.iter().take(FEW).map(name).collect::<Vec<_>>();
        let unread = unread.or_else(|| parts[1].unread.clone());
        // A server shows its directories, unless the account may not see them.
        let mut part = self.part(Kind::OutlookWebApp, |reader| {
            reader.below(Kind::OutlookWebApp, &above, Scope::Subtree, |reader| {
                unread.map_or(Ok(()), |why| Err(Why::Unread(why)))?;
                let mut folders = servers.iter().map(|server| format!("CN=HTTP,CN=Protocols,{server}"));
                folders.try_for_each(|folder| reader.ask.surely_none(&folder))
            })
        })?;
        if !part.objects.is_empty() {
            part.unread = self.unseen(&parts[1].objects, &part.objects)?;
        }
        parts.push(part);
        Ok(parts)
    }

    /// Why the directories may not be all, where some were seen: a server shows none and may have one.
    fn unseen(
        &mut self,
        servers: &[Object],
        directories: &[Object],
    ) -> std::result::Result<Option<String>, Fault> {
        // CN=owa (Default Web Site), CN=HTTP, CN=Protocols, CN=SERVER, ...
        let above = |object: &Object| dn::parts(&name(object)).into_iter().skip(3).collect::<Vec<_>>();
        let with: HashSet<Vec<String>> = directories.iter().map(above).collect();
        for server in servers.iter().filter(|server| !is_edge(server)) {
            let place = name(server);
            if with.contains(&dn::parts(&place)) {
                continue;
            }
            match self.ask.surely_none(&format!("CN=HTTP,CN=Protocols,{place}")) {
                Ok(()) => {}
                Err(Why::Unread(why)) => return Ok(Some(format!("{} shows none: {why}", server.told()))),
                Err(Why::Ended(fault)) => return Err(fault),
            }
        }
        Ok(None)
    }

    /// What Lync keeps, in the one place or the other.
    fn lync(&mut self) -> std::result::Result<Vec<Part>, Fault> {
        let mut homes = vec![format!("CN=RTC Service,CN=Services,{}", self.base)];
        homes.extend(
            self.root.forest.as_ref().map(|root| format!("CN=RTC Service,CN=Microsoft,CN=System,{root}")),
        );
        let (mut present, mut unread) = (Vec::new(), None);
        for home in homes {
            match self.ask.is_there(&home) {
                Ok(true) => present.push(home),
                Ok(false) => {}
                Err(Why::Unread(why)) => unread = Some(why),
                Err(Why::Ended(fault)) => return Err(fault),
            }
        }
        // Where one place is in use, the other one need not be known.
        let unread = unread.filter(|_| present.is_empty());
        let mut parts = Vec::new();
        for (kind, folder) in [(Kind::SipDomain, "CN=Global Settings"), (Kind::Pool, "CN=Pools")] {
            let mut part = Part { kind, objects: Vec::new(), unread: unread.clone() };
            for home in &present {
                let found = self.part(kind, |reader| {
                    reader.below(kind, home, Scope::Subtree, |reader| {
                        reader.ask.surely_none(&format!("{folder},{home}"))
                    })
                })?;
                part.objects.extend(found.objects);
                part.unread = part.unread.or(found.unread);
            }
            parts.push(part);
        }
        Ok(parts)
    }

    /// The objects of a kind below a base; where there are none, `none` finds out whether that is so.
    fn below(
        &mut self,
        kind: Kind,
        base: &str,
        scope: Scope,
        none: impl FnOnce(&mut Self) -> Told<()>,
    ) -> Told<Vec<Object>> {
        let filter = format!("(objectClass={})", kind.class());
        let found = match self.ask.asked(base, scope, &filter, kind.attributes())? {
            Some(found) => found.whole(base)?,
            None => Vec::new(),
        };
        if found.is_empty() {
            none(self)?;
        }
        Ok(found)
    }

    /// The object at a DN.
    fn one(&mut self, kind: Kind, dn: &str) -> Told<Vec<Object>> {
        if !self.ask.is_there(dn)? {
            return Ok(Vec::new());
        }
        self.ask.find(dn, Scope::Base, "(objectClass=*)", kind.attributes())
    }
}

/// Whether a server has the role of Edge Transport (64) alone: neither mailboxes nor anybody who signs in.
fn is_edge(server: &Object) -> bool {
    server.number("msExchCurrentServerRoles") == Some(64)
}

/// The DN of an object as a base.
fn name(object: &Object) -> String {
    String::from_utf8_lossy(&object.dn).into_owned()
}

fn is_named(object: &Object, cn: &str) -> bool {
    object.text("cn").eq_ignore_ascii_case(cn)
}
