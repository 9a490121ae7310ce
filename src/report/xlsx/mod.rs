//! `report.xlsx`: the workbook, for those who filter, sort and tick off.
//!
//! `Users` and `Findings` have the columns of the CSV files and are written row by row into files beside the report,
//! so that a million users take no memory. The other sheets are made at the end. Every cell is text or a number:
//! nothing that the directory says is ever a formula.

mod accepted;
mod cell;
mod sheets;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::table::{Cell, Column};
use super::{Summary, findings, users};
use crate::error::{Error, Result};
use crate::rules::verdict::Judged;

/// The name of the file.
pub const FILE: &str = "report.xlsx";

/// The rows of a sheet, the headings included.
const MOST_ROWS: u32 = 1_048_576;

/// From how many octets of text on the workbook is written as a large archive.
const LARGE: u64 = 1 << 31;

/// What a block of users becomes.
#[derive(Debug, Default)]
pub(super) struct Rows {
    users: Grid,
    findings: Grid,
}

/// Rows as one text, and where its cells end.
#[derive(Debug, Default)]
struct Grid {
    text: Vec<u8>,
    /// The end of each cell, and whether it is a number.
    cells: Vec<(usize, bool)>,
}

impl Rows {
    /// Adds a user.
    pub(super) fn user(&mut self, judged: &Judged<'_, '_>) {
        self.users.row(users::COLUMNS, judged, &());
        self.findings(judged);
    }

    /// Adds findings alone.
    pub(super) fn findings(&mut self, judged: &Judged<'_, '_>) {
        for finding in judged.findings {
            self.findings.row(findings::COLUMNS, judged, finding);
        }
    }

    fn clear(&mut self) {
        for grid in [&mut self.users, &mut self.findings] {
            grid.text.clear();
            grid.cells.clear();
        }
    }
}

impl Grid {
    fn row<Item>(&mut self, columns: &[Column<Item>], judged: &Judged<'_, '_>, item: &Item) {
        for column in columns {
            let cell = (column.cell)(judged, item);
            cell.plain(&mut self.text);
            self.cells.push((self.text.len(), matches!(cell, Cell::Number(_))));
        }
    }
}

/// The workbook while it grows.
pub(super) struct Book {
    workbook: Workbook,
    place: PathBuf,
    users: Table,
    findings: Table,
    /// Cells that were longer than a cell can be.
    cut: u64,
    /// Octets of text so far.
    octets: u64,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(FILE)
    }
}

/// Sheets of the same columns, one after the other.
struct Table {
    name: &'static str,
    columns: Vec<&'static str>,
    sheets: Vec<Worksheet>,
    /// The next row of the last sheet.
    row: u32,
    most: u32,
}

impl Book {
    /// An empty workbook that keeps its rows in unnamed files in the folder of the report.
    pub(super) fn new(dir: &Path) -> Result<Self> {
        let names = |columns: &mut dyn Iterator<Item = &'static str>| columns.collect();
        let mut book = Self {
            workbook: Workbook::new(),
            place: dir.join(FILE),
            users: Table::new("Users", names(&mut users::COLUMNS.iter().map(|column| column.name))),
            findings: Table::new("Findings", names(&mut findings::COLUMNS.iter().map(|column| column.name))),
            cut: 0,
            octets: 0,
        };
        book.guarded(|book| {
            book.workbook.set_tempdir(dir)?;
            book.users.next_sheet(&mut book.workbook)?;
            book.findings.next_sheet(&mut book.workbook)
        })?;
        Ok(book)
    }

    /// Appends the rows of a block, and empties it.
    pub(super) fn take(&mut self, rows: &mut Rows) -> Result<()> {
        self.guarded(|book| {
            let Self { workbook, users, findings, cut, octets, .. } = book;
            *octets += (rows.users.text.len() + rows.findings.text.len()) as u64;
            users.extend(&rows.users, workbook, cut)?;
            findings.extend(&rows.findings, workbook, cut)
        })?;
        rows.clear();
        Ok(())
    }

