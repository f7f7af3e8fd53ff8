//! The port to the store of cases.

use async_trait::async_trait;

use super::StoreError;
use crate::change::{Change, Committed};
use crate::upgrade::{CaseId, CaseSnapshot, FoundCase, Lookup, Timeline, Write};

/// Stores cases and their history, and plans their core-bank effects.
///
/// An adapter guarantees:
/// - *All or nothing*: a change's rows are durable together when [`Committed::Moved`] is
///   returned, and none is written after [`Committed::Lost`].
/// - *Version check*: of two changes decided on the same version, one is written.
/// - *Unique keys*: a write that takes a key of another one ([`Write::takes`]) is
///   [`Committed::Lost`], also under concurrent requests.
/// - *Seen as a whole*: no reader sees a part of a change, also not within one `load`.
/// - *Rows are parsed*: an invalid row is [`StoreError::Corrupt`], never a guess.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UpgradeStore: Send + Sync {
    /// What is stored for each lookup, in order. `None`: no such member, case or code.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError>;

    /// Writes changes in one transaction and returns the result of each. At most one change per
    /// case; a lost change does not affect the others. If a change violates a unique index, the
    /// batch is retried one by one, so that only this change is lost.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: reload.
    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError>;

    /// A case's history and evidence; empty for a case that does not exist.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError>;

    /// At most `limit` passed cases without an effect. A case with evidence is left out: its order
    /// was sent, so it must not be planned as if it were new.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError>;
}
