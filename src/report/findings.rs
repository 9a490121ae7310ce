//! `findings.csv`: one row per finding, in the order of `users.csv`, then of the catalogue.

use super::fingerprint;
use super::table::{self, Cell, Column, Dialect, Sheet};
use crate::finding::Finding;
use crate::model::Attr;
use crate::rules;
use crate::rules::verdict::Judged;

/// The name of the file.
pub const FILE: &str = "findings.csv";

/// A column that is an attribute of the user as it stands in the input.
macro_rules! attribute {
    ($name:literal, $attr:ident) => {
        Column {
            name: $name,
            holds: "the attribute of the user as it stands in the input",
            cell: |judged, _| Cell::Text(judged.user.get(Attr::$attr)),
        }
    };
}

/// A column that the catalogue gives.
macro_rules! rule {
    ($name:literal, $field:ident, $holds:literal) => {
        Column { name: $name, holds: $holds, cell: |_, finding| Cell::Word(rules::at(finding.rule).$field) }
    };
}

/// The columns.
pub static COLUMNS: &[Column<Finding>] = &[
    attribute!("dn", DistinguishedName),
    attribute!("object_guid", ObjectGuid),
    attribute!("user_principal_name", UserPrincipalName),
    rule!("code", code, "the code of the rule"),
    rule!("name", name, "the name of the rule"),
    Column {
        name: "severity",
        holds: "`error`, `warning` or `info`",
        cell: |_, finding| Cell::Word(finding.severity.word()),
    },
    Column {
        name: "attribute",
        holds: "the LDAP name of the attribute at fault",
        cell: |_, finding| Cell::Word(finding.attribute.name()),
    },
    Column {
        name: "value",
        holds: "the offending value as it stands in the input; empty when there is none",
        cell: |_, finding| Cell::Text(&finding.value),
    },
    Column { name: "message", holds: "what is wrong", cell: |_, finding| Cell::Text(&finding.message) },
    rule!("remedy", remedy, "what to do"),
    Column {
        name: "suggestion",
        holds: "the value that would mend it, or `-old +new`; empty where it does not follow from the object itself",
        cell: |_, finding| suggestion(finding),
    },
    rule!("reference", reference, "where that is written"),
    Column {
        name: "fingerprint",
        holds: "what the finding is called in every run: 32 hexadecimal digits",
        cell: |judged, finding| Cell::Octets(fingerprint::of(judged.user, finding)),
    },
    Column {
        name: "state",
        holds: "`suppressed` where it was accepted, else `new` or `unchanged` against a baseline; empty without one",
        cell: |_, finding| Cell::Word(finding.state.word()),
    },
];

fn suggestion(finding: &Finding) -> Cell<'_> {
    if finding.suggestion.is_some() { Cell::Made(suggestion_text(finding)) } else { Cell::Word("") }
}

/// The suggestion as one text; empty without one.
pub(super) fn suggestion_text(finding: &Finding) -> String {
    finding.suggestion.as_ref().map(|change| change.cell(&finding.value)).unwrap_or_default()
}

/// Writes the headings.
pub(super) fn head(out: &mut Vec<u8>, dialect: Dialect) {
    table::head(out, dialect, COLUMNS);
}

/// Writes the rows of a user.
pub(super) fn user(sheet: &mut Sheet, dialect: Dialect, judged: &Judged<'_, '_>) {
    for finding in judged.findings {
        table::row(&mut sheet.octets, dialect, COLUMNS, judged, finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::guard::needs_guard;

    #[test]
    fn what_the_catalogue_says_stands_in_a_cell_as_it_is() {
        for rule in rules::all() {
            for text in [rule.code, rule.name, rule.remedy, rule.reference] {
                assert!(!text.contains('"') && !needs_guard(text), "{}: {text}", rule.code);
            }
        }
    }
}
