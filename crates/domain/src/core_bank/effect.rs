//! The core-bank effect (an outbox entry) and its state transitions.

use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::closed_set::closed_set;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::Timestamp;
use crate::member::MemberId;

use super::answer::{Outcome, UpstreamCode, WhyNotSent};
use super::order::SetLevel;
use super::policy::{EffectPolicy, Guarantee, Jitter, later};

/// The name of one running worker; never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(pub Arc<str>);

/// The number of a claim. It increases with every claim of an effect and every lapsed lease. Only
/// the holder of the newest fence may write the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i32);

closed_set! {
    /// The name of an effect's state, as shown and stored.
    pub enum EffectStateName {
        /// Will be sent when due.
        Planned = "Planned",
        /// Claimed by a worker that may have sent it.
        Sending = "Sending",
        /// It is not known whether the order was applied.
        Unknown = "Unknown",
        /// The bank has set the level.
        Confirmed = "Confirmed",
        /// The bank refused; final.
        Rejected = "Rejected",
        /// No more retries: an operator must find out what the bank did.
        Manual = "Manual",
    }
}

impl EffectStateName {
    /// True if the bank's final answer is known.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Rejected)
    }
}

/// An effect's state with its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectState {
    /// Will be sent from `due` on.
    Planned {
        /// The earliest time to send it.
        due: Timestamp,
    },
    /// Claimed: the order may have been sent.
    Sending {
        /// The worker that claimed it.
        worker: WorkerId,
        /// When the lease ends.
        lease_until: Timestamp,
    },
    /// The outcome is unknown; no retry before `settles_at`.
    Unknown {
        /// The earliest time for the next transition.
        settles_at: Timestamp,
    },
    /// Applied, proven by the bank's answer.
    Confirmed,
    /// Refused with this final code.
    Rejected {
        /// The bank's code.
        code: UpstreamCode,
    },
    /// Waits for an operator.
    Manual,
}

impl EffectState {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> EffectStateName {
        match self {
            Self::Planned { .. } => EffectStateName::Planned,
            Self::Sending { .. } => EffectStateName::Sending,
            Self::Unknown { .. } => EffectStateName::Unknown,
            Self::Confirmed => EffectStateName::Confirmed,
            Self::Rejected { .. } => EffectStateName::Rejected,
            Self::Manual => EffectStateName::Manual,
        }
    }
}

/// The core-bank effect of one case: an order and its delivery state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The order to send.
    pub order: SetLevel,
    /// The owner of the account.
    pub member: MemberId,
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
    /// When it was planned.
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
    /// Evidence of a worker that had lost its claim proves that the order was applied.
    ProvenApplied,
}

/// An event that is not allowed in this state; nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an effect in state {from} cannot take that event")]
pub struct IllegalEffect {
    /// The effect's state.
    pub from: EffectStateName,
}

impl Effect {
    /// A new effect, due at once.
    #[must_use]
    pub const fn planned(order: SetLevel, member: MemberId, at: Timestamp) -> Self {
        Self {
            order,
            member,
            state: EffectState::Planned { due: at },
            fence: Fence(0),
            unsent: 0,
            ambiguous: 0,
            ambiguous_for: SignedDuration::ZERO,
            planned_at: at,
            since: at,
        }
    }

    /// The effect's transition table.
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
            (Is::Sending { .. }, On::Answered(Outcome::Applied))
            | (Is::Planned { .. } | Is::Unknown { .. } | Is::Manual, On::ProvenApplied) => {
                next.state = Is::Confirmed;
            }
            // This refusal does not say whether an earlier attempt was applied.
            (Is::Sending { .. }, On::Answered(Outcome::Refused(_))) if self.ambiguous > 0 => {
                next.state = Is::Manual;
            }
            (Is::Sending { .. }, On::Answered(Outcome::Refused(code))) => {
                next.state = Is::Rejected { code };
            }
            // It can never be sent: a retry would not help.
            (Is::Sending { .. }, On::Answered(Outcome::NotSent(WhyNotSent::NotEncodable))) => {
                next.state = Is::Manual;
            }
            (Is::Sending { .. }, On::Answered(Outcome::NotSent(_))) => {
                next.unsent += 1;
                next.state = Is::Planned { due: policy.retry_at(now, next.unsent, jitter) };
            }
            (Is::Sending { .. }, On::Answered(Outcome::Unknown(_))) => {
                next.doubt(policy, now, jitter);
            }
            (Is::Sending { .. }, On::LeaseLapsed) => {
                next.fence = Fence(self.fence.0 + 1);
                next.doubt(policy, now, jitter);
            }
            (Is::Unknown { .. }, On::Settled) => {
                next.ambiguous_for += now.duration_since(self.since);
                next.state = if next.may_be_sent_again(policy) {
                    Is::Planned { due: now }
                } else {
                    Is::Manual
                };
            }
            _ => {
                return Err(IllegalEffect { from: self.state.name() });
            }
        }
        Ok(next)
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

    fn may_be_sent_again(&self, policy: &EffectPolicy) -> bool {
        let harmless = match policy.guarantee {
            Guarantee::Dedupes | Guarantee::AbsoluteSet => true,
            Guarantee::None => false,
        };
        let patient = self.ambiguous_for < policy.ambiguous_for;
        harmless && patient && self.ambiguous < policy.ambiguous_tries
    }

    /// When the next automatic transition is due.
    #[must_use]
    pub const fn next_attempt_at(&self) -> Option<Timestamp> {
        match &self.state {
            EffectState::Planned { due } => Some(*due),
            EffectState::Sending { lease_until, .. } => Some(*lease_until),
            EffectState::Unknown { settles_at } => Some(*settles_at),
            EffectState::Confirmed | EffectState::Rejected { .. } | EffectState::Manual => None,
        }
    }
}

impl Effect {
    /// The audit row of its move to the state that it is in.
    #[must_use]
    pub fn moved(&self, act: &Act) -> AuditEntry {
        let state = self.state.name().as_str();
        AuditEntry::new(Action::EFFECT_MOVED, self.order.case.subject(), state, act)
    }
}

impl Action {
    /// A core-bank effect was planned for a case that lacked it.
    pub const EFFECT_PLANNED: Self = Self::of("effect.planned");
    /// A core-bank effect moved to the state in the detail.
    pub const EFFECT_MOVED: Self = Self::of("effect.moved");
}

#[cfg(test)]
mod tests;
