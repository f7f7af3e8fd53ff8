//! The port to the store of resolutions.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::change::{Change, Committed};
use crate::effect::EffectKey;
use crate::resolution::{Resolution, ResolutionFacts, ResolutionQuery, ResolutionWrite};

/// Stores resolutions, and moves the effects that they finish.
///
/// An adapter guarantees:
/// - *All or nothing*: the changes of one call are durable together when [`Committed::Moved`] is
///   returned, and none is written after [`Committed::Lost`].
/// - *One open resolution per effect*, also under concurrent requests, and one decision of each.
/// - *A proof wins*: a [`ResolutionWrite::Move`] to another state than `Confirmed` is lost if
///   stored evidence proves that the order was applied.
/// - *Sealed*: reasons, evidence and salts are stored sealed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ResolutionStore: Send + Sync {
    /// The resolution of this effect that is not closed; it may have lapsed.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn open(&self, effect: &EffectKey) -> Result<Option<Resolution>, StoreError>;

    /// A page of resolutions, newest first. Those that cannot be read are left out.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn list(&self, query: &ResolutionQuery) -> Result<Vec<Resolution>, StoreError>;

    /// At most `limit` resolutions that are not closed, and that have lapsed at that time or whose
    /// effect is settled; the earliest to lapse first. Those that cannot be parsed are left out.
    /// Nothing sealed is read.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn lapsed(&self, by: Timestamp, limit: u32) -> Result<Vec<ResolutionFacts>, StoreError>;

    /// Writes the changes of one decision in one transaction. See [`ResolutionWrite`] for when they
    /// are lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<ResolutionWrite>]) -> Result<Committed, StoreError>;
}
