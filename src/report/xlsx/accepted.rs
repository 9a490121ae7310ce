//! What was accepted, below the counts of the Summary sheet.

use rust_xlsxwriter::XlsxError;

use super::super::Summary;
use super::sheets::{Is, Pen};

/// What was accepted, and until when; the findings keep their rows.
pub(super) fn suppressed(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    if summary.suppressions.is_empty() {
        return Ok(());
    }
    pen.section(&["Rules suppressed", "For", "Findings", "Until", "Ticket", "State", "Why"])?;
    for one in &summary.suppressions {
        let given = &one.suppression;
        pen.row(&[
            Is::Text(&given.rule),
            Is::Text(&given.about),
            Is::Count(one.covered),
            Is::Text(&given.until.map_or(String::new(), |day| day.to_string())),
            Is::Text(given.ticket.as_deref().unwrap_or_default()),
            Is::Text(one.standing.word()),
            Is::Text(&given.reason),
        ])?;
    }
    Ok(())
}
