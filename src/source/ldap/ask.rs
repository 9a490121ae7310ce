//! Searches of a connection that is made anew where it breaks, and what it means that one finds nothing.
//!
//! A directory hides what an account may not see, and says nothing about it. So where nothing is found, it is looked
//! whether the account would see it: what the folder shows, or the folder above it where there is none (MS-ADTS,
//! 5.1.3.3.6: whoever may list a folder sees what is in it). Where that cannot be told, nothing is called missing.

use super::collect::{Collected, Found};
use super::connection::Connection;
use super::dial::{Dialer, TRIES, pause};
use super::fault::{Fault, Help};
use super::root::Root;
use super::search::{Filter, Scope, Search};
use super::watch::Clock;
use crate::model::configuration::Object;

/// A page that every server gives.
const SMALL_PAGE: u32 = 50;

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

/// One search after the other on one connection.
pub(super) struct Asking<'r, 'w> {
    dialer: &'r Dialer<'w>,
    clock: &'w Clock<'w>,
    open: Option<(Connection<'w>, usize)>,
    place: usize,
    /// The most objects of a page; less when the server says that it is too much.
    page: u32,
    /// Why nothing more is asked.
    over: Option<String>,
}

/// Why something is not known; only an interrupted run ends the reading.
pub(super) type Told<T> = std::result::Result<T, Why>;

pub(super) enum Why {
    /// It could not be read; why.
    Unread(String),
    /// The run was interrupted, or a file of its own could not be written.
    Ended(Fault),
}

/// What a folder shows.
enum Children {
    /// What is in it; whether all of it shows its attributes.
    Listed { any: bool, readable: bool },
    /// There is no such folder, or it is hidden.
    Gone,
}

impl<'r, 'w> Asking<'r, 'w> {
    /// Connects; gives what the server says about itself, and its name.
    pub(super) fn begin(
        dialer: &'r Dialer<'w>,
        clock: &'w Clock<'w>,
        page: u32,
    ) -> std::result::Result<(Self, Root, String), Fault> {
        let (connection, place, root) = first(dialer, clock)?;
        let open = Some((connection, place));
        Ok((Self { dialer, clock, open, place, page, over: None }, root, dialer.servers[place].to_string()))
    }

    /// Whether there is an object with this DN that shows its attributes.
    pub(super) fn is_there(&mut self, dn: &str) -> Told<bool> {
        let found = self.asked(dn, Scope::Base, "(objectClass=*)", &["objectClass"])?;
        match found.map(|found| found.whole(dn)).transpose()? {
            Some(objects) if objects.iter().any(|object| !object.text("objectClass").is_empty()) => Ok(true),
            Some(_) => Err(hidden(dn)),
            None => self.surely_none(dn).map(|()| false),
        }
    }

    /// Fails where a folder, or the next one above that there is, does not show that something is not in it.
    pub(super) fn surely_none(&mut self, folder: &str) -> Told<()> {
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
    pub(super) fn find(
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
    pub(super) fn asked(
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
            if fault.is_of_paging() && self.page > 0 {
                self.page = 0;
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
    pub(super) fn whole(self, base: &str) -> Told<Vec<Object>> {
        match self.missing {
            None => Ok(self.objects),
            Some(why) => Err(Why::Unread(format!("`{base}`: {why}"))),
        }
    }
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
