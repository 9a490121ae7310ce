//! `users.csv`: one row per user, in the order of the input.

use std::ops::Range;

use super::escape;
use super::table::{self, Cell, Column, Dialect, Sheet};
use crate::finding::Severity;
use crate::model::Attr;
use crate::model::octet::has;
use crate::rules::verdict::Judged;
use crate::rules::{self, Feature};

/// The name of the file.
pub const FILE: &str = "users.csv";

/// A column that is an attribute as it stands in the input.
macro_rules! attribute {
    ($name:literal, $attr:ident) => {
        Column {
            name: $name,
            holds: "the attribute as it stands in the input",
            cell: |judged, ()| Cell::Text(judged.user.get(Attr::$attr)),
        }
    };
}

/// A column that says what the user gets of a feature.
macro_rules! feature {
    ($name:literal, $feature:ident) => {
        Column {
            name: $name,
            holds: "`supported`, `unsupported`, `blocked`, `n/a` or `not-evaluated`",
            cell: |judged, ()| Cell::Word(judged.verdict.features[Feature::$feature as usize].word()),
        }
    };
}

/// A column that counts the findings of a severity.
macro_rules! count {
    ($name:literal, $severity:ident) => {
        Column {
            name: $name,
            holds: "how many findings of this severity there are",
            cell: |judged, ()| Cell::Number(judged.verdict.by_severity[Severity::$severity as usize]),
        }
    };
}

/// The columns.
pub static COLUMNS: &[Column<()>] = &[
    Column {
        name: "source",
        holds: "the source as it was named",
        cell: |judged, ()| Cell::Text(judged.source),
    },
    attribute!("dn", DistinguishedName),
    attribute!("object_guid", ObjectGuid),
    attribute!("sam_account_name", SamAccountName),
    attribute!("user_principal_name", UserPrincipalName),
    attribute!("display_name", DisplayName),
    attribute!("mail", Mail),
    Column {
        name: "sip_address",
        holds: "the SIP address without `sip:`: msRTCSIP-PrimaryUserAddress, else the one sip proxy",
        cell: |judged, ()| Cell::Text(judged.shown.sip_address.unwrap_or_default()),
    },
    Column {
        name: "mailbox_home",
        holds: "`on-prem`, `online`, `both`, `none` or `unknown`",
        cell: |judged, ()| Cell::Word(judged.shown.mailbox.word()),
    },
    Column {
        name: "sip_home",
        holds: "`on-prem`, `online`, `unset`, `none` or `unknown`",
        cell: |judged, ()| Cell::Word(judged.shown.sip_home.word()),
    },
    Column {
        name: "status",
        holds: "`excluded`, `non-compliant`, `incomplete`, `warning` or `compliant`",
        cell: |judged, ()| Cell::Word(judged.verdict.status.word()),
    },
    Column {
        name: "reason",
        holds: "why the user is excluded or incomplete; else empty",
        cell: |judged, ()| Cell::Text(judged.verdict.reason),
    },
    Column {
        name: "exchange_sees_sip",
        holds: "step 2: `ok`, `fail`, `n/a` or `not-evaluated`",
        cell: |judged, ()| Cell::Word(judged.verdict.exchange_sees_sip.word()),
    },
    Column {
        name: "lync_sees_mail",
        holds: "step 3: `ok`, `fail`, `n/a` or `not-evaluated`",
        cell: |judged, ()| Cell::Word(judged.verdict.lync_sees_mail.word()),
    },
    feature!("outlook_integration", OutlookIntegration),
    feature!("owa_im_presence", OwaImPresence),
    feature!("owa_online_meetings", OwaOnlineMeetings),
    feature!("unified_contact_store", UnifiedContactStore),
    feature!("high_res_photos", HighResPhotos),
    count!("errors", Error),
    count!("warnings", Warning),
    count!("infos", Info),
    Column {
        name: "codes",
        holds: "the codes of the findings: sorted, unique, joined by one blank",
        cell: |judged, ()| Cell::Codes(judged.findings),
    },
    Column {
        name: "next_step",
        holds: "the remedy of the first error, else of the first warning",
        cell: |judged, ()| Cell::Text(next_step(judged)),
    },
];

/// The attributes that a row shows.
pub(super) const SHOWN: &[Attr] = &[
    Attr::DistinguishedName,
    Attr::ObjectGuid,
    Attr::SamAccountName,
    Attr::UserPrincipalName,
    Attr::DisplayName,
    Attr::Mail,
];

/// What to do first.
fn next_step(judged: &Judged<'_, '_>) -> &'static str {
    let first =
        |severity| judged.findings.iter().find(|finding| finding.counts() && finding.severity == severity);
    let worst = first(Severity::Error).or_else(|| first(Severity::Warning));
    worst.map_or("", |finding| rules::at(finding.rule).remedy)
}

/// Writes the headings.
pub(super) fn head(out: &mut Vec<u8>, dialect: Dialect) {
    table::head(out, dialect, COLUMNS);
}

/// The first of the columns that follow from homes, verdict and findings alone.
const FIRST_OF_TAIL: usize = 8;

/// So many different rows are remembered in a sheet, each at the place that what it says gives it.
const PLACES: usize = 16;

/// The cells of the rows before from [`FIRST_OF_TAIL`] on.
pub(super) type Tails = [Option<Tail>; PLACES];

/// Such cells: what they say, and where they stand.
#[derive(Debug)]
pub(super) struct Tail {
    says: u64,
    place: Range<usize>,
}

