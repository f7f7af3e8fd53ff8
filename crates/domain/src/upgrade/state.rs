//! The five states of an upgrade and the function with all state transitions.

use crate::closed_set::closed_set;

use crate::Timestamp;
use crate::level::AccountLevel;

use super::check::Check;

closed_set! {
    /// A state's name, with the exact text of the source on the wire and in the database.
    pub enum StateName {
        /// The QR code exists.
        New = "New",
        /// The scan-code or VA check passed.
        EddaSuccess = "EDDASuccess",
        /// The scan-code or VA check failed.
        EddaFailure = "EDDAFailure",
        /// The video call was completed and passed. Independent of the core bank.
        CustomerSuccess = "CustomerSuccess",
        /// The video call failed.
        CustomerFailure = "CustomerFailure",
    }
}

impl StateName {
    /// True if a case in this state can still change. At most one such case per member.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::EddaSuccess)
    }
}

/// A case's state with its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The QR code exists.
    New,
    /// The check passed.
    EddaSuccess {
        /// The check.
        check: Check,
    },
    /// The check failed. Final; a new attempt is a new case.
    EddaFailure {
        /// The check.
        check: Check,
    },
    /// The agent passed the customer. Final; the core bank's progress is in the effect.
    CustomerSuccess {
        /// The check before the verdict.
        check: Check,
        /// When the agent decided.
        decided_at: Timestamp,
        /// The target level of the account.
        target: AccountLevel,
    },
    /// The agent did not pass the customer. Final.
    CustomerFailure {
        /// The check before the verdict.
        check: Check,
        /// When the agent decided.
        decided_at: Timestamp,
    },
}

/// An event of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The check passed.
    Verified(Check),
    /// The check failed.
    NotVerified(Check),
    /// The agent passed the customer.
    Passed {
        /// When.
        at: Timestamp,
        /// The target level.
        target: AccountLevel,
    },
    /// The agent did not pass the customer.
    Failed {
        /// When.
        at: Timestamp,
    },
}

closed_set! {
    /// An event's name: the `why` of a history row.
    pub enum EventName {
        /// A case was opened.
        Opened = "opened",
        /// See [`Event::Verified`].
        Verified = "verified",
        /// See [`Event::NotVerified`].
        NotVerified = "not_verified",
        /// See [`Event::Passed`].
        Passed = "passed",
        /// See [`Event::Failed`].
        Failed = "failed",
    }
}

impl Event {
    /// The event's name.
    #[must_use]
    pub const fn name(&self) -> EventName {
        match self {
            Self::Verified(_) => EventName::Verified,
            Self::NotVerified(_) => EventName::NotVerified,
            Self::Passed { .. } => EventName::Passed,
            Self::Failed { .. } => EventName::Failed,
        }
    }
}

/// An event that is not allowed in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a case in state {from} cannot take the event {}", event.as_str())]
pub struct IllegalTransition {
    /// The case's state.
    pub from: StateName,
    /// The event.
    pub event: EventName,
}

impl State {
    /// The transition table: the only place that defines state transitions.
    ///
    /// # Errors
    /// For every pair of state and event that is not listed; the state does not change.
    pub fn after(&self, event: Event) -> Result<Self, IllegalTransition> {
        Ok(match (self, event) {
            (Self::New, Event::Verified(check)) => Self::EddaSuccess { check },
            (Self::New, Event::NotVerified(check)) => Self::EddaFailure { check },
            (Self::EddaSuccess { check }, Event::Passed { at, target }) => {
                Self::CustomerSuccess { check: check.clone(), decided_at: at, target }
            }
            (Self::EddaSuccess { check }, Event::Failed { at }) => {
                Self::CustomerFailure { check: check.clone(), decided_at: at }
            }
            (from, event) => {
                return Err(IllegalTransition { from: from.name(), event: event.name() });
            }
        })
    }

    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> StateName {
        match self {
            Self::New => StateName::New,
            Self::EddaSuccess { .. } => StateName::EddaSuccess,
            Self::EddaFailure { .. } => StateName::EddaFailure,
            Self::CustomerSuccess { .. } => StateName::CustomerSuccess,
            Self::CustomerFailure { .. } => StateName::CustomerFailure,
        }
    }

    /// The level that the core bank is to set, for a passed case.
    #[must_use]
    pub const fn target(&self) -> Option<&AccountLevel> {
        match self {
            Self::CustomerSuccess { target, .. } => Some(target),
            Self::New
            | Self::EddaSuccess { .. }
            | Self::EddaFailure { .. }
            | Self::CustomerFailure { .. } => None,
        }
    }

    /// The check, once there is one.
    #[must_use]
    pub const fn check(&self) -> Option<&Check> {
        match self {
            Self::New => None,
            Self::EddaSuccess { check }
            | Self::EddaFailure { check }
            | Self::CustomerSuccess { check, .. }
            | Self::CustomerFailure { check, .. } => Some(check),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upgrade::{CheckReference, CheckSource};

    fn check() -> Check {
        let reference = CheckReference::parse("R-1").unwrap();
        Check { source: CheckSource::Edda, reference, at: Timestamp::UNIX_EPOCH }
    }

    fn states() -> [State; 5] {
        let (at, target) = (Timestamp::UNIX_EPOCH, AccountLevel::parse("1A").unwrap());
        [
            State::New,
            State::EddaSuccess { check: check() },
            State::EddaFailure { check: check() },
            State::CustomerSuccess { check: check(), decided_at: at, target },
            State::CustomerFailure { check: check(), decided_at: at },
        ]
    }

    fn events() -> [Event; 4] {
        let (at, target) = (Timestamp::UNIX_EPOCH, AccountLevel::parse("1A").unwrap());
        [
            Event::Verified(check()),
            Event::NotVerified(check()),
            Event::Passed { at, target },
            Event::Failed { at },
        ]
    }

    /// Renders the transition table as the README's diagram, so that both stay equal.
    fn diagram() -> String {
        let mut lines = vec!["stateDiagram-v2".to_owned(), "    [*] --> New: opened".to_owned()];
        for state in states() {
            let from = state.name();
            let mut moves = false;
            for event in events() {
                let why = event.name().as_str();
                if let Ok(to) = state.after(event) {
                    lines.push(format!("    {from} --> {}: {why}", to.name()));
                    moves = true;
                }
            }
            if !moves {
                lines.push(format!("    {from} --> [*]"));
            }
            assert_eq!(from.is_open(), moves, "open means: it can still move");
        }
        lines.join("\n")
    }

    #[test]
    fn the_whole_table_is_this_and_nothing_else() {
        let expected = "stateDiagram-v2
    [*] --> New: opened
    New --> EDDASuccess: verified
    New --> EDDAFailure: not_verified
    EDDASuccess --> CustomerSuccess: passed
    EDDASuccess --> CustomerFailure: failed
    EDDAFailure --> [*]
    CustomerSuccess --> [*]
    CustomerFailure --> [*]";
        assert_eq!(diagram(), expected);
    }

    #[test]
    fn the_readme_shows_the_table_as_it_is() {
        let readme = include_str!("../../../../README.md");
        assert!(readme.contains(&diagram()), "README.md must hold:\n{}", diagram());
    }

    #[test]
    fn names_read_back_as_they_are_written() {
        for name in StateName::ALL {
            assert_eq!(StateName::parse(name.as_str()), Some(name));
        }
        for name in EventName::ALL {
            assert_eq!(EventName::parse(name.as_str()), Some(name));
        }
        assert_eq!(StateName::parse("new"), None);
    }
}
