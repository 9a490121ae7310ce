//! The findings of a finished report, as what could be accepted: one for each user and rule.

use std::path::Path;

use super::earlier::{Earlier, Row};
use crate::error::{Error, Result};
use crate::rules::RuleSet;

/// What of a report could be accepted.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The code of the rule, and whom it concerns.
    pub pairs: Vec<(String, String)>,
    /// Findings that count.
    pub findings: u64,
    /// Findings about users that nothing names by which a suppression could find them.
    pub nameless: u64,
}

/// Reads the findings of a report that count, of the rules chosen.
///
/// # Errors
/// It is no whole report, or it does not show who is meant.
pub fn adopt(place: &Path, chosen: RuleSet) -> Result<Adopted> {
    let earlier = Earlier::open(place)?;
    if earlier.summary.options.redact != "none" {
        let remedy = "adopt a report that was written without --redact";
        return Err(Error::source(
            place.display().to_string(),
            "this report is redacted: it does not show who is meant",
            remedy,
        ));
    }
    let mut adopted = Adopted::default();
    earlier.findings(|row| {
        let rule = crate::rules::all().position(|rule| rule.code == row.get("code"));
        if row.get("state") == "suppressed" || !rule.is_some_and(|rule| chosen.has(rule)) {
            return Ok(());
        }
        adopted.findings += 1;
        let about_organisation = rule.is_some_and(|rule| crate::rules::at(rule).is_about_organisation());
        match who(row, about_organisation) {
            None => adopted.nameless += 1,
            Some(who) => {
                let pair = (row.get("code").to_owned(), who.to_owned());
                // The findings of one rule about one user stand together.
                if adopted.pairs.last() != Some(&pair) {
                    adopted.pairs.push(pair);
                }
            }
        }
        Ok(())
    })?;
    Ok(adopted)
}

/// Of a user never a domain, which would concern others too.
fn who<'r>(row: &'r Row<'_>, about_organisation: bool) -> Option<&'r str> {
    let named = ["object_guid", "dn", "user_principal_name"].into_iter().map(|column| row.get(column));
    named.into_iter().find(|text| {
        crate::rules::suppress::Who::of(text).is_some_and(|who| about_organisation || !who.is_domain())
    })
}
