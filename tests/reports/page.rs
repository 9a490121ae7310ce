//! What `report.html` says, read from its markup.

use super::Report;
use crate::common::Row;

/// A rule on the page.
struct OnPage {
    code: String,
    /// The severity of its worst finding.
    severity: String,
    users: u64,
    /// Of each user shown, what is wrong.
    messages: Vec<String>,
}

/// The page: users by status and by feature; the rules that fired and what is wrong with the first users of each.
pub(crate) fn agree(name: &str, report: &Report, findings: &[Row]) {
    let (text, summary) = (report.text("report.html"), report.json("summary.json"));
    let statuses = numbers(&text, "verdict");
    assert!(statuses.len() >= 3, "{name}: {statuses:?}");
    for (status, numbers) in statuses {
        assert_eq!(summary["counts"]["by_status"][&status], numbers[0], "{name}: {status} in report.html");
    }
    let features = numbers(&text, "features");
    for (column, (feature, numbers)) in COLUMNS.into_iter().zip(&features) {
        for (support, users) in
            ["blocked", "supported", "unsupported", "n/a", "not-evaluated"].into_iter().zip(numbers)
        {
            assert_eq!(
                summary["counts"]["features"][column][support], *users,
                "{name}: {feature}, {support}"
            );
        }
    }
    assert!(features.len() == 5 && features.iter().all(|(_, numbers)| numbers.len() == 5), "{name}");
    let fired = rules(&text);
    let counts = summary["counts"]["by_rule"].as_array().unwrap();
    assert_eq!(fired.len(), counts.len(), "{name}: rules of report.html");
    for count in counts {
        let code = count["code"].as_str().unwrap();
        let rule = fired.iter().find(|rule| rule.code == code).unwrap();
        assert_eq!(count["users"], rule.users, "{name}: users with {code} in report.html");
        let worst = ["error", "warning", "info"]
            .into_iter()
            .find(|severity| findings.iter().any(|row| row["code"] == code && row["severity"] == *severity));
        assert_eq!(Some(rule.severity.as_str()), worst, "{name}: {code} in report.html");
        assert_eq!(rule.messages, firsts(findings, code), "{name}: {code} in report.html");
    }
}

/// The features, as columns.
const COLUMNS: [&str; 5] = [
    "outlook_integration",
    "owa_im_presence",
    "owa_online_meetings",
    "unified_contact_store",
    "high_res_photos",
];

/// The numbers behind the headings of the rows of a section, with the headings.
fn numbers(page: &str, section: &str) -> Vec<(String, Vec<u64>)> {
    let (_, tail) = page.split_once(&format!("<h2 id=\"{section}\">")).unwrap();
    let (section, _) = tail.split_once("</section>").unwrap();
    let rows = section.split("<tr><th scope=\"row\">").skip(1);
    rows.map(|row| {
        let cells = row.split("class=\"n").skip(1).map(|cell| text(cell.split_once('>').unwrap().1));
        (text(row), cells.filter_map(|cell| cell.replace(',', "").parse().ok()).collect())
    })
    .collect()
}

/// The rules that fired.
fn rules(page: &str) -> Vec<OnPage> {
    page.split("<details class=\"rule ").skip(1).map(rule).collect()
}

fn rule(markup: &str) -> OnPage {
    let after = |mark: &str| text(markup.split_once(mark).unwrap().1);
    let rows = markup.split("<tr data-d=").skip(1);
    OnPage {
        code: after("<span class=\"code\">"),
        severity: markup.split('"').next().unwrap().to_owned(),
        users: number(&after("<span class=\"users\">")),
        messages: rows.map(|row| inner(row.split("<td>").nth(4).unwrap())).collect(),
    }
}

/// What a page surely shows of a message; it leaves out the middle of a long one, and shows control characters.
fn as_shown(message: &str) -> String {
    let visible = |c: char| if c.is_control() { c.escape_unicode().to_string() } else { c.to_string() };
    message.replace('`', "").chars().map(visible).take(150).collect()
}

/// What is wrong with the first hundred users of a rule, as `findings.csv` says it: the first finding of each.
fn firsts(findings: &[Row], code: &str) -> Vec<String> {
    let of = findings.iter().filter(|row| row["code"] == code).collect::<Vec<_>>();
    let user = |row: &Row| ["dn", "object_guid", "user_principal_name"].map(|column| row[column].clone());
    let users = of.chunk_by(|one, next| user(one) == user(next));
    users.take(100).map(|findings| as_shown(&findings[0]["message"])).collect()
}

fn number(text: &str) -> u64 {
    text.split(' ').next().unwrap().replace(',', "").parse().unwrap()
}

/// The text up to the next tag, behind the colour that may stand before it.
fn text(markup: &str) -> String {
    let markup = match markup.strip_prefix("<span class=\"swatch") {
        Some(colour) => colour.split_once("</span>").unwrap().1,
        None => markup,
    };
    unescaped(markup.split('<').next().unwrap())
}

/// The text of a cell, without its tags.
fn inner(markup: &str) -> String {
    let cell = markup.split("</td>").next().unwrap();
    let cell = cell.split(" <i>here: ").next().unwrap();
    let pieces = cell.split('<').enumerate();
    let pieces: String =
        pieces.map(|(nth, piece)| if nth == 0 { piece } else { piece.split_once('>').unwrap().1 }).collect();
    as_shown(&unescaped(&pieces))
}

fn unescaped(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c))
}
