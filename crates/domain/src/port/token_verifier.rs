//! The port that turns a token into an actor.

use async_trait::async_trait;

use super::StoreError;
use crate::actor::Actor;
use crate::secret::AccessToken;

/// Says who presents a token.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The actor, or `None` for a token that is not valid (any more). Fails closed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when it cannot be found out.
    async fn verify(&self, token: &AccessToken) -> Result<Option<Actor>, StoreError>;
}
