//! What Exchange and Lync keep of the organisation, read from the configuration partition.
//!
//! A directory hides what an account may not see, and says nothing about it. So where nothing is found, it is looked
//! whether the account would see it: what the folder shows, or the folder above it where there is none (MS-ADTS,
//! 5.1.3.3.6: whoever may list a folder sees what is in it). Where that cannot be told, nothing is called missing.

use super::collect::{Collected, Found};
use super::connection::Connection;
use super::dial::{Dialer, TRIES, pause};
use super::fault::{Fault, Help};
use super::fetch::Request;
use super::root::Root;
use super::search::{Filter, Scope, Search};
use super::watch::{Clock, Watch};
use crate::error::{Error, Result};
use crate::model::configuration::{Configuration, Kind, Object, Part};

/// A page that every server gives.
const SMALL_PAGE: u32 = 50;
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
    let dialer =
        Dialer::new(request.url.servers.clone(), request.tls.clone(), request.account.clone(), &clock)?;
    let name = dialer.servers.first().map(ToString::to_string).unwrap_or_default();
    if let Some(catalogue) = dialer.servers.iter().find(|server| server.is_global_catalogue()) {
        let what = "a global catalogue shows only a part of the configuration partition";
        let remedy = "name the port of the directory itself: 636 with ldaps://, 389 with ldap://";
        return Err(Error::source(catalogue.to_string(), what, remedy));
    }
    let (connection, place, root) = first(&dialer, &clock).map_err(|fault| fault.into_error(&name))?;
    let server = dialer.servers[place].to_string();
    let Some(base) = root.configuration.clone() else {
        let what =
            "the server has no configuration partition: it is no domain controller of Active Directory";
        return Err(Error::source(
            &server,
            what,
            "name a domain controller of the forest in which Exchange is",
        ));
    };
    let open = Some((connection, place));
    let mut reader =
        Reader { dialer: &dialer, clock: &clock, open, place, page: request.page, root, base, over: None };
    let parts = reader.all().map_err(|fault| fault.into_error(&server))?;
    Ok(Configuration { server, base: reader.base, parts })
}

/// A connection, and what its server says about itself.
fn first<'w>(
    dialer: &Dialer<'w>,
    clock: &Clock<'_>,
) -> std::result::Result<(Connection<'w>, usize, Root), Fault> {
    let mut tried = 0;
    loop {
        let asked = dialer.dial(0).and_then(|(mut connection, place)| {
            let root = Root::read(&mut connection)?;
            Ok((connection, place, root))
        });
        let Err(fault) = asked else { return asked };
        tried += 1;
        if tried == TRIES || !may_pass(&fault) || matches!(fault, Fault::Io(_)) {
            return Err(fault);
        }
        clock.note(&format!("{}; trying again", fault.what()));
        clock.sleep(pause(tried))?;
    }
}

/// Whether to ask again. A server that was silent once has had its time, which is long.
fn may_pass(fault: &Fault) -> bool {
    fault.help() == Help::Again && !matches!(fault, Fault::Silent(_))
}

