//! `rules`: the catalogue as a table, as JSON and as a page.

use std::fmt::Write;

use serde::Serialize;

use super::args::{RulesArgs, RulesFormat};
use super::environment::Environment;
use super::terminal::{self, Paint, Style};
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::model::Attr;
use crate::rules::{self, Check, Example, Feature, Rule, Scenario, Step};

/// Prints the catalogue.
pub(super) fn run(args: &RulesArgs, environment: &Environment) -> Result<()> {
    let scenario = args.scenario.as_deref().and_then(Scenario::of);
    let text = match args.format {
        RulesFormat::Table => {
            // A program gets one line per rule.
            let width = if environment.terminal { environment.width } else { usize::MAX };
            table(scenario, Style { colour: environment.colour, width })
        }
        RulesFormat::Json => json(scenario)?,
        RulesFormat::Markdown => markdown(),
    };
    terminal::print(&text)
}

/// The rules that a scenario runs; all without one.
fn chosen(scenario: Option<Scenario>) -> impl Iterator<Item = &'static Rule> + Clone {
    rules::all().filter(move |rule| scenario.is_none_or(|scenario| rule.severity_in(scenario).is_some()))
}

fn table(scenario: Option<Scenario>, style: Style) -> String {
    let names = chosen(scenario).map(|rule| rule.name.len()).max().unwrap_or(0).max(4);
    let levels = if scenario.is_some() { "SEVERITY" } else { "L O H T" };
    let head = format!("CODE     {:<names$}  {levels:<8}  WHAT", "NAME");
    let mut text = style.paint(Paint::Bold, &head) + "\n";
    for rule in chosen(scenario) {
        text.push_str(&row(rule, scenario, names, style));
    }
    if scenario.is_none() {
        let legend =
            "L lync-onprem, O sfb-online, H lync-hybrid, T teams; E error, W warning, I info, - not run";
        text.push('\n');
        text.push_str(&style.wrap("", "", legend));
    }
    let count = chosen(scenario).count();
    let _ = writeln!(text, "{count} rules; `dirsync-audit explain CODE` tells more about one");
    text
}

/// One rule: in one line where it fits, else with the summary below.
fn row(rule: &Rule, scenario: Option<Scenario>, names: usize, style: Style) -> String {
    let (level, worst) = match scenario {
        Some(scenario) => (word(rule.severity_in(scenario)).to_owned(), rule.severity_in(scenario)),
        None => (rule.severity.map(letter).join(" "), rule.severity.into_iter().flatten().max()),
    };
    let plain = format!("{:<7}  {:<names$}  {level:<8}", rule.code, rule.name);
    let painted = plain.replacen(&level, &style.paint(paint(worst), &level), 1);
    let below = " ".repeat(9);
    if style.width < plain.len() + 30 {
        return format!("{}\n{}", painted.trim_end(), style.wrap(&below, &below, rule.summary));
    }
    let before = plain.clone() + "  ";
    style.wrap(&before, &" ".repeat(before.len()), rule.summary).replacen(&plain, &painted, 1)
}

/// The colour of a severity.
pub(super) fn paint(severity: Option<Severity>) -> Paint {
    match severity {
        Some(Severity::Error) => Paint::Red,
        Some(Severity::Warning) => Paint::Yellow,
        Some(Severity::Info) => Paint::Cyan,
        None => Paint::Dim,
    }
}

/// A severity in a scenario as a word.
pub(super) fn word(severity: Option<Severity>) -> &'static str {
    severity.map_or("not run", Severity::word)
}

fn letter(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Error) => "E",
        Some(Severity::Warning) => "W",
        Some(Severity::Info) => "I",
        None => "-",
    }
}

/// A rule as JSON: everything that its value holds.
#[derive(Serialize)]
struct RuleRow {
    code: &'static str,
    name: &'static str,
    family: &'static str,
    severity: serde_json::Map<String, serde_json::Value>,
    summary: &'static str,
    why: &'static str,
    remedy: &'static str,
    reference: &'static str,
    about: &'static str,
    reads: Vec<&'static str>,
    blocks: Vec<&'static str>,
    blocks_at: &'static str,
    decides: Option<&'static str>,
    examples: Vec<ExampleRow>,
}

