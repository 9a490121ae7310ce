//! Whether all has arrived: what was counted is compared with it, name by name, and what is missing is fetched.

use std::fs::File;
use std::io::{BufRead, BufReader};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::connection::Connection;
use super::entry::Asked;
use super::fault::{Fault, Help};
use super::names::Names;
use super::queue::{Work, lock};
use super::read::{Counter, FEW, Records};
use super::search::{Filter, Scope, Search, Sink};
use super::slices::Slice;
use crate::error::{Error, Result};
use crate::source::spool;

fn each_name(file: File, each: &mut dyn FnMut(Vec<u8>)) -> Result<()> {
    for line in BufReader::with_capacity(1 << 18, file).split(b'\n') {
        let line = line.map_err(Error::io("read", "a part"))?;
        if let Some(coded) = line.strip_prefix(b"dn:: ") {
            each(STANDARD.decode(coded).unwrap_or_default());
        } else if let Some(name) = line.strip_prefix(b"dn: ") {
            each(name.to_vec());
        }
    }
    Ok(())
}

impl Work<'_> {
    /// Takes over what has arrived in an earlier run.
    pub(super) fn take_over(&self) -> Result<()> {
        let mut arrived = lock(&self.arrived);
        let key = arrived.key().clone();
        let (mut hashes, mut room) = (Vec::new(), Vec::new());
        lock(&self.checkpoint).parts(|part| {
            let copy = part.try_clone().map_err(Error::io("read", "a part"))?;
            let unpacked = spool::spool("a part of the fetch", copy)?;
            each_name(unpacked.file, &mut |name| hashes.push(Names::hash(&key, &name, &mut room)))
        })?;
        arrived.extend(&hashes);
        self.clock.kept(hashes.len() as u64);
        if let Some(counted) = lock(&self.checkpoint).counted() {
            self.clock.expected(counted);
        }
        Ok(())
    }
}

/// Compares what has arrived with what was counted, and fetches what is missing; what remains is told.
pub(super) fn reconcile(work: &Work<'_>) {
    let counted = std::mem::take(&mut *lock(&work.counted));
    let lacking = {
        let arrived = lock(&work.arrived);
        counted.iter().filter(|&&name| !arrived.has(name)).count()
    };
    if lacking == 0 || !lock(&work.missing).is_empty() {
        return;
    }
    work.clock.note(&format!("{lacking} objects were counted that have not arrived; looking for them"));
    if let Err(fault) = work.dialer.with(|connection| fetch_missing(work, connection)) {
        let what =
            format!("{lacking} objects were counted that have not arrived, and looking for them failed");
        lock(&work.missing).push(format!("{what}: {}", fault.what()));
    }
}

fn fetch_missing<'w>(work: &Work<'w>, connection: &mut Connection<'w>) -> std::result::Result<(), Fault> {
    let missing = {
        let arrived = lock(&work.arrived);
        let mut counter = Counter::new(work.excluded, arrived.key(), 0, Some(&arrived));
        for base in 0..work.task.bases.len() {
            work.count(connection, base, &mut counter)?;
        }
        counter.missing
    };
    if missing.len() > FEW {
        lock(&work.missing).push(format!("more than {FEW} objects were counted that have not arrived"));
        return Ok(());
    }
    let names: Vec<&str> = work.task.attributes.iter().map(String::as_str).collect();
    let filter = Filter::parse(&work.task.filter)?;
    let number = lock(&work.checkpoint).free();
    let part = lock(&work.checkpoint).part(number)?;
    let key = lock(&work.arrived).key().clone();
    let mut records = Records::new(part, Asked::new(&names), work.excluded, &key);
    let mut hidden = 0;
    for dn in &missing {
        let before = records.met();
        let search = Search { base: dn, scope: Scope::Base, filter: &filter, attributes: &names, page: 0 };
        let found = connection.find(&search, &mut |body| records.keep(body));
        match found {
            Ok(()) => {
                records.between(connection, 0)?;
                records.meanwhile()?;
                // It may have been changed so that it fits no longer.
                hidden += u64::from(records.met() == before && stands(connection, dn, &filter)?);
            }
            Err(fault) if fault.is_gone() => {}
            Err(fault) if fault.help() == Help::Nothing && !fault.ends_the_run() => {
                let what = "an object that was counted cannot be read";
                lock(&work.missing).push(format!("{what}: {}", fault.what()));
            }
            Err(fault) => return Err(fault),
        }
    }
    if hidden > 0 {
        lock(&work.missing).push(format!("{hidden} objects were counted, but the server does not show them"));
    }
    lock(&work.arrived).extend(&records.names);
    let mut checkpoint = lock(&work.checkpoint);
    checkpoint.add(number, Slice::whole(0));
    checkpoint.finish(number, records.part, records.found)?;
    Ok(())
}

/// Whether an object is there, by its name alone.
fn stands(connection: &mut Connection<'_>, dn: &[u8], filter: &Filter) -> std::result::Result<bool, Fault> {
    let search = Search { base: dn, scope: Scope::Base, filter, attributes: &["1.1"], page: 0 };
    let mut there = false;
    match connection.find(&search, &mut |_| {
        there = true;
        Ok(())
    }) {
        Err(fault) if fault.is_gone() => Ok(false),
        found => found.map(|()| there),
    }
}
