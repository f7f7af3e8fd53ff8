//! Why an act of retention is refused.

use crate::field::InvalidField;

/// Why a completion, or an act on a legal hold, is refused. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetentionRefusal {
    /// No contact names this application.
    #[error("no contact names this application")]
    ApplicationNotFound,
    /// There is no such person.
    #[error("there is no such person")]
    PersonNotFound,
    /// There is no such legal hold.
    #[error("there is no such legal hold")]
    HoldNotFound,
    /// Its completion is recorded with another day, which is final.
    #[error("the application completed on another day")]
    AnotherDay,
    /// The time breaks a rule.
    #[error(transparent)]
    Invalid(#[from] InvalidField),
}
