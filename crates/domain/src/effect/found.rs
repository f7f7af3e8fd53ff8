//! Effects as operators read them: rows that cannot be parsed are shown too.

use uuid::Uuid;

use crate::Timestamp;
use crate::audit::Subject;

use super::evidence::Evidence;
use super::key::{EffectId, EffectKey, EffectKind};
use super::machine::Effect;
use super::state::{EffectStateName, Fence};

/// One effect with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEffect {
    /// The effect. If its order cannot be parsed, an [unreadable](Self::is_readable) order stands
    /// for it.
    pub effect: Effect,
    /// Whether its order could be parsed: another one cannot be sent.
    pub is_readable: bool,
    /// What senders observed, oldest first.
    pub attempts: Vec<Evidence>,
}

impl FoundEffect {
    /// Whether evidence proves that it was applied.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.attempts.iter().any(|it| it.outcome.proves_applied())
    }
}

/// An effect in a list: what its row says without its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEffect {
    /// Kind and id.
    pub key: EffectKey,
    /// The record that it is about, if the row names one.
    pub subject: Option<Subject>,
    /// The state.
    pub state: EffectStateName,
    /// Since when.
    pub since: Timestamp,
    /// When the next automatic transition is due.
    pub next_attempt_at: Option<Timestamp>,
    /// The code of a rejected one, or the reason of a cancelled one.
    pub code: Option<String>,
    /// The number of its newest claim.
    pub fence: Fence,
}

impl From<&Effect> for ListedEffect {
    fn from(effect: &Effect) -> Self {
        use super::state::EffectState as Is;
        let code = match &effect.state {
            Is::Rejected { code } => Some(code.as_str().to_owned()),
            Is::Cancelled { reason } => Some(reason.as_str().to_owned()),
            Is::Planned { .. }
            | Is::Sending { .. }
            | Is::Unknown { .. }
            | Is::Confirmed
            | Is::Manual => None,
        };
        Self {
            key: effect.order.key.clone(),
            subject: Some(effect.order.subject.clone()),
            state: effect.state.name(),
            since: effect.since,
            next_attempt_at: effect.state.next_attempt_at(),
            code,
            fence: effect.fence,
        }
    }
}

/// Which effects a list shows. What is absent is not filtered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectFilter {
    /// The kind.
    pub kind: Option<EffectKind>,
    /// The state.
    pub state: Option<EffectStateName>,
    /// The effect's own id: that of the case or mail that it is about.
    pub id: Option<EffectId>,
    /// In its state since then, or later.
    pub from: Option<Timestamp>,
    /// In its state since before then.
    pub before: Option<Timestamp>,
}

impl EffectFilter {
    /// Whether the effect matches.
    #[must_use]
    pub fn shows(&self, effect: &ListedEffect) -> bool {
        self.kind.as_ref().is_none_or(|kind| *kind == effect.key.kind)
            && self.state.is_none_or(|state| state == effect.state)
            && self.id.is_none_or(|id| id == effect.key.id)
            && self.from.is_none_or(|from| effect.since >= from)
            && self.before.is_none_or(|before| effect.since < before)
    }
}

/// A page of effects, newest id first: ids of cases and mails begin with their time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectQuery {
    /// Which.
    pub filter: EffectFilter,
    /// The last id of the page before.
    pub after: Option<Uuid>,
    /// Maximum number.
    pub limit: u32,
}
