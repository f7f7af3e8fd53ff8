//! The port to the directory that knows who owns an account (`codigo`).

use async_trait::async_trait;

use super::LookupError;
use crate::caller::{AccountQuery, CustomerProfile, ForwardedHeaders, Found};

/// Looks owners up.
///
/// The promises are those of [`CallerContexts`](super::CallerContexts): the query and the forwarded
/// go as they stand, credentials are the adapter's own, and what cannot be read is unavailable.
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
