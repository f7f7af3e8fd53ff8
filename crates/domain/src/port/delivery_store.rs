//! The port to the delivery watch and to bounces.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::delivery::{Bounce, BounceWrite, WatchEntry, WatchQuery};
use crate::mail::MailId;

/// Reads the delivery watch, and stores bounces.
///
/// An adapter guarantees:
/// - *The domain's rules*: a list shows what [`WatchedPerson`](crate::delivery::WatchedPerson)
///   says of each person. Who looks alike begins with [`newly_alike`] and ends with
///   [`no_longer_alike`].
/// - *One bounce per mail*, also under concurrent requests, and none is changed.
///
/// [`newly_alike`]: crate::delivery::newly_alike
/// [`no_longer_alike`]: crate::delivery::no_longer_alike
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait DeliveryStore: Send + Sync {
    /// A page of the delivery watch, newest first.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn watch(&self, query: &WatchQuery) -> Result<Vec<WatchEntry>, StoreError>;

    /// The bounce of a mail, if it came back.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn bounce(&self, mail: MailId) -> Result<Option<Bounce>, StoreError>;

    /// Writes changes in one transaction and returns the result of each; a lost one does not affect
    /// the others. See [`BounceWrite`] for when a change is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: read again.
    async fn commit(&self, changes: &[Change<BounceWrite>]) -> Result<Vec<Committed>, StoreError>;
}
