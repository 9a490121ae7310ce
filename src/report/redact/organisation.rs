//! What is said of the organisation. Domains and their DNS records are public: `partial` shows them.

use super::{Known, Mode, Redactor};
use crate::finding::Finding;
use crate::model::User;
use crate::rules::organisation::{Organisation, Subject};

impl Redactor {
    /// A subject as it may be shown.
    pub(in crate::report) fn subject(&self, subject: &Subject) -> Subject {
        if self.is_public(&subject.name) {
            return subject.clone();
        }
        let nobody = User::of(&[]);
        let known = Known::of(&nobody, &self.domains);
        let finding = |finding: &Finding| self.finding(finding, &known);
        Subject {
            name: self.text(&subject.name),
            source: self.source(&subject.source),
            findings: subject.findings.iter().map(finding).collect(),
            open: subject.open,
        }
    }

    /// The checks as they may be shown.
    pub(in crate::report) fn organisation(&self, organisation: &mut Organisation) {
        organisation.subjects.clear();
        organisation.notes.clear();
        for check in &mut organisation.checks {
            if !self.is_public(&check.about) {
                check.about = self.text(&check.about);
                check.found = self.text(&check.found);
                check.note = self.prose(&check.note);
            }
        }
    }

    /// Whether it is a domain that may be shown.
    fn is_public(&self, name: &str) -> bool {
        self.mode() == Mode::Partial && !name.contains('=')
    }

    /// Prose, in which values stand in backquotes.
    fn prose(&self, text: &str) -> String {
        let pieces = text.split('`').enumerate();
        let shown = |(place, piece): (usize, &str)| {
            if place % 2 == 0 { piece.to_owned() } else { format!("`{}`", self.text(piece)) }
        };
        pieces.map(shown).collect()
    }
}
