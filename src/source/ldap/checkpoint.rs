//! What a fetch has read so far: slices and the parts that hold them, so that a later run can go on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::part::{Packing, Part, private};
use super::parts;
use super::slices::{Cut, Slice};
use crate::error::{Error, Result};

/// What a fetch reads; parts of fetches that read otherwise do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    /// Where the search starts.
    pub(super) bases: Vec<String>,
    /// What below is left out.
    pub(super) excluded: Vec<String>,
    /// Which objects.
    pub(super) filter: String,
    /// Which of their attributes.
    pub(super) attributes: Vec<String>,
    /// How it is kept.
    pub(super) packing: Packing,
    /// Under which identity of a database numbers of changes mean something, and the last before the fetch.
    pub(super) change: Option<(String, u64)>,
    /// How the directory is sliced.
    pub(super) cut: Cut,
}

/// What was found in a slice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finding {
    /// How many records it has.
    pub(super) records: u64,
    /// How many objects could not be read.
    pub(super) unreadable: u64,
    /// The attributes that any object had, one bit each in the order of the task.
    pub(super) seen: u64,
    /// Where else to look.
    pub(super) elsewhere: Vec<String>,
}

/// A slice, and what was found if it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    number: usize,
    slice: Slice,
    found: Option<Finding>,
    /// The size of its part in bytes.
    bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    version: u32,
    task: Task,
    slices: Vec<Entry>,
    /// How many objects were counted.
    #[serde(default)]
    counted: Option<u64>,
}

/// Slices in the order of the directory, read or not.
#[derive(Debug)]
pub(super) struct Checkpoint {
    state: State,
    /// The folder of the parts, when they have names.
    folder: Option<PathBuf>,
    /// Where files without a name go.
    nowhere: PathBuf,
    /// The parts without a name, by number.
    files: Vec<(usize, File)>,
}

const FILE: &str = "fetch.json";
const VERSION: u32 = 1;

impl Checkpoint {
    /// A new one.
    pub(super) fn new(
        task: Task,
        slices: Vec<Slice>,
        folder: Option<PathBuf>,
        nowhere: &Path,
    ) -> Result<Self> {
        let entry = |(number, slice)| Entry { number, slice, found: None, bytes: 0 };
        let slices = slices.into_iter().enumerate().map(entry).collect();
        let state = State { version: VERSION, task, slices, counted: None };
        let checkpoint = Self { state, folder, nowhere: nowhere.to_owned(), files: Vec::new() };
        if let Some(folder) = &checkpoint.folder {
            fs::create_dir_all(folder).map_err(Error::io("write", folder))?;
        }
        checkpoint.save()?;
        Ok(checkpoint)
    }

