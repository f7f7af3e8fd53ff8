//! The timeline of a case or an effect.

use jiff::Timestamp;
use madoguchi_domain::redacted;
use serde::{Deserialize, Serialize};

redacted!(TimelineEvent);

/// One entry of the timeline of a case or an effect.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimelineEvent {
    /// When.
    pub at: Timestamp,
    /// The subject of a token, or a worker's name.
    pub by: String,
    /// `HUMAN` or `SYSTEM`.
    pub kind: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

impl TimelineEvent {
    /// The state that the case entered, if it is a transition.
    #[must_use]
    pub fn state(&self) -> Option<&str> {
        match &self.what {
            What::Transition { to, .. } => Some(to),
            What::Attempt { .. } | What::Inquiry { .. } | What::Resolution { .. } => None,
        }
    }
}

/// What happened to a case or to an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum What {
    /// It changed its state.
    Transition {
        /// The state before; null for the opening.
        from: Option<String>,
        /// The state after.
        to: String,
        /// The event's name.
        why: String,
        /// The id of the request.
        correlation: String,
    },
    /// A worker tried to send its order.
    Attempt {
        /// The kind of the effect.
        effect: String,
        /// The number of the attempt.
        attempt: i32,
        /// For example `applied` or `unknown`.
        outcome: String,
        /// The bank's code, or why the outcome is not known.
        detail: String,
    },
    /// The bank was asked what became of its order.
    Inquiry {
        /// The kind of the effect.
        effect: String,
        /// `applied` or `unknown`.
        outcome: String,
        /// What the bank showed.
        detail: String,
    },
    /// People proposed or decided what becomes of its order.
    Resolution {
        /// `PROPOSED`, `APPROVED`, `WITHDRAWN` or `LAPSED`.
        state: String,
        /// `Confirmed`, `Rejected` or `Planned`.
        outcome: String,
    },
}
