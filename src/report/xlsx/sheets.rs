//! The sheets that are made at the end: Summary, Rules, Action plan.

use rust_xlsxwriter::{Color, Format, FormatAlign, Url, Worksheet, XlsxError};

use super::super::Summary;
use super::super::organisation::{self, CANNOT_SEE};
use super::accepted::suppressed;
use super::{bold, cell};
use crate::finding::Severity;
use crate::model::organisation::State;
use crate::model::problem::Weight;
use crate::rules::verdict::{Status, Support};
use crate::rules::{self, Feature, Rule};

type Done = Result<Worksheet, XlsxError>;

/// The sheet that codes are linked to.
const RULES: &str = "Rules";

/// Writes headings in bold and sets the widths of their columns.
pub(super) fn head(sheet: &mut Worksheet, row: u32, columns: &[(&str, u16)]) -> Result<(), XlsxError> {
    for (place, (name, width)) in (0u16..).zip(columns) {
        sheet.set_column_width(place, f64::from(*width))?;
        sheet.write_string_with_format(row, place, *name, &bold())?;
    }
    Ok(())
}

/// A sheet that is written row by row.
pub(super) struct Pen {
    sheet: Worksheet,
    row: u32,
    /// The widths of the columns, in characters.
    widths: Vec<u16>,
    /// From this column on, long text goes on below itself; to the left of it, to the right of itself.
    wrapped: u16,
}

/// What stands in a cell.
pub(super) enum Is<'t> {
    Text(&'t str),
    Count(u64),
    /// A code, linked to its place on the sheet of rules.
    Code(usize),
}

impl Pen {
    fn new(name: &str, widths: Vec<u16>, wrapped: u16) -> Result<Self, XlsxError> {
        let mut sheet = Worksheet::new();
        sheet.set_name(name)?;
        for (column, width) in (0u16..).zip(&widths) {
            sheet.set_column_width(column, f64::from(*width))?;
        }
        Ok(Self { sheet, row: 0, widths, wrapped })
    }

    /// A sheet that is one table, with its headings in the first row.
    fn table(name: &str, columns: &[(&str, u16)], wrapped: u16) -> Result<Self, XlsxError> {
        let mut pen = Self::new(name, columns.iter().map(|&(_, width)| width).collect(), wrapped)?;
        head(&mut pen.sheet, 0, columns)?;
        pen.sheet.set_freeze_panes(1, 0)?;
        pen.row = 1;
        Ok(pen)
    }

