//! The port to the directory of account owners (`codigo`).

use async_trait::async_trait;

use super::LookupError;
use crate::caller::{AccountQuery, CustomerProfile, ForwardedHeaders, Found};

/// Looks up account owners.
///
/// An adapter has the obligations of [`CallerContexts`](super::CallerContexts): query and headers
/// are sent unchanged, credentials are its own, an unreadable answer is `Unavailable`.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait AccountDirectory: Send + Sync {
    /// The owner of this account.
    ///
    /// # Errors
    /// See [`LookupError`].
    async fn owner(
        &self,
        query: &AccountQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CustomerProfile>, LookupError>;
}
