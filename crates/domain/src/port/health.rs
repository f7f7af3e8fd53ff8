//! The port that says whether something we depend on is there.

use async_trait::async_trait;

/// Says whether a dependency can be used right now, without changing anything.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Health: Send + Sync {
    /// The dependency's name in `/health/ready`, for example `store`.
    fn name(&self) -> &'static str;

    /// Asks it.
    ///
    /// # Errors
    /// With a reason that may be shown to anybody.
    async fn check(&self) -> Result<(), &'static str>;
}
