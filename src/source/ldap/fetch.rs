//! A fetch from the first connection to the last comment of the file.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bind::Account;
use super::checkpoint::{Checkpoint, Task};
use super::connection::Connection;
use super::dial::Dialer;
use super::entry::Asked;
use super::fault::Fault;
use super::late;
use super::part::Packing;
use super::queue::{Work, lock};
use super::read::Excluded;
use super::root::{Root, Schema, unreadable};
use super::search::{Filter, Scope, Search};
use super::since::Earlier;
use super::slices::Cut;
use super::tls;
use super::url::Url;
use super::watch::{Clock, Watch};
use crate::error::{Error, Result};
use crate::model::{Attr, AttrSet};
use crate::source::fetched::Header;

/// What is fetched, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The servers, and the base if the URL names one.
    pub url: Url,
    /// Who asks.
    pub account: Account,
    /// How servers are verified.
    pub tls: tls::Options,
    /// Which objects; `None` is users, contacts, and groups with addresses.
    pub filter: Option<String>,
    /// Where to start; empty is the base of the URL, else the domain, else all that the server has.
    pub bases: Vec<String>,
    /// What below the bases is left out.
    pub excluded: Vec<String>,
    /// The attributes that are wanted.
    pub attributes: AttrSet,
    /// The most objects of a page.
    pub page: u32,
    /// The most connections at a time.
    pub connections: usize,
    /// The most objects a second; 0 is no limit.
    pub rate: u64,
    /// How long a server may be silent.
    pub timeout: Duration,
    /// How long all of it may take.
    pub deadline: Option<Duration>,
}

/// Where the objects go.
#[derive(Debug, Clone)]
pub struct Target {
    /// How they are packed.
    pub packing: Packing,
    /// The folder in which parts are kept until all are there, so that a later run can go on.
    pub parts: Option<PathBuf>,
    /// Whether to go on with the parts that an earlier run has left.
    pub resume: bool,
    /// An earlier fetched file: only what changed since is read, where that is possible.
    pub since: Option<PathBuf>,
    /// The file, which is put in its place whole; `None` makes one without a name.
    pub out: Option<PathBuf>,
    /// The folder for files without a name.
    pub folder: PathBuf,
    /// The time, RFC 3339.
    pub time: String,
}

/// What was fetched.
#[derive(Debug)]
pub struct Fetched {
    /// The file without a name, if that was asked for.
    pub file: Option<File>,
    /// How many records it has.
    pub records: u64,
    /// The server that was asked first.
    pub server: String,
    /// Why objects or values are missing; empty when the directory is complete.
    pub missing: Vec<String>,
    /// Whether slices are missing that a later run can read.
    pub can_resume: bool,
    /// What the user has to know.
    pub notes: Vec<String>,
}

/// Fetches the objects of a directory into a file.
///
/// # Errors
/// When no server can be asked, when nothing could be read, or when the run was interrupted. A fetch of which a part
/// failed is no error: see [`Fetched::missing`].
pub fn fetch(request: &Request, target: &Target, watch: &dyn Watch) -> Result<Fetched> {
    request.filter.as_deref().map(Filter::parse).transpose()?;
    let clock = Clock::new(watch, request.timeout, request.deadline, request.rate);
    let dialer =
        Dialer::new(request.url.servers.clone(), request.tls.clone(), request.account.clone(), &clock)?;
    let name = dialer.servers.first().map(ToString::to_string).unwrap_or_default();
    let failed = |fault: Fault| error(&name, fault);
    let session = || dialer.with(|connection| Session::begin(connection, request));
    let (mut connection, place, session) = session().map_err(failed)?;
    let task = task(request, target, &session, &dialer, place).map_err(failed)?;
    if let Some(path) = &target.since {
        if let Some(changes) = changes(path, &task, request, target, &dialer, &clock).map_err(failed)? {
            return finish(
                changes,
                Vec::new(),
                &session,
                request,
                target,
                &dialer.servers[place].to_string(),
            );
        }
    }
    let mut checkpoint = begin(&mut connection, request, target, &session, task).map_err(failed)?;
    let task = checkpoint.task().clone();
    let excluded = Excluded::new(&task.excluded);
    let before = late::restore(&mut checkpoint)?;
    let work = Work::new(&clock, &dialer, &task, page(request), &excluded, checkpoint);
    work.take_over(&before);
    drop(before);
    work.run(request.connections, Some((connection, place)), true);
    if let Some(fault) = lock(&work.ended).take() {
        work.give_up(fault, &name)?;
    }
    late::reconcile(&work);
    let missing = std::mem::take(&mut *lock(&work.missing));
    let checkpoint = work.checkpoint.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    finish(checkpoint, missing, &session, request, target, &dialer.servers[place].to_string())
}

