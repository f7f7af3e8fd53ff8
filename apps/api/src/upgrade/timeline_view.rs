//! A case's timeline as the JSON that callers see: one list in time order.

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::ActorKind;
use madoguchi_domain::effect::Evidence;
use madoguchi_domain::upgrade::{EventName, HistoryEntry, StateName, Timeline, TimelineEntry};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::body::one_of;
use crate::who::actor_kinds;

/// What happened at one time, who did it, and why.
#[derive(Serialize, ToSchema)]
#[schema(as = TimelineEntry)]
pub(super) struct EntryBody<'a> {
    at: Timestamp,
    /// The actor's subject, or the worker's name.
    by: &'a str,
    #[schema(schema_with = actor_kinds)]
    kind: &'static str,
    #[serde(flatten)]
    #[schema(inline)]
    what: What<'a>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum What<'a> {
    /// A transition of the case.
    Transition {
        /// Null if the case was opened.
        #[schema(required)]
        from: Option<&'static str>,
        #[schema(schema_with = super::view::states)]
        to: &'static str,
        #[schema(schema_with = events)]
        why: &'static str,
        /// The `x-request-id` of the request.
        correlation: &'a str,
    },
    /// An attempt to deliver an effect of the case.
    Attempt {
        /// The kind of the effect, for example `SetLevel`.
        effect: &'a str,
        /// The number of its claim.
        attempt: i32,
        /// `applied`, `refused`, `not_sent`, `unknown` or `withdrawn`.
        outcome: &'static str,
        /// The bank's code, or why the outcome is unknown or the order was not sent.
        detail: &'a str,
    },
}

fn events() -> RefOr<Schema> {
    one_of(EventName::ALL.map(EventName::as_str)).into()
}

/// The entries of a timeline, oldest first.
pub(super) fn entries(timeline: &Timeline) -> Vec<EntryBody<'_>> {
    let entries = timeline.entries().into_iter();
    let bodies = entries.map(|entry| match entry {
        TimelineEntry::Moved(moved) => transition(moved),
        TimelineEntry::Attempted(evidence) => attempt(evidence),
    });
    bodies.collect()
}

fn transition(entry: &HistoryEntry) -> EntryBody<'_> {
    EntryBody {
        at: entry.act.at,
        by: &entry.act.by.subject,
        kind: entry.act.by.kind.as_str(),
        what: What::Transition {
            from: entry.from.map(StateName::as_str),
            to: entry.to.as_str(),
            why: entry.why.as_str(),
            correlation: entry.act.correlation.as_str(),
        },
    }
}

fn attempt(evidence: &Evidence) -> EntryBody<'_> {
    let Evidence { effect, fence, worker, outcome, at } = evidence;
    EntryBody {
        at: *at,
        by: &worker.0,
        kind: ActorKind::System.as_str(),
        what: What::Attempt {
            effect: effect.kind.as_str(),
            attempt: fence.0,
            outcome: outcome.as_str(),
            detail: outcome.detail(),
        },
    }
}
