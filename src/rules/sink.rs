//! Where rules put what they have to say.

use std::fmt::{self, Write};

use super::RuleSet;
use crate::finding::{Change, Field, Finding, Severity, State};
use crate::model::{Attr, Facts, Tri};

/// Where a rule puts what it has to say about one user, or one thing of the organisation.
#[derive(Debug)]
pub struct Sink<'s> {
    pub(super) rule: usize,
    told: Told<'s>,
    not_evaluated: &'s mut RuleSet,
}

/// What becomes of findings.
#[derive(Debug)]
enum Told<'s> {
    /// They are kept, at this severity unless the rule says otherwise.
    Kept(Severity, &'s mut Vec<Finding>),
    /// They are counted, and never worded.
    Counted(&'s mut u32),
}

/// The octets of most messages; longer ones take more.
const MESSAGE: usize = 160;

impl<'s> Sink<'s> {
    /// A sink for one rule at its severity in the scenario.
    pub fn new(
        rule: usize,
        severity: Severity,
        findings: &'s mut Vec<Finding>,
        not_evaluated: &'s mut RuleSet,
    ) -> Self {
        Self { rule, told: Told::Kept(severity, findings), not_evaluated }
    }

    /// A sink for one rule of which only matters how many findings there are.
    pub fn counting(rule: usize, findings: &'s mut u32, not_evaluated: &'s mut RuleSet) -> Self {
        Self { rule, told: Told::Counted(findings), not_evaluated }
    }

    /// The rule fires: the attribute at fault, its value as it stands (empty for none), what is wrong. Both texts are
    /// made only where the finding is kept.
    pub fn fire(
        &mut self,
        attribute: impl Into<Field>,
        value: impl fmt::Display,
        message: impl fmt::Display,
    ) -> &mut Self {
        match &mut self.told {
            Told::Counted(findings) => **findings += 1,
            Told::Kept(severity, findings) => {
                let mut text = String::with_capacity(MESSAGE);
                let _ = write!(text, "{message}");
                findings.push(Finding {
                    rule: self.rule,
                    severity: *severity,
                    attribute: attribute.into(),
                    value: value.to_string(),
                    message: text,
                    suggestion: None,
                    state: State::Open,
                });
            }
        }
        self
    }

    /// The finding just made, if it is kept.
    fn last(&mut self) -> Option<&mut Finding> {
        match &mut self.told {
            Told::Counted(_) => None,
            Told::Kept(_, findings) => findings.last_mut(),
        }
    }

    /// The finding just made is this bad instead.
    pub fn at(&mut self, severity: Severity) -> &mut Self {
        if let Some(last) = self.last() {
            last.severity = severity;
        }
        self
    }

    /// The finding just made would be mended by this, if by anything; given only where it follows from the object
    /// itself.
    pub fn suggest<C: Into<Option<Change>>>(&mut self, change: impl FnOnce() -> C) -> &mut Self {
        if let Some(last) = self.last() {
            last.suggestion = change().into();
        }
        self
    }

    /// Notes the rule as not evaluated when the input never carried the attribute; says whether it did.
    pub fn needs(&mut self, facts: &Facts<'_>, attribute: Attr) -> bool {
        let carried = facts.user.carries(attribute);
        if !carried {
            self.not_evaluated();
        }
        carried
    }

    /// Notes the rule as not evaluated when the input does not show something; says whether it does.
    pub fn needs_shown(&mut self, shown: bool) -> bool {
        if !shown {
            self.not_evaluated();
        }
        shown
    }

    /// Whether to fire: the unknown is noted as not evaluated.
    pub fn holds(&mut self, condition: Tri) -> bool {
        if condition == Tri::Unknown {
            self.not_evaluated.insert(self.rule);
        }
        condition.yes()
    }

    /// Some value of an attribute that the input never carried could make the rule fire.
    pub fn not_evaluated(&mut self) {
        self.not_evaluated.insert(self.rule);
    }
}
