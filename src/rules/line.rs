//! The telephone line.

use super::level::W;
use super::{Check, Context, Example, Rule, Sink};
use crate::model::Attr::Line;
use crate::model::Facts;
use crate::model::address::{after_prefix, is_sip_uri};

pub(super) static RULES: &[Rule] = &[Rule {
    code: "LINE001",
    name: "malformed-line-uri",
    severity: [W, W, W, W],
    reads: &[Line],
    summary: "msRTCSIP-Line is neither tel:+ with a full number nor a SIP address",
    why: "Calls are routed by the line URI; a number that is not in the international form E.164 reaches \
          nobody or somebody else.",
    remedy: "Set the line with Set-CsUser -LineURI as tel:+14255550100 or tel:+14255550100;ext=100.",
    reference: "Set-CsUser (Microsoft Learn); RFC 3966; ITU-T E.164",
    check: Check::User(malformed_line),
    examples: &[
        Example::fires(&[&[(Line, "+14255550100")]], "`+14255550100`"),
        Example::fires(&[&[(Line, "tel:14255550100")]], "`tel:14255550100`"),
        Example::fires(&[&[(Line, "tel:+1 425 555 0100")]], "`tel:+1 425 555 0100`"),
        Example::fires(&[&[(Line, "tel:+14255550100;ext=")]], "`tel:+14255550100;ext=`"),
        Example::fires(&[&[(Line, "tel:+1234567890123456")]], "`tel:+1234567890123456`"),
        Example::fires(&[&[(Line, " ")]], "` `"),
        Example::silent(&[&[(Line, "tel:+14255550100")]]),
        Example::silent(&[&[(Line, "TEL:+123456789012345;EXT=100")]]),
        Example::silent(&[&[(Line, "tel:+112")]]),
        Example::silent(&[&[(Line, "sip:ann@contoso.com")]]),
        Example::silent(&[&[]]),
        Example::silent(&[&[]]).without(&[Line]),
    ],
    ..Rule::BLANK
}];

fn malformed_line(f: &Facts<'_>, _: &Context, out: &mut Sink<'_>) {
    let line = f.user.get(Line);
    if out.needs(f, Line) && !line.is_empty() && !is_number(line) && !is_sip_uri(line) {
        out.fire(
            Line,
            line,
            format_args!("`{line}` is neither `tel:+` and 3 to 15 digits nor a SIP address"),
        );
    }
}

/// Whether the text is `tel:+` with 3-15 digits and, if there is one, an extension of digits.
fn is_number(line: &str) -> bool {
    let Some(number) = after_prefix(line, "tel").and_then(|rest| rest.strip_prefix('+')) else {
        return false;
    };
    let (number, extension) = match number.split_once(';') {
        Some((number, parameter)) => (number, after_key(parameter, "ext=")),
        None => (number, Some("0")),
    };
    (3..=15).contains(&number.len()) && is_digits(number) && extension.is_some_and(is_digits)
}

/// The text behind `key` in any case, if it stands there.
fn after_key<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(key.len())?;
    head.eq_ignore_ascii_case(key).then_some(rest)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
