//! The port to the queue of core-bank effects, with one holder per effect at a time.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::core_bank::{
    Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, EffectStateName, WorkerId,
};
use crate::upgrade::{CaseId, CaseSnapshot};

/// A worker's request to claim effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The worker.
    pub worker: WorkerId,
    /// Actor, time and correlation id of this round of work. Effects due later are left out.
    pub act: Act,
    /// Maximum number of effects.
    pub limit: u32,
    /// The lease duration and the other limits.
    pub policy: EffectPolicy,
}

impl Claim {
    /// When the lease of this claim ends.
    #[must_use]
    pub fn lease_until(&self) -> Timestamp {
        self.policy.lease_until(self.act.at)
    }

    /// The audit row of an effect that this claim moved: to `Sending`, or to `Manual` if its row
    /// cannot be parsed.
    #[must_use]
    pub fn audit(&self, case: CaseId, to: EffectStateName) -> AuditEntry {
        moved(case, to, &self.act)
    }
}

fn moved(case: CaseId, to: EffectStateName, act: &Act) -> AuditEntry {
    AuditEntry::new(Action::EFFECT_MOVED, case.subject(), to.as_str(), act)
}

/// A sweeper's request for overdue effects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// Actor, time and correlation id of this round of work. Effects due later are left out.
    pub act: Act,
    /// Maximum number of effects.
    pub limit: u32,
}

impl Sweep {
    /// The audit row of an effect that this sweep moved to `Manual`, because its row cannot be
    /// parsed.
    #[must_use]
    pub fn audit(&self, case: CaseId) -> AuditEntry {
        moved(case, EffectStateName::Manual, &self.act)
    }
}

/// An effect that needs a transition by the sweeper, not by a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// `Sending` after its lease, `Unknown` after its settle time, or `Planned`, `Unknown` or
    /// `Manual` with proof.
    pub effect: Effect,
    /// Whether a worker's evidence proves that it was applied.
    pub proven_applied: bool,
}

impl Overdue {
    /// The event to apply now: the sweeper's whole decision. `None`: nothing is due yet.
    #[must_use]
    pub fn event(&self, now: Timestamp) -> Option<EffectEvent> {
        match &self.effect.state {
            EffectState::Sending { lease_until, .. } if *lease_until <= now => {
                Some(EffectEvent::LeaseLapsed)
            }
            EffectState::Planned { .. } | EffectState::Unknown { .. } | EffectState::Manual
                if self.proven_applied =>
            {
                Some(EffectEvent::ProvenApplied)
            }
            EffectState::Unknown { settles_at } if *settles_at <= now => Some(EffectEvent::Settled),
            EffectState::Planned { .. }
            | EffectState::Sending { .. }
            | EffectState::Unknown { .. }
            | EffectState::Confirmed
            | EffectState::Rejected { .. }
            | EffectState::Manual => None,
        }
    }
}

/// The result of an effect's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Written.
    Written,
    /// The fence was not the newest: only the evidence was written.
    FencedOut,
}

/// The queue of core-bank effects.
///
/// An adapter guarantees: of concurrent claims of one effect, one succeeds and is durable before
/// it is returned; an outcome is written only under the newest fence; evidence is never lost or
/// changed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EffectQueue: Send + Sync {
    /// Claims due `Planned` effects, oldest first, by one conditional write; effects that evidence
    /// proves applied are left out. An effect whose row cannot be parsed moves to `Manual`, so that
    /// it does not block the queue.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError>;

    /// Writes state transitions in one transaction, each under its fence; at most one per effect.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError>;

    /// Effects whose lease or settle time is over, or that evidence proves applied while they are
    /// `Planned`, `Unknown` or `Manual`. An effect whose row cannot be parsed moves to `Manual`, so
    /// that it does not block the queue.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError>;

    /// At most `limit` passed cases without an effect.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError>;
}
