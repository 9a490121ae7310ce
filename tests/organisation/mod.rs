//! Reads the organisation, and what the report says of it.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;

use crate::common::Row;
use crate::runs::{Run, start};

/// Reads the organisation into a report.
pub(crate) fn org(url: &str, scenario: &str, options: &[&str]) -> Run {
    let arguments = ["org", url, "--scenario", scenario, "--out", "report", "--timeout", "1", "--csv-raw"];
    start(&[&arguments[..], options].concat(), &[]).end()
}

/// The codes that were found.
pub(crate) fn codes(run: &Run) -> BTreeSet<String> {
    run.table("findings.csv").into_iter().map(|row| row["code"].clone()).collect()
}

pub(crate) fn of(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|&code| code.to_owned()).collect()
}

/// The rows of a step.
pub(crate) fn step(run: &Run, number: &str) -> Vec<Row> {
    run.table("organisation.csv").into_iter().filter(|row| row["step"] == number).collect()
}

pub(crate) fn states(run: &Run, number: &str) -> BTreeSet<String> {
    step(run, number).into_iter().map(|row| row["state"].clone()).collect()
}