/// An example as JSON.
#[derive(Serialize)]
struct ExampleRow {
    scenario: Option<&'static str>,
    domains: &'static [&'static str],
    absent: Vec<&'static str>,
    users: Vec<Vec<(&'static str, &'static str)>>,
    shows: &'static [(&'static str, &'static str)],
    finds: Option<&'static str>,
}

fn json(scenario: Option<Scenario>) -> Result<String> {
    let rows: Vec<RuleRow> = chosen(scenario).map(rule_row).collect();
    let text = serde_json::to_string_pretty(&rows)
        .map_err(|error| Error::io("write", "the catalogue")(error.into()))?;
    Ok(text + "\n")
}

fn rule_row(rule: &'static Rule) -> RuleRow {
    let severity = Scenario::ALL
        .into_iter()
        .map(|scenario| (scenario.name().to_owned(), rule.severity_in(scenario).map(Severity::word).into()));
    RuleRow {
        code: rule.code,
        name: rule.name,
        family: rule.family(),
        severity: severity.collect(),
        summary: rule.summary,
        why: rule.why,
        remedy: rule.remedy,
        reference: rule.reference,
        about: rule.concerns(),
        reads: rule.reads.iter().map(|attr| attr.ldap()).collect(),
        blocks: rule.blocks.iter().map(|feature| feature.column()).collect(),
        blocks_at: if rule.blocks_at_any { "any" } else { "error" },
        decides: rule.decides.map(step),
        examples: rule.examples.iter().map(example_row).collect(),
    }
}

fn example_row(example: &'static Example) -> ExampleRow {
    let user =
        |user: &&[(Attr, &'static str)]| user.iter().map(|(attr, value)| (attr.ldap(), *value)).collect();
    ExampleRow {
        scenario: example.scenario.map(Scenario::name),
        domains: example.domains,
        absent: example.absent.iter().map(|attr| attr.ldap()).collect(),
        users: example.users.iter().map(user).collect(),
        shows: example.shows,
        finds: example.finds,
    }
}

/// The name of a step: of one that users take its column in `users.csv`.
pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::ExchangeSeesSip => "exchange_sees_sip",
        Step::LyncSeesMail => "lync_sees_mail",
        Step::Dns => "dns",
        Step::TrustedApplications => "trusted_applications",
        Step::OutlookWebApp => "outlook_web_app",
        Step::Office365Trust => "office_365_trust",
    }
}

/// The families, in words.
const FAMILIES: &[(&str, &str)] = &[
    ("SIP", "SIP addresses"),
    ("MAIL", "The mail address"),
    ("PRX", "Proxy addresses"),
    ("HOME", "Homes of mailbox and SIP account"),
    ("ACC", "Accounts"),
    ("UPN", "Sign-in names"),
    ("ID", "Other names and addresses"),
    ("LINE", "Telephone lines"),
    ("UNQ", "Uniqueness across all objects"),
    ("DNS", "DNS records of the organisation"),
    ("ORG", "Exchange and Lync in the configuration partition"),
];

/// The whole catalogue as a page: `RULES.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::from(
        "# Rules\n\n\
         Made from the catalogue in `src/rules` (`dirsync-audit rules --format markdown`); do not edit it by hand.\n\n\
         **E** error: synchronization, sign-in or a feature breaks. **W** warning: works, but unsupported or fragile. \
         **I** info. – not run. Codes and names never change their meaning.\n\n\
         | scenario | the directory serves |\n|---|---|\n",
    );
    for scenario in Scenario::ALL {
        let _ = writeln!(page, "| `{}` | {} |", scenario.name(), cell(scenario.serves()));
    }
    page.push_str("\n| code | name | L | O | H | T | what |\n|---|---|---|---|---|---|---|\n");
    for rule in rules::all() {
        let levels = rule.severity.map(|level| letter(level).replace('-', "–")).join(" | ");
        let (code, anchor) = (rule.code, rule.code.to_lowercase());
        let _ = writeln!(page, "| [{code}](#{anchor}) | {} | {levels} | {} |", rule.name, cell(rule.summary));
    }
    let mut family = "";
    for rule in rules::all() {
        if rule.family() != family {
            family = rule.family();
            let title = FAMILIES.iter().find(|(code, _)| *code == family).map_or(family, |(_, title)| title);
            let _ = write!(page, "\n## {title}\n");
        }
        section(&mut page, rule);
    }
    page
}

