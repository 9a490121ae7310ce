//! What a fetch reads: what the server is, where to start, which objects and attributes, in which slices.

use std::path::Path;

use super::branches;
use super::checkpoint::{Checkpoint, Task};
use super::connection::Connection;
use super::dial::Dialer;
use super::fault::Fault;
use super::fetch::{Request, Target};
use super::names;
use super::read::Excluded;
use super::root::{Root, Schema};
use super::search::Filter;
use super::slices::{Cut, Slice};
use crate::model::{Attr, AttrSet};

/// What the first server says.
pub(super) struct Session {
    pub(super) root: Root,
    pub(super) schema: Schema,
    identity: Option<String>,
}

impl Session {
    /// Asks it.
    pub(super) fn begin(connection: &mut Connection<'_>) -> std::result::Result<Self, Fault> {
        let root = Root::read(connection)?;
        let schema = Schema::read(connection, &root)?;
        let identity = root.identity(connection)?;
        Ok(Self { root, schema, identity })
    }
}

/// What is to be read.
pub(super) fn task(
    request: &Request,
    target: &Target,
    session: &Session,
    dialer: &Dialer<'_>,
    place: usize,
) -> std::result::Result<Task, Fault> {
    let bases = bases(request, &session.root, dialer, place)?;
    let names = attributes(request, session, dialer);
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
pub(super) fn begin(
    connection: &mut Connection<'_>,
    request: &Request,
    target: &Target,
    session: &Session,
    mut task: Task,
) -> std::result::Result<Checkpoint, Fault> {
    if let (true, Some(folder)) = (target.resume, &target.parts)
        && let Some(left) = Checkpoint::open(folder, &target.folder)?
    {
        return resumed(left, task, folder);
    }
    // A single slice is one that can be split, too, when a server gives no more at once.
    task.cut = match task.bases.first() {
        Some(base) => Cut::find(connection, &session.root, base, &task.filter)?,
        None => Cut::WHOLE,
    };
    let count = wanted_slices(
        request.connections,
        session.identity.is_some(),
        target.parts.is_some(),
        request.rate > 0,
    );
    let mut slices = task.cut.slices(task.bases.len(), count);
    if task.cut == Cut::WHOLE && count > 1 {
        slices = branches(connection, &task, count)?;
    }
    Ok(Checkpoint::new(task, slices, target.parts.clone(), &target.folder)?)
}

/// Where no key slices: the branches of each base, or the base as a whole.
fn branches(
    connection: &mut Connection<'_>,
    task: &Task,
    wanted: u32,
) -> std::result::Result<Vec<Slice>, Fault> {
    let excluded = Excluded::new(&task.excluded);
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let mut slices = Vec::new();
    for (place, base) in task.bases.iter().enumerate() {
        match branches::find(connection, base, &task.filter, &excluded, wanted)? {
            Some(found) => slices.extend(found.into_iter().map(|branch| Slice::of(place, branch))),
            None => slices.push(Slice::whole(place)),
        }
    }
    Ok(slices)
}

/// How many slices each base is read in: as many as there are connections where the key has an index, as in AD.
/// Elsewhere a slice costs up to a fifth of reading everything, since the server looks at every object for it. So there
/// are half as many, and the count works beside them.
fn wanted_slices(connections: usize, is_indexed: bool, is_kept: bool, is_slow: bool) -> u32 {
    let connections = u32::try_from(connections).unwrap_or(u32::MAX);
    let count = if is_indexed { connections } else { connections.div_ceil(2) };
    // A later run goes on with the slices that are whole; slow readings are broken off most often. Where a slice is dear
    // and one connection was asked for, reading anew costs less than what every reading would pay for a second one.
    count.max(match (is_kept, is_slow) {
        (false, _) => 1,
        (true, false) if connections < 2 && !is_indexed => 1,
        (true, false) => 2,
        (true, true) => 4,
    })
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
        let why = root.refusal.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let what = format!("the server does not say what it holds{why}");
        let remedy = "name the base with --base, or an account that may see it with --user";
        return Err(Fault::Never(what, remedy.into()));
    }
    // A base below another is read with it.
    let spelled: Vec<String> = root.contexts.iter().map(|base| names::spelled(base)).collect();
    let inside = |place: usize| {
        spelled.iter().enumerate().any(|(other, base)| {
            other != place
                && names::is_below(&spelled[place], base)
                && (spelled[place] != *base || other < place)
        })
    };
    Ok((0..spelled.len()).filter(|&place| !inside(place)).map(|place| root.contexts[place].clone()).collect())
}

/// The names of the attributes that are asked for.
fn attributes(request: &Request, session: &Session, dialer: &Dialer<'_>) -> Vec<&'static str> {
    let catalogue = dialer.servers.iter().any(super::url::Server::is_global_catalogue) && session.root.is_ad;
    wanted(request).filter(|&attr| !catalogue || session.schema.in_catalogue(attr)).map(Attr::ldap).collect()
}

pub(super) fn wanted(request: &Request) -> impl Iterator<Item = Attr> {
    let identity = AttrSet::of(&[Attr::ObjectGuid, Attr::ObjectClass]);
    // The DN comes with every object.
    request.attributes.union(identity).without(Attr::DistinguishedName).iter()
}

/// Users, inetOrgPersons and contacts, and groups that hold addresses.
fn default_filter(is_ad: bool) -> &'static str {
    if is_ad {
        "(|(&(objectCategory=person)(|(objectClass=user)(objectClass=contact)(objectClass=inetOrgPerson)))(&(objectCategory=group)(|(mail=*)(proxyAddresses=*))))"
    } else {
        // No `!` here: that a class is not known makes its negation undefined, and then nothing fits.
        "(|(objectClass=user)(objectClass=inetOrgPerson)(objectClass=contact)(&(objectClass=group)(|(mail=*)(proxyAddresses=*))))"
    }
}

#[cfg(test)]
mod tests {
    use super::wanted_slices;

    #[test]
    fn slices_are_as_many_as_help() {
        assert_eq!([1, 2, 4, 9].map(|n| wanted_slices(n, true, false, false)), [1, 2, 4, 9]);
        assert_eq!([0, 1, 2, 4, 9].map(|n| wanted_slices(n, false, false, false)), [1, 1, 1, 2, 5]);
        for (is_indexed, wanted) in [(true, [2, 4]), (false, [1, 4])] {
            let kept = [false, true].map(|is_slow| wanted_slices(1, is_indexed, true, is_slow));
            assert_eq!(kept, wanted, "a later run has something to go on with, where that is cheap");
        }
        assert_eq!([2, 4].map(|n| wanted_slices(n, false, true, false)), [2, 2]);
    }
}
