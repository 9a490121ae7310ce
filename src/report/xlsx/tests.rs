//! The workbook while it grows.

use calamine::{Reader, Xlsx};

use super::*;
use crate::model::{Attr, Facts, User};
use crate::rules::verdict;

fn rows(name: &str) -> Rows {
    let user = User::of(&[(Attr::DisplayName, name)]);
    let facts = Facts::of(&user);
    let verdict = verdict::excluded("not a user object");
    let judged = Judged::of("ad.csv", &facts, &verdict, &[]);
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
    assert!(book.octets > 0 && book.cut == 0);
    let mut file = Vec::new();
    book.finish(&super::super::tests::summary(), &mut file).unwrap();
    let mut book = Xlsx::new(std::io::Cursor::new(file)).unwrap();
    assert_eq!(
        book.sheet_names(),
        ["Summary", "Users", "Users 2", "Users 3", "Findings", "Rules", "Action plan"]
    );
    let column = users::COLUMNS.iter().position(|column| column.name == "display_name").unwrap();
    // Two users below the headings of each sheet, and the one that is left.
    for (sheet, users) in [("Users", 2), ("Users 2", 2), ("Users 3", 1)] {
        let sheet = book.worksheet_range(sheet).unwrap();
        let cells: Vec<String> = sheet.rows().map(|row| row[column].to_string()).collect();
        assert_eq!((cells[0].as_str(), &cells[1..]), ("display_name", &vec!["=1+1".to_owned(); users][..]));
    }
}

#[test]
fn an_incomplete_read_stands_below_the_verdict() {
    let told = |summary: &Summary| {
        let (dir, mut file) = (tempfile::tempdir().unwrap(), Vec::new());
        Book::new(dir.path()).unwrap().finish(summary, &mut file).unwrap();
        let mut book = Xlsx::new(std::io::Cursor::new(file)).unwrap();
        book.worksheet_range("Summary").unwrap().get_value((1, 0)).map(ToString::to_string)
    };
    let mut summary = super::super::tests::summary();
    assert!(told(&summary).unwrap().starts_with("This audit is incomplete"));
    summary.sources.clear();
    assert_eq!(told(&summary).unwrap_or_default(), "");
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
