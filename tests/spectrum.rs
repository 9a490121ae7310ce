//! The cases with which public readers of CSV are tested (csv-spectrum, and what users of such readers report): every
//! cell is read as it should be, and nothing is lost without being told.

#![allow(clippy::unwrap_used, reason = "a file that cannot be read has failed the test")]

use std::io::Write;

use dirsync_audit::model::{Attr, AttrSet, Input};
use dirsync_audit::source::{self, Options};

/// The columns that the headings of a case stand for.
const COLUMNS: [Attr; 4] = [Attr::UserPrincipalName, Attr::DisplayName, Attr::GivenName, Attr::Sn];

/// Codes of damage with their lines.
type Damage = Vec<(&'static str, Vec<u64>)>;

/// The cells of a table whose headings are mapped in order, and its damage.
fn read(bytes: &[u8], headings: &[&str]) -> (Vec<Vec<String>>, Damage) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let map = headings.iter().zip(COLUMNS).map(|(name, attr)| ((*name).to_owned(), attr)).collect();
    let options = Options { map, ..Options::default() };
    let source = source::open(file.path().to_str().unwrap(), &options).unwrap();
    loop {
        let (mut rows, mut damage) = (Vec::new(), source.about().problems.clone());
        for block in source.blocks().unwrap() {
            damage.merge(&source.records(&block.unwrap(), AttrSet::ALL, &mut |record| {
                let cell = |attr: &Attr| record.user.get(*attr).to_owned();
                rows.push(COLUMNS[..headings.len().min(4)].iter().map(cell).collect());
            }));
        }
        if source.settled().unwrap() {
            let damage = damage.iter().map(|(kind, tally)| (kind.code(), tally.lines.clone()));
            return (rows, damage.collect());
        }
    }
}

/// Fails unless the table is read as these rows, without damage.
fn is(text: &str, headings: &[&str], rows: &[&[&str]]) {
    let (read, damage) = read(text.as_bytes(), headings);
    assert_eq!(
        (read.iter().map(Vec::len).max(), damage),
        (rows.iter().map(|row| row.len()).max(), vec![]),
        "{text:?}"
    );
    assert_eq!(read, rows, "{text:?}");
}

const ABC: &[&str] = &["a", "b", "c"];

#[test]
fn the_cases_of_csv_spectrum() {
    is(
        "first,last,address,city,zip\nJohn,Doe,120 any st.,\"Anytown, WW\",08123\n",
        &["first", "last", "address", "city"],
        &[&["John", "Doe", "120 any st.", "Anytown, WW"]],
    );
    // A row whose first cell is empty names nobody under the mapping above: the rows are turned round.
    is("b,c,a\n\"\",\"\",1\n3,4,2\n", ABC, &[&["1", "", ""], &["2", "3", "4"]]);
    is("b,c,a\r\n\"\",\"\",1\r\n3,4,2\r\n", ABC, &[&["1", "", ""], &["2", "3", "4"]]);
    is("a,b\n1,\"ha \"\"ha\"\" ha\"\n3,4\n", &["a", "b"], &[&["1", "ha \"ha\" ha"], &["3", "4"]]);
    is(
        "key,val\n1,\"{\"\"type\"\": \"\"Point\"\", \"\"coordinates\"\": [102.0, 0.5]}\"\n",
        &["key", "val"],
        &[&["1", "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"]],
    );
    is(
        "id,Latitude,Longitude\nx,36.97275,-122.0235\ny,\"36.97275\",\"-122.0235\"\n",
        &["id", "Latitude", "Longitude"],
        &[&["x", "36.97275", "-122.0235"], &["y", "36.97275", "-122.0235"]],
    );
    is(
        "a,b,c\n1,2,3\n\"Once upon \na time\",5,6\n7,8,9\n",
        ABC,
        &[&["1", "2", "3"], &["Once upon \na time", "5", "6"], &["7", "8", "9"]],
    );
    is(
        "a,b,c\r\n1,2,3\r\n\"Once upon \r\na time\",5,6\r\n7,8,9\r\n",
        ABC,
        &[&["1", "2", "3"], &["Once upon \r\na time", "5", "6"], &["7", "8", "9"]],
    );
    is("a,b\n1,\"ha \n\"\"ha\"\" \nha\"\n3,4\n", &["a", "b"], &[&["1", "ha \n\"ha\" \nha"], &["3", "4"]]);
    is("a,b,c\n1,2,3\n", ABC, &[&["1", "2", "3"]]);
    is("a,b,c\r\n1,2,3\r\n", ABC, &[&["1", "2", "3"]]);
    is("a,b,c\n1,2,3\n4,5,ʤ\n", ABC, &[&["1", "2", "3"], &["4", "5", "ʤ"]]);
}

