//! Whether a contact is answered, by whom and how.

use crate::closed_set::closed_set;

use super::mark::Mark;
use super::text::AnswerText;

closed_set! {
    /// Whether a contact is answered, on the wire and in the database.
    pub enum AnswerStatus {
        /// Not yet.
        Unanswered = "UNANSWERED",
        /// It is, which is final.
        Answered = "ANSWERED",
    }
}

closed_set! {
    /// How a contact was answered, on the wire and in the database.
    pub enum AnswerChannel {
        /// The customer answered, or somebody for the customer.
        Customer = "CUSTOMER",
        /// The matter was settled by phone.
        Phone = "PHONE",
    }
}

/// Whether a contact is answered. An answer is final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactAnswer {
    /// Not yet.
    Unanswered,
    /// The customer answered, or somebody for the customer.
    ByCustomer {
        /// Who and when.
        mark: Mark,
        /// What.
        text: AnswerText,
    },
    /// The matter was settled by phone.
    ByPhone {
        /// Who recorded it, and when.
        mark: Mark,
    },
}

impl ContactAnswer {
    /// Its status.
    #[must_use]
    pub const fn status(&self) -> AnswerStatus {
        match self {
            Self::Unanswered => AnswerStatus::Unanswered,
            Self::ByCustomer { .. } | Self::ByPhone { .. } => AnswerStatus::Answered,
        }
    }

    /// How it was given, by whom and when.
    #[must_use]
    pub const fn given(&self) -> Option<(AnswerChannel, &Mark)> {
        match self {
            Self::Unanswered => None,
            Self::ByCustomer { mark, .. } => Some((AnswerChannel::Customer, mark)),
            Self::ByPhone { mark } => Some((AnswerChannel::Phone, mark)),
        }
    }

    /// What the customer answered.
    #[must_use]
    pub const fn text(&self) -> Option<&AnswerText> {
        match self {
            Self::Unanswered | Self::ByPhone { .. } => None,
            Self::ByCustomer { text, .. } => Some(text),
        }
    }
}