    /// The one that an earlier run has left in a folder; `None` when there is none.
    pub(super) fn open(folder: &Path, nowhere: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(Error::io("read", &path)(why)),
        };
        let mut state: State = serde_json::from_slice(&bytes)
            .ok()
            .filter(|state: &State| state.version == VERSION)
            .ok_or_else(|| {
                let what = "this is not what an earlier fetch of this program has left";
                Error::source(path.display().to_string(), what, "remove the folder and fetch anew")
            })?;
        for entry in &mut state.slices {
            // After a crash of the machine a part may be shorter than it was.
            let whole =
                fs::metadata(folder.join(name(entry.number))).is_ok_and(|part| part.len() == entry.bytes);
            entry.found = entry.found.take().filter(|_| whole);
        }
        let folder = Some(folder.to_owned());
        Ok(Some(Self { state, folder, nowhere: nowhere.to_owned(), files: Vec::new() }))
    }

    /// What is read.
    pub(super) fn task(&self) -> &Task {
        &self.state.task
    }

    /// How many objects there are, where a run has counted them all.
    pub(super) fn counted(&self) -> Option<u64> {
        self.state.counted
    }

    /// Takes what was counted.
    pub(super) fn count(&mut self, objects: u64) -> Result<()> {
        self.state.counted = Some(objects);
        self.save()
    }

    /// Says that the parts are those of another task.
    pub(super) fn rename(&mut self, task: Task) {
        self.state.task = task;
    }

    /// The slices that are not read yet, with their numbers.
    pub(super) fn open_slices(&self) -> Vec<(usize, Slice)> {
        let open = self.state.slices.iter().filter(|entry| entry.found.is_none());
        open.map(|entry| (entry.number, entry.slice.clone())).collect()
    }

    /// What was found in the slices that were read.
    pub(super) fn found(&self) -> impl Iterator<Item = &Finding> {
        self.state.slices.iter().filter_map(|entry| entry.found.as_ref())
    }

    /// A part for a slice.
    pub(super) fn part(&self, number: usize) -> Result<Part> {
        let path = self.path(number).map(|path| path.with_extension("new"));
        Part::new(path, &self.nowhere, self.state.task.packing)
    }

    /// Takes the part of a slice that was read.
    pub(super) fn finish(&mut self, number: usize, part: Part, found: Finding) -> Result<()> {
        let path = self.path(number);
        let (file, bytes) = part.finish(path.as_deref())?;
        if path.is_none() {
            self.files.push((number, file));
        }
        if let Some(entry) = self.state.slices.iter_mut().find(|entry| entry.number == number) {
            (entry.found, entry.bytes) = (Some(found), bytes);
        }
        self.save()
    }

    /// Puts two slices in the place of one; gives their numbers.
    pub(super) fn split(&mut self, number: usize, halves: (Slice, Slice)) -> Result<[usize; 2]> {
        let free = self.free();
        if let Some(place) = self.state.slices.iter().position(|entry| entry.number == number) {
            let entry = |number, slice| Entry { number, slice, found: None, bytes: 0 };
            let new = [entry(free, halves.0), entry(free + 1, halves.1)];
            self.state.slices.splice(place..=place, new);
        }
        self.save()?;
        Ok([free, free + 1])
    }

    /// How many slices there are, read or not.
    pub(super) fn slices(&self) -> usize {
        self.state.slices.len()
    }

    /// A number that no slice has.
    pub(super) fn free(&self) -> usize {
        self.state.slices.iter().map(|entry| entry.number + 1).max().unwrap_or(0)
    }

    /// Adds a slice at the end.
    pub(super) fn add(&mut self, number: usize, slice: Slice) {
        self.state.slices.push(Entry { number, slice, found: None, bytes: 0 });
    }

    /// Gives every part that was read, in order.
    pub(super) fn parts(&mut self, mut each: impl FnMut(&mut File) -> Result<()>) -> Result<()> {
        let numbers: Vec<usize> = self
            .state
            .slices
            .iter()
            .filter(|entry| entry.found.is_some())
            .map(|entry| entry.number)
            .collect();
        for number in numbers {
            match self.path(number) {
                Some(path) => each(&mut File::open(&path).map_err(Error::io("read", &path))?)?,
                None => {
                    if let Some((_, file)) = self.files.iter_mut().find(|(own, _)| *own == number) {
                        std::io::Seek::rewind(file).map_err(Error::io("read", &self.nowhere))?;
                        each(file)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Removes what was kept.
    pub(super) fn remove(self) -> Result<()> {
        self.folder.as_deref().map_or(Ok(()), parts::clear)
    }

    fn path(&self, number: usize) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name(number)))
    }

    /// Writes the state, whole or not at all: a run that is killed leaves this one or the one before.
    fn save(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let (path, new) = (folder.join(FILE), folder.join("fetch.new"));
        let json =
            serde_json::to_vec_pretty(&self.state).map_err(|why| Error::io("write", &path)(why.into()))?;
        let mut file = private(&new)?;
        std::io::Write::write_all(&mut file, &json).map_err(Error::io("write", &new))?;
        fs::rename(&new, &path).map_err(Error::io("write", &path))
    }
}

fn name(number: usize) -> String {
    format!("{number:05}.part")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn task() -> Task {
        Task {
            bases: vec!["DC=a".into()],
            excluded: Vec::new(),
            filter: "(a=b)".into(),
            attributes: vec!["mail".into()],
            packing: Packing::Plain,
            change: None,
            cut: Cut { key: super::super::slices::Key::Guid, highest: u128::MAX },
        }
    }

    fn fill(checkpoint: &mut Checkpoint, number: usize, text: &str) {
        let mut part = checkpoint.part(number).unwrap();
        part.text.extend_from_slice(text.as_bytes());
        checkpoint.finish(number, part, Finding { records: 1, ..Finding::default() }).unwrap();
    }

    fn text(checkpoint: &mut Checkpoint) -> String {
        let mut all = String::new();
        checkpoint
            .parts(|file| {
                file.read_to_string(&mut all).unwrap();
                Ok(())
            })
            .unwrap();
        all
    }

    #[test]
    fn a_later_run_goes_on_where_this_one_ended() {
        let folder = tempfile::tempdir().unwrap();
        let parts = folder.path().join("parts");
        assert!(Checkpoint::open(&parts, folder.path()).unwrap().is_none());
        let slices = task().cut.slices(1, 4);
        let mut first = Checkpoint::new(task(), slices, Some(parts.clone()), folder.path()).unwrap();
        fill(&mut first, 2, "c");
        let (number, slice) = first.open_slices()[0].clone();
        let [low, high] = first.split(number, slice.halves(u128::MAX).unwrap()).unwrap();
        fill(&mut first, high, "b");
        first.count(5).unwrap();
        drop(first);
        let mut second = Checkpoint::open(&parts, folder.path()).unwrap().unwrap();
        assert_eq!((second.task(), second.counted()), (&task(), Some(5)));
        let open: Vec<usize> = second.open_slices().iter().map(|(number, _)| *number).collect();
        assert_eq!(open, [low, 1, 3]);
        for (number, text) in [(3, "d"), (low, "a"), (1, "B")] {
            fill(&mut second, number, text);
        }
        assert_eq!((text(&mut second).as_str(), second.found().count()), ("abBcd", 5));
        second.remove().unwrap();
        assert_eq!(fs::read_dir(&parts).unwrap().count(), 0);
    }

    #[test]
    fn parts_without_a_name_are_kept_in_order_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Checkpoint::new(task(), task().cut.slices(1, 2), None, folder.path()).unwrap();
        fill(&mut kept, 1, "b");
        fill(&mut kept, 0, "a");
        assert_eq!((text(&mut kept), fs::read_dir(folder.path()).unwrap().count()), ("ab".into(), 0));
    }
}
