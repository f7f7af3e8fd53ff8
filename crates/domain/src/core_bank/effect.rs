//! A core-bank effect: the duty to tell the bank, from its plan to its end.

use std::fmt;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::Timestamp;
use crate::member::MemberId;

use super::answer::{Outcome, UpstreamCode, WhyNotSent};
use super::order::SetLevel;
use super::policy::{EffectPolicy, Guarantee, Jitter, later};

/// Who sends: one running worker, never the same name twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(pub Arc<str>);

/// Rises with every claim of an effect and with every claim that lapses. Only the holder of the
/// newest one writes its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub i32);

/// An effect state's name, as shown and stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectStateName {
    /// To be sent when due.
    Planned,
    /// Claimed by a worker that may have sent it.
    Sending,
    /// Sent or not, obeyed or not: not known.
    Unknown,
    /// The bank has set the level.
    Confirmed,
    /// The bank refused for good.
    Rejected,
    /// Nothing more is tried: people must find out what the bank did.
    Manual,
}

impl EffectStateName {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Planned,
        Self::Sending,
        Self::Unknown,
        Self::Confirmed,
        Self::Rejected,
        Self::Manual,
    ];

    /// The text on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Sending => "Sending",
            Self::Unknown => "Unknown",
            Self::Confirmed => "Confirmed",
            Self::Rejected => "Rejected",
            Self::Manual => "Manual",
        }
    }

    /// Reads what [`as_str`](Self::as_str) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// Says whether the bank's answer is known for good.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Rejected)
    }
}

impl fmt::Display for EffectStateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an effect stands, with the facts that belong to standing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectState {
    /// To be sent from `due` on.
    Planned {
        /// Not before.
        due: Timestamp,
    },
    /// Claimed: bytes may be on their way.
    Sending {
        /// By whom.
        worker: WorkerId,
        /// Until when the claim is good.
        lease_until: Timestamp,
    },
    /// Not known; nothing is tried before `settles_at`.
    Unknown {
        /// When something may be tried.
        settles_at: Timestamp,
    },
    /// Done, proven by the bank's answer.
    Confirmed,
    /// Refused for good with this code.
    Rejected {
        /// The bank's code.
        code: UpstreamCode,
    },
    /// Waits for people.
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

/// The duty to tell the core bank about one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What to tell.
    pub order: SetLevel,
    /// Whose account it is.
    pub member: MemberId,
    /// Where it stands.
    pub state: EffectState,
    /// The newest claim.
    pub fence: Fence,
    /// How often in a row it provably was not sent.
    pub unsent: i32,
    /// How often its outcome was unknown.
    pub ambiguous: i32,
    /// For how long in all its outcome was unknown, up to the last time it left that state.
    /// Waiting to be sent never counts.
    pub ambiguous_for: SignedDuration,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When it came to stand where it stands.
    pub since: Timestamp,
}

/// What happens to an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EffectEvent {
    /// A worker claims it to send it.
    Claimed(WorkerId),
    /// The holder of the claim reports.
    Answered(Outcome),
    /// The claim's lease is over and nobody reported.
    LeaseLapsed,
    /// The settle time after an unknown outcome is over.
    Settled,
    /// A worker that had lost its claim held the bank's proof all the same.
    ProvenApplied,
}

/// An event that means nothing in this state; nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an effect in state {from} cannot take that event")]
pub struct IllegalEffect {
    /// Where the effect stands.
    pub from: EffectStateName,
}

impl Effect {
    /// A new duty, due at once.
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

    /// The effect's own transition table.
    ///
    /// # Errors
    /// For every pair that is not listed.
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
            // A refusal now says nothing about an earlier order whose outcome was never known.
            (Is::Sending { .. }, On::Answered(Outcome::Refused(_))) if self.ambiguous > 0 => {
                next.state = Is::Manual;
            }
            (Is::Sending { .. }, On::Answered(Outcome::Refused(code))) => {
                next.state = Is::Rejected { code };
            }
            // It could never be sent: trying again is no help.
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

    /// When something will be tried next without anybody's help.
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

#[cfg(test)]
mod tests;
