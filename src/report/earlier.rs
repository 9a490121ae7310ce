//! A finished report, read again: its summary, and its findings row by row.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::{escape, findings, summary, wire};
use crate::error::{Error, Result};

/// A report whose summary has been read.
#[derive(Debug)]
pub struct Earlier {
    /// What `summary.json` says.
    pub summary: wire::Summary,
    folder: PathBuf,
}

/// One row of `findings.csv`.
#[derive(Debug)]
pub struct Row<'r> {
    cells: &'r StringRecord,
    /// Where each of [`findings::COLUMNS`] stands.
    places: &'r [usize],
}

impl Row<'_> {
    /// The cell of a column, as it was before a spreadsheet's formulas were guarded against; empty if there is none.
    #[must_use]
    pub fn get(&self, column: &str) -> &str {
        let known = findings::COLUMNS.iter().position(|known| known.name == column);
        let cell = known.and_then(|known| self.cells.get(*self.places.get(known)?)).unwrap_or_default();
        escape::without_guard(cell)
    }

    /// The fingerprint; `None` when the cell holds none.
    #[must_use]
    pub fn fingerprint(&self) -> Option<[u8; 16]> {
        let text = self.get("fingerprint");
        let plain = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(u128::to_be_bytes)
    }
}

impl Earlier {
    /// Opens a report by its folder, or by a file in it.
    ///
    /// # Errors
    /// There is no whole report.
    pub fn open(place: &Path) -> Result<Self> {
        let folder = if place.is_dir() { place } else { place.parent().unwrap_or(place) };
        std::fs::metadata(place).map_err(Error::io("open the report", place))?;
        let file = folder.join(summary::FILE);
        let octets = std::fs::read(&file).map_err(|_| {
            broken(
                place,
                "there is no summary.json, so this is no whole report",
                "name the folder of a finished report",
            )
        })?;
        let summary: wire::Summary = serde_json::from_slice(&octets).map_err(|failed| {
            broken(
                &file,
                &format!("this is no summary of a report: {failed}"),
                "name the folder of a finished report",
            )
        })?;
        if summary.schema_version != wire::SCHEMA_VERSION {
            let what = format!(
                "the summary has version {}, this program reads {}",
                summary.schema_version,
                wire::SCHEMA_VERSION
            );
            return Err(broken(&file, &what, "use the version of the program that wrote it, or audit again"));
        }
        Ok(Self { summary, folder: folder.to_owned() })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads every finding; nothing but one row is kept.
    ///
    /// # Errors
    /// The file is not there or not the one that the summary lists, or `each` fails.
    pub fn findings(&self, mut each: impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
        let path = self.folder.join(findings::FILE);
        let Some(listed) = self.summary.files.iter().find(|file| file.name == findings::FILE) else {
            return Err(broken(
                &path,
                "this report was written without it",
                "write reports to compare with --format csv",
            ));
        };
        let file = File::open(&path).map_err(Error::io("open", &path))?;
        let mut hashed = Hashed { file, hasher: blake3::Hasher::new() };
        rows(&path, &mut hashed, &mut each)?;
        // What stands behind the last row.
        std::io::copy(&mut hashed, &mut std::io::sink()).map_err(Error::io("read", &path))?;
        if hashed.hasher.finalize().to_hex().as_str() != listed.blake3 {
            return Err(broken(&path, CHANGED, "use a copy that nobody has edited, or audit again"));
        }
        Ok(())
    }
}

/// Reads every row, whatever stands between two cells.
fn rows(path: &Path, hashed: &mut Hashed, each: &mut impl FnMut(&Row<'_>) -> Result<()>) -> Result<()> {
    let failed = |failed: csv::Error| broken(path, &format!("it cannot be read: {failed}"), "audit again");
    let mut reader = BufReader::new(hashed);
    // Byte order mark and first heading; behind them stands the delimiter.
    let mut head = [0; 8];
    reader.read_exact(&mut head).map_err(Error::io("read", path))?;
    let delimiter = head[7];
    if head[..7] != *"\u{feff}\"dn\"".as_bytes() {
        return Err(broken(path, CHANGED, "use a copy that nobody has edited, or audit again"));
    }
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(reader);
    let headings = reader.headers().map_err(failed)?;
    // The first heading has been read already.
    let place = |name| {
        if name == "dn" { Some(0) } else { headings.iter().position(|found| found == name).map(|at| at + 1) }
    };
    let places: Vec<usize> =
        findings::COLUMNS.iter().map(|column| place(column.name).unwrap_or(usize::MAX)).collect();
    let mut cells = StringRecord::new();
    while reader.read_record(&mut cells).map_err(failed)? {
        each(&Row { cells: &cells, places: &places })?;
    }
    Ok(())
}

const CHANGED: &str = "the file is not the one that the report was finished with";

fn broken(place: &Path, what: &str, remedy: &str) -> Error {
    Error::source(place.display().to_string(), what, remedy)
}

/// A file of which every octet read is hashed.
struct Hashed {
    file: File,
    hasher: blake3::Hasher,
}

impl Read for Hashed {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(room)?;
        self.hasher.update(room.get(..read).unwrap_or_default());
        Ok(read)
    }
}
