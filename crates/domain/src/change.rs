//! A change: everything that becomes true together.

use crate::audit::AuditEntry;
use crate::effect::Effect;
use crate::idempotency::Replay;

/// What a decision writes. A store makes all of it durable in one transaction, or none of it if the
/// version check of `write` fails, one of the effects cannot be planned, or the key of its request
/// has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<W> {
    /// The rows of the system that decided.
    pub write: W,
    /// The effects that it plans.
    pub effects: Vec<Effect>,
    /// The audit row.
    pub audit: AuditEntry,
    /// The answer to store, if its request has an idempotency key. Lost if the key has one already.
    pub replay: Option<Replay>,
}

impl<W> Change<W> {
    /// A change that plans no effects.
    #[must_use]
    pub const fn new(write: W, audit: AuditEntry) -> Self {
        Self { write, effects: Vec::new(), audit, replay: None }
    }
}

/// The result of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// All of it is durable.
    Moved,
    /// The version check failed and nothing was written. Reload and decide again.
    Lost,
}
