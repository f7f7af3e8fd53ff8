//! What an unfinished case or effect waits for: a code for programs and a message for people.

use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{EffectStateName as State, Fence, ListedEffect};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;

/// What something waits for, since when, and when the next automatic step is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BlockedOn {
    #[schema(schema_with = reasons)]
    pub(crate) what: &'static str,
    /// The same for people.
    pub(crate) message: &'static str,
    pub(crate) since: Timestamp,
    /// When the next automatic step is; null if a person has to act.
    #[schema(required)]
    pub(crate) next_attempt_at: Option<Timestamp>,
}

fn reasons() -> RefOr<Schema> {
    one_of(REASONS.map(|(what, _)| what)).into()
}

/// A code for programs and a message for people.
pub(crate) type Reason = (&'static str, &'static str);

/// All of them.
const REASONS: [Reason; 8] = [
    VERIFICATION,
    VERDICT,
    EFFECT_MISSING,
    DELIVERY_PLANNED,
    RETRY_SCHEDULED,
    DELIVERY_IN_PROGRESS,
    OUTCOME_UNKNOWN,
    MANUAL_REVIEW,
];

pub(crate) const VERIFICATION: Reason =
    ("VERIFICATION", "The verification has not been reported yet.");
pub(crate) const VERDICT: Reason = ("VERDICT", "The agent has not given the verdict yet.");
pub(crate) const EFFECT_MISSING: Reason = (
    "EFFECT_MISSING",
    "The order to the core bank has not been planned yet; the sweeper plans it.",
);
const DELIVERY_PLANNED: Reason = ("DELIVERY_PLANNED", "It will be sent.");
const RETRY_SCHEDULED: Reason = ("RETRY_SCHEDULED", "Another attempt to send it is scheduled.");
const DELIVERY_IN_PROGRESS: Reason = ("DELIVERY_IN_PROGRESS", "It is being sent.");
const OUTCOME_UNKNOWN: Reason =
    ("OUTCOME_UNKNOWN", "The answer was lost or unclear; the settle time is running.");
const MANUAL_REVIEW: Reason =
    ("MANUAL_REVIEW", "Operators find out what became of it; then two of them resolve it.");

/// What this effect waits for; `None` if it has its final outcome.
pub(crate) fn blocked_on(effect: &ListedEffect) -> Option<BlockedOn> {
    let (what, message) = match effect.state {
        State::Planned if effect.fence > Fence(0) => RETRY_SCHEDULED,
        State::Planned => DELIVERY_PLANNED,
        State::Sending => DELIVERY_IN_PROGRESS,
        State::Unknown => OUTCOME_UNKNOWN,
        State::Manual => MANUAL_REVIEW,
        State::Confirmed | State::Rejected | State::Cancelled => return None,
    };
    let (since, next_attempt_at) = (effect.since, effect.next_attempt_at);
    Some(BlockedOn { what, message, since, next_attempt_at })
}
