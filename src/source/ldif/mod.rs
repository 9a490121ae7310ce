//! LDIF: exports of ldifde and ldapsearch, and what other servers and tools write (RFC 2849, with tolerances).

mod cut;
mod draft;
mod line;
mod name;
mod record;
mod seen;
#[cfg(test)]
mod tests;

pub(super) use cut::Cutter;
pub(super) use name::Names;
pub(super) use record::{Reading, records};
pub(super) use seen::{READABLE, Seen};

use line::{is_dn, logical};

/// How many lines may stand before the first record or mark.
const PREAMBLE: usize = 200;

/// What wrote a file, as far as its start shows it; `None` when it is no LDIF. A byte order mark is off already.
///
/// LDIF starts with `dn:` or `version:`, after comments and what tools say on the terminal; ldapsearch says so in its
/// comments, ldifde writes `changetype: add` into every record.
pub(super) fn flavour(text: &str) -> Option<&'static str> {
    let (mut at, mut version) = (0, false);
    for _ in 0..PREAMBLE {
        let line = logical(text.as_bytes(), at);
        let read = text.get(line.start..line.end)?;
        if is_dn(read.as_bytes()) {
            let next = logical(text.as_bytes(), line.next);
            let next = text.get(next.start..next.end).unwrap_or_default().to_ascii_lowercase();
            let ldifde = !version && next.starts_with("changetype:");
            return Some(if ldifde { "ldifde" } else { "LDIF" });
        }
        if read.starts_with("# extended LDIF") || read.starts_with("# LDAPv3") {
            return Some("ldapsearch");
        }
        version |= starts(read, "version:");
        let known = ["version:", "charset:", "#", "SASL", "Enter LDAP Password:"];
        if !line.is_blank(text.as_bytes()) && !known.iter().any(|known| starts(read, known)) {
            return None;
        }
        if line.next >= text.len() {
            return version.then_some("LDIF");
        }
        at = line.next;
    }
    version.then_some("LDIF")
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}
