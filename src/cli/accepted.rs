//! What is told of baseline and suppressions at the end of `audit`.

use std::fmt::Write;

use super::join::{Run, accepted};
use super::terminal::{Paint, Style, escape, several};
use crate::report::baseline::Compared;
use crate::report::summary::Accepted;
use crate::rules::suppress::Standing;
use crate::settings::Redact;

/// So many of one kind are named.
const MOST: usize = 5;

/// How the findings stand with the baseline.
pub(super) fn changes(compared: Option<&Compared>, style: Style) -> String {
    let Some(compared) = compared else { return String::new() };
    let mut text = style.wrap("", "  ", &compared.sentence());
    for doubt in &compared.doubts {
        text.push_str(&style.wrap("  note: ", "    ", doubt));
    }
    text
}

/// How many findings were suppressed, and which suppressions want attention.
pub(super) fn text(run: &Run<'_>, style: Style) -> String {
    let all = accepted(run);
    let mut text = String::new();
    let suppressed = run.outcome.counts.suppressed();
    if suppressed > 0 {
        let told = format!("{} suppressed: listed, and not counted.", several(suppressed, "finding"));
        text.push_str(&style.wrap("", "  ", &told));
    }
    let named = run.settings.redact == Redact::None;
    for standing in [Standing::Expired, Standing::Unused] {
        let concerned: Vec<&Accepted> = all.iter().filter(|one| one.standing == standing).collect();
        for one in concerned.iter().take(MOST) {
            text.push_str(&warning(one, named, style));
        }
        if concerned.len() > MOST {
            let more = several((concerned.len() - MOST) as u64, "more suppression");
            let _ = writeln!(text, "  and {more} {}: summary.json lists them", standing.word());
        }
    }
    text
}

fn warning(one: &Accepted, named: bool, style: Style) -> String {
    let given = &one.suppression;
    // A log of a redacted run must not name anybody.
    let about = if named { format!(" for `{}`", escape(&given.about)) } else { String::new() };
    let what = format!("the suppression of {}{about}", escape(&given.rule));
    let until = given.until.map_or(String::new(), |day| format!(" on {day}"));
    let told = match (one.standing, one.covered) {
        (Standing::Expired, 0) => format!("{what} expired{until} and covers nothing any more: remove it"),
        (Standing::Expired, back) => {
            format!("{what} expired{until}: {} counts again", several(back, "finding"))
                .replace("findings counts", "findings count")
        }
        _ => format!("{what} covers nothing: remove it, or correct whom it names"),
    };
    style.wrap("warning: ", "  ", &told).replacen("warning: ", &style.paint(Paint::Yellow, "warning: "), 1)
}
