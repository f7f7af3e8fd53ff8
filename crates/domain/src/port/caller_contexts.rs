//! The port to the system that knows what a caller did before a person answered (PS7).

use async_trait::async_trait;

use super::LookupError;
use crate::caller::{CallerContext, ContextQuery, ForwardedHeaders, Found};

/// Looks contexts up.
///
/// An adapter sends the query exactly as it stands (it never encodes), with the headers of the
/// forwarded, and with credentials of its own. It may ask again, since asking changes nothing, and
/// answers within its own time limit. An answer that cannot be read is
/// [`LookupError::Unavailable`], never a context that is empty.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CallerContexts: Send + Sync {
    /// The context under this id.
    ///
    /// # Errors
    /// See [`LookupError`].
    async fn context(
        &self,
        query: &ContextQuery,
        forwarded: &ForwardedHeaders,
    ) -> Result<Found<CallerContext>, LookupError>;
}
