//! What is known of an organisation: checks of what it must have in place, each with how it came out.
//!
//! The steps are those of the article that the program implements (KB 2614242, "Deployment"): 2 and 3 are about users,
//! 1, 4, 5 and 6 about the organisation.

/// How a check of a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// As it should be.
    Passed,
    /// Something is wrong.
    Failed,
    /// It could not be asked, or was not.
    NotEvaluated,
    /// No server shows it: a person has to look.
    ByHand,
    /// The scenario does not have it.
    NotPossible,
}

impl State {
    /// All, in the order of the enum.
    pub const ALL: [Self; 5] =
        [Self::Passed, Self::Failed, Self::NotEvaluated, Self::ByHand, Self::NotPossible];

    /// The word of the report.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotEvaluated => "not-evaluated",
            Self::ByHand => "by-hand",
            Self::NotPossible => "not-possible",
        }
    }

    /// The same for people.
    #[must_use]
    pub fn told(self) -> &'static str {
        match self {
            Self::Passed => "✓",
            Self::Failed => "✗",
            Self::NotEvaluated => "not evaluated",
            Self::ByHand => "by hand",
            Self::NotPossible => "not possible in this scenario",
        }
    }

    /// How several checks stand together: what is wrong before what is not known, that before what passed.
    #[must_use]
    pub fn of_all(states: impl Iterator<Item = Self>) -> Option<Self> {
        const WORST: [State; 5] =
            [State::Failed, State::NotEvaluated, State::ByHand, State::Passed, State::NotPossible];
        let rank = |state: &State| WORST.iter().position(|one| one == state);
        states.min_by_key(rank)
    }
}

/// One thing that was looked at for a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The step, 1 to 6.
    pub step: u8,
    /// How it came out.
    pub state: State,
    /// What it concerns: a SIP domain, the DN of an object, a server; empty for the organisation as a whole.
    pub about: String,
    /// The record or the attribute that was looked at; the findings about it have the same name.
    pub field: &'static str,
    /// The codes of the rules that fired.
    pub codes: Vec<&'static str>,
    /// What was found, as it stands there; empty for nothing.
    pub found: String,
    /// What the scenario needs, in words.
    pub expected: String,
    /// Why it is not evaluated, what to do by hand, who has looked and when; empty where there is nothing to add.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_wins_over_what_is_not_known() {
        use State::{ByHand, Failed, NotEvaluated, NotPossible, Passed};
        let all = |states: &[State]| State::of_all(states.iter().copied());
        assert_eq!(all(&[Passed, NotEvaluated, Failed]), Some(Failed));
        assert_eq!(all(&[Passed, ByHand, NotEvaluated]), Some(NotEvaluated));
        assert_eq!(all(&[Passed, ByHand]), Some(ByHand));
        assert_eq!(all(&[NotPossible, Passed]), Some(Passed));
        assert_eq!(all(&[]), None);
    }
}
