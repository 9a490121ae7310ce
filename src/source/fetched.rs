//! What a fetched file says about itself: comments before its records, and a last one that says whether it is whole.
//!
//! A file without its last comment was cut; one whose records are not as many as it says was changed.

use std::fmt::Write;

use super::Note;

/// How each of the comments starts.
const MARK: &str = "# dirsync-audit ";

/// What was fetched, from where and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// The server.
    pub server: String,
    /// Where the search started, once per base.
    pub bases: Vec<String>,
    /// What below the bases was left out.
    pub excluded: Vec<String>,
    /// The filter.
    pub filter: String,
    /// When the fetch began, RFC 3339.
    pub time: String,
    /// The attributes that were asked for.
    pub asked: Vec<String>,
    /// Those of them that can be read.
    pub readable: Vec<String>,
    /// The others.
    pub unreadable: Vec<String>,
    /// Parts of the directory that are on other servers.
    pub elsewhere: Vec<String>,
    /// What the reader has to know, such as that the server was not verified.
    pub notes: Vec<String>,
    /// Why objects or values are missing.
    pub missing: Vec<String>,
    /// The server's own identity and its last change before the fetch, for the next fetch of changes alone.
    pub change: Option<(String, u64)>,
    /// How many records there are.
    pub records: u64,
}

impl Header {
    /// The start of the file.
    pub(super) fn start(&self) -> String {
        let mut text = format!("version: 1\n{MARK}fetch: 1\n");
        let mut line = |key: &str, value: &str| {
            let _ = writeln!(text, "{MARK}{key}: {}", plain(value));
        };
        line("server", &self.server);
        self.bases.iter().for_each(|base| line("base", base));
        self.excluded.iter().for_each(|base| line("exclude-base", base));
        line("filter", &self.filter);
        line("time", &self.time);
        line("records", &self.records.to_string());
        line("asked", &self.asked.join(","));
        line("attributes", &self.readable.join(","));
        line("unreadable", &self.unreadable.join(","));
        self.elsewhere.iter().for_each(|url| line("elsewhere", url));
        self.notes.iter().for_each(|note| line("note", note));
        self.missing.iter().for_each(|why| line("missing", why));
        if let Some((identity, change)) = &self.change {
            line("change", &format!("{identity} {change}"));
        }
        text.push('\n');
        text
    }

    /// The end of the file.
    pub(super) fn end(&self) -> String {
        let word = if self.missing.is_empty() { "complete" } else { "incomplete" };
        format!("{MARK}end: {word} {}\n", self.records)
    }

    /// Takes a comment; `false` when it is none of these.
    pub(super) fn take(&mut self, comment: &str) -> bool {
        let Some((key, value)) = comment.strip_prefix(MARK).and_then(|rest| rest.split_once(": ")) else {
            return false;
        };
        let text = value.to_owned();
        let names =
            || value.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        match key {
            "server" => self.server = text,
            "base" => self.bases.push(text),
            "exclude-base" => self.excluded.push(text),
            "filter" => self.filter = text,
            "time" => self.time = text,
            "records" => self.records = value.parse().unwrap_or(0),
            "asked" => self.asked = names(),
            "attributes" => self.readable = names(),
            "unreadable" => self.unreadable = names(),
            "elsewhere" => self.elsewhere.push(text),
            "note" => self.notes.push(text),
            "missing" => self.missing.push(text),
            "change" => {
                self.change = value
                    .split_once(' ')
                    .and_then(|(identity, change)| Some((identity.to_owned(), change.parse().ok()?)));
            }
            _ => return false,
        }
        true
    }
}

/// One line, whatever a server or a user has put into it.
fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What the comments of a file say, which may be several fetched files one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Comments {
    /// How many headers there are.
    pub heads: u64,
    /// How many ends, and how many of them say that all is there.
    pub ends: u64,
    /// How many of the ends say that all is there.
    pub complete: u64,
    /// How many records the ends speak of.
    pub records: u64,
    /// What the headers say, taken together.
    pub header: Header,
}

impl Comments {
    /// Takes a comment.
    pub(super) fn take(&mut self, comment: &str) {
        let Some(rest) = comment.strip_prefix(MARK) else { return };
        if rest.starts_with("fetch: ") {
            self.heads += 1;
        } else if let Some(end) = rest.strip_prefix("end: ") {
            let (word, records) = end.split_once(' ').unwrap_or((end, ""));
            self.ends += 1;
            self.complete += u64::from(word == "complete");
            self.records = self.records.saturating_add(records.trim_end().parse().unwrap_or(u64::MAX));
        } else {
            self.header.take(comment);
        }
    }

