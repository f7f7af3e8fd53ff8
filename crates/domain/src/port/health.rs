//! The port to the health of a dependency.

use async_trait::async_trait;

/// Checks whether a dependency can be used now, without changing anything.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// The dependency's name in `/health/ready`, for example `store`.
    fn name(&self) -> &'static str;

    /// Checks it.
    ///
    /// # Errors
    /// With a public reason when it cannot be used.
    async fn check(&self) -> Result<(), &'static str>;
}