    pub(super) fn row(&mut self, cells: &[Is<'_>]) -> Result<(), XlsxError> {
        let top = Format::new().set_align(FormatAlign::Top);
        let mut high = 1;
        for (column, is) in (0u16..).zip(cells) {
            match is {
                Is::Text("") => {}
                Is::Text(text) => {
                    let text = cell::shown(text, &mut 0);
                    let mut format = top.clone();
                    if column >= self.wrapped {
                        let width = self.widths.get(usize::from(column)).copied().unwrap_or(u16::MAX);
                        high = lines(&text, width).max(high);
                        format = format.set_text_wrap();
                    }
                    self.sheet.write_string_with_format(self.row, column, text, &format)?;
                }
                #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
                Is::Count(count) => {
                    self.sheet.write_number_with_format(self.row, column, *count as f64, &top)?;
                }
                Is::Code(place) => {
                    // Row 1 holds the headings.
                    let link = Url::new(format!("internal:{RULES}!A{}", place + 2));
                    let blue = top.clone().set_hyperlink();
                    let code = rules::at(*place).code;
                    self.sheet.write_url_with_options(self.row, column, link, code, "", Some(&blue))?;
                }
            }
        }
        if high > 1 {
            // Not every program finds out by itself how high a row must be.
            self.sheet.set_row_height(self.row, f64::from(high) * 15.0)?;
        }
        self.row += 1;
        Ok(())
    }

    pub(super) fn section(&mut self, title: &[&str]) -> Result<(), XlsxError> {
        self.row += 1;
        for (column, text) in (0u16..).zip(title) {
            self.sheet.write_string_with_format(self.row, column, *text, &bold())?;
        }
        self.row += 1;
        Ok(())
    }
}

/// How many lines a text takes in a column; letters are not all of one width.
fn lines(text: &str, width: u16) -> u16 {
    let of = |line: &str| (line.chars().count() * 11).div_ceil(usize::from(width) * 10).max(1);
    // Excel's rows are no higher than 27 lines.
    u16::try_from(text.lines().map(of).sum::<usize>()).map_or(27, |lines| lines.min(27))
}

/// What was read, the verdict, the counts.
pub(super) fn summary(summary: &Summary, cut: u64) -> Done {
    let mut pen = Pen::new("Summary", vec![34, 36, 14, 14, 14, 14, 80], 6)?;
    let title = Format::new().set_bold().set_font_size(14);
    pen.sheet.write_string_with_format(0, 0, &summary.counts.sentence(summary.scenario).1, &title)?;
    if summary.incomplete() {
        let told = "This audit is incomplete: what is missing of the sources below could not be judged.";
        let alarm = bold().set_font_color(Color::Red);
        pen.sheet.write_string_with_format(1, 0, told, &alarm)?;
    }
    pen.row = 2;
    about(&mut pen, summary, cut)?;
    sources(&mut pen, summary)?;
    users(&mut pen, summary)?;
    steps(&mut pen, summary)?;
    found(&mut pen, summary)?;
    fired(&mut pen, summary)?;
    open(&mut pen, summary)?;
    suppressed(&mut pen, summary)?;
    pen.section(&["What this audit cannot see"])?;
    for what in CANNOT_SEE {
        pen.row(&[Is::Text(what)])?;
    }
    Ok(pen.sheet)
}

fn about(pen: &mut Pen, summary: &Summary, cut: u64) -> Result<(), XlsxError> {
    let version = concat!("dirsync-audit ", env!("CARGO_PKG_VERSION"));
    for (what, text) in [
        ("Scenario", format!("{}: {}", summary.scenario.name(), summary.scenario.serves())),
        ("Started", summary.started.clone()),
        ("Ended", summary.ended.clone()),
        ("How it ended", summary.exit_meaning.clone()),
        ("Redaction", summary.options.redact.word().to_owned()),
        ("Written by", version.to_owned()),
    ] {
        pen.row(&[Is::Text(what), Is::Text(&text)])?;
    }
    if cut > 0 {
        pen.row(&[
            Is::Text("Cells cut at 32,767 characters"),
            Is::Count(cut),
            Is::Text("findings.csv holds them whole"),
        ])?;
    }
    Ok(())
}

fn sources(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    pen.section(&["Source", "Kind", "Records", "Objects", "Repeats", "Skipped", "Damage"])?;
    for source in &summary.sources {
        let damage: Vec<String> = source
            .problems
            .iter()
            .map(|(problem, tally)| {
                format!("{} × {}; remedy: {}", tally.count, problem.what(), problem.remedy())
            })
            .collect();
        let kind = format!("{}, {}", source.flavour, source.encoding);
        pen.row(&[
            Is::Text(&source.name),
            Is::Text(&kind),
            Is::Count(source.records),
            Is::Count(source.objects),
            Is::Count(source.repeats),
            Is::Count(source.problems.count(Weight::Skipped)),
            Is::Text(&damage.join("\n")),
        ])?;
    }
    Ok(())
}

fn users(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    pen.section(&["Users by status", "Users"])?;
    for status in Status::ALL {
        pen.row(&[Is::Text(status.word()), Is::Count(summary.counts.status[status as usize])])?;
    }
    pen.row(&[Is::Text("all"), Is::Count(summary.counts.users)])?;
    let words = Support::ALL.map(Support::word);
    pen.section(&["Users by feature", words[0], words[1], words[2], words[3], words[4]])?;
    for (feature, counts) in Feature::ALL.iter().zip(&summary.counts.features) {
        let mut cells = vec![Is::Text(feature.title())];
        cells.extend(counts.iter().map(|&count| Is::Count(count)));
        pen.row(&cells)?;
    }
    Ok(())
}

fn steps(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    pen.section(&[
        "Step of the article",
        "What was looked at",
        "State",
        "",
        "",
        "Codes",
        "Found; needed; note",
    ])?;
    for standing in organisation::standings(summary) {
        let title = format!("{} {}", standing.step.number, standing.step.title);
        let (told, none) = (standing.told(summary.scenario), || Is::Text(""));
        pen.row(&[
            Is::Text(&title),
            none(),
            Is::Text(standing.state.told()),
            none(),
            none(),
            none(),
            Is::Text(&told),
        ])?;
        let checks = if standing.state == State::NotPossible { &[] } else { standing.checks };
        for check in checks {
            let about = [check.about.as_str(), check.field].join(" ");
            let parts = [&check.found, &check.expected, &check.note];
            let parts: Vec<&str> =
                parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
            pen.row(&[
                none(),
                Is::Text(about.trim()),
                Is::Text(check.state.told()),
                none(),
                none(),
                Is::Text(&check.codes.join(" ")),
                Is::Text(&parts.join("; ")),
            ])?;
        }
    }
    Ok(())
}

fn found(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    if !summary.organisation.notes.is_empty() {
        pen.section(&["Found of the organisation"])?;
    }
    summary.organisation.notes.iter().try_for_each(|text| pen.row(&[Is::Text(text)]))
}

fn fired(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    pen.section(&["Rule that fired", "Name", "Users", "Errors", "Warnings", "Infos", "What to do"])?;
    for (place, rule) in ranked(summary, |place| summary.counts.rules[place].users) {
        let count = &summary.counts.rules[place];
        let of = |severity: Severity| Is::Count(count.by_severity[severity as usize]);
        pen.row(&[
            Is::Code(place),
            Is::Text(rule.name),
            Is::Count(count.users),
            of(Severity::Error),
            of(Severity::Warning),
            of(Severity::Info),
            Is::Text(rule.remedy),
        ])?;
    }
    Ok(())
}

fn open(pen: &mut Pen, summary: &Summary) -> Result<(), XlsxError> {
    pen.section(&["Rule not evaluated", "Name", "Users", "", "", "", "Why"])?;
    for (place, rule) in rules::all().enumerate() {
        let count = &summary.counts.rules[place];
        if count.not_evaluated > 0 {
            let why = summary.why_not(rule, count);
            let none = || Is::Text("");
            pen.row(&[
                Is::Code(place),
                Is::Text(rule.name),
                Is::Count(count.not_evaluated),
                none(),
                none(),
                none(),
                Is::Text(&why),
            ])?;
        }
    }
    Ok(())
}

/// The rules with something to count, errors before warnings before infos, each with the most first.
fn ranked(summary: &Summary, users: impl Fn(usize) -> u64) -> Vec<(usize, &'static Rule)> {
    let mut rules: Vec<(usize, &'static Rule)> =
        rules::all().enumerate().filter(|(place, _)| users(*place) > 0).collect();
    let worst = |place: usize| summary.counts.rules[place].worst;
    rules.sort_by_key(|(place, _)| (std::cmp::Reverse((worst(*place), users(*place))), *place));
    rules
}

/// The catalogue, in its order; codes on other sheets lead here.
pub(super) fn rules(summary: &Summary) -> Done {
    let columns = [
        ("code", 10),
        ("name", 32),
        ("severity", 10),
        ("run", 6),
        ("users", 10),
        ("findings", 10),
        ("not_evaluated", 14),
        ("summary", 50),
        ("why", 60),
        ("remedy", 60),
        ("reference", 32),
    ];
    let mut pen = Pen::table(RULES, &columns, 7)?;
    for (place, rule) in rules::all().enumerate() {
        let count = &summary.counts.rules[place];
        pen.row(&[
            Is::Text(rule.code),
            Is::Text(rule.name),
            Is::Text(summary.severity(place).map_or("", Severity::word)),
            Is::Text(if summary.run.has(place) { "yes" } else { "no" }),
            Is::Count(count.users),
            Is::Count(count.findings),
            Is::Count(count.not_evaluated),
            Is::Text(rule.summary),
            Is::Text(rule.why),
            Is::Text(rule.remedy),
            Is::Text(rule.reference),
        ])?;
    }
    let last_column = u16::try_from(columns.len() - 1).unwrap_or_default();
    pen.sheet.autofilter(0, 0, pen.row.saturating_sub(1), last_column)?;
    Ok(pen.sheet)
}

/// What has to be done: the errors by remedy, with room for who does it until when.
pub(super) fn plan(summary: &Summary) -> Done {
    let columns = [
        ("code", 10),
        ("name", 32),
        ("users", 10),
        ("findings", 10),
        ("what to do", 70),
        ("blocks", 44),
        ("owner", 20),
        ("date", 14),
        ("remark", 50),
    ];
    let mut pen = Pen::table("Action plan", &columns, 4)?;
    let error = Severity::Error as usize;
    for (place, rule) in ranked(summary, |place| summary.counts.rules[place].users_by_worst[error]) {
        let count = &summary.counts.rules[place];
        let blocks: Vec<&str> = rule.blocks.iter().map(|feature| feature.title()).collect();
        pen.row(&[
            Is::Code(place),
            Is::Text(rule.name),
            Is::Count(count.users_by_worst[error]),
            Is::Count(count.by_severity[error]),
            Is::Text(rule.remedy),
            Is::Text(&blocks.join(", ")),
        ])?;
    }
    let last_column = u16::try_from(columns.len() - 1).unwrap_or_default();
    pen.sheet.autofilter(0, 0, pen.row.saturating_sub(1), last_column)?;
    Ok(pen.sheet)
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn rows_are_as_high_as_their_text() {
        assert_eq!(lines("short", 50), 1);
        assert_eq!(lines(&"x".repeat(60), 50), 2);
        assert_eq!(lines("one\ntwo\nthree", 50), 3);
        assert_eq!(lines(&"x".repeat(1_000_000), 10), 27);
    }
}
