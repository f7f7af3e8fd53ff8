//! The port to the core bank.

use async_trait::async_trait;

use crate::correlation::CorrelationId;
use crate::member::ArrangementId;
use crate::upgrade::{Answer, LevelAnswer, SetLevel};

/// Sends orders to the core bank, and asks it for levels if it has a message for that.
///
/// An adapter sends the order **at most once per call**: no retry, no redirect, no reused
/// connection, so that [`Answer::NotSent`] is a proof. It reports what it observed;
/// [`classify`](crate::upgrade::classify) interprets it. It answers within its own timeout.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait CoreBank: Send + Sync {
    /// Sends the order and reports what came back. `correlation` is the id of the request that
    /// planned the order; the call carries it (over HTTP in `x-request-id`).
    async fn set_level(&self, order: &SetLevel, correlation: &CorrelationId) -> Answer;

    /// Asks for an account's level and changes nothing at the bank. It sends at most one message,
    /// and answers within the same timeout. Without such a message:
    /// [`LevelAnswer::NotSupported`], and nothing is sent.
    async fn inquire(
        &self,
        arrangement: &ArrangementId,
        correlation: &CorrelationId,
    ) -> LevelAnswer {
        let _ = (arrangement, correlation);
        LevelAnswer::NotSupported
    }
}
