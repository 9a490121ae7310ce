//! How many users were not ready, run after run.

use std::fmt::Write;

use super::markup::html;
use super::{Page, close, open};
use crate::report::summary::Point;

/// What the curve is drawn in.
const WIDTH: usize = 600;
const HEIGHT: u64 = 80;

/// The curve of the runs in the history.
pub(super) fn section(out: &mut String, page: &Page<'_>) {
    let Some(kept) = &page.summary.history else { return };
    if let Some(problem) = &kept.problem {
        open(out, "trend", "Trend");
        html!(out; "<p class=\"partly\">This run is not in the history: " (problem) "</p>\n");
        return close(out);
    }
    let [first, .., last] = kept.points.as_slice() else { return };
    open(out, "trend", "Trend");
    let most = kept.points.iter().map(|point| point.not_ready).max().unwrap_or_default().max(1);
    html!(out; "<svg role=\"img\" aria-label=\"Users with an error, over the last " (kept.points.len() as u64)
        " runs: " (first.not_ready) " at first, " (last.not_ready) " now, at most " (most) "\" viewBox=\"0 0 600 90\" \
        width=\"100%\" height=\"90\" preserveAspectRatio=\"none\"><polyline fill=\"none\" stroke=\"currentColor\" \
        stroke-width=\"2\" vector-effect=\"non-scaling-stroke\" points=\"" (points(&kept.points, most)) "\"/></svg>\n\
        <p>Users with an error in the last " (kept.points.len() as u64) " runs for this scenario: " (first.not_ready)
        " of " (first.users) " on " (first.ended) ", " (last.not_ready) " of " (last.users) " now, at most " (most)
        ".</p>\n");
    close(out);
}

fn points(points: &[Point], most: u64) -> String {
    let mut text = String::new();
    for (place, point) in points.iter().enumerate() {
        let across = place * WIDTH / (points.len() - 1).max(1);
        let down = 5 + HEIGHT
            - u64::try_from(u128::from(point.not_ready) * u128::from(HEIGHT) / u128::from(most))
                .unwrap_or(HEIGHT);
        let _ = write!(text, "{across},{down} ");
    }
    text.trim_end().to_owned()
}
