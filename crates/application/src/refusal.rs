//! Why a service could not help, as its caller must understand it.

use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::Refusal;

/// Why a request was not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The rules say no: final for this request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much waits already: refused before any work, ask again shortly.
    #[error("too many requests wait already")]
    Overloaded,
    /// The store is down: it may have happened, asking again is safe and finds out.
    #[error("the store is unavailable")]
    Unavailable,
    /// The store holds what cannot be: an operator must look.
    #[error("the store holds a value that cannot be")]
    Corrupt,
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
