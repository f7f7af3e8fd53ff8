//! Resolutions: two people finish an effect that the machine cannot finish. One proposes an
//! outcome with a reason, another one approves it as it was shown. This room knows no system.

mod decide;
mod query;
mod refusal;
mod text;
mod timeline;
mod write;
mod written;

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::approval::{Approver, ContentHash, ContentSalt, Editors};
use crate::audit::{Action, Subject};
use crate::closed_set::closed_set;
use crate::effect::{EffectKey, Fence, ManualOutcome};
use crate::field::InvalidField;
use crate::sealed::DataKeyId;

pub use decide::{NewResolutionIds, ProposedOutcome, ResolutionDecision, StuckEffect};
pub use query::{ResolutionFilter, ResolutionQuery};
pub use refusal::ResolutionRefusal;
pub use text::{ResolutionEvidence, ResolutionReason};
pub use timeline::{EffectEntry, ResolutionStep, effect_entries};
pub use write::ResolutionWrite;
pub use written::WrittenResolution;

/// The id of a resolution, made by us. It holds no personal data, so it may be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResolutionId(pub Uuid);

impl ResolutionId {
    /// Parses the hyphenated form.
    ///
    /// # Errors
    /// When it is not a UUID.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let read = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
        read.map(Self).ok_or(InvalidField::new("resolutionId", "must be a UUID with hyphens"))
    }

    /// The resolution as the audit log refers to it.
    #[must_use]
    pub fn subject(self) -> Subject {
        Subject::new("resolution", self.to_string())
    }
}

impl fmt::Display for ResolutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

closed_set! {
    /// The name of a resolution's state, on the wire and in the database.
    pub enum ResolutionStateName {
        /// It waits for a second person.
        Proposed = "PROPOSED",
        /// A second person approved it, and the effect has its outcome.
        Approved = "APPROVED",
        /// A person took it back or disagreed.
        Withdrawn = "WITHDRAWN",
        /// Nobody decided in time.
        Lapsed = "LAPSED",
    }
}

/// The state of a resolution, with its facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolutionState {
    /// It waits for a second person.
    Proposed,
    /// A second person approved it.
    Approved {
        /// Who.
        by: Approver,
        /// When.
        at: Timestamp,
    },
    /// A person took it back or disagreed.
    Withdrawn {
        /// Who.
        by: ActorRef,
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time.
    Lapsed {
        /// When that was found.
        at: Timestamp,
    },
}

impl ResolutionState {
    /// The state's name.
    #[must_use]
    pub const fn name(&self) -> ResolutionStateName {
        match self {
            Self::Proposed => ResolutionStateName::Proposed,
            Self::Approved { .. } => ResolutionStateName::Approved,
            Self::Withdrawn { .. } => ResolutionStateName::Withdrawn,
            Self::Lapsed { .. } => ResolutionStateName::Lapsed,
        }
    }

    /// When it was closed; `None` while it waits.
    #[must_use]
    pub const fn closed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Proposed => None,
            Self::Approved { at, .. } | Self::Withdrawn { at, .. } | Self::Lapsed { at } => {
                Some(*at)
            }
        }
    }

    /// Who closed it, if a person did.
    #[must_use]
    pub const fn closed_by(&self) -> Option<&ActorRef> {
        match self {
            Self::Proposed | Self::Lapsed { .. } => None,
            Self::Approved { by, .. } => Some(by.who()),
            Self::Withdrawn { by, .. } => Some(by),
        }
    }
}

/// A resolution without what is sealed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionFacts {
    /// Its id.
    pub id: ResolutionId,
    /// The effect that it finishes.
    pub effect: EffectKey,
    /// The effect's newest claim when it was proposed.
    pub effect_fence: Fence,
    /// When the effect had entered its state.
    pub effect_since: Timestamp,
    /// The outcome.
    pub outcome: ManualOutcome,
    /// Who proposed it.
    pub proposers: Editors,
    /// When.
    pub proposed_at: Timestamp,
    /// When it lapses without an approval.
    pub lapses_at: Timestamp,
    /// The state.
    pub state: ResolutionState,
    /// Under which its texts are sealed.
    pub data_key: DataKeyId,
}

/// A resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What is not sealed.
    pub facts: ResolutionFacts,
    /// Why.
    pub reason: ResolutionReason,
    /// What shows that the outcome is true.
    pub evidence: Option<ResolutionEvidence>,
    /// Under which the proposal is hashed.
    pub salt: ContentSalt,
}

impl Resolution {
    /// The hash of all that an approver approves, with the state of the effect.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        let Self { facts, reason, evidence, salt } = self;
        let (kind, id) = (facts.effect.kind.as_str(), facts.effect.id.to_string());
        let (fence, since) = (facts.effect_fence.0.to_string(), facts.effect_since.to_string());
        salt.hash(&[
            Some(kind),
            Some(&id),
            Some(&fence),
            Some(&since),
            Some(facts.outcome.as_str()),
            Some(reason.expose()),
            evidence.as_ref().map(ResolutionEvidence::expose),
        ])
    }

    /// Whether it still waits for an approval at `now`.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.facts.state == ResolutionState::Proposed && now < self.facts.lapses_at
    }
}

impl Action {
    /// A person proposed the outcome in the detail.
    pub const RESOLUTION_PROPOSED: Self = Self::of("resolution.proposed");
    /// Another person approved it.
    pub const RESOLUTION_APPROVED: Self = Self::of("resolution.approved");
    /// A person withdrew it.
    pub const RESOLUTION_WITHDRAWN: Self = Self::of("resolution.withdrawn");
    /// Nobody decided in time.
    pub const RESOLUTION_LAPSED: Self = Self::of("resolution.lapsed");
}

#[cfg(test)]
mod tests;