/// One rule on the page.
fn section(page: &mut String, rule: &Rule) {
    // The heading is the code alone, so that links to it outlive a change of the name's wording.
    let _ = write!(
        page,
        "\n### {}\n\n`{}`: {}.\n\n{}\n\n",
        rule.code,
        rule.name,
        prose(rule.summary),
        prose(rule.why)
    );
    let levels =
        Scenario::ALL.map(|scenario| format!("{} {}", scenario.name(), word(rule.severity_in(scenario))));
    let _ = writeln!(page, "- Severity: {}", levels.join(", "));
    let _ = writeln!(page, "- What to do: {}", prose(rule.remedy));
    let _ = writeln!(page, "- Reads: {}", reads(rule, |attr| format!("`{attr}`")));
    if let Some(blocked) = blocked(rule) {
        let _ = writeln!(page, "- Blocks: {blocked}");
    }
    let _ = writeln!(page, "- Reference: {}", prose(rule.reference));
}

/// What a rule reads, in words.
pub(super) fn reads(rule: &Rule, shown: impl Fn(&Attr) -> String) -> String {
    match rule.check {
        Check::Organisation(look) => look.reads().to_owned(),
        _ => rule.reads.iter().map(shown).collect::<Vec<_>>().join(", "),
    }
}

/// The features that a finding takes away, in words; `None` where it takes none.
pub(super) fn blocked(rule: &Rule) -> Option<String> {
    let titles: Vec<&str> = rule.blocks.iter().map(|feature: &Feature| feature.title()).collect();
    let when = if rule.blocks_at_any { "at any severity" } else { "as an error" };
    (!titles.is_empty()).then(|| format!("{} ({when})", titles.join(", ")))
}

/// Text that Markdown must not take for markup. What stands between backquotes stays as it is, but for the bar,
/// which would end a cell there too.
fn prose(text: &str) -> String {
    let paired = text.matches('`').count().is_multiple_of(2);
    let mut safe = String::with_capacity(text.len());
    let mut code = false;
    for c in text.chars() {
        code ^= c == '`' && paired;
        let special =
            if code { c == '|' } else { matches!(c, '\\' | '*' | '_' | '<' | '>' | '[' | ']' | '|') };
        if special || (c == '`' && !paired) {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}

fn cell(text: &str) -> String {
    prose(text).replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_fits_the_terminal_and_is_one_line_per_rule_for_a_program() {
        let narrow = table(None, Style { colour: false, width: 80 });
        assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
        let wide = table(Some(Scenario::Teams), Style { colour: false, width: usize::MAX });
        assert_eq!(wide.lines().count(), chosen(Some(Scenario::Teams)).count() + 2);
        assert!(wide.contains("SIP001   no-sip-proxy"), "{wide}");
        assert!(!wide.contains("SIP005"), "{wide}");
    }

    #[test]
    fn json_holds_every_rule_with_its_examples() {
        let rows: serde_json::Value = serde_json::from_str(&json(None).unwrap()).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), rules::all().count());
        assert_eq!(rows[0]["severity"]["teams"], "warning");
        assert_eq!(rows[0]["examples"][0]["users"][0][0][0], "msRTCSIP-PrimaryUserAddress");
    }

    #[test]
    fn markdown_takes_nothing_for_markup() {
        assert_eq!(prose("a_b <c> | `x_|y`"), "a\\_b \\<c\\> \\| `x_\\|y`");
        assert_eq!(prose("one of ` | ="), "one of \\` \\| =");
    }

    #[test]
    fn the_page_has_a_section_per_rule() {
        let page = markdown();
        for rule in rules::all() {
            assert!(page.contains(&format!("\n### {}\n", rule.code)), "{}", rule.code);
            assert!(FAMILIES.iter().any(|(code, _)| *code == rule.family()), "{}", rule.code);
        }
    }
}