/// What changed since an earlier fetch, and what did not; `None` when everything has to be read, which is told.
fn changes(
    path: &Path,
    task: &Task,
    request: &Request,
    target: &Target,
    dialer: &Dialer<'_>,
    clock: &Clock<'_>,
) -> std::result::Result<Option<Checkpoint>, Fault> {
    let mut earlier = match Earlier::open(path, task)? {
        Ok(earlier) => earlier,
        Err(why) => {
            clock.note(&format!("--since `{}`: {why}; everything is read", path.display()));
            return Ok(None);
        }
    };
    let changed = earlier.task(task);
    let slices = changed.cut.slices(changed.bases.len(), 1);
    let checkpoint = Checkpoint::new(changed.clone(), slices, None, &target.folder)?;
    let excluded = Excluded::new(&task.excluded);
    let work = Work::new(clock, dialer, &changed, page(request), &excluded, checkpoint);
    work.run(1, None, false);
    if let Some(fault) = lock(&work.ended).take() {
        return Err(fault);
    }
    let missing = std::mem::take(&mut *lock(&work.missing));
    let mut checkpoint = work.checkpoint.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if missing.is_empty() && earlier.complete(&mut checkpoint, task, &excluded, dialer)? {
        checkpoint.rename(task.clone());
        return Ok(Some(checkpoint));
    }
    clock.note("--since: too much has changed or could not be read; everything is read");
    Ok(None)
}

/// A page is not larger than what may come in a second.
fn page(request: &Request) -> u32 {
    u32::try_from(request.rate)
        .ok()
        .filter(|&rate| rate > 0)
        .map_or(request.page, |rate| rate.min(request.page))
}

/// The error of a fault.
fn error(server: &str, fault: Fault) -> Error {
    match fault {
        Fault::Interrupted => Error::Interrupted,
        Fault::Own(error) => error,
        fault => Error::source(server, fault.what(), fault.remedy()),
    }
}

impl Work<'_> {
    /// An ended run is an error when it was interrupted or nothing has arrived; else something is missing.
    fn give_up(&self, fault: Fault, server: &str) -> Result<()> {
        let nothing = lock(&self.checkpoint).found().next().is_none();
        if nothing || matches!(fault, Fault::Interrupted | Fault::Own(_)) {
            return Err(error(server, fault));
        }
        lock(&self.missing).push(format!("{} (remedy: {})", fault.what(), fault.remedy()));
        Ok(())
    }
}

/// What the first server says.
struct Session {
    root: Root,
    schema: Schema,
    identity: Option<String>,
}

impl Session {
    fn begin(connection: &mut Connection<'_>, _: &Request) -> std::result::Result<Self, Fault> {
        let root = Root::read(connection)?;
        let schema = Schema::read(connection, &root)?;
        let identity = root.identity(connection)?;
        Ok(Self { root, schema, identity })
    }
}

/// What is to be read.
fn task(
    request: &Request,
    target: &Target,
    session: &Session,
    dialer: &Dialer<'_>,
    place: usize,
) -> std::result::Result<Task, Fault> {
    let bases = bases(request, &session.root, dialer, place)?;
    let names = names(request, session, dialer);
    let filter = request.filter.clone().unwrap_or_else(|| default_filter(session.root.is_ad).to_owned());
    Filter::parse(&filter)?;
    Ok(Task {
        bases,
        excluded: request.excluded.clone(),
        filter,
        attributes: names.iter().map(|&name| name.to_owned()).collect(),
        packing: target.packing,
        change: session.identity.clone().zip(session.root.last_change),
        cut: Cut::WHOLE,
    })
}

