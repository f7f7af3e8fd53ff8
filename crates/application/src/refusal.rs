//! The one error type of all services, by what the caller can do.

use madoguchi_domain::announcement::AnnouncementRefusal;
use madoguchi_domain::contact::ContactRefusal;
use madoguchi_domain::delivery::BounceRefusal;
use madoguchi_domain::idempotency::KeyReused;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::resolution::ResolutionRefusal;
use madoguchi_domain::retention::RetentionRefusal;
use madoguchi_domain::upgrade::Refusal;

/// Why a request was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The domain rules refuse it: final for this request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The rules of contacts refuse it: final for this request.
    #[error(transparent)]
    ContactRefused(#[from] ContactRefusal),
    /// The rules of announcements refuse it: final for this request.
    #[error(transparent)]
    AnnouncementRefused(#[from] AnnouncementRefusal),
    /// The rules of resolutions refuse it: final for this request.
    #[error(transparent)]
    ResolutionRefused(#[from] ResolutionRefusal),
    /// The rules of retention refuse it: final for this request.
    #[error(transparent)]
    RetentionRefused(#[from] RetentionRefusal),
    /// The rules of bounces refuse it: final for this report.
    #[error(transparent)]
    BounceRefused(#[from] BounceRefusal),
    /// The idempotency key belongs to another request: final for this request.
    #[error("the idempotency key belongs to another request")]
    KeyReused,
    /// The queue is full: rejected before any work, retry shortly.
    #[error("too many requests wait already")]
    Overloaded,
    /// The store is down or stuck, or the request waited too long for its turn: it may have taken
    /// effect; a retry is safe.
    #[error("the store is unavailable")]
    Unavailable,
    /// The store holds an invalid value, or its schema refuses a valid one: an operator must check.
    #[error("the store holds a value that cannot be")]
    Corrupt,
}

impl From<KeyReused> for ServiceError {
    fn from(_: KeyReused) -> Self {
        Self::KeyReused
    }
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable,
            StoreError::Corrupt(place) => {
                tracing::error!(place, "the store holds a value that cannot be");
                Self::Corrupt
            }
        }
    }
}
