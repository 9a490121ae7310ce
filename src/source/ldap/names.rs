//! Distinguished names: which objects have arrived, and which are below a base.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

/// Hashes of names. Nobody who can name objects can make two names meet: the key is drawn for the run.
#[derive(Debug, Default)]
pub(super) struct Names {
    key: RandomState,
    all: HashSet<u64, BuildHasherDefault<Same>>,
}

impl Names {
    /// The hash of a name, in any case.
    pub(super) fn hash(key: &RandomState, dn: &[u8], room: &mut Vec<u8>) -> u64 {
        room.clear();
        room.extend(dn.iter().map(u8::to_ascii_lowercase));
        key.hash_one(room.as_slice())
    }

    /// The key.
    pub(super) fn key(&self) -> &RandomState {
        &self.key
    }

    /// Puts names in.
    pub(super) fn extend(&mut self, hashes: &[u64]) {
        self.all.extend(hashes);
    }

    /// Whether a name is in.
    pub(super) fn has(&self, hash: u64) -> bool {
        self.all.contains(&hash)
    }
}

/// Hashes are their own hashes.
#[derive(Debug, Default)]
pub(super) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |sum, &b| sum.rotate_left(8) ^ u64::from(b));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A name in one spelling: small letters, no blanks around `,` and `=`.
pub(super) fn spelled(dn: &str) -> String {
    let mut text = String::with_capacity(dn.len());
    let mut escaped = false;
    for c in dn.trim().chars() {
        let border = matches!(c, ',' | '=') && !escaped;
        if border {
            text.truncate(text.trim_end().len());
        }
        let behind = text.ends_with([',', '=']) && !text.ends_with("\\,") && !text.ends_with("\\=");
        if !(c == ' ' && behind) {
            text.extend(c.to_lowercase());
        }
        escaped = c == '\\' && !escaped;
    }
    text
}

/// Whether a name is a base or below it; both are [`spelled`].
pub(super) fn is_below(dn: &str, base: &str) -> bool {
    base.is_empty()
        || dn
            .strip_suffix(base)
            .is_some_and(|before| before.is_empty() || (before.ends_with(',') && !before.ends_with("\\,")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_a_base() {
        let below = |dn: &str, base: &str| is_below(&spelled(dn), &spelled(base));
        assert!(
            below("CN=a, OU=B ,dc = c", "ou=b,DC=C") && below("OU=B,DC=C", "ou=b,dc=c") && below("x", "")
        );
        assert!(!below("CN=a\\,OU=B,DC=C", "OU=B,DC=C") && !below("CN=a,XOU=B,DC=C", "OU=B,DC=C"));
        assert!(below("CN=a\\, b,OU=B", "OU=B"));
    }

    #[test]
    fn names_are_known_in_any_case() {
        let mut names = Names::default();
        let hash = |names: &Names, dn: &[u8]| Names::hash(names.key(), dn, &mut Vec::new());
        let hashes = [hash(&names, b"CN=Ann"), hash(&names, b"CN=Bob"), hash(&names, b"cn=ann")];
        names.extend(&hashes);
        assert_eq!(names.all.len(), 2);
        assert!(names.has(hash(&names, b"cn=ANN")) && !names.has(hash(&names, b"CN=Eve")));
    }
}
