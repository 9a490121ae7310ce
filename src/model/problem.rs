//! Damage of an input: counted by kind with the first places, never an end of the run.

/// What a kind of damage does to the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Nothing is missing; the user should know.
    Notice,
    /// Values are missing: the record is `incomplete`, the exit status 3.
    Incomplete,
    /// The record could not be read at all; the exit status is 3.
    Skipped,
}

macro_rules! problems {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal $weight:ident $what:literal $remedy:literal;)*) => {
        /// A kind of damage.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Problem { $($(#[doc = $doc])* $name),* }

        impl Problem {
            /// All kinds, in the order of the enum.
            pub const ALL: &'static [Problem] = &[$(Problem::$name),*];

            /// The stable name in `summary.json`.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$name => $code),* } }

            /// What it does to the record.
            #[must_use]
            pub fn weight(self) -> Weight { match self { $(Self::$name => Weight::$weight),* } }

            /// What is wrong.
            #[must_use]
            pub fn what(self) -> &'static str { match self { $(Self::$name => $what),* } }

            /// What the user can do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str { match self { $(Self::$name => $remedy),* } }
        }
    };
}

problems! {
    /// A multi-valued attribute exported without `-join`.
    TypeName = "type-name" Incomplete
        "a cell holds the name of a .NET type where the values should be: the export lost them"
        "export with: Select-Object *,@{n='proxyAddresses';e={$_.proxyAddresses -join ';'}} | Export-Csv -NoTypeInformation -Encoding UTF8";
    /// `{a, b...}`: formatted output, cut.
    FormatCut = "format-cut" Incomplete
        "a cell was cut by PowerShell's formatting (`{a, b...}`)"
        "export the values joined, not formatted: @{n='proxyAddresses';e={$_.proxyAddresses -join ';'}}, with Select-Object and Export-Csv and without Format-*";
    /// `;range=0-1499` without the rest.
    RangeCut = "range-cut" Incomplete
        "the server returned only the first values of an attribute (`;range=`)"
        "export with a client that fetches all ranges";
    /// The trailer of a search says that it failed.
    SearchCut = "search-cut" Incomplete
        "the search ended with an error, so objects are missing from the export (a result other than 0)"
        "search with paging (ldapsearch -E pr=1000/noprompt -z none -l none), and export again";
    /// A fetched file without its last comment.
    FetchCut = "fetch-cut" Incomplete
        "the fetched file does not end with its own last line, or has not as many records as it says: it was cut or changed"
        "fetch again, or copy the file again; `fetch --resume` goes on with a fetch that was interrupted";
    /// A fetched file that says that something is missing.
    FetchIncomplete = "fetch-incomplete" Incomplete
        "not everything could be read from the server; the notes say what is missing"
        "see the notes; fetch again, with another server, account or base where they say so";
    /// An LDIF file without a last end of line.
    LineCut = "line-cut" Incomplete
        "the file ends in the middle of a line, which programs that write LDIF do not do: if it was cut there, objects are missing and the last one is not whole; it is judged without that line and what may have stood behind it"
        "compare its size and its last object with the export, and copy or export it again; if it is whole, put a line end behind it";
    /// A table without a last end of line, behind a cell without quotes.
    EndCut = "end-cut" Incomplete
        "the file ends in a cell that no quotes enclose, without an end of line: if it was cut there, rows are missing and the cell is not whole; the row is judged without it"
        "compare the last row with the export, and copy or export the file again; if it is whole, put a line end behind it";
    /// `attribute:< file:///…`.
    UrlValue = "url-value" Incomplete
        "the value stands in another file (`:<`), which is never opened"
        "export again with the values inside: ldapsearch without -t";
    /// An export of attribute names without values.
    NamesOnly = "names-only" Incomplete
        "a record has the names of attributes without their values"
        "export again with the values: ldapsearch without -A";
    /// A line of an LDIF record that is nothing.
    StrayLine = "stray-line" Incomplete
        "a line of a record is neither `attribute: value` nor the continuation of one"
        "export again; do not decode or edit the file: values that run over several lines stand as base64 in it";
    /// An LDIF record with values and without `dn:`.
    NoDn = "no-dn" Skipped
        "attributes stand without a `dn:` line before them, so that nobody can say whose they are"
        "check the file at this line: a blank line may have cut the record in two; export again";
    /// `changetype:` other than `add`.
    ChangeRecord = "change-record" Notice
        "a record changes, renames or deletes an object and does not say what it holds; it was left out"
        "nothing to do if the file is an export; else export the objects themselves";
    /// A tombstone, or an object from the recycle bin.
    DeletedObject = "deleted-object" Notice
        "a record is what is left of a deleted object; it was left out"
        "nothing to do; without them: no --show-deleted, no -r of db2ldif, no -IncludeDeletedObjects";
    /// Text after `::` that is not base64.
    NotBase64 = "not-base64" Notice
        "text after `::` is not base64, as if the file had been decoded; it was taken as it stands"
        "give the file as it was exported: base64 is decoded here";
    /// Base64 of a text attribute that is not UTF-8.
    NotText = "not-text" Notice
        "a base64 value of a text attribute is not UTF-8; the bytes that are not were replaced"
        "correct the value in the directory, or look which program wrote the export";
    /// Several values where the directory allows one.
    TwoValues = "two-values" Notice
        "an attribute that can have one value has several; the first was used"
        "look at the object in the directory: another program may have written the export";
    /// A row with fewer cells than the heading.
    ShortRow = "short-row" Incomplete
        "a row has fewer cells than the heading"
        "export again; do not edit the file by hand or cut it";
    /// A row with more cells than the heading.
    LongRow = "long-row" Skipped
        "a row has more cells than the heading, so that nobody can say which is which"
        "quote cells that contain the delimiter: Export-Csv does, scripts that join text often do not";
    /// A quote that is never closed.
    OpenQuote = "open-quote" Skipped
        "a quoted cell never ends"
        "double every quotation mark inside a quoted cell, as Export-Csv does";
    /// A record that is larger than any real one.
    HugeRecord = "huge-record" Skipped
        "a record is larger than 16 MiB"
        "check the file at this line: a quotation mark is likely to be missing";
    /// A row none of whose identifying cells has a value.
    NoIdentity = "no-identity" Skipped
        "a row has no distinguishedName, objectGUID, userPrincipalName, sAMAccountName or mail: nobody can say who it is"
        "export at least distinguishedName or userPrincipalName for every object";
    /// A cell full of `#`.
    HashCell = "hash-cell" Incomplete
        "a cell holds only `#`: a spreadsheet program saved what it showed instead of the value"
        "export again and do not save the file with a spreadsheet program";
    /// A cell as long as a spreadsheet allows.
    CellCut = "cell-cut" Incomplete
        "a cell has exactly 32,767 characters, the most that Excel keeps: values behind them are likely to be lost"
        "export again and do not save the file with a spreadsheet program";
    /// A file with more than one encoding.
    TwoEncodings = "two-encodings" Incomplete
        "the file is in two encodings, the second from this line on; it was read as both, but letters may be wrong"
        "export again into a new file: `>>` and Out-File -Append do not keep to the encoding of the file";
    /// NULs in a text file.
    Nuls = "nuls" Incomplete
        "the file holds NUL bytes, as after a crash or a bad copy: what stood there is lost"
        "copy or export the file again";
    /// Number cells that are no numbers.
    BadNumber = "bad-number" Incomplete
        "a number is not one that can be right (a spreadsheet program rounds long numbers)"
        "export again and do not save the file with a spreadsheet program";
    /// A GUID or SID that is none.
    BadIdentity = "bad-identity" Notice
        "an objectGUID or SID cannot be read; the object is identified without it"
        "export objectGUID as text: Select-Object objectGUID";
    /// Bytes that are not UTF-8, read as windows-1252.
    NotUtf8 = "not-utf-8" Notice
        "the file is not UTF-8 and has no byte order mark: it was read as windows-1252"
        "export with -Encoding UTF8, or name the encoding with --encoding";
    /// Bytes that are not UTF-8 and mean more as a code page of consoles, read as windows-1252 all the same.
    OemLetters = "oem-letters" Notice
        "the file is not UTF-8 and has no byte order mark: it was read as windows-1252, but its letters look like those of a console (OEM)"
        "name the code page with --encoding: cp850 in western Europe, cp437 in the United States, cp852 in central Europe; or export with -Encoding UTF8";
    /// Letters that an export turned into `?`.
    LostLetters = "lost-letters" Notice
        "`?` stands where letters were lost: Export-Csv of Windows PowerShell writes ASCII unless told otherwise"
        "export with -Encoding UTF8";
    /// `Ã¼` for `ü`.
    Mojibake = "mojibake" Notice
        "letters are garbled (such as `Ã¼` for `ü`): another program read UTF-8 as something else"
        "export again with -Encoding UTF8 and do not save the file with another program";
    /// As many rows as a sheet has.
    RowLimit = "row-limit" Notice
        "the table has exactly the 1,048,575 rows that Excel keeps: rows behind them are likely to be lost"
        "export again and do not save the file with a spreadsheet program";
    /// A heading with other columns in the middle.
    OtherHeading = "other-heading" Skipped
        "a second heading inside the file names other columns, as where two exports were joined: the lines from there on were left out"
        "give the two exports as two files: dirsync-audit audit FIRST SECOND";
    /// Addresses without their types.
    TypesLost = "types-lost" Notice
        "proxy addresses stand without their types, so that nobody can say which one is primary; rules that ask for it are not evaluated"
        "export the values as they are, with their `SMTP:` and `smtp:`: @{n='proxyAddresses';e={$_.proxyAddresses -join ';'}}";
    /// A second heading in the middle.
    SecondHeading = "second-heading" Notice
        "the heading stands a second time inside the file; the line was left out"
        "nothing to do if two exports were joined on purpose";
    /// Words that stand for nothing.
    Placeholder = "placeholder" Notice
        "a word such as `N/A` or `NULL` stands where nothing should; it was read as empty"
        "leave empty cells empty";
    /// A rule that failed on a record: a bug of this program.
    RuleFailed = "rule-failed" Incomplete
        "a rule failed on this record; the other rules were run"
        "this is a bug of dirsync-audit: report it with the rule named in the log";
    /// Two columns for one attribute.
    TwoColumns = "two-columns" Notice
        "two columns name the same attribute; the one with the LDAP name was used"
        "use --map to say which column is meant";
    /// A DN without quotes in a comma-separated file.
    UnquotedDn = "unquoted-dn" Notice
        "a distinguished name that contains the delimiter stands without quotes; its pieces were put together"
        "quote cells that contain the delimiter, as Export-Csv does";
}