/// What the cells from [`FIRST_OF_TAIL`] on say, four bits or an octet each; `None` where there is more to say than words.
fn says(judged: &Judged<'_, '_>) -> Option<u64> {
    let (shown, verdict) = (judged.shown, judged.verdict);
    if !judged.findings.is_empty() || !verdict.reason.is_empty() {
        return None;
    }
    let homes = (shown.mailbox as u8) << 4 | shown.sip_home as u8;
    let steps = (verdict.exchange_sees_sip as u8) << 4 | verdict.lync_sees_mail as u8;
    let mut words = [homes, verdict.status as u8, steps, 0, 0, 0, 0, 0];
    for (word, support) in words[3..].iter_mut().zip(verdict.features) {
        *word = support as u8;
    }
    Some(u64::from_le_bytes(words))
}

/// Writes the row of a user. Most users are like one before but for their names, which saves most of the work.
pub(super) fn user(sheet: &mut Sheet, dialect: Dialect, judged: &Judged<'_, '_>) {
    let (names, tail) = COLUMNS.split_at(FIRST_OF_TAIL);
    let write = |out: &mut Vec<u8>, column: &Column<()>| (column.cell)(judged, &()).write(out, dialect);
    let quoteless = judged.user.has_no_quotes() && !has(b'"', judged.source.as_bytes());
    table::start(&mut sheet.octets, dialect, names, |out, column| match (column.cell)(judged, &()) {
        Cell::Text(text) if quoteless => escape::quoteless(out, text, dialect.guard),
        cell => cell.write(out, dialect),
    });
    let says = says(judged);
    let place = says.map_or(0, |says| (says.wrapping_mul(SPREAD) >> 32) as usize % PLACES);
    if let Some(known) = sheet.tails[place].as_ref().filter(|known| Some(known.says) == says) {
        return sheet.octets.extend_from_within(known.place.clone());
    }
    let start = sheet.octets.len();
    table::go_on(&mut sheet.octets, dialect, tail, write);
    table::end(&mut sheet.octets);
    if let Some(says) = says {
        sheet.tails[place] = Some(Tail { says, place: start..sheet.octets.len() });
    }
}

/// An odd number with half of its bits set.
const SPREAD: u64 = 0x9fb2_1c65_1e98_df25;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttrSet, Facts, User};
    use crate::rules::verdict;

    #[test]
    fn no_other_attribute_is_shown() {
        let all = AttrSet::ALL.without(Attr::ProxyAddresses);
        let mut user = User::new(AttrSet::ALL);
        all.iter().for_each(|attr| user.set(attr, attr.ldap()));
        let mut brief = user.clone();
        all.minus(AttrSet::of(SHOWN)).iter().for_each(|attr| brief.set(attr, ""));
        let verdict = verdict::excluded("x");
        let facts = Facts::of(&user);
        let judged = Judged::of("ad.csv", &facts, &verdict, &[]);
        let row = |judged: &Judged<'_, '_>| {
            let mut sheet = Sheet::default();
            super::user(&mut sheet, Dialect { delimiter: b',', guard: true }, judged);
            String::from_utf8(sheet.octets).unwrap()
        };
        assert_eq!(row(&judged), row(&Judged { user: &brief, ..judged }));
        assert!(SHOWN.iter().all(|attr| row(&judged).contains(attr.ldap())));
    }

    #[test]
    fn a_promise_that_there_are_no_quotes_changes_nothing() {
        let dialect = Dialect { delimiter: b',', guard: true };
        for source in ["ad.csv", "a \"b\".csv", "=ad.csv"] {
            let rows = [false, true].map(|promised| {
                let mut user =
                    User::of(&[(Attr::DisplayName, "-Ann"), (Attr::PrimaryUserAddress, "sip:a@b.co")]);
                if promised {
                    user.promise_no_quotes();
                }
                let facts = Facts::of(&user);
                let verdict = super::super::golden::judge(&facts, &[], None);
                let mut sheet = Sheet::default();
                super::user(&mut sheet, dialect, &Judged::of(source, &facts, &verdict, &[]));
                sheet.octets
            });
            assert!(rows[0] == rows[1] && rows[0].ends_with(b"\"\r\n"), "{source}");
        }
        let mut user = User::of(&[]);
        user.promise_no_quotes();
        user.set(Attr::Mail, "\"");
        assert!(!user.has_no_quotes());
    }

    /// The way that saves work writes what the plain one writes.
    #[test]
    fn rows_do_not_depend_on_the_rows_before() {
        let (with, without) = (User::of(&[(Attr::HomeMdb, "CN=DB1"), (Attr::Mail, "a@b.co")]), User::of(&[]));
        let users = [with, without, User::new(AttrSet::NONE)];
        let facts = users.each_ref().map(Facts::of);
        let found = [super::super::golden::finding("SIP010", Severity::Warning, "x")];
        let mut cases = Vec::new();
        for facts in &facts {
            for (findings, reason) in
                [(&[][..], None), (&found[..], None), (&[][..], Some("cells are missing"))]
            {
                cases.push((facts, findings, super::super::golden::judge(facts, findings, reason)));
            }
            cases.push((facts, &[][..], verdict::excluded("system mailbox")));
        }
        let dialect = Dialect { delimiter: b',', guard: true };
        let (mut sheet, mut plain) = (Sheet::default(), Vec::new());
        // Every case after every other one.
        let order = (0..cases.len()).flat_map(|a| (0..cases.len()).flat_map(move |b| [a, b]));
        for (facts, findings, verdict) in order.map(|place| &cases[place]) {
            let judged = Judged::of("ad.csv", facts, verdict, findings);
            user(&mut sheet, dialect, &judged);
            table::row(&mut plain, dialect, COLUMNS, &judged, &());
        }
        assert!(sheet.octets == plain);
        assert_eq!(COLUMNS[FIRST_OF_TAIL].name, "mailbox_home");
    }
}
