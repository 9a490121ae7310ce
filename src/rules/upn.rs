//! upn.

use super::Rule;

pub(super) static RULES: &[Rule] = &[];

/// Whether a sign-in name is malformed: not exactly one `@` with something on both sides, or a full stop before it.
pub(super) fn is_malformed(name: &str) -> bool {
    crate::model::address::parts(name)
        .is_none_or(|(user, suffix)| user.is_empty() || suffix.is_empty() || user.ends_with('.'))
}
