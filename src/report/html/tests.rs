//! The page as a whole: its policy, hostile text, its size.

use sha2::{Digest, Sha256};

use super::super::golden::finding;
use super::super::tests::summary;
use super::*;
use crate::finding::{Change, Finding, Severity};
use crate::model::problem::Problems;
use crate::model::{Attr, Facts, User};
use crate::rules::counts::Tally;
use crate::rules::verdict::{Judged, Plan, judge};
use crate::rules::{self, Context, RuleSet, Scenario};

/// What a policy calls a text: the text as a browser sees it, whatever the line ends of the checkout.
fn hash(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let octets = Sha256::digest(text.replace("\r\n", "\n"));
    let mut base64 = String::from("sha256-");
    for three in octets.chunks(3) {
        let bits =
            three.iter().fold(0u32, |bits, &octet| bits << 8 | u32::from(octet)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            base64.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    base64
}

#[test]
fn the_policy_names_the_style_and_the_script() {
    assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    assert_eq!(STYLE_HASH, hash(STYLE), "STYLE_HASH must be as on the right");
    assert_eq!(SCRIPT_HASH, hash(SCRIPT), "SCRIPT_HASH must be as on the right");
    assert!(!STYLE.contains("</") && !SCRIPT.contains("</"), "they would end early");
}

/// The page of users who have these findings each.
fn page_of(users: &[User<'_>], findings: &[Finding]) -> String {
    let mut all = RuleSet::NONE;
    (0..rules::all().count()).for_each(|place| all.insert(place));
    let plan = Plan::new(Context::of(Scenario::LyncHybrid), all, &[]);
    let (mut firsts, mut summary) = (Firsts::new(), summary());
    let mut tally = Tally::default();
    for user in users {
        let facts = Facts::of(user);
        let verdict = judge(&facts, &plan, findings, RuleSet::NONE, None);
        let judged = Judged::of("ad.csv", &facts, &verdict, findings);
        firsts.user(&judged);
        tally.add(&judged);
    }
    summary.counts = tally.counts();
    String::from_utf8(page(&summary, &firsts, &[])).unwrap()
}

const HOSTILE: &[&str] = &[
    "</style><script>alert(1)</script>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    "<!--<img src=x onerror=alert(1)>",
    "]]>&lt;script&gt;",
    "a\u{202e}b\u{2066}c\0d\u{1b}[31me\u{feff}\r\n",
    "`</code><script>`",
];

#[test]
fn hostile_text_is_shown_and_not_run() {
    let long = "<".repeat(1 << 20);
    let mut texts = HOSTILE.to_vec();
    texts.push(&long);
    for text in texts {
        let sign_in = format!("ann@{text}");
        let user = User::of(&[
            (Attr::DisplayName, text),
            (Attr::DistinguishedName, text),
            (Attr::UserPrincipalName, &sign_in),
        ]);
        let bad = Finding {
            message: format!("`{text}` is wrong"),
            suggestion: Some(Change::add(Attr::Mail, text)),
            ..finding("SIP002", Severity::Error, text)
        };
        let page = page_of(std::slice::from_ref(&user), std::slice::from_ref(&bad));
        let harmless = page_of(&[User::of(&[])], &[finding("SIP002", Severity::Error, "x")]);
        for markup in
            ["<script", "</script", "<style", "</style", "<img", "onmouseover=\"", "onmouseover='", "<!--"]
        {
            assert_eq!(
                page.matches(markup).count(),
                harmless.matches(markup).count(),
                "{markup} of {text:.40}"
            );
        }
        assert!(page.chars().all(|c| c == '\n' || !crate::model::text::is_hidden(c)), "{text:.40}");
        assert!(page.len() < harmless.len() + 20_000, "{} octets of {text:.40}", page.len());
    }
}

#[test]
fn a_long_name_is_cut_and_its_length_told() {
    let name = "x".repeat(1 << 20);
    let user = User::of(&[(Attr::DisplayName, &name)]);
    assert!(page_of(&[user], &[finding("SIP002", Severity::Error, "x")]).contains("[1,048,576 characters]"));
}

/// A million users with every finding and with texts as long as they can be, in parts as they come; the later
/// parts add nothing, so that a few hundred suffice.
#[test]
fn the_page_of_a_million_users_stays_small() {
    let long = "\u{202e}&".repeat(200);
    let user = User::of(&[
        (Attr::DisplayName, &long),
        (Attr::UserPrincipalName, &long),
        (Attr::DistinguishedName, &long),
    ]);
    let facts = Facts::of(&user);
    let findings: Vec<Finding> = rules::all()
        .map(|rule| Finding { message: long.clone(), ..finding(rule.code, Severity::Error, &long) })
        .collect();
    let mut all = RuleSet::NONE;
    (0..findings.len()).for_each(|place| all.insert(place));
    let plan = Plan::new(Context::of(Scenario::LyncHybrid), all, &[]);
    let verdict = judge(&facts, &plan, &findings, RuleSet::NONE, None);
    let judged = Judged::of("ad.csv", &facts, &verdict, &findings);
    let (mut firsts, mut part, mut summary) = (Firsts::new(), Firsts::new(), summary());
    for _ in 0..200 {
        part.skip(firsts.full());
        (0..200).for_each(|_| part.user(&judged));
        firsts.take(&mut part);
    }
    let mut tally = Tally::default();
    tally.add(&judged);
    summary.counts = tally.counts();
    for rule in &mut summary.counts.rules {
        rule.users = 1_000_000;
    }
    let source = summary.sources[0].clone();
    summary.sources = vec![super::super::summary::Source { name: long.clone(), ..source }; 1000];
    summary.options.verified_domains = vec![long.clone(); 1000];
    let page = String::from_utf8(page(&summary, &firsts, &[])).unwrap();
    assert!(page.len() < MOST_BYTES, "{}", page.len());
    assert!(page.contains(" of 1,000,000 users with SIP001"));
    assert!(page.contains("And 980 more sources"));
}

#[test]
fn an_incomplete_read_comes_before_everything_else() {
    let mut summary = summary();
    let told = |summary: &Summary| String::from_utf8(page(summary, &Firsts::new(), &[])).unwrap();
    let text = told(&summary);
    assert!(text.find("This audit is incomplete").unwrap() < text.find("What was read").unwrap());
    assert!(
        text.contains("<strong>1 record could not be read at all.</strong>") && text.contains("(line 7)")
    );
    let (_, verdict) = text.split_once("<h2 id=\"verdict\">").unwrap();
    assert!(verdict.split_once("<svg").unwrap().0.contains("this audit is incomplete"));
    summary.sources[0].problems = Problems::default();
    assert!(!told(&summary).contains("This audit is incomplete"));
    assert!(!told(&summary).contains("this audit is incomplete"));
}

#[test]
fn a_clean_directory_has_no_empty_sections() {
    let text = page_of(&[User::of(&[])], &[]);
    assert!(text.contains("No rule fired.") && !text.contains("Fix these first"));
    assert!(!text.contains("id=\"filter\""));
    assert!(text.contains("The full lists were not asked for"));
}

#[test]
fn the_full_lists_are_where_they_were_written() {
    let told = |names: &[&'static str]| {
        let file = |&name: &&'static str| Written { name, bytes: 1, hash: blake3::hash(b"") };
        let files: Vec<Written> = names.iter().map(file).collect();
        let text = String::from_utf8(page(&summary(), &Firsts::new(), &files)).unwrap();
        let (_, text) = text.split_once("The full lists ").unwrap();
        text.split_once("</p>").unwrap().0.to_owned()
    };
    assert!(told(&["users.csv", "findings.csv", "report.xlsx"]).contains("in <a href=\"users.csv\">"));
    assert!(told(&["report.xlsx"]).contains("in <a href=\"report.xlsx\">"));
    assert!(told(&["findings.jsonl"]).contains("were not asked for"));
}
