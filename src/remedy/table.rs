//! CSV files of a plan: UTF-8 with byte order mark, CRLF, every cell quoted, formulas guarded (RFC 4180; OWASP, "CSV
//! Injection"), like those of a report.

use crate::model::guard::{GUARD, needs_guard};

/// A table that is being written.
#[derive(Debug, Default)]
pub struct Table(Vec<u8>);

impl Table {
    /// One with headings.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self("\u{feff}".as_bytes().to_vec());
        table.row(columns);
        table
    }

    /// One that goes on where another one ends.
    #[must_use]
    pub fn further() -> Self {
        Self::default()
    }

    /// Appends a row.
    pub fn row(&mut self, cells: &[&str]) {
        for (place, cell) in cells.iter().enumerate() {
            self.0.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
            if needs_guard(cell) {
                self.0.push(GUARD);
            }
            self.0.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            self.0.push(b'"');
        }
        self.0.extend_from_slice(b"\r\n");
    }

    /// The octets of the file.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_guarded() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["=1", "say \"x\"\r\ny"]);
        assert_eq!(table.octets(), "\u{feff}\"a\",\"b\"\r\n\"'=1\",\"say \"\"x\"\"\r\ny\"\r\n".as_bytes());
    }
}
