//! What was found of the organisation, in the files that hold findings.

use super::Folder;
use crate::error::Result;
use crate::rules::organisation::Organisation;
use crate::rules::verdict::Judged;

impl Folder {
    /// Writes what was found of the organisation, behind the users.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn organisation(&self, organisation: &Organisation) -> Result<()> {
        let mut part = self.part();
        for subject in &organisation.subjects {
            let shown = self.redactor.as_ref().map(|redactor| redactor.subject(subject));
            let subject = shown.as_ref().unwrap_or(subject);
            subject.as_judged(|judged| {
                let findings = self.compared_findings(judged);
                let judged = &Judged { findings: &findings, ..*judged };
                for (stream, sheet) in self.streams.iter().zip(&mut part.sheets).filter(|(of, _)| of.findings)
                {
                    (stream.user)(sheet, self.dialect, judged);
                }
                if let Some(rows) = &mut part.rows {
                    rows.findings(judged);
                }
                if let Some(firsts) = &mut part.firsts {
                    firsts.user(judged);
                }
            });
        }
        self.take(part)
    }
}
