//! The port that turns a user name and a password into an actor.

use async_trait::async_trait;

use crate::actor::ActorRef;
use crate::secret::Credentials;

/// Says who presents a user name and a password.
///
/// Absent credentials, an unknown user and a wrong password are one answer, and take one time: an
/// adapter does the same work for all three.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait PasswordVerifier: Send + Sync {
    /// The actor, or `None` for credentials that are not valid. Fails closed.
    ///
    /// # Errors
    /// [`VerifierBusy`] when too many wait to be verified, or these could not be: whether they are
    /// valid is not known.
    async fn verify(&self, presented: &Credentials) -> Result<Option<ActorRef>, VerifierBusy>;
}

/// Credentials cannot be verified right now, mostly because too many wait for that: come again
/// shortly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("credentials cannot be verified right now")]
pub struct VerifierBusy;
