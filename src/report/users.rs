//! `users.csv`: one row per user, in the order of the input.

use super::table::{self, Cell, Column, Dialect};
use crate::finding::Severity;
use crate::model::Attr;
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
            cell: |judged, ()| Cell::Text(judged.facts.user.get(Attr::$attr)),
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
        cell: |judged, ()| Cell::Text(judged.facts.sip_address.unwrap_or_default()),
    },
    Column {
        name: "mailbox_home",
        holds: "`on-prem`, `online`, `both`, `none` or `unknown`",
        cell: |judged, ()| Cell::Word(judged.facts.mailbox.word()),
    },
    Column {
        name: "sip_home",
        holds: "`on-prem`, `online`, `unset`, `none` or `unknown`",
        cell: |judged, ()| Cell::Word(judged.facts.sip_home.word()),
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

/// What to do first.
fn next_step(judged: &Judged<'_, '_>) -> &'static str {
    let first = |severity| judged.findings.iter().find(|finding| finding.severity == severity);
    let worst = first(Severity::Error).or_else(|| first(Severity::Warning));
    worst.map_or("", |finding| rules::at(finding.rule).remedy)
}

pub(super) fn head(out: &mut Vec<u8>, dialect: Dialect) {
    table::head(out, dialect, COLUMNS);
}

pub(super) fn user(out: &mut Vec<u8>, dialect: Dialect, judged: &Judged<'_, '_>) {
    table::row(out, dialect, COLUMNS, judged, &());
}