/// The slices of a fetch: new ones, or those that an earlier run has left.
fn begin(
    connection: &mut Connection<'_>,
    request: &Request,
    target: &Target,
    session: &Session,
    mut task: Task,
) -> std::result::Result<Checkpoint, Fault> {
    if let (true, Some(folder)) = (target.resume, &target.parts) {
        if let Some(left) = Checkpoint::open(folder, &target.folder)? {
            return resumed(left, task, folder);
        }
    }
    // One cursor needs no slices, and each costs the server.
    if request.connections > 1 {
        task.cut = cut(connection, &session.root, &task)?;
    }
    let count = u32::try_from(request.connections.saturating_mul(2)).unwrap_or(u32::MAX);
    let slices = task.cut.slices(task.bases.len(), count);
    Ok(Checkpoint::new(task, slices, target.parts.clone(), &target.folder)?)
}

fn resumed(left: Checkpoint, mut task: Task, folder: &Path) -> std::result::Result<Checkpoint, Fault> {
    let old = left.task();
    task.cut = old.cut;
    let same_server =
        task.change.as_ref().map(|change| &change.0) == old.change.as_ref().map(|change| &change.0);
    task.change.clone_from(&old.change);
    if &task != old {
        let what = format!("the earlier fetch in `{}` read other objects or attributes", folder.display());
        let remedy = "give the same options, or fetch anew without --resume";
        return Err(Fault::Never(what, remedy.into()));
    }
    if !same_server {
        let what = format!("the earlier fetch in `{}` read another server", folder.display());
        return Err(Fault::Never(what, "name the same server, or fetch anew without --resume".into()));
    }
    Ok(left)
}

/// The key that works on the bases, or on an object below one of them.
fn cut(connection: &mut Connection<'_>, root: &Root, task: &Task) -> std::result::Result<Cut, Fault> {
    let Some(base) = task.bases.first() else { return Ok(Cut::WHOLE) };
    let cut = if base.is_empty() { Cut::WHOLE } else { Cut::find(connection, root, base.as_bytes())? };
    if cut != Cut::WHOLE {
        return Ok(cut);
    }
    let filter = Filter::parse(&task.filter)?;
    let search = Search {
        base: base.as_bytes(),
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &["1.1"],
        page: 1,
    };
    let mut object = None;
    let asked = connection.find(&search, &mut |body| {
        object.get_or_insert(super::entry::Entry::read(body)?.dn.to_vec());
        Ok(())
    });
    match asked {
        // A server without pages gives more than one, up to its limit; one is enough here.
        Err(Fault::Refused(_)) if object.is_some() => {}
        other => other?,
    }
    object.map_or(Ok(Cut::WHOLE), |object| Cut::find(connection, root, &object))
}

/// Where the search starts.
fn bases(
    request: &Request,
    root: &Root,
    dialer: &Dialer<'_>,
    place: usize,
) -> std::result::Result<Vec<String>, Fault> {
    if !request.bases.is_empty() {
        return Ok(request.bases.clone());
    }
    if !request.url.base.is_empty() {
        return Ok(vec![request.url.base.clone()]);
    }
    if dialer.servers[place].is_global_catalogue() && root.is_ad {
        return Ok(vec![String::new()]);
    }
    if let Some(domain) = &root.domain {
        return Ok(vec![domain.clone()]);
    }
    if root.contexts.is_empty() {
        let what = "the server does not say what it holds";
        return Err(Fault::Never(what.into(), "name the base with --base".into()));
    }
    // A base below another is read with it.
    let spelled: Vec<String> = root.contexts.iter().map(|base| super::names::spelled(base)).collect();
    let inside = |place: usize| {
        spelled.iter().enumerate().any(|(other, base)| {
            other != place
                && super::names::is_below(&spelled[place], base)
                && (spelled[place] != *base || other < place)
        })
    };
    Ok((0..spelled.len()).filter(|&place| !inside(place)).map(|place| root.contexts[place].clone()).collect())
}

