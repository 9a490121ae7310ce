//! A fetch from the first connection to the last comment of the file.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bind::Account;
use super::checkpoint::{Checkpoint, Task};
use super::dial::Dialer;
use super::fault::Fault;
use super::file::finish;
use super::part::Packing;
use super::queue::{Work, lock};
use super::read::Excluded;
use super::search::Filter;
use super::since::Earlier;
use super::task::{Session, begin, task};
use super::tls;
use super::url::Url;
use super::watch::{Clock, Watch};
use super::{late, locate};
use crate::error::Result;
use crate::model::AttrSet;

/// What is fetched, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The servers, and the base if the URL names one.
    pub url: Url,
    /// The name servers that are asked for servers, in place of the system's.
    pub dns: Vec<SocketAddr>,
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
    let request = &locate::located(request, &clock)?;
    let dialer =
        Dialer::new(request.url.servers.clone(), request.tls.clone(), request.account.clone(), &clock)?;
    let name = request.url.to_string();
    let failed = |fault: Fault| fault.into_error(&name);
    let session = || dialer.with(|connection| Session::begin(connection));
    let (mut connection, place, session) = session().map_err(failed)?;
    let task = task(request, target, &session, &dialer, place).map_err(failed)?;
    if let Some(path) = &target.since
        // Numbers of changes mean nothing on another server.
        && let Some(changes) = changes(path, &task, request, target, &dialer.only(place), &clock).map_err(failed)?
    {
        let server = dialer.servers[place].to_string();
        return finish(changes, Vec::new(), &session, request, target, &server);
    }
    let checkpoint = begin(&mut connection, request, target, &session, task).map_err(failed)?;
    let task = checkpoint.task().clone();
    let excluded = Excluded::new(&task.excluded);
    let work = Work::new(&clock, &dialer, &task, page(request), &excluded, checkpoint);
    work.take_over()?;
    std::thread::scope(|scope| {
        // Counting costs the server about half of what reading does; who wants it to rest gets one after the other.
        let beside = request.rate == 0;
        if beside {
            scope.spawn(|| work.count_all());
        }
        work.read_all(request.connections, Some((connection, place)));
        if !beside {
            work.count_all();
        }
    });
    if let Some(fault) = lock(&work.ended).take() {
        work.give_up(fault, &name)?;
    }
    let nothing = lock(&work.checkpoint).found().next().is_none();
    if let Some(fault) = lock(&work.lost).take().filter(|_| nothing) {
        return Err(fault.into_error(&name));
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
    work.read_all(1, None);
    if let Some(fault) = lock(&work.ended).take() {
        return Err(fault);
    }
    let missing = std::mem::take(&mut *lock(&work.missing));
    let mut checkpoint = work.checkpoint.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let whole = missing.is_empty()
        && match earlier.complete(&mut checkpoint, task, &excluded, dialer) {
            Err(fault) if fault.ends_the_run() => return Err(fault),
            // What could not be asked for may come with everything; if it does not, that is told.
            whole => whole.unwrap_or(false),
        };
    if whole {
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

impl Work<'_> {
    /// An ended run is an error when it was interrupted or nothing has arrived; else something is missing.
    fn give_up(&self, fault: Fault, server: &str) -> Result<()> {
        let nothing = lock(&self.checkpoint).found().next().is_none();
        if nothing || matches!(fault, Fault::Interrupted | Fault::Own(_)) {
            return Err(fault.into_error(server));
        }
        lock(&self.missing).push(format!("{} (remedy: {})", fault.what(), fault.remedy()));
        Ok(())
    }
}
