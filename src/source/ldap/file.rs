//! The fetched file: the parts put together, and what is said before and behind them.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

use super::bind::Account;
use super::checkpoint::Checkpoint;
use super::entry::Asked;
use super::fetch::{Fetched, Request, Target};
use super::part::Packing;
use super::root::unreadable;
use super::task::{Session, wanted};
use crate::error::{Error, Result};
use crate::model::Attr;
use crate::source::fetched::Header;

/// Puts the parts together, and says before and behind them what they are.
pub(super) fn finish(
    mut checkpoint: Checkpoint,
    mut missing: Vec<String>,
    session: &Session,
    request: &Request,
    target: &Target,
    server: &str,
) -> Result<Fetched> {
    let task = &checkpoint.task().clone();
    let can_resume = !checkpoint.open_slices().is_empty();
    let names: Vec<&str> = task.attributes.iter().map(String::as_str).collect();
    let Sum { records, unreadable: lost, asked, elsewhere } = Sum::of(&checkpoint, &names);
    if lost > 0 {
        missing.push(format!("{lost} objects came in a form that cannot be read"));
    }
    if can_resume && missing.is_empty() {
        missing.push("parts of the directory were not read".into());
    }
    if records == 0 {
        // Who may read nothing is answered with success and nothing.
        let among = if request.filter.is_some() { ", --filter" } else { "" };
        missing.push(format!(
            "there is no user that the account may see: check --base{among}, and the rights of the account"
        ));
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
    let file = place(&header, &mut checkpoint, task.packing, target)?;
    if !can_resume {
        checkpoint.remove()?;
    }
    let Header { missing, notes, server, .. } = header;
    Ok(Fetched { file, records, server, missing, can_resume, notes })
}

/// What the parts come to together.
struct Sum<'n> {
    records: u64,
    /// Objects in a form that cannot be read.
    unreadable: u64,
    asked: Asked<'n>,
    /// Servers that hold more.
    elsewhere: Vec<String>,
}

impl<'n> Sum<'n> {
    fn of(checkpoint: &Checkpoint, names: &'n [&'n str]) -> Self {
        let mut sum = Self { records: 0, unreadable: 0, asked: Asked::new(names), elsewhere: Vec::new() };
        for found in checkpoint.found() {
            sum.records += found.records;
            sum.unreadable += found.unreadable;
            sum.asked.seen |= found.seen;
            sum.elsewhere.extend(found.elsewhere.iter().cloned());
        }
        sum.elsewhere.sort_unstable();
        sum.elsewhere.dedup();
        sum
    }
}

/// Writes the file to its place, or to one without a name, which is given back.
fn place(
    header: &Header,
    checkpoint: &mut Checkpoint,
    packing: Packing,
    target: &Target,
) -> Result<Option<File>> {
    let made = Error::io("write", &target.folder);
    if let Some(out) = &target.out {
        let mut file = tempfile::NamedTempFile::new_in(&target.folder).map_err(made)?;
        write(header, checkpoint, packing, file.as_file_mut())?;
        file.persist(out).map_err(|why| Error::io("write", out)(why.error))?;
        return Ok(None);
    }
    let mut file = tempfile::tempfile_in(&target.folder).map_err(made)?;
    write(header, checkpoint, packing, &mut file)?;
    Ok(Some(file))
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
