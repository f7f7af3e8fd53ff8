//! The port to the queue of effects, with one holder per effect at a time.

use async_trait::async_trait;

use super::StoreError;
use crate::change::Change;
use crate::consequence::Consequence;
use crate::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    Transition, UnsettledEffects,
};

/// One transition of an effect, with everything that becomes true together with it.
pub type EffectChange = Change<Transition<Consequence>>;

/// The result of an effect's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Written.
    Written,
    /// The fence was not the newest: only the evidence was written.
    FencedOut,
}

/// The queue of effects of every kind. Effects are planned by the changes of the other stores.
///
/// An adapter decides no state: it selects, parses, and asks [`Effect`] for every transition. It
/// guarantees: of concurrent claims of one effect, one succeeds and is durable before it is
/// returned; a transition is written only under the newest fence; evidence is never lost or
/// changed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EffectQueue: Send + Sync {
    /// Claims due `Planned` effects of one kind, oldest first, each by the change of
    /// [`Claim::change`]. Left out are effects that evidence proves applied, and effects of an
    /// [`Ordering::Queue`](crate::effect::Ordering::Queue) that is not first in it. An effect whose
    /// row cannot be parsed is [set aside](Effect::set_aside), so that it does not block the queue.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError>;

    /// Writes transitions in one transaction, each under its fence with its consequence, the
    /// effects that it plans, and its audit row; at most one per effect. A transition has happened:
    /// it is also written if the effects that follow from it cannot be planned, and plans none
    /// then.
    ///
    /// # Errors
    /// See [`StoreError`]. `Corrupt` also when a consequence finds no row: nothing of the call is
    /// written then.
    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError>;

    /// Effects of one kind whose lease or settle time is over, or that evidence proves applied
    /// while they are `Planned`, `Unknown` or `Manual`. An effect whose row cannot be parsed is
    /// [set aside](Effect::set_aside), so that it does not block the queue.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError>;

    /// How many effects of one kind are in each state without a final outcome; states without
    /// effects may be left out.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn unsettled(&self, kind: &EffectKind) -> Result<Vec<UnsettledEffects>, StoreError>;

    /// One effect with its evidence, also if its order cannot be parsed.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn find(&self, key: &EffectKey) -> Result<Option<FoundEffect>, StoreError>;

    /// A page of effects, newest id first, also those whose order cannot be parsed.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn list(&self, query: &EffectQuery) -> Result<Vec<ListedEffect>, StoreError>;
}
