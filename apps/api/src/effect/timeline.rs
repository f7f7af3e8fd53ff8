//! The timeline of an effect as the JSON that callers see: attempts and decisions.

use std::borrow::Cow;

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::effect::Evidence;
use madoguchi_domain::resolution::EffectEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::resolution_view::{outcomes, resolution_states};
use crate::who::actor_kinds;

/// An attempt to deliver an effect, an inquiry about it, or a step of a resolution.
#[derive(Serialize, ToSchema)]
#[schema(as = EffectTimelineEntry)]
pub(crate) struct EffectEntryBody<'a> {
    at: Timestamp,
    /// The actor's subject, or the worker's name.
    by: &'a str,
    #[schema(schema_with = actor_kinds)]
    kind: &'static str,
    #[serde(flatten)]
    #[schema(inline)]
    what: Happened<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum Happened<'a> {
    /// An attempt to deliver the effect.
    Attempt {
        /// The kind of the effect, for example `SetLevel`.
        effect: &'a str,
        /// The number of its claim.
        attempt: i32,
        /// `applied`, `refused`, `not_sent`, `not_due`, `unknown` or `withdrawn`.
        outcome: &'static str,
        /// The other system's code, why the outcome is unknown or nothing was sent, or when it is
        /// due.
        detail: Cow<'a, str>,
    },
    /// The other system was asked what became of the order.
    Inquiry {
        effect: &'a str,
        /// `applied` or `unknown`.
        outcome: &'static str,
        /// What it showed: `level_is_target` or `level_is_other`.
        detail: Cow<'a, str>,
    },
    /// A step of a resolution by two people. Reason and evidence are shown to operators only.
    Resolution {
        #[schema(schema_with = resolution_states)]
        state: &'static str,
        #[schema(schema_with = outcomes)]
        outcome: &'static str,
    },
}

fn observed(evidence: &Evidence) -> Happened<'_> {
    let effect = evidence.effect.kind.as_str();
    let (outcome, detail) = (evidence.outcome.as_str(), evidence.outcome.detail());
    if evidence.is_of_inquiry() {
        Happened::Inquiry { effect, outcome, detail }
    } else {
        Happened::Attempt { effect, attempt: evidence.fence.0, outcome, detail }
    }
}

impl<'a> From<EffectEntry<'a>> for EffectEntryBody<'a> {
    fn from(entry: EffectEntry<'a>) -> Self {
        let at = entry.at();
        match entry {
            EffectEntry::Attempted(evidence) => Self {
                at,
                by: &evidence.worker.0,
                kind: ActorKind::System.as_str(),
                what: observed(evidence),
            },
            EffectEntry::Decided(step) => {
                // What lapses is closed by this program.
                let own = (ActorRef::OWN_ISSUER, ActorKind::System);
                let (by, kind) = step.by.map_or(own, |by| (&*by.subject, by.kind));
                let (state, outcome) = (step.state.as_str(), step.facts.outcome.as_str());
                let what = Happened::Resolution { state, outcome };
                Self { at, by, kind: kind.as_str(), what }
            }
        }
    }
}
