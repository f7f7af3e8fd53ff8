//! The port to the mail server.

use async_trait::async_trait;

use crate::effect::Outcome;
use crate::mail::Mail;

/// Sends mails. An adapter never repeats by itself, and guarantees for each outcome:
/// - `Applied`: the mail server took responsibility for this mail.
/// - `NotSent`: the mail server did not, and never will for this attempt.
/// - `Refused`: it will not accept this mail, also later.
/// - `Unknown`: the adapter wrote the end of the mail, and got no answer that says one of these.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one mail, at most once.
    async fn send(&self, mail: &Mail) -> Outcome;
}