#[test]
fn marks_and_ends_of_lines() {
    for mark in ["", "\u{feff}"] {
        for end in ["\n", "\r\n", "\r"] {
            for last in [end, "", "\n\n", "\r\n\r\n"] {
                // Without a last end of line, only quotes say that the cell ends there.
                let six = if last.is_empty() { "\"6\"" } else { "6" };
                is(
                    &format!("{mark}a,b,c{end}1,2,3{end}4,\"5\",{six}{last}"),
                    ABC,
                    &[&["1", "2", "3"], &["4", "5", "6"]],
                );
            }
        }
        is(&format!("{mark}\"a\",\"b\",\"c\"\n1,2,3\n"), ABC, &[&["1", "2", "3"]]);
    }
    let wide =
        |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for text in ["\u{feff}a\tb\n1\t𝄞\n", "a\tb\n1\t𝄞\n"] {
        for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let read = read(&wide(text, bytes), &["a", "b"]);
            assert_eq!(read, (vec![vec!["1".to_owned(), "𝄞".to_owned()]], vec![]), "{text:?}");
        }
    }
}

#[test]
fn what_is_not_as_it_should_be_is_told() {
    let cells = |rows: &[&[&str]]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
    };
    for (text, rows, damage) in [
        ("a,b,c\n1,2\n4,5,6\n", &[&["1", "2", ""][..], &["4", "5", "6"]][..], &[("short-row", &[2][..])][..]),
        ("a,b,c\n1,2,3\n4,5,6", &[&["1", "2", "3"], &["4", "5", ""]], &[("end-cut", &[3])]),
        ("a,b,c\n1,2,3,4\n4,5,6\n", &[&["4", "5", "6"]], &[("long-row", &[2])]),
        ("a,b,c\n1,2,3,,\n4,5,6\n", &[&["1", "2", "3"], &["4", "5", "6"]], &[]),
        ("a,b,c\n1,2,3\n,,\n4,5,6\n", &[&["1", "2", "3"], &["4", "5", "6"]], &[]),
        ("a,b,c\n,2,3\n4,5,6\n", &[&["4", "5", "6"]], &[("no-identity", &[2])]),
        ("a,b,c\n1,\"2,3\n4,5,6\n7,8,9\n", &[&["4", "5", "6"], &["7", "8", "9"]], &[("open-quote", &[2])]),
        ("a,b,c\n1,2,\"3\n", &[], &[("open-quote", &[2])]),
        ("a,b,c\n1,a \"b\" c,3\n", &[&["1", "a \"b\" c", "3"]], &[]),
        ("a,b,c\n1,\0\0,3\n4,5,6\n", &[&["1", "\0\0", "3"], &["4", "5", "6"]], &[("nuls", &[2])]),
        ("a,b,c\n1,2,3\n\0\0\0\n4,5,6\n", &[&["1", "2", "3"], &["4", "5", "6"]], &[("nuls", &[3])]),
    ] {
        let want: Vec<_> = damage.iter().map(|(code, lines)| (*code, lines.to_vec())).collect();
        assert_eq!(read(text.as_bytes(), ABC), (cells(rows), want), "{text:?}");
    }
}