/// The names of the attributes that are asked for.
fn names(request: &Request, session: &Session, dialer: &Dialer<'_>) -> Vec<&'static str> {
    let catalogue = dialer.servers.iter().any(super::url::Server::is_global_catalogue) && session.root.is_ad;
    wanted(request).filter(|&attr| !catalogue || session.schema.in_catalogue(attr)).map(Attr::ldap).collect()
}

fn wanted(request: &Request) -> impl Iterator<Item = Attr> {
    let identity = AttrSet::of(&[Attr::ObjectGuid, Attr::ObjectClass]);
    // The DN comes with every object.
    request.attributes.union(identity).without(Attr::DistinguishedName).iter()
}

/// Users, inetOrgPersons and contacts, and groups that hold addresses.
fn default_filter(is_ad: bool) -> &'static str {
    if is_ad {
        "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)(objectClass=inetOrgPerson)))(&(objectCategory=group)(|(mail=*)(proxyAddresses=*))))"
    } else {
        "(|(&(|(objectClass=user)(objectClass=inetOrgPerson)(objectClass=contact))(!(objectClass=computer)))(&(objectClass=group)(|(mail=*)(proxyAddresses=*))))"
    }
}

/// Puts the parts together, and says before and behind them what they are.
fn finish(
    mut checkpoint: Checkpoint,
    mut missing: Vec<String>,
    session: &Session,
    request: &Request,
    target: &Target,
    server: &str,
) -> Result<Fetched> {
    let task = &checkpoint.task().clone();
    let can_resume = !checkpoint.open_slices().is_empty();
    let mut records = 0;
    let (mut unreadable_objects, mut elsewhere) = (0, Vec::new());
    let names: Vec<&str> = task.attributes.iter().map(String::as_str).collect();
    let mut asked = Asked::new(&names);
    for found in checkpoint.found() {
        records += found.records;
        unreadable_objects += found.unreadable;
        asked.seen |= found.seen;
        elsewhere.extend(found.elsewhere.iter().cloned());
    }
    elsewhere.sort_unstable();
    elsewhere.dedup();
    if unreadable_objects > 0 {
        missing.push(format!("{unreadable_objects} objects came in a form that cannot be read"));
    }
    if can_resume && missing.is_empty() {
        missing.push("parts of the directory were not read".into());
    }
    let mut hidden = unreadable(&asked, &names, &session.schema);
    hidden.extend(wanted(request).map(Attr::ldap).filter(|name| !names.contains(name)).map(str::to_owned));
    let header = Header {
        server: server.to_owned(),
        bases: task.bases.clone(),
        excluded: task.excluded.clone(),
        filter: task.filter.clone(),
        time: target.time.clone(),
        asked: task.attributes.clone(),
        readable: names
            .iter()
            .filter(|name| !hidden.iter().any(|hidden| hidden == *name))
            .map(|&name| name.to_owned())
            .collect(),
        unreadable: hidden,
        elsewhere,
        notes: notes(request),
        missing,
        change: task.change.clone().filter(|_| request.url.servers.len() == 1),
        records,
    };
    let made = Error::io("write", &target.folder);
    let file = if let Some(out) = &target.out {
        let mut file = tempfile::NamedTempFile::new_in(&target.folder).map_err(made)?;
        write(&header, &mut checkpoint, task.packing, file.as_file_mut())?;
        file.persist(out).map_err(|why| Error::io("write", out)(why.error))?;
        None
    } else {
        let mut file = tempfile::tempfile_in(&target.folder).map_err(made)?;
        write(&header, &mut checkpoint, task.packing, &mut file)?;
        Some(file)
    };
    if !can_resume {
        checkpoint.remove()?;
    }
    let Header { missing, notes, server, .. } = header;
    Ok(Fetched { file, records, server, missing, can_resume, notes })
}

fn write(header: &Header, checkpoint: &mut Checkpoint, packing: Packing, file: &mut File) -> Result<()> {
    let failed = |why: io::Error| Error::io("write", Path::new("the fetched file"))(why);
    packing.write(header.start().as_bytes(), &mut *file).map_err(failed)?;
    checkpoint.parts(|part| io::copy(part, file).map(|_| ()).map_err(failed))?;
    packing.write(header.end().as_bytes(), &mut *file).map_err(failed)?;
    file.flush().and_then(|()| file.rewind()).map_err(failed)
}

/// What whoever reads the objects has to know about how they came.
fn notes(request: &Request) -> Vec<String> {
    let mut notes = Vec::new();
    if request.tls.insecure {
        notes.push("--insecure: nobody has verified that the server is the one that was named".to_owned());
    }
    if matches!(request.account, Account::Anonymous) {
        notes.push(
            "no account was named: what the server shows to nobody in particular may be less than all"
                .to_owned(),
        );
    }
    notes
}
