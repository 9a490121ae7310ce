//! The audit: inputs in, judged users out, in the order of the input.

use crate::error::Result;
use crate::model::problem::Problems;
use crate::model::{Input, User};
use crate::rules::counts::Counts;
use crate::rules::verdict::{Judged, Plan};

/// Where judged users go. Parts are filled in parallel and handed over in the order of the input.
pub trait Report: Sync {
    /// What one block of users becomes.
    type Part: Send;

    /// An empty part.
    fn part(&self) -> Self::Part;

    /// Writes one user into a part.
    fn user(&self, part: &mut Self::Part, judged: &Judged<'_>);

    /// Takes a finished part; called for one part after the other, in order.
    fn take(&self, part: Self::Part) -> Result<()>;
}

/// What a run does while it works.
pub trait Progress: Sync {
    /// So many more bytes of the input and users of it were read; `stage` counts from 0 to 1 (keys, verdicts).
    fn advance(&self, stage: usize, bytes: u64, users: u64);
}

/// Which users are reported; uniqueness is still over all.
pub trait Only: Sync {
    /// Whether this user is.
    fn reports(&self, user: &User<'_>) -> bool;
}

/// What was read of one source.
#[derive(Debug, Clone, Default)]
pub struct SourceOutcome {
    /// Records that could be read.
    pub records: u64,
    /// Distinct objects among them.
    pub objects: u64,
    /// Records of objects that had been read before.
    pub repeats: u64,
    /// The damage.
    pub problems: Problems,
}

/// What a run found.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Per source, in the order given.
    pub sources: Vec<SourceOutcome>,
    /// Over all users reported.
    pub counts: Counts,
}

/// Audits all inputs as one directory.
pub fn run<R: Report>(
    _inputs: &[&dyn Input],
    _plan: &Plan,
    _only: Option<&dyn Only>,
    _progress: &dyn Progress,
    _report: &R,
) -> Result<Outcome> {
    Ok(Outcome::default())
}
