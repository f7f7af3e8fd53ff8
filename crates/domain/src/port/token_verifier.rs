//! The port that authenticates a bearer token.

use async_trait::async_trait;

use super::VerifierUnavailable;
use crate::principal::Principal;
use crate::secret::AccessToken;

/// Authenticates a bearer token.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The principal, or `None` for an invalid or expired token. Fails closed.
    ///
    /// # Errors
    /// [`VerifierUnavailable`] when the token cannot be checked.
    async fn verify(&self, token: &AccessToken) -> Result<Option<Principal>, VerifierUnavailable>;
}
