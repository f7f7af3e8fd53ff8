//! The port to the system of call contexts (PS7).

use async_trait::async_trait;

use super::LookupError;
use crate::caller::{CallerContext, ContextQuery, ForwardedHeaders, Found};

/// Looks up call contexts.
///
/// An adapter sends the query unchanged (it never encodes), with the forwarded headers and its own
/// credentials. It may retry, since a lookup changes nothing, and answers within its own timeout.
/// An answer that cannot be parsed is [`LookupError::Unavailable`], never an empty context.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CallerContexts: Send + Sync {
    /// The context with this id.
    ///
    /// # Errors
    /// See [`LookupError`].
    async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CallerContext>, LookupError>;
}
