//! An attempt that brought no answer: what is reported, and what it tells about the other side.

use madoguchi_domain::port::{LookupError, Unavailability};
use madoguchi_upstream::Failure;

use crate::translate::NoAnswer;

/// Why an attempt brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttemptError {
    pub(crate) error: LookupError,
    pub(crate) tells: Evidence,
}

/// What the end of an attempt tells about the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// It is there and says what it means.
    There,
    /// Something is wrong over there that may be better a moment later.
    Failing,
    /// Something is wrong over there, and it asks not to be asked again at once.
    Resting,
    /// It took longer than it was given.
    Late,
    /// Nothing.
    Nothing,
}

/// Turned away, here or over there.
pub(crate) const BUSY: AttemptError = unavailable(Unavailability::Busy, Evidence::Nothing);

const fn unavailable(why: Unavailability, tells: Evidence) -> AttemptError {
    AttemptError { error: LookupError::Unavailable(why), tells }
}

const fn said(error: LookupError) -> AttemptError {
    AttemptError { error, tells: Evidence::There }
}

impl AttemptError {
    /// What another status than 200 means (`docs/guide/callers.md`). `rests` is whether it asks
    /// to come again later, as another of our own gateways does.
    pub(crate) const fn of_status(status: u16, rests: bool) -> Self {
        let fault = if rests { Evidence::Resting } else { Evidence::Failing };
        match status {
            400 => said(LookupError::Refused),
            404 => said(LookupError::NotFound),
            401 | 403 => said(LookupError::Misconfigured),
            429 => BUSY,
            408 | 500..600 => unavailable(Unavailability::Status, fault),
            _ => unavailable(Unavailability::Status, Evidence::Nothing),
        }
    }
}

impl From<Failure> for AttemptError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotConnected => unavailable(Unavailability::Unreachable, Evidence::Failing),
            Failure::Broken => unavailable(Unavailability::Unreadable, Evidence::Failing),
            Failure::TimedOut => unavailable(Unavailability::TimedOut, Evidence::Late),
            Failure::TooLarge => unavailable(Unavailability::Unreadable, Evidence::Nothing),
            // A header that cannot travel; those of ours were looked at before.
            Failure::Unsendable => Self { error: LookupError::Refused, tells: Evidence::Nothing },
        }
    }
}

impl From<NoAnswer> for AttemptError {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Failed => said(LookupError::Failed),
            NoAnswer::Unreadable => unavailable(Unavailability::Unreadable, Evidence::Nothing),
        }
    }
}
