//! The port that authenticates a user name and a password.

use async_trait::async_trait;

use crate::actor::ActorRef;
use crate::secret::Credentials;

/// Authenticates a user name and a password.
///
/// Missing credentials, an unknown user and a wrong password get the same answer after the same
/// time: an adapter does the same work for all three.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordVerifier: Send + Sync {
    /// The actor, or `None` for invalid credentials. Fails closed.
    ///
    /// # Errors
    /// [`VerifierUnavailable`] when the queue is full or the check failed: whether they are
    /// valid is not known.
    async fn verify(
        &self,
        presented: &Credentials,
    ) -> Result<Option<ActorRef>, VerifierUnavailable>;
}

/// Credentials cannot be verified now, usually because the queue is full: retry shortly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("credentials cannot be verified right now")]
pub struct VerifierUnavailable;
