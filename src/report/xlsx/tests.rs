//! The workbook while it grows.

use super::*;
use crate::model::{Attr, Facts, User};
use crate::rules::verdict;

fn rows(name: &str) -> Rows {
    let user = User::of(&[(Attr::DisplayName, name)]);
    let facts = Facts::of(&user);
    let verdict = verdict::excluded("not a user object");
    let judged = Judged { source: "ad.csv", facts: &facts, verdict: &verdict, findings: &[] };
    let mut rows = Rows::default();
    rows.user(&judged);
    rows
}

#[test]
fn a_full_sheet_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::new(dir.path()).unwrap();
    book.users.most = 3;
    for _ in 0..5 {
        let mut rows = rows("=1+1");
        book.take(&mut rows).unwrap();
        assert!(rows.users.text.is_empty() && rows.users.cells.is_empty());
    }
    // Two users beside the headings of each.
    assert_eq!((book.users.sheets.len(), book.users.row), (3, 2));
    assert_eq!(book.users.sheets[2].name(), "Users 3");
    assert_eq!(book.findings.sheets.len(), 1);
    assert!(book.octets > 0 && book.cut == 0);
}

#[test]
fn nothing_is_left_beside_the_report() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = Book::new(dir.path()).unwrap();
    book.take(&mut rows("ann")).unwrap();
    drop(book);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn where_nothing_can_be_written_the_remedy_is_told() {
    let told = Book::new(std::path::Path::new("/nonexistent")).unwrap_err().to_string();
    assert!(told.contains("report.xlsx") && told.contains("--format"), "{told}");
}
