//! Writing HTML so that nothing from outside can become markup.

use std::fmt::Write;

use crate::model::text::{grouped, is_hidden};

/// Appends to a page: literals are markup, what stands in parentheses is [`Shown`] and so escaped.
///
/// Plain code instead of templates: the compiler checks every name, a page needs no second set of types for a
/// template engine, and there is no way to write text from the directory without escaping it.
macro_rules! html {
    ($out:expr; $($piece:tt)*) => {{ $( $crate::report::html::markup::piece!($out; $piece); )* }};
}

/// One piece of [`html!`].
macro_rules! piece {
    ($out:expr; ($shown:expr)) => {
        $crate::report::html::markup::Shown::show(&$shown, $out)
    };
    ($out:expr; $markup:literal) => {
        $out.push_str($markup)
    };
}

pub(super) use {html, piece};

/// What can be shown on a page.
pub(super) trait Shown {
    /// Appends it, escaped.
    fn show(&self, out: &mut String);
}

impl Shown for str {
    /// Text, for elements and for attribute values: markup is escaped; what cannot be seen becomes visible.
    fn show(&self, out: &mut String) {
        for c in self.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                _ if is_hidden(c) => {
                    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
                }
                _ => out.push(c),
            }
        }
    }
}

impl Shown for String {
    fn show(&self, out: &mut String) {
        self.as_str().show(out);
    }
}

impl Shown for Box<str> {
    fn show(&self, out: &mut String) {
        (**self).show(out);
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    fn show(&self, out: &mut String) {
        (**self).show(out);
    }
}

impl Shown for u64 {
    /// A number, in groups of three.
    fn show(&self, out: &mut String) {
        out.push_str(&grouped(*self));
    }
}

/// Prose in which values and names stand in backquotes.
pub(super) struct Prose<'t>(pub(super) &'t str);

impl Shown for Prose<'_> {
    fn show(&self, out: &mut String) {
        let mut rest = self.0;
        while let Some((before, (inside, after))) =
            rest.split_once('`').and_then(|(before, tail)| Some((before, tail.split_once('`')?)))
        {
            html!(out; (before) "<code>" (inside) "</code>");
            rest = after;
        }
        rest.show(out);
    }
}

/// A sentence: prose with a capital and a full stop.
pub(super) fn sentence(out: &mut String, text: &str) {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    Prose(&(first + chars.as_str())).show(out);
    if !text.ends_with(['.', '!', '?']) {
        out.push('.');
    }
}

/// The text in about `most` characters: the middle of a longer one is left out, and its length is told.
pub(super) fn cut(text: &str, most: usize) -> Box<str> {
    if text.len() <= most {
        return text.into();
    }
    let length = text.chars().count();
    if length <= most {
        return text.into();
    }
    let (head, tail) = (most - most / 3, most / 3);
    let end = text.char_indices().nth(head).map_or(text.len(), |(place, _)| place);
    let start = text.char_indices().rev().nth(tail.saturating_sub(1)).map_or(0, |(place, _)| place);
    let (head, tail) = (text.get(..end).unwrap_or_default(), text.get(start..).unwrap_or_default());
    let length = grouped(u64::try_from(length).unwrap_or(u64::MAX));
    format!("{head} […] {tail} [{length} characters]").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(what: &dyn Shown) -> String {
        let mut out = String::new();
        what.show(&mut out);
        out
    }

    #[test]
    fn nothing_becomes_markup() {
        for (text, page) in [
            ("</style><script>alert(1)</script>", "&lt;/style&gt;&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onmouseover='x' &amp;", "&quot; onmouseover=&#39;x&#39; &amp;amp;"),
            ("\0\u{1b}\u{202e}\u{feff}", "\\u{0}\\u{1b}\\u{202e}\\u{feff}"),
            ("Jürgen 山田", "Jürgen 山田"),
        ] {
            assert_eq!(shown(&text), page);
        }
    }

    #[test]
    fn backquotes_mark_code_and_an_odd_one_is_itself() {
        assert_eq!(shown(&Prose("`a` and `<b>`")), "<code>a</code> and <code>&lt;b&gt;</code>");
        assert_eq!(shown(&Prose("`a` and `b")), "<code>a</code> and `b");
        let mut out = String::new();
        sentence(&mut out, "`x` is wrong");
        sentence(&mut out, "why?");
        assert_eq!(out, "<code>x</code> is wrong.Why?");
    }

    #[test]
    fn long_texts_are_cut_and_their_length_told() {
        assert_eq!(&*cut("short", 5), "short");
        assert_eq!(&*cut("äöüäöü", 6), "äöüäöü");
        assert_eq!(&*cut("abcdefghijklm", 6), "abcd […] lm [13 characters]");
        assert_eq!(&*cut(&"ü".repeat(1 << 20), 3), "üü […] ü [1,048,576 characters]");
    }

    proptest::proptest! {
        /// No text leaves the place where it stands: neither the element nor a quoted attribute value.
        #[test]
        fn no_text_leaves_its_place(text in "(?s).{0,40}|[<>&\"'`\\x00-\\x1f]{0,20}") {
            let out = shown(&text);
            proptest::prop_assert!(!out.contains(['<', '>', '"', '\'']) && !out.contains(is_hidden));
            proptest::prop_assert!(cut(&text, 9).chars().count() <= text.chars().count().max(9 + 30));
        }
    }
}
