//! A case's timeline as the JSON that callers see: one list in time order.

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::ActorKind;
use madoguchi_domain::effect::Evidence;
use madoguchi_domain::upgrade::{HistoryEntry, StateName, Timeline, TimelineEntry};
use serde::Serialize;

/// What happened at one time, who did it, and why.
#[derive(Serialize)]
pub(super) struct EntryBody<'a> {
    at: Timestamp,
    /// The actor's subject, or the worker's name.
    by: &'a str,
    kind: &'static str,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
enum What<'a> {
    /// A transition of the case.
    Transition {
        from: Option<&'static str>,
        to: &'static str,
        why: &'static str,
        correlation: &'a str,
    },
    /// An attempt to deliver an effect of the case.
    Attempt { effect: &'a str, attempt: i32, outcome: &'static str, detail: &'a str },
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
