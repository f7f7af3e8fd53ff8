//! The effect (an outbox entry) and its transition table.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::act::Act;
use crate::audit::Subject;
use crate::correlation::CorrelationId;

use super::key::EffectKey;
use super::manual::ManualOutcome;
use super::order::EffectOrder;
use super::outcome::{Outcome, UpstreamCode, WhyNotSent};
use super::policy::{EffectPolicy, Jitter, OnUnknown, later};
use super::state::{EffectState, EffectStateName, Fence, WorkerId};

/// An outbox effect: an order and its delivery state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The order to send.
    pub order: EffectOrder,
    /// The correlation id of the request that planned it; every attempt carries it.
    pub correlation: CorrelationId,
    /// The current state.
    pub state: EffectState,
    /// The newest claim's fence.
    pub fence: Fence,
    /// Consecutive attempts that provably sent nothing.
    pub unsent: i32,
    /// Number of attempts with an unknown outcome.
    pub ambiguous: i32,
    /// Total time in state `Unknown`, up to the last time it left that state. Time in other states
    /// does not count.
    pub ambiguous_for: SignedDuration,
    /// When it was planned, or due for the first time if that is later; if it is rescheduled, when
    /// it is due then. Its age begins at this time.
    pub planned_at: Timestamp,
    /// When it entered its current state.
    pub since: Timestamp,
}

/// An event of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectEvent {
    /// A worker claims it to send the order.
    Claimed(WorkerId),
    /// The holder of the claim reports the outcome.
    Answered(Outcome),
    /// The lease ended without a report.
    LeaseLapsed,
    /// The settle time after an unknown outcome ended.
    Settled,
    /// Evidence of a worker that had lost its claim, or of an inquiry, proves that the order was
    /// applied.
    ProvenApplied,
    /// Its row cannot be parsed: no worker can send it, and no answer can be classified.
    SetAside,
    /// It is due at another time now.
    Rescheduled(Timestamp),
    /// A person takes it over from the machine, because its outcome is unknown for too long.
    TakenOver,
    /// Two people decided its outcome.
    Resolved(ManualOutcome),
}

/// An event that is not allowed in this state; nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an effect in state {from} cannot take that event")]
pub struct IllegalEffect {
    /// The effect's state.
    pub from: EffectStateName,
}

impl Effect {
    /// A new effect, planned by `act` and due at once.
    #[must_use]
    pub fn planned(order: EffectOrder, act: &Act) -> Self {
        Self::planned_for(order, act.at(), act)
    }

    /// A new effect, planned by `act` for `due`, or due at once if that is past.
    #[must_use]
    pub fn planned_for(order: EffectOrder, due: Timestamp, act: &Act) -> Self {
        let due = due.max(act.at());
        Self {
            order,
            correlation: act.correlation.clone(),
            state: EffectState::Planned { due },
            fence: Fence(0),
            unsent: 0,
            ambiguous: 0,
            ambiguous_for: SignedDuration::ZERO,
            planned_at: due,
            since: act.at(),
        }
    }

    /// Stands for an effect whose row cannot be parsed, so that it can be set aside. Whatever its
    /// state was, its outcome is unknown. Store only its state and `since`: the order, the fence
    /// and the counters of the row stay as they are.
    #[must_use]
    pub fn unreadable(key: EffectKey, subject: Subject, act: &Act) -> Self {
        let state = EffectState::Unknown { settles_at: act.at() };
        Self { state, ..Self::planned(EffectOrder::unreadable(key, subject), act) }
    }