/// The rows below the heading that an Excel sheet has room for; a table with exactly as many was likely cut.
pub const SHEET_ROWS: u64 = 1_048_575;

/// How often a kind of damage was seen, and where first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first lines, from 1; at most [`Tally::PLACES`].
    pub lines: Vec<u64>,
}

impl Tally {
    /// How many places are kept.
    pub const PLACES: usize = 5;
}

/// The damage of an input by kind, in the order of the kinds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(Vec<(Problem, Tally)>);

impl Problems {
    /// Counts one more.
    pub fn add(&mut self, problem: Problem, line: u64) {
        let tally = self.tally(problem);
        tally.count += 1;
        if tally.lines.len() < Tally::PLACES {
            tally.lines.push(line);
        }
    }

    /// Takes over what was counted further on in the same input.
    pub fn merge(&mut self, later: &Self) {
        for (problem, more) in &later.0 {
            let tally = self.tally(*problem);
            tally.count += more.count;
            tally.lines.extend(&more.lines);
            tally.lines.sort_unstable();
            tally.lines.truncate(Tally::PLACES);
        }
    }

    fn tally(&mut self, problem: Problem) -> &mut Tally {
        let place = match self.0.binary_search_by_key(&problem, |(kind, _)| *kind) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (problem, Tally::default()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// The kinds seen, worst first in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (Problem, &Tally)> {
        self.0.iter().map(|(problem, tally)| (*problem, tally))
    }

    /// Notes a table that is as long as an Excel sheet can be; `records` of it could be read.
    pub fn check_rows(&mut self, records: u64) {
        if records + self.count(Weight::Skipped) == SHEET_ROWS {
            self.add(Problem::RowLimit, SHEET_ROWS + 1);
        }
    }

    /// How many of a weight there are.
    #[must_use]
    pub fn count(&self, weight: Weight) -> u64 {
        self.iter().filter(|(problem, _)| problem.weight() == weight).map(|(_, tally)| tally.count).sum()
    }

    /// Whether a kind was seen.
    #[must_use]
    pub fn has(&self, problem: Problem) -> bool {
        self.0.iter().any(|(kind, _)| *kind == problem)
    }

    /// Whether nothing was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether data is missing.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.iter().any(|(problem, _)| problem.weight() != Weight::Notice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_with_the_first_places() {
        let (mut first, mut later) = (Problems::default(), Problems::default());
        for line in 10..20 {
            later.add(Problem::ShortRow, line);
        }
        first.add(Problem::ShortRow, 3);
        first.add(Problem::NotUtf8, 1);
        first.merge(&later);
        let short = first.iter().find(|(problem, _)| *problem == Problem::ShortRow).unwrap().1;
        assert_eq!((short.count, short.lines.as_slice()), (11, &[3, 10, 11, 12, 13][..]));
        assert!(first.incomplete());
        assert_eq!(first.count(Weight::Notice), 1);
    }

    #[test]
    fn codes_are_unique() {
        let codes: std::collections::BTreeSet<_> = Problem::ALL.iter().map(|p| p.code()).collect();
        assert_eq!(codes.len(), Problem::ALL.len());
    }

    #[test]
    fn a_table_as_long_as_a_sheet_is_told() {
        for (records, skipped, told) in
            [(SHEET_ROWS, 0, true), (SHEET_ROWS - 1, 1, true), (SHEET_ROWS + 1, 0, false)]
        {
            let mut problems = Problems::default();
            (0..skipped).for_each(|line| problems.add(Problem::LongRow, line));
            problems.check_rows(records);
            assert_eq!(problems.has(Problem::RowLimit), told, "{records}");
        }
    }
}