    /// Writes the file.
    pub(super) fn finish(mut self, summary: &Summary, out: impl Write + Send) -> Result<()> {
        self.guarded(|book| book.save(summary, out))
    }

    fn save(&mut self, summary: &Summary, out: impl Write + Send) -> std::result::Result<(), XlsxError> {
        self.users.close()?;
        self.findings.close()?;
        let head = sheets::summary(summary, self.cut)?;
        let [rules, plan] = [sheets::rules(summary)?, sheets::plan(summary)?];
        let sheets =
            [vec![head], std::mem::take(&mut self.users.sheets), std::mem::take(&mut self.findings.sheets)];
        for sheet in sheets.into_iter().flatten().chain([rules, plan]) {
            self.workbook.push_worksheet(sheet);
        }
        let mut about = DocProperties::new().set_title(format!("dirsync-audit {}", summary.scenario.name()));
        if let Ok(time) = ExcelDateTime::parse_from_str(&summary.started) {
            about = about.set_creation_datetime(&time);
        }
        self.workbook.set_properties(&about);
        self.workbook.use_zip_large_file(self.octets > LARGE);
        self.workbook.save_to_writer(out)
    }

    /// Does something that may fail; the crate below panics where a file cannot be written.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> std::result::Result<(), XlsxError>) -> Result<()> {
        let failed = |why: &str| {
            let what = format!("the workbook cannot be written: {why}");
            Error::output(&self.place, what, "make room on the disk, or leave xlsx out of --format")
        };
        let failed_panic = failed("the disk may be full");
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Error::output(
                &self.place,
                format!("the workbook cannot be written: {why}"),
                "make room on the disk, or leave xlsx out of --format",
            )),
            Err(_) => Err(failed_panic),
        }
    }
}

impl Table {
    fn new(name: &'static str, columns: Vec<&'static str>) -> Self {
        Self { name, columns, sheets: Vec::new(), row: 0, most: MOST_ROWS }
    }

    /// Starts a sheet with the headings.
    fn next_sheet(&mut self, workbook: &mut Workbook) -> std::result::Result<(), XlsxError> {
        self.close()?;
        let mut sheet = workbook.new_worksheet_with_constant_memory()?;
        let name = match self.sheets.len() {
            0 => self.name.to_owned(),
            before => format!("{} {}", self.name, before + 1),
        };
        sheet.set_name(name)?;
        let widths: Vec<(&str, u16)> = self.columns.iter().map(|&name| (name, cell::width(name))).collect();
        sheets::head(&mut sheet, 0, &widths)?;
        sheet.set_freeze_panes(1, 0)?;
        self.sheets.push(sheet);
        self.row = 1;
        Ok(())
    }

    /// Puts the filter on the sheet that is full.
    fn close(&mut self) -> std::result::Result<(), XlsxError> {
        let last_column = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.autofilter(0, 0, self.row.saturating_sub(1), last_column)?;
        }
        Ok(())
    }

    fn extend(
        &mut self,
        grid: &Grid,
        workbook: &mut Workbook,
        cut: &mut u64,
    ) -> std::result::Result<(), XlsxError> {
        let mut start = 0;
        for row in grid.cells.chunks(self.columns.len()) {
            if self.row >= self.most {
                self.next_sheet(workbook)?;
            }
            let Some(sheet) = self.sheets.last_mut() else { return Ok(()) };
            for (column, &(end, is_number)) in (0u16..).zip(row) {
                let text = grid.text.get(start..end).and_then(|octets| std::str::from_utf8(octets).ok());
                cell::write(sheet, self.row, column, text.unwrap_or_default(), is_number, cut)?;
                start = end;
            }
            self.row += 1;
        }
        Ok(())
    }
}

/// The format of headings.
fn bold() -> Format {
    Format::new().set_bold()
}

#[cfg(test)]
mod tests;
