//! An answer in parts, each of which may be missing for a reason.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::caller::{CallerContext, CodigoConta, CustomerProfile};
use madoguchi_domain::port::LookupError;

/// What is known of a call, as far as it was known in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhoIsCalling {
    /// The context.
    pub context: Part<Arc<CallerContext>>,
    /// The owner of the account that the context names.
    pub account: Part<Owner>,
}

/// The owner of the caller's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The account that was asked about.
    pub codigo: CodigoConta,
    /// Its owner.
    pub profile: Arc<CustomerProfile>,
    /// Whether the owner is the caller, by their numbers; `None` when one of them says nothing.
    pub is_caller: Option<bool>,
}

/// One part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<T> {
    /// Looked up just now.
    Fresh(T),
    /// Looked up before, and still holding.
    Cached(T, SignedDuration),
    /// Not there.
    Missing(Absence),
}

/// Why a part is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Absence {
    /// It would have come after the deadline. Asking again may find it.
    DeadlineExceeded,
    /// The lookup gave nothing.
    Failed(LookupError),
    /// There is no context to take an account from.
    NoContext,
    /// The caller was not identified (`u_id` `NID`).
    NotIdentified,
    /// The context names no branch and account that give an account number.
    NotDerivable,
    /// Only the account's last digit told whether it is the check digit, and no owner's number
    /// confirms a reading.
    UncertainAccount,
}

impl Absence {
    /// One word for callers and the audit audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::Failed(error) => error.as_str(),
            Self::NoContext => "no_context",
            Self::NotIdentified => "not_identified",
            Self::NotDerivable => "not_derivable",
            Self::UncertainAccount => "uncertain_account",
        }
    }
}

impl Absence {
    /// Says whether another reading of the account may be the caller's. A directory may answer
    /// about an account that it does not know as about any value that it cannot work with.
    pub(super) const fn is_of_another_account(self) -> bool {
        matches!(
            self,
            Self::UncertainAccount | Self::Failed(LookupError::NotFound | LookupError::Failed)
        )
    }
}

impl<T> Part<T> {
    /// What is there, however old.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Fresh(value) | Self::Cached(value, _) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// One word for the audit audit.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fresh(_) => "fresh",
            Self::Cached(..) => "cached",
            Self::Missing(why) => why.as_str(),
        }
    }

    /// Makes another part of what was looked up just now.
    pub(super) fn and_then<U>(self, make: impl FnOnce(T) -> Part<U>) -> Part<U> {
        match self {
            Self::Fresh(value) | Self::Cached(value, _) => make(value),
            Self::Missing(why) => Part::Missing(why),
        }
    }
}

impl WhoIsCalling {
    /// What came of each part, in words that tell nothing of anybody.
    pub(super) fn summary(&self) -> String {
        format!("context={} account={}", self.context.word(), self.account.word())
    }
}
