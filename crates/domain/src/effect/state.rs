//! The states of an effect.

use std::sync::Arc;

use crate::Timestamp;
use crate::closed_set::closed_set;

use super::outcome::{CancelReason, UpstreamCode};

/// The name of one running worker; never reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(pub Arc<str>);

/// The number of a claim. It increases with every claim of an effect and every lapsed lease. Only
/// the holder of the newest fence may write the outcome. Grants of a job's lease are counted alike.
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
        /// The other system has applied the order.
        Confirmed = "Confirmed",
        /// The other system refused the order, or it could not be sent for too long; final.
        Rejected = "Rejected",
        /// Withdrawn before it was sent; final.
        Cancelled = "Cancelled",
        /// No more retries: an operator must find out what the other system did.
        Manual = "Manual",
    }
}

impl EffectStateName {
    /// True if the final outcome is known.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Confirmed | Self::Rejected | Self::Cancelled)
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
    /// Applied, with proof.
    Confirmed,
    /// Refused with this final code, [given up](UpstreamCode::GAVE_UP), or
    /// [rejected by two people](UpstreamCode::RESOLVED).
    Rejected {
        /// The code.
        code: UpstreamCode,
    },
    /// Withdrawn before it was sent.
    Cancelled {
        /// Why.
        reason: CancelReason,
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
            Self::Cancelled { .. } => EffectStateName::Cancelled,
            Self::Manual => EffectStateName::Manual,
        }
    }

    /// When the next automatic transition is due.
    #[must_use]
    pub const fn next_attempt_at(&self) -> Option<Timestamp> {
        match self {
            Self::Planned { due } => Some(*due),
            Self::Sending { lease_until, .. } => Some(*lease_until),
            Self::Unknown { settles_at } => Some(*settles_at),
            Self::Confirmed | Self::Rejected { .. } | Self::Cancelled { .. } | Self::Manual => None,
        }
    }
}
