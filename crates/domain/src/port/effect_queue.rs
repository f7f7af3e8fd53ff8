//! The port that hands out core-bank effects, one holder at a time.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;
use crate::actor::ActorRef;
use crate::audit::{Action, AuditEntry, Subject};
use crate::core_bank::{
    Effect, EffectChange, EffectEvent, EffectPolicy, EffectState, EffectStateName, WorkerId,
};
use crate::correlation::CorrelationId;
use crate::upgrade::{CaseId, CaseSnapshot};

/// A worker's wish for work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who wants it.
    pub worker: WorkerId,
    /// As whom the audit trail knows it.
    pub by: ActorRef,
    /// In which round of work.
    pub correlation: CorrelationId,
    /// The present moment: what is due after it stays.
    pub now: Timestamp,
    /// How much at most.
    pub limit: u32,
    /// How long the claim is good, and the like.
    pub policy: EffectPolicy,
}

impl Claim {
    /// Until when a claim made now is good.
    #[must_use]
    pub fn lease_until(&self) -> Timestamp {
        self.policy.lease_until(self.now)
    }

    /// The audit row of an effect that this claim moved: to `Sending`, or, if its row cannot be
    /// believed, to `Manual`.
    #[must_use]
    pub fn audit(&self, case: CaseId, to: EffectStateName) -> AuditEntry {
        moved(case, to, &self.by, &self.correlation, self.now)
    }
}

fn moved(
    case: CaseId,
    to: EffectStateName,
    by: &ActorRef,
    correlation: &CorrelationId,
    at: Timestamp,
) -> AuditEntry {
    AuditEntry {
        action: Action::EffectMoved,
        subject: Subject::Case(case),
        detail: to.as_str().into(),
        by: by.clone(),
        at,
        correlation: correlation.clone(),
    }
}

/// A sweeper's wish for what waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sweep {
    /// As whom the audit trail knows it.
    pub by: ActorRef,
    /// In which round of work.
    pub correlation: CorrelationId,
    /// The present moment.
    pub now: Timestamp,
    /// How much at most.
    pub limit: u32,
}

impl Sweep {
    /// The audit row of an effect that this sweep set aside, because its row cannot be believed.
    #[must_use]
    pub fn audit(&self, case: CaseId) -> AuditEntry {
        moved(case, EffectStateName::Manual, &self.by, &self.correlation, self.now)
    }
}

/// An effect that waits for a decision, not for a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// `Sending` past its lease, `Unknown` that has settled, or `Planned`, `Unknown` or `Manual`
    /// with proof.
    pub effect: Effect,
    /// Whether some worker's evidence proves that it was applied.
    pub proven_applied: bool,
}

impl Overdue {
    /// What happens to it now: the sweeper's whole judgement. `None`: not yet anything.
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

/// What became of an effect's change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Written.
    Written,
    /// The claim was no longer the newest: only the evidence was kept.
    FencedOut,
}

/// Hands out effects and takes their outcomes.
///
/// An adapter promises: of all claims of one effect at a time, one succeeds, and it is durable
/// before it is returned; an outcome is written only under the newest claim; evidence is never
/// lost or changed.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EffectQueue: Send + Sync {
    /// Claims due `Planned` effects, oldest first, by one guarded write, but none that some
    /// evidence proves applied. An effect whose row cannot be believed goes to `Manual` instead, so
    /// that it holds nobody up.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError>;

    /// Writes transitions in one transaction, each under its fence; at most one per effect.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError>;

    /// Effects whose lease or settle time is over, or that some evidence proves applied while they
    /// are `Planned`, `Unknown` or `Manual`. One whose row cannot be believed goes to `Manual`
    /// instead, so that it holds nobody up.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError>;

    /// At most `limit` passed cases that have no effect at all.
    ///
    /// # Errors
    /// See [`StoreError`].
    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError>;
}
