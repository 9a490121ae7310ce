//! `findings.jsonl`: the rows of `findings.csv`, one JSON object a line.

use super::findings;
use super::table::{Cell, Dialect, Sheet};
use crate::rules::verdict::Judged;

/// The name of the file.
pub const FILE: &str = "findings.jsonl";

/// Writes the objects of a user.
pub(super) fn user(sheet: &mut Sheet, _: Dialect, judged: &Judged<'_, '_>) {
    for finding in judged.findings {
        for (place, column) in findings::COLUMNS.iter().enumerate() {
            let before: &[u8] = if place == 0 { b"{\"" } else { b",\"" };
            sheet.octets.extend_from_slice(before);
            sheet.octets.extend_from_slice(column.name.as_bytes());
            sheet.octets.extend_from_slice(b"\":");
            value(&mut sheet.octets, &(column.cell)(judged, finding));
        }
        sheet.octets.extend_from_slice(b"}\n");
    }
}

/// Numbers are numbers, all else is text.
fn value(out: &mut Vec<u8>, cell: &Cell<'_>) {
    let quoted = match cell {
        Cell::Number(_) => return cell.plain(out),
        Cell::Text(text) => serde_json::to_writer(&mut *out, text),
        Cell::Made(text) => serde_json::to_writer(&mut *out, text),
        Cell::Word(_) | Cell::Octets(_) | Cell::Codes(_) => {
            out.push(b'"');
            cell.plain(out);
            out.push(b'"');
            Ok(())
        }
    };
    // Text is always JSON, and memory can always be written to.
    debug_assert!(quoted.is_ok());
}
