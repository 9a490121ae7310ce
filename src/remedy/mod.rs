//! What would mend a directory: the suggestions of the catalogue as a plan, with the way back.
//!
//! Nothing is ever written to a directory. `merge` makes one change of the suggestions for one object, [`Round`]
//! collects them in an audit of the sources with the plan applied, until nothing more is suggested; then what the plan
//! would bring anew is known before a file is written. [`Folder`] writes the files.

pub mod confidence;
pub mod ldif;
pub mod plan;
pub mod why;

mod applied;
mod folder;
mod merge;
mod round;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;
mod values;

use std::collections::HashSet;

pub use applied::Applied;
pub use folder::{Folder, SCRIPT, SCRIPT_TEXT};
pub use plan::{Object, Plan};
pub use round::{Desk, Found, Part, Round};
pub use snapshot::Snapshot;
pub use table::Table;
pub use values::{Difference, Values};

use crate::model::fold;
use crate::rules::RuleSet;

/// Which suggestions are taken.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Those of these rules.
    pub rules: RuleSet,
    /// Those for objects below these folders, each as the parts of its DN; none means everywhere.
    pub below: Vec<Vec<String>>,
    /// For so many objects at most, in the order of the input.
    pub limit: Option<usize>,
}

impl Plan {
    /// Takes in what a round has found, without objects whose DN another one has too.
    pub fn take(&mut self, objects: Vec<Object>, shared: &HashSet<u64>) {
        let own = |object: &Object| !shared.contains(&fold::hash(&object.dn));
        objects.into_iter().filter(own).for_each(|object| self.insert(object));
        self.retain(|object| !object.steps().is_empty());
    }

    /// How many findings it mends.
    #[must_use]
    pub fn mended(&self) -> usize {
        self.objects().iter().map(|object| object.parts.len()).sum()
    }
}
