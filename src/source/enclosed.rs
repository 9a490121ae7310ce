//! Cells whose values are enclosed one by one: a JSON array as Graph gives it, or quotes around each value.

use super::split::{is_joint, is_typed};

/// What stands behind each of them where they were taken out of a cell.
pub(super) const LIMIT: &str = "\u{1e}";

/// The values of such a cell; `None` when it is not one.
pub(super) fn values(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim_ascii();
    if cell.starts_with('[') {
        return serde_json::from_str(cell).ok();
    }
    let inner = cell.strip_prefix('{').and_then(|cell| cell.strip_suffix('}')).unwrap_or(cell);
    quoted(inner.trim_ascii())
}

/// Values in quotes with joints between them; the first has a type, which no value with a quote of its own has.
fn quoted(cell: &str) -> Option<Vec<String>> {
    let quote = cell.chars().next().filter(|&c| c == '"' || c == '\'')?;
    let (mut rest, mut values) = (cell, Vec::new());
    while !rest.is_empty() {
        let inner = rest.strip_prefix(quote)?;
        let end = inner.match_indices(quote).map(|(at, _)| at).find(|&at| {
            let behind = &inner[at + 1..];
            let next = behind.trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_joint));
            next.is_empty() || (next.len() < behind.len() && next.starts_with(quote))
        })?;
        values.push(inner[..end].to_owned());
        rest = inner[end + 1..].trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_joint));
    }
    values.first().is_some_and(|first| is_typed(first)).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_quotes() {
        let both = ["SMTP:a@b.co", "x500:/o=O'B, C/cn=d"].map(str::to_owned).to_vec();
        for cell in [
            r#"["SMTP:a@b.co","x500:/o=O'B, C/cn=d"]"#,
            r#" [ "SMTP:a@b.co" , "x500:\/o=O\u0027B, C/cn=d" ] "#,
            r#""SMTP:a@b.co";"x500:/o=O'B, C/cn=d""#,
            "'SMTP:a@b.co', 'x500:/o=O'B, C/cn=d'",
            r#"{"SMTP:a@b.co", "x500:/o=O'B, C/cn=d"}"#,
        ] {
            assert_eq!(values(cell).as_ref(), Some(&both), "{cell}");
        }
        assert_eq!(values("[]"), Some(vec![]));
        for cell in ["SMTP:a@b.co", "[1]", "[SMTP:a@b.co]", "\"Ann\" a@b.co", "'a@b.co'", "\"smtp:a@b.co", ""]
        {
            assert_eq!(values(cell), None, "{cell}");
        }
    }
}
