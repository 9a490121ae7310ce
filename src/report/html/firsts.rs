//! The first users of each rule: all that the page keeps of a directory of any size.

use super::markup::cut;
use crate::finding::{Field, Finding, Severity};
use crate::model::Attr;
use crate::model::fold::trim;
use crate::rules::verdict::{Judged, Status};
use crate::rules::{self, RuleSet};

/// How many users of a rule are shown.
pub(super) const MOST: usize = 100;

/// The first users with a finding of each rule. Blocks of users are gathered in parallel, each on its own, and
/// joined in the order of the input.
#[derive(Debug)]
pub(in crate::report) struct Firsts {
    /// By the rule's place in the catalogue, at most [`MOST`] each.
    rows: Vec<Vec<Row>>,
    /// The rules for which no more users are needed.
    full: RuleSet,
}

/// A user under a rule; every text is cut to a length that can be shown.
#[derive(Debug)]
pub(super) struct Row {
    /// What the person is called, or the object.
    pub(super) name: Box<str>,
    /// The name to sign in with.
    pub(super) sign_in: Box<str>,
    /// The organizational unit: the DN without its first part.
    pub(super) unit: Box<str>,
    /// The domain of the sign-in name, else of the mail address, in lower case.
    pub(super) domain: Box<str>,
    /// The user's status.
    pub(super) status: Status,
    /// How bad it is for this user.
    pub(super) severity: Severity,
    /// The attribute at fault.
    pub(super) attribute: Field,
    /// Its value.
    pub(super) value: Box<str>,
    /// What is wrong.
    pub(super) message: Box<str>,
    /// What would mend it.
    pub(super) suggestion: Box<str>,
    /// How many more findings of the rule the user has.
    pub(super) more: usize,
}

impl Firsts {
    /// Nobody yet.
    pub(in crate::report) fn new() -> Self {
        Self { rows: rules::all().map(|_| Vec::new()).collect(), full: RuleSet::NONE }
    }

    /// The first users of a rule.
    pub(super) fn of(&self, rule: usize) -> &[Row] {
        self.rows.get(rule).map_or(&[], Vec::as_slice)
    }

    /// The rules for which no more users are needed.
    pub(in crate::report) fn full(&self) -> RuleSet {
        self.full
    }

    /// Leaves out the rules for which users further ahead in the input suffice.
    pub(in crate::report) fn skip(&mut self, full: RuleSet) {
        self.full = full;
    }

    /// Gathers one user.
    pub(in crate::report) fn user(&mut self, judged: &Judged<'_, '_>) {
        for findings in judged.findings.chunk_by(|one, next| one.rule == next.rule) {
            let mut counting = findings.iter().filter(|finding| finding.counts());
            if let Some(first) = counting.next()
                && !self.full.has(first.rule)
            {
                self.keep(first.rule, Row::of(judged, first, counting.count()));
            }
        }
    }

    /// Takes over what was gathered next in the input, and empties it.
    pub(in crate::report) fn take(&mut self, next: &mut Self) {
        for (rule, rows) in next.rows.iter_mut().enumerate() {
            for row in rows.drain(..) {
                if !self.full.has(rule) {
                    self.keep(rule, row);
                }
            }
        }
    }

    fn keep(&mut self, rule: usize, row: Row) {
        if let Some(rows) = self.rows.get_mut(rule) {
            rows.push(row);
            if rows.len() == MOST {
                self.full.insert(rule);
            }
        }
    }
}

impl Row {
    fn of(judged: &Judged<'_, '_>, finding: &Finding, more: usize) -> Self {
        use Attr::{DisplayName, DistinguishedName, SamAccountName, UserPrincipalName};
        let user = judged.user;
        let first = |attrs: &[Attr]| {
            attrs.iter().map(|&attr| user.get(attr)).find(|text| !text.trim().is_empty()).unwrap_or_default()
        };
        let name = match first(&[DisplayName]) {
            "" => user.name(),
            name => name,
        };
        let suggestion =
            finding.suggestion.as_ref().map(|change| change.cell(&finding.value)).unwrap_or_default();
        Self {
            name: cut(name, 60),
            sign_in: cut(first(&[UserPrincipalName, SamAccountName]), 90),
            unit: cut(unit(user.get(DistinguishedName)), 120),
            domain: cut(&domain(judged).to_lowercase(), 90),
            status: judged.verdict.status,
            severity: finding.severity,
            attribute: finding.attribute,
            value: cut(&finding.value, 150),
            message: cut(&finding.message, 300),
            suggestion: cut(&suggestion, 150),
            more,
        }
    }
}

/// The DN without its first part; a comma of the name itself is escaped or quoted (RFC 4514, RFC 1779).
fn unit(dn: &str) -> &str {
    let (mut escaped, mut quoted) = (false, false);
    for (place, byte) in dn.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return dn.get(place + 1..).unwrap_or_default().trim_start(),
            _ => {}
        }
    }
    ""
}

fn domain<'a>(judged: &Judged<'_, 'a>) -> &'a str {
    let user = judged.user;
    [
        user.get(Attr::UserPrincipalName),
        trim(judged.user.get(Attr::Mail)),
        judged.shown.sip_address.unwrap_or_default(),
    ]
    .into_iter()
    .filter_map(|text| text.rsplit_once('@'))
    .map(|(_, domain)| domain.trim())
    .find(|domain| !domain.is_empty())
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::golden::{finding, judge};
    use super::*;
    use crate::model::{Facts, User};

    fn gather(firsts: &mut Firsts, name: &str, codes: &[&str]) {
        let user = User::of(&[(Attr::DisplayName, name), (Attr::Mail, "ann@Contoso.com")]);
        let facts = Facts::of(&user);
        let findings: Vec<Finding> = codes.iter().map(|code| finding(code, Severity::Error, "x")).collect();
        let verdict = judge(&facts, &findings, None);
        firsts.user(&Judged::of("ad.csv", &facts, &verdict, &findings));
    }

    #[test]
    fn units() {
        for (dn, parent) in [
            ("CN=Roth\\, Ann,OU=Staff,DC=contoso,DC=com", "OU=Staff,DC=contoso,DC=com"),
            ("CN=\"Roth, Ann\", OU=Staff", "OU=Staff"),
            ("CN=Ann\\", ""),
            ("", ""),
        ] {
            assert_eq!(unit(dn), parent);
        }
    }

    #[test]
    fn a_user_stands_once_under_a_rule() {
        let mut firsts = Firsts::new();
        gather(&mut firsts, "Ann", &["SIP002", "SIP002", "SIP003"]);
        let (two, three) =
            (finding("SIP002", Severity::Error, "").rule, finding("SIP003", Severity::Error, "").rule);
        assert_eq!((firsts.of(two).len(), firsts.of(two)[0].more, firsts.of(three)[0].more), (1, 1, 0));
        assert_eq!(&*firsts.of(two)[0].domain, "contoso.com");
    }

    #[test]
    fn the_first_users_of_the_input_are_kept() {
        let rule = finding("SIP002", Severity::Error, "").rule;
        let mut all = Firsts::new();
        let mut part = Firsts::new();
        for block in 0..4 {
            part.skip(all.full());
            for user in 0..40 {
                gather(&mut part, &format!("{}", block * 40 + user), &["SIP002"]);
            }
            all.take(&mut part);
            assert!(part.of(rule).is_empty());
        }
        let names: Vec<&str> = all.of(rule).iter().map(|row| &*row.name).collect();
        assert_eq!(names, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
        assert!(all.full().has(rule));
    }
}