/// Reads one part after the other on one connection.
struct Reader<'r, 'w> {
    dialer: &'r Dialer<'w>,
    clock: &'w Clock<'w>,
    open: Option<(Connection<'w>, usize)>,
    place: usize,
    page: u32,
    root: Root,
    base: String,
    /// Why nothing more is asked.
    over: Option<String>,
}

/// Why something is not known; only an interrupted run ends the reading.
type Told<T> = std::result::Result<T, Why>;

enum Why {
    Unread(String),
    Ended(Fault),
}

/// What a folder shows.
enum Children {
    /// What is in it; whether all of it shows its attributes.
    Listed { any: bool, readable: bool },
    /// There is no such folder, or it is hidden.
    Gone,
}

impl<'w> Reader<'_, 'w> {
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
            Some(base) => self.find(&base, Scope::OneLevel, &filter, Kind::ExchangeSchema.attributes()),
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
            reader.below(Kind::Organisation, &above, &above, Scope::OneLevel)
        })?;
        let place =
            organisation.objects.first().map(|object| String::from_utf8_lossy(&object.dn).into_owned());
        let unread = organisation.unread.clone();
        let mut parts = vec![organisation];
        for (kind, folder) in [
            (Kind::Server, "CN=Administrative Groups"),
            (Kind::AcceptedDomain, "CN=Accepted Domains,CN=Transport Settings"),
            (Kind::PartnerApplication, "CN=Partner Applications,CN=Auth Configuration"),
            (Kind::AuthServer, "CN=Auth Servers,CN=Auth Configuration"),
        ] {
            let part = match (&place, &unread) {
                (_, Some(why)) => Part { kind, objects: Vec::new(), unread: Some(why.clone()) },
                (None, None) => Part { kind, objects: Vec::new(), unread: None },
                (Some(place), None) => self.part(kind, |reader| {
                    reader.below(kind, place, &format!("{folder},{place}"), Scope::Subtree)
                })?,
            };
            parts.push(part);
        }
        let servers: Vec<String> =
            parts[1].objects.iter().map(|server| String::from_utf8_lossy(&server.dn).into_owned()).collect();
        let unread = unread.or_else(|| parts[1].unread.clone());
        parts.push(self.web_apps(place.as_deref(), &servers, unread)?);
        Ok(parts)
    }

    /// The virtual directories of Outlook Web App. Where a server shows none, it is looked whether it would.
    fn web_apps(
        &mut self,
        place: Option<&str>,
        servers: &[String],
        unread: Option<String>,
    ) -> std::result::Result<Part, Fault> {
        let kind = Kind::OutlookWebApp;
        let (Some(place), None) = (place, &unread) else {
            return Ok(Part { kind, objects: Vec::new(), unread });
        };
        self.part(kind, |reader| {
            let found =
                reader.below(kind, place, &format!("CN=Administrative Groups,{place}"), Scope::Subtree)?;
            if found.is_empty() {
                for server in servers.iter().take(FEW) {
                    reader.surely_none(&format!("CN=HTTP,CN=Protocols,{server}"))?;
                }
            }
            Ok(found)
        })
    }

    /// What Lync keeps, in the one place or the other.
    fn lync(&mut self) -> std::result::Result<Vec<Part>, Fault> {
        let mut homes = vec![format!("CN=RTC Service,CN=Services,{}", self.base)];
        homes.extend(
            self.root.forest.as_ref().map(|root| format!("CN=RTC Service,CN=Microsoft,CN=System,{root}")),
        );
        let (mut present, mut unread) = (Vec::new(), None);
        for home in homes {
            match self.is_there(&home) {
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
                    reader.below(kind, home, &format!("{folder},{home}"), Scope::Subtree)
                })?;
                part.objects.extend(found.objects);
                part.unread = part.unread.or(found.unread);
            }
            parts.push(part);
        }
        Ok(parts)
    }

    /// The objects of a kind below a base; where there are none, `folder` is where they would be.
    fn below(&mut self, kind: Kind, base: &str, folder: &str, scope: Scope) -> Told<Vec<Object>> {
        let filter = format!("(objectClass={})", kind.class());
        let found = match self.asked(base, scope, &filter, kind.attributes())? {
            Some(found) => found.whole(base)?,
            None => Vec::new(),
        };
        if found.is_empty() {
            self.surely_none(folder)?;
        }
        Ok(found)
    }

    /// The object at a DN.
    fn one(&mut self, kind: Kind, dn: &str) -> Told<Vec<Object>> {
        if !self.is_there(dn)? {
            return Ok(Vec::new());
        }
        self.find(dn, Scope::Base, "(objectClass=*)", kind.attributes())
    }

    /// Whether there is an object with this DN that shows its attributes.
    fn is_there(&mut self, dn: &str) -> Told<bool> {
        let found = self.asked(dn, Scope::Base, "(objectClass=*)", &["objectClass"])?;
        match found.map(|found| found.whole(dn)).transpose()? {
            Some(objects) if objects.iter().any(|object| !object.text("objectClass").is_empty()) => Ok(true),
            Some(_) => Err(hidden(dn)),
            None => self.surely_none(dn).map(|()| false),
        }
    }

    /// Fails where a folder, or the next one above that there is, does not show that something is not in it.
    fn surely_none(&mut self, folder: &str) -> Told<()> {
        let mut dn = folder;
        loop {
            match self.children(dn)? {
                Children::Listed { readable: false, .. } => return Err(hidden(dn)),
                Children::Listed { any: false, .. } if dn != folder => return Err(hidden(dn)),
                Children::Listed { .. } => return Ok(()),
                Children::Gone => {}
            }
            dn = match above(dn) {
                Some(above) if !above.is_empty() => above,
                _ => return Err(hidden(folder)),
            };
        }
    }

    fn children(&mut self, dn: &str) -> Told<Children> {
        let own = self.asked(dn, Scope::Base, "(objectClass=*)", &["objectClass"])?;
        let Some(own) = own else { return Ok(Children::Gone) };
        let shown = |object: &Object| !object.text("objectClass").is_empty();
        if !own.whole(dn)?.iter().any(shown) {
            return Ok(Children::Listed { any: false, readable: false });
        }
        let Some(found) = self.asked(dn, Scope::OneLevel, "(objectClass=*)", &["objectClass"])? else {
            return Ok(Children::Gone);
        };
        let objects = found.whole(dn)?;
        Ok(Children::Listed { any: !objects.is_empty(), readable: objects.iter().all(shown) })
    }

    /// What a search finds below a base that must be there.
    fn find(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        names: &'static [&'static str],
    ) -> Told<Vec<Object>> {
        match self.asked(base, scope, filter, names)? {
            Some(found) => found.whole(base),
            None => Err(hidden(base)),
        }
    }

    /// What a search finds; `None` where its base is not there. What may pass is tried again, on a new connection.
    fn asked(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        names: &'static [&'static str],
    ) -> Told<Option<Found>> {
        if let Some(why) = &self.over {
            return Err(Why::Unread(why.clone()));
        }
        let filter = Filter::parse(filter).map_err(|error| Why::Ended(error.into()))?;
        let mut tried = 0;
        loop {
            let page = self.page;
            let search = Search { base: base.as_bytes(), scope, filter: &filter, attributes: names, page };
            let mut collected = Collected::new(names);
            let fault =
                match self.connection().and_then(|connection| connection.pages(&search, &mut collected)) {
                    Ok(()) => return Ok(Some(collected.found())),
                    Err(fault) if fault.is_gone() => return Ok(None),
                    Err(fault) => fault,
                };
            if fault.is_page_too_large() && self.page > SMALL_PAGE {
                self.page /= 2;
                continue;
            }
            tried += 1;
            if may_pass(&fault) && tried < TRIES {
                self.clock.note(&format!("{}; trying again", fault.what()));
                self.open = None;
                self.clock.sleep(pause(tried)).map_err(|fault| self.given_up(fault, true))?;
                continue;
            }
            let gone = fault.help() == Help::Again;
            return Err(self.given_up(fault, gone));
        }
    }

    /// What a search that failed for good means. A server that is gone is not asked again for every part.
    fn given_up(&mut self, fault: Fault, gone: bool) -> Why {
        if matches!(fault, Fault::Interrupted | Fault::Own(_)) {
            return Why::Ended(fault);
        }
        let why = format!("{} (remedy: {})", fault.what(), fault.remedy());
        if gone || fault.ends_the_run() {
            self.over = Some(why.clone());
        }
        Why::Unread(why)
    }

    fn connection(&mut self) -> std::result::Result<&mut Connection<'w>, Fault> {
        if self.open.is_none() {
            self.open = Some(self.dialer.dial(self.place)?);
        }
        self.open.as_mut().map(|(connection, _)| connection).ok_or(Fault::Closed)
    }
}

impl Found {
    /// All of it; an error where something is missing.
    fn whole(self, base: &str) -> Told<Vec<Object>> {
        match self.missing {
            None => Ok(self.objects),
            Some(why) => Err(Why::Unread(format!("`{base}`: {why}"))),
        }
    }
}

fn is_named(object: &Object, cn: &str) -> bool {
    object.text("cn").eq_ignore_ascii_case(cn)
}

/// What stands above a DN.
fn above(dn: &str) -> Option<&str> {
    let first = crate::model::dn::spelled(dn).first().map_or(0, |part| part.len());
    dn.get(first + 1..)
}

fn hidden(dn: &str) -> Why {
    let remedy = "give it the right to read there: Read all properties and List contents";
    Why::Unread(format!("the account may not see what is in `{dn}` (remedy: {remedy})"))
}
