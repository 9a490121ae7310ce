//! What users get: the five features and the six steps of the article.

use super::super::organisation::{self, Stands};
use super::markup::{Prose, Shown, html, sentence};
use super::verdict::bar;
use super::{Page, close, open};
use crate::model::text::several;
use crate::rules::verdict::{StepState, Support};
use crate::rules::{Feature, Step};

/// What a feature can be, in the order of the columns.
const COLUMNS: [(Support, &str); 5] = [
    (Support::Blocked, "Blocked"),
    (Support::Supported, "Supported"),
    (Support::Unsupported, "Unsupported"),
    (Support::NotApplicable, "n/a"),
    (Support::NotEvaluated, "Not evaluated"),
];

/// The features.
pub(super) fn table(out: &mut String, page: &Page<'_>) {
    open(out, "features", "What users get, and what is blocked");
    html!(out; "<p>The features that Exchange and Lync give a user together (KB 2614242), by number of users.</p>\n\
        <div class=\"scroll\" role=\"group\" aria-label=\"Features\" tabindex=\"0\">\n<table class=\"plain features\">\n\
        <thead><tr><th scope=\"col\">Feature</th>");
    for (_, title) in COLUMNS {
        html!(out; "<th scope=\"col\" class=\"n\">" (title) "</th>");
    }
    html!(out; "<th scope=\"col\" class=\"wide\">Share</th></tr></thead>\n<tbody>\n");
    for feature in Feature::ALL {
        let counts = &page.summary.counts.features[feature as usize];
        html!(out; "<tr><th scope=\"row\">" (feature.title()) "</th>");
        for (support, _) in COLUMNS {
            let users = counts[support as usize];
            let class = match (users, support) {
                (0, _) => "n none",
                (_, Support::Blocked) => "n bad",
                _ => "n",
            };
            html!(out; "<td class=\"" (class) "\">" (users) "</td>");
        }
        html!(out; "<td class=\"wide\">");
        let parts = COLUMNS.map(|(support, _)| (support.word(), counts[support as usize]));
        bar(out, feature.title(), &parts);
        html!(out; "</td></tr>\n");
    }
    html!(out; "</tbody>\n</table>\n</div>\n\
        <p class=\"muted\"><strong>Blocked</strong>: the scenario offers it, and an error below takes it away. \
        <strong>Unsupported</strong>: the scenario does not offer it to users homed like these; no attribute changes \
        that. <strong>n/a</strong>: not asked of this object. <strong>Not evaluated</strong>: the input does not \
        tell.</p>\n");
    close(out);
}

/// The steps, as a list to check.
pub(super) fn steps(out: &mut String, page: &Page<'_>) {
    open(out, "steps", "Steps to integrate Exchange and Lync");
    html!(out; "<ol class=\"steps\">\n");
    for number in 1..=6 {
        match number {
            2 => of_users(out, page, number, Step::ExchangeSeesSip, "Exchange sees each user’s SIP address"),
            3 => of_users(out, page, number, Step::LyncSeesMail, "Lync sees each user’s mail address"),
            _ => of_organisation(out, page, number),
        }
    }
    html!(out; "</ol>\n");
    close(out);
}

/// A step that every user takes.
fn of_users(out: &mut String, page: &Page<'_>, number: u64, step: Step, title: &str) {
    let counts = &page.summary.counts.steps[step as usize];
    let of = |state: StepState| counts[state as usize];
    let (ok, failed, open) = (of(StepState::Ok), of(StepState::Fail), of(StepState::NotEvaluated));
    let (class, word) = match (ok, failed, open) {
        (_, 1.., _) => ("error", "fails"),
        (_, _, 1..) => ("open", "not evaluated"),
        (1.., ..) => ("ok", "done"),
        _ => ("none", "nobody needs it"),
    };
    item(out, number, title, class, word);
    html!(out; "<p>" (several(failed, "user")) " fail, " (ok) " pass, " (open) " not evaluated, "
        (of(StepState::NotApplicable)) " not concerned.");
    let codes: Vec<&str> = page
        .fired
        .iter()
        .filter(|fired| fired.rule.decides == Some(step))
        .map(|fired| fired.rule.code)
        .collect();
    for (nth, code) in codes.iter().enumerate() {
        html!(out; (if nth == 0 { " See " } else { ", " }) "<a href=\"#" (code) "\">" (code) "</a>");
    }
    html!(out; (if codes.is_empty() { "" } else { "." }) "</p></li>\n");
}

/// A step that the organisation takes once.
fn of_organisation(out: &mut String, page: &Page<'_>, number: u64) {
    let Some(step) = organisation::STEPS.iter().find(|step| u64::from(step.number) == number) else { return };
    match step.stands(page.summary.scenario) {
        Stands::Applies(how) => {
            item(out, number, step.title, "todo", "to be checked");
            html!(out; "<p>No attribute of a user shows this. How to check: ");
            Prose(how).show(out);
            html!(out; ".</p></li>\n");
        }
        Stands::No(why) => {
            item(out, number, step.title, "none", "not in this scenario");
            html!(out; "<p>");
            sentence(out, why);
            html!(out; "</p></li>\n");
        }
    }
}

fn item(out: &mut String, number: u64, title: &str, class: &str, word: &str) {
    html!(out; "<li class=\"" (class) "\"><h3><span class=\"hidden\">Step </span><span class=\"number\">" (number)
        "</span> " (title) " <span class=\"chip " (class) "\">" (word) "</span></h3>\n");
}
