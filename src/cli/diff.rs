//! `diff`: two reports, compared.

use std::fmt::Write;

use super::args::DiffArgs;
use super::environment::Environment;
use super::terminal::{self, Paint, Style, escape, grouped};
use crate::error::Result;
use crate::report::diff::{Counts, Diff};

/// How many users are printed.
const MOST: usize = 20;

/// Prints what is new, fixed and unchanged, and writes it if asked to.
pub(super) fn run(args: &DiffArgs, environment: &Environment) -> Result<()> {
    let (diff, written) = Diff::of(&args.old, &args.new, args.out.as_deref())?;
    let style = Style { colour: environment.colour, width: environment.width };
    let mut shown = text(&diff, style);
    if let Some(out) = &args.out {
        let names: Vec<&str> = written.iter().map(|file| file.name).collect();
        let _ = writeln!(shown, "\nWritten to {}: {}", escape(&out.display().to_string()), names.join(", "));
    }
    terminal::print(&shown)
}

fn text(diff: &Diff, style: Style) -> String {
    let mut text = format!("{} → {}\n", escape(&diff.old.ended), escape(&diff.new.ended));
    for doubt in &diff.doubts {
        text.push_str(&style.wrap("note: ", "  ", &escape(doubt)));
    }
    text.push_str(&head("Rule", 44, style));
    for rule in &diff.by_rule {
        row(&mut text, &format!("{:<8} {}", escape(&rule.code), escape(&rule.name)), 44, rule.counts);
    }
    row(&mut text, "all", 44, diff.total);
    if diff.by_user.is_empty() {
        return text;
    }
    text.push_str(&head("User", 44, style));
    for user in diff.by_user.iter().take(MOST) {
        let names = [&user.user_principal_name, &user.dn, &user.object_guid];
        let name = names.into_iter().find(|name| !name.is_empty()).map_or("", String::as_str);
        row(&mut text, &terminal::shorten(&escape(name), 44), 44, user.counts);
    }
    if diff.by_user.len() > MOST {
        let more = grouped((diff.by_user.len() - MOST) as u64);
        let _ = writeln!(text, "  and {more} more users with changes: --out DIR writes them all");
    }
    text
}

fn head(what: &str, width: usize, style: Style) -> String {
    let head = format!("{what:<width$} {:>9} {:>9} {:>9}", "new", "fixed", "unchanged");
    format!("\n{}\n", style.paint(Paint::Bold, &head))
}

fn row(text: &mut String, name: &str, width: usize, counts: Counts) {
    let [new, fixed, unchanged] = [counts.new, counts.fixed, counts.unchanged].map(grouped);
    let _ = writeln!(text, "{name:<width$} {new:>9} {fixed:>9} {unchanged:>9}");
}
