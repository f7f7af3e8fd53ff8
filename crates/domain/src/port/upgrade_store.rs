//! The port that keeps cases.

use async_trait::async_trait;

use super::StoreError;
use crate::core_bank::Evidence;
use crate::upgrade::{CaseId, CaseSnapshot, Change, HistoryEntry, Lookup};

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// All of it is durable.
    Moved,
    /// Something else was true by then, and nothing of it was written: read again, decide again.
    Lost,
}

/// A case's past.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// Its transitions, oldest first.
    pub history: Vec<HistoryEntry>,
    /// What was seen at the core bank, oldest first.
    pub evidence: Vec<Evidence>,
}

/// Keeps cases, their history and the duties that follow from them.
///
/// An adapter promises:
/// - *All or nothing*: a change's rows are durable together when [`Committed::Moved`] is
///   returned, and none is there after [`Committed::Lost`].
/// - *Compare-and-set*: of two changes decided on the same version, one moves.
/// - *One open case per member*, whoever asks.
/// - *Rows are parsed*: what cannot be is [`StoreError::Corrupt`], never a guess.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait UpgradeStore: Send + Sync {
    /// What is known for each lookup, in its order. `None`: no such member, case or code.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<CaseSnapshot>>, StoreError>;

    /// Makes changes true in one transaction and says for each what became of it. At most one
    /// change per case; a lost one does not hold back the others. Where a change runs into a
    /// unique index, the batch is tried again one by one, so that it is lost alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] also when the commit's outcome is not known: load again.
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Committed>, StoreError>;

    /// A case's past; empty for a case that does not exist.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError>;
}
