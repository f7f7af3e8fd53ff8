//! A case's timeline as the JSON that callers see: one list in time order.

use madoguchi_domain::Timestamp;
use madoguchi_domain::upgrade::{EventName, HistoryEntry, StateName, Timeline, TimelineEntry};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;
use crate::effect::EffectEntryBody;
use crate::who::actor_kinds;

/// A transition of the case, an attempt to deliver its order, or a decision about the order.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = TimelineEntry)]
pub(super) enum EntryBody<'a> {
    Transition(TransitionBody<'a>),
    OfOrder(EffectEntryBody<'a>),
}

/// A transition of a case, who caused it, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = TransitionEntry)]
pub(super) struct TransitionBody<'a> {
    at: Timestamp,
    /// The actor's subject.
    by: &'a str,
    #[schema(schema_with = actor_kinds)]
    kind: &'static str,
    #[serde(rename = "type")]
    #[schema(schema_with = transition)]
    entry_type: &'static str,
    /// Null if the case was opened.
    #[schema(required)]
    from: Option<&'static str>,
    #[schema(schema_with = super::view::states)]
    to: &'static str,
    #[schema(schema_with = events)]
    why: &'static str,
    /// The `x-request-id` of the request.
    correlation: &'a str,
}

const TRANSITION: &str = "TRANSITION";

fn transition() -> RefOr<Schema> {
    one_of([TRANSITION]).into()
}

fn events() -> RefOr<Schema> {
    one_of(EventName::ALL.map(EventName::as_str)).into()
}

/// The entries of a timeline, oldest first.
pub(super) fn entries(timeline: &Timeline) -> Vec<EntryBody<'_>> {
    let entries = timeline.entries().into_iter();
    let bodies = entries.map(|entry| match entry {
        TimelineEntry::Moved(moved) => EntryBody::Transition(moved.into()),
        TimelineEntry::OfOrder(entry) => EntryBody::OfOrder(entry.into()),
    });
    bodies.collect()
}

impl<'a> From<&'a HistoryEntry> for TransitionBody<'a> {
    fn from(entry: &'a HistoryEntry) -> Self {
        Self {
            at: entry.act.at(),
            by: &entry.act.by.subject,
            kind: entry.act.by.kind.as_str(),
            entry_type: TRANSITION,
            from: entry.from.map(StateName::as_str),
            to: entry.to.as_str(),
            why: entry.why.as_str(),
            correlation: entry.act.correlation.as_str(),
        }
    }
}