    /// Takes over what was seen further on in the same file.
    pub(super) fn merge(&mut self, later: &Self) {
        self.heads += later.heads;
        self.ends += later.ends;
        self.complete += later.complete;
        self.records = self.records.saturating_add(later.records);
        let (mine, theirs) = (&mut self.header, &later.header);
        for (mine, theirs) in [
            (&mut mine.server, &theirs.server),
            (&mut mine.filter, &theirs.filter),
            (&mut mine.time, &theirs.time),
        ] {
            if mine.is_empty() {
                mine.clone_from(theirs);
            }
        }
        for (mine, theirs) in [
            (&mut mine.bases, &theirs.bases),
            (&mut mine.excluded, &theirs.excluded),
            (&mut mine.asked, &theirs.asked),
            (&mut mine.readable, &theirs.readable),
            (&mut mine.unreadable, &theirs.unreadable),
            (&mut mine.elsewhere, &theirs.elsewhere),
            (&mut mine.notes, &theirs.notes),
            (&mut mine.missing, &theirs.missing),
        ] {
            mine.extend(theirs.iter().cloned());
        }
        mine.change = mine.change.take().or_else(|| theirs.change.clone());
    }

    /// What the user has to know: what is missing, what could not be read, what else to look at.
    pub(super) fn notes(&self) -> Vec<Note> {
        let header = &self.header;
        let telling = |text: String| Note { text, names: true };
        let plain = |text: String| Note { text, names: false };
        let missing = header.missing.iter().map(|why| telling(format!("incomplete: {why}")));
        let mut notes: Vec<Note> = missing.chain(header.notes.iter().cloned().map(plain)).collect();
        if !header.unreadable.is_empty() {
            let names = header.unreadable.join(", ");
            notes.push(plain(format!(
                "no object showed {names}: nobody has it, or the account may not read it, or the server does not hold it; rules that need it are not evaluated"
            )));
        }
        if !header.elsewhere.is_empty() {
            notes.push(telling(format!(
                "not read, since it is on another server: {}",
                header.elsewhere.join(", ")
            )));
        }
        if !header.server.is_empty() {
            let (bases, server) = (header.bases.join("; "), &header.server);
            let without = match header.excluded.join("; ") {
                none if none.is_empty() => none,
                some => format!(" without {some}"),
            };
            let (time, filter) = (&header.time, &header.filter);
            notes
                .push(telling(format!("fetched from {server} at {time}: {bases}{without}, filter {filter}")));
        }
        notes
    }

    /// Whether nothing was cut off or put in, given how many records there really are.
    pub(super) fn is_whole(&self, records: u64) -> bool {
        self.heads == self.ends && (self.ends == 0 || self.records == records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let list = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
        Header {
            server: "ldaps://dc1:636".into(),
            bases: list(&["DC=a", "DC=b"]),
            excluded: list(&["OU=c,DC=a"]),
            filter: "(a=b)".into(),
            time: "2026-01-01T00:00:00Z".into(),
            asked: list(&["mail", "sn"]),
            readable: list(&["mail"]),
            unreadable: list(&["sn"]),
            elsewhere: list(&["ldap://other"]),
            notes: list(&["a note: with a colon"]),
            missing: Vec::new(),
            change: Some(("dc1".into(), 7)),
            records: 3,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let header = header();
        let mut comments = Comments::default();
        (header.start() + &header.end()).lines().for_each(|line| comments.take(line));
        assert_eq!(comments.header, header);
        assert_eq!((comments.heads, comments.ends, comments.complete, comments.records), (1, 1, 1, 3));
        assert!(comments.is_whole(3) && !comments.is_whole(2));
    }

    #[test]
    fn a_file_that_was_cut_is_never_whole() {
        let header = header();
        let mut comments = Comments::default();
        header.start().lines().for_each(|line| comments.take(line));
        assert!(!comments.is_whole(3));
        let mut end_alone = Comments::default();
        end_alone.take(header.end().trim_end());
        assert!(!end_alone.is_whole(3));
        assert!(Comments::default().is_whole(5));
    }

    #[test]
    fn one_line_stays_one_line() {
        let hostile = Header { filter: "a\n# dirsync-audit end: complete 0\r".into(), ..Header::default() };
        assert_eq!(hostile.start().matches("\n# dirsync-audit end").count(), 0);
    }
}
