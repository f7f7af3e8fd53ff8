//! The parts of a caller lookup's answer; each may be missing, with a reason.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::caller::{CallerContext, CodigoConta, CustomerProfile};
use madoguchi_domain::port::LookupError;

/// The parts of the answer that were available before the deadline.
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
    /// The account of the lookup.
    pub codigo: CodigoConta,
    /// Its owner.
    pub profile: Arc<CustomerProfile>,
    /// Whether owner and caller have the same CPF or CNPJ; `None` if one is missing or invalid.
    pub is_caller: Option<bool>,
}

/// One part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<T> {
    /// Looked up for this request.
    Fresh(T),
    /// From the cache and not expired; with its age.
    Cached(T, SignedDuration),
    /// Missing, with the reason.
    Missing(Absence),
}

/// Why a part is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Absence {
    /// The deadline was exceeded. A retry may find it.
    DeadlineExceeded,
    /// The lookup failed.
    Failed(LookupError),
    /// There is no context to take an account from.
    NoContext,
    /// The caller was not identified (`u_id` `NID`).
    NotIdentified,
    /// The context names no branch and account that give an account number.
    NotDerivable,
    /// Whether the last digit is the check digit depends on that digit alone, and no owner's
    /// number confirms a reading.
    UncertainAccount,
}

impl Absence {
    /// The reason code for clients and the audit log.
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
    /// True if another reading of the account may be the caller's. A directory may answer
    /// `Failed` instead of `NotFound` for an account that does not exist.
    pub(super) const fn is_of_another_account(self) -> bool {
        matches!(
            self,
            Self::UncertainAccount | Self::Failed(LookupError::NotFound | LookupError::Failed)
        )
    }
}

impl<T> Part<T> {
    /// The value, if any, whatever its age.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Fresh(value) | Self::Cached(value, _) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// The code for the audit log.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Fresh(_) => "fresh",
            Self::Cached(..) => "cached",
            Self::Missing(why) => why.as_str(),
        }
    }

    /// Computes another part from the value.
    pub(super) fn and_then<U>(self, make: impl FnOnce(T) -> Part<U>) -> Part<U> {
        match self {
            Self::Fresh(value) | Self::Cached(value, _) => make(value),
            Self::Missing(why) => Part::Missing(why),
        }
    }
}

impl WhoIsCalling {
    /// The result of each part, without personal data.
    pub(super) fn summary(&self) -> String {
        format!("context={} account={}", self.context.word(), self.account.word())
    }
}