    /// The effect's transition table: the only function that names the state it moves to.
    ///
    /// # Errors
    /// For every pair of state and event that is not listed.
    pub fn after(
        &self,
        event: EffectEvent,
        policy: &EffectPolicy,
        now: Timestamp,
        jitter: Jitter,
    ) -> Result<Self, IllegalEffect> {
        use {EffectEvent as On, EffectState as Is};
        let mut next = Self { since: now, ..self.clone() };
        match (&self.state, event) {
            (Is::Planned { .. }, On::Claimed(worker)) => {
                next.fence = Fence(self.fence.0 + 1);
                next.state = Is::Sending { worker, lease_until: policy.lease_until(now) };
            }
            (Is::Sending { .. }, On::Answered(Outcome::Applied | Outcome::Shown(_)))
            | (Is::Planned { .. } | Is::Unknown { .. } | Is::Manual, On::ProvenApplied) => {
                next.state = Is::Confirmed;
            }
            // A refusal or withdrawal does not say whether an earlier attempt was applied.
            (Is::Sending { .. }, On::Answered(Outcome::Refused(_) | Outcome::Withdrawn(_)))
                if self.ambiguous > 0 =>
            {
                next.state = Is::Manual;
            }
            (Is::Sending { .. }, On::Answered(Outcome::Refused(code))) => {
                next.state = Is::Rejected { code };
            }
            (Is::Sending { .. }, On::Answered(Outcome::Withdrawn(reason))) => {
                next.state = Is::Cancelled { reason };
            }
            // It can never be sent: a retry would not help.
            (Is::Sending { .. }, On::Answered(Outcome::NotSent(WhyNotSent::NotEncodable))) => {
                next.state = Is::Manual;
            }
            (Is::Sending { .. }, On::Answered(Outcome::NotSent(why))) => {
                next.unsent += 1;
                next.state = self.after_unsent(why, policy, now, jitter);
            }
            (Is::Sending { .. }, On::Answered(Outcome::NotDue(due)))
            | (Is::Planned { .. }, On::Rescheduled(due)) => next.plan_for(due.max(now)),
            (Is::Sending { .. }, On::Answered(Outcome::Unknown(_))) => {
                next.doubt(policy, now, jitter);
            }
            (Is::Sending { .. }, On::LeaseLapsed) => {
                next.fence = Fence(self.fence.0 + 1);
                next.doubt(policy, now, jitter);
            }
            (Is::Unknown { .. }, On::TakenOver) if self.is_long_unknown(policy, now) => {
                next.ambiguous_for = self.unknown_for(now);
                next.state = Is::Manual;
            }
            (Is::Manual, On::Resolved(outcome)) => {
                next.unsent = 0;
                next.state = match outcome {
                    ManualOutcome::Confirmed => Is::Confirmed,
                    ManualOutcome::Rejected => Is::Rejected { code: UpstreamCode::resolved() },
                    ManualOutcome::Planned => Is::Planned { due: now },
                };
            }
            (Is::Unknown { .. }, On::Settled) => {
                next.ambiguous_for = self.unknown_for(now);
                next.state = if next.may_be_sent_again(policy) {
                    Is::Planned { due: now }
                } else {
                    Is::Manual
                };
            }
            (Is::Planned { .. } | Is::Sending { .. } | Is::Unknown { .. }, On::SetAside) => {
                next.state = Is::Manual;
            }
            _ => {
                return Err(IllegalEffect { from: self.state.name() });
            }
        }
        Ok(next)
    }

    /// Plans it anew: its age begins at `due`, and attempts before it do not count.
    fn plan_for(&mut self, due: Timestamp) {
        (self.planned_at, self.unsent) = (due, 0);
        self.state = EffectState::Planned { due };
    }

    /// Total time that the outcome was unknown, up to now.
    fn unknown_for(&self, now: Timestamp) -> SignedDuration {
        self.ambiguous_for + now.duration_since(self.since)
    }

    /// Whether its newest attempt was at least the settle time ago: an order that is only late
    /// would be applied.
    fn is_long_unknown(&self, policy: &EffectPolicy, now: Timestamp) -> bool {
        now.duration_since(self.since) >= policy.settle
    }

    fn doubt(&mut self, policy: &EffectPolicy, now: Timestamp, jitter: Jitter) {
        self.unsent = 0;
        self.ambiguous += 1;
        let settled = later(now, policy.settle);
        let settles_at = if self.ambiguous > 1 {
            policy.retry_at(settled, self.ambiguous - 1, jitter)
        } else {
            settled
        };
        self.state = EffectState::Unknown { settles_at };
    }

    /// The state after one more attempt that sent nothing. A worker that was too late, or too old,
    /// has not tried: that does not count towards giving up.
    fn after_unsent(
        &self,
        why: WhyNotSent,
        policy: &EffectPolicy,
        now: Timestamp,
        jitter: Jitter,
    ) -> EffectState {
        let age = now.duration_since(self.planned_at);
        let is_too_early = policy.give_up_after.is_none_or(|limit| age < limit)
            || self.unsent + 1 < policy.give_up_attempts;
        if !why.was_tried() || is_too_early {
            let due = policy.retry_at(now, self.unsent + 1, jitter);
            EffectState::Planned { due }
        } else if self.ambiguous == 0 {
            EffectState::Rejected { code: UpstreamCode::gave_up() }
        } else {
            EffectState::Manual
        }
    }

    fn may_be_sent_again(&self, policy: &EffectPolicy) -> bool {
        let resends = policy.on_unknown == OnUnknown::Resend;
        let patient = self.ambiguous_for < policy.ambiguous_for;
        resends && patient && self.ambiguous < policy.ambiguous_tries
    }
}

#[cfg(test)]
mod tests;
