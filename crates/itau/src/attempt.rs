//! Classifies a failed attempt: the error to report, and what it means for the circuit breaker.

use madoguchi_domain::port::{LookupError, Unavailability};
use madoguchi_upstream::{AttemptEvidence as Evidence, FailedAttempt, Failure, GuardError};

use crate::translate::NoAnswer;

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttemptError {
    pub(crate) error: LookupError,
    pub(crate) tells: Evidence,
}

impl FailedAttempt for AttemptError {
    fn evidence(&self) -> Evidence {
        self.tells
    }
}

/// The error of a whole lookup.
pub(crate) fn lookup_error(error: GuardError<AttemptError>) -> LookupError {
    match error {
        GuardError::Busy => BUSY.error,
        GuardError::CircuitOpen => LookupError::Unavailable(Unavailability::CircuitOpen),
        GuardError::Failed(attempt_error) => attempt_error.error,
    }
}

/// Rejected as overloaded, by our bulkhead or by the upstream.
const BUSY: AttemptError = unavailable(Unavailability::Busy, Evidence::Nothing);

const fn unavailable(why: Unavailability, tells: Evidence) -> AttemptError {
    AttemptError { error: LookupError::Unavailable(why), tells }
}

const fn said(error: LookupError) -> AttemptError {
    AttemptError { error, tells: Evidence::There }
}

impl AttemptError {
    /// Maps a status other than 200 (`docs/guide/callers.md`). `rests` is whether the reply has
    /// `Retry-After`, which another gateway of ours sends.
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
            // A forwarded header is invalid; our own were validated before.
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
