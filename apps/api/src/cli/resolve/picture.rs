//! Draws effects for a terminal.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use madoguchi_client::{EffectAnswer, EffectDetail, EffectResolution, TimelineEvent, What};
use madoguchi_domain::field::reorders;

/// The head of a list.
pub(super) const HEAD: &str =
    "STATE    SINCE                 FOR       EFFECT, AND WHAT IS PROPOSED FOR IT\n";

/// One effect of a list.
pub(super) fn line(
    effect: &EffectAnswer,
    proposal: Option<&EffectResolution>,
    now: Timestamp,
) -> String {
    let EffectAnswer { kind, id, state, since, .. } = effect;
    let age = age(now.duration_since(*since));
    let mut line = format!("{state:8} {since:.0}  {age:9} {kind}/{id}");
    if let Some(EffectResolution { outcome, proposed_by, .. }) = proposal {
        let by = &proposed_by.by;
        let _ = write!(line, "  {outcome} proposed by {by}");
    }
    plain(&line) + "\n"
}

/// The end of a list: how many need people, and how many do not yet.
pub(super) fn foot(stuck: usize, unknown: usize) -> String {
    let unknown = match unknown {
        0 => String::new(),
        more => format!("; {more} Unknown, which continue without people for now"),
    };
    match stuck {
        0 => format!("\nnothing is stuck{unknown}\n"),
        more => format!(
            "\n{more} stuck{unknown}\nShow one: madoguchi resolve show KIND/ID --server URL\n"
        ),
    }
}

/// One effect with its timeline, and the commands that may follow.
pub(super) fn of_effect(detail: &EffectDetail, server: &str, now: Timestamp) -> String {
    let EffectAnswer { kind, id, state, since, subject, blocked_on, code, .. } = &detail.effect;
    let mut text = Vec::new();
    let age = age(now.duration_since(*since));
    text.push(format!("{kind}/{id}"));
    let code = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    text.push(format!("  state       {state}{code} since {since:.0}, for {age}"));
    if let Some(waits) = blocked_on {
        text.push(format!("  waits for   {}: {}", waits.what, waits.message));
        let next = waits.next_attempt_at.map(|at| format!("{at:.0}, by itself"));
        text.push(format!("  next step   {}", next.unwrap_or_else(|| "by people".to_owned())));
    }
    if let Some(subject) = subject {
        text.push(format!("  about       {} {}", subject.kind, subject.id));
    }
    let order = match (&detail.upstream_id, detail.is_readable) {
        (Some(id), _) => format!("{id} at the other system, the same for every attempt"),
        (None, _) => "cannot be read: it can only be Rejected".to_owned(),
    };
    text.push(format!("  order       {order}"));
    if detail.is_proven {
        text.push("  proof       the other system has applied it".to_owned());
    }
    text.push(String::new());
    text.push(format!("  {:.0}  ○  planned", detail.planned_at));
    text.extend(detail.timeline.iter().map(entry));
    let name = format!("{kind}/{id} --server {server}");
    match &detail.resolution {
        Some(open) => text.extend(proposal(open, &name)),
        None if state == "Manual" => {
            text.push(String::new());
            text.push("To propose what becomes of it:".to_owned());
            let outcomes = "Confirmed|Rejected|Planned";
            text.push(format!("  madoguchi resolve propose {name} --outcome {outcomes}"));
        }
        None => {}
    }
    text.iter().map(|line| plain(line) + "\n").collect()
}

/// One entry of a timeline.
fn entry(event: &TimelineEvent) -> String {
    let TimelineEvent { at, by, what, .. } = event;
    match what {
        What::Attempt { attempt, outcome, detail, .. } => {
            let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("  {at:.0}  ●  attempt {attempt}: {outcome}{detail}  [{by}]")
        }
        What::Inquiry { outcome, detail, .. } => {
            format!("  {at:.0}  ●  inquiry: {outcome}: {detail}  [{by}]")
        }
        What::Resolution { state, outcome } => {
            let state = state.to_lowercase();
            format!("  {at:.0}  ◆  {outcome} {state}  [{by}]")
        }
        What::Transition { to, .. } => format!("  {at:.0}  ○  {to}  [{by}]"),
    }
}

/// The open proposal, and what another person can do with it.
fn proposal(open: &EffectResolution, name: &str) -> Vec<String> {
    let bar = format!("  {:20}  │ ", "");
    let mut text = vec![format!("{bar} reason    {}", open.reason)];
    text.extend(open.evidence.iter().map(|it| format!("{bar} evidence  {it}")));
    text.push(format!("{bar} lapses    {:.0}", open.lapses_at));
    text.push(String::new());
    text.push("To approve it, as another person than the proposer:".to_owned());
    let hash: String = open.content_hash.chars().filter(char::is_ascii_hexdigit).collect();
    text.push(format!("  madoguchi resolve approve {name} --content-hash {hash}"));
    text.push("To withdraw it, as any person:".to_owned());
    text.push(format!("  madoguchi resolve withdraw {name}"));
    text
}

/// A duration in its two largest units.
fn age(age: SignedDuration) -> String {
    let minutes = age.as_mins().max(0);
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", age.as_secs().max(0)),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A line without what a terminal would obey, or what would reorder it: its texts come from a
/// server.
fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_control() && !reorders(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_two_units_at_most() {
        let shown = |seconds| age(SignedDuration::from_secs(seconds));
        let all = [-5, 0, 59, 60, 3_599, 3_600, 90_000].map(shown);
        assert_eq!(all, ["0 s", "0 s", "59 s", "1 min", "59 min", "1 h 0 min", "1 d 1 h"]);
    }

    #[test]
    fn an_effect_is_drawn_with_what_may_follow() {
        let now = "2026-01-05T11:05:00Z".parse().unwrap();
        let json = serde_json::json!({
            "kind": "SetLevel", "id": "i", "subject": { "kind": "case", "id": "i" },
            "state": "Manual", "since": "2026-01-05T09:00:00Z", "attempts": 1,
            "blockedOn": { "what": "MANUAL_REVIEW", "message": "m", "since": "2026-01-05T09:00:00Z",
                "nextAttemptAt": null },
            "plannedAt": "2026-01-05T08:00:00Z", "upstreamId": "T1", "isProven": false,
            "isReadable": true,
            "timeline": [
                { "at": "2026-01-05T08:00:01Z", "by": "w", "kind": "SYSTEM", "type": "ATTEMPT",
                    "effect": "SetLevel", "attempt": 1, "outcome": "unknown",
                    "detail": "timed_out" },
                { "at": "2026-01-05T10:00:00Z", "by": "ann", "kind": "HUMAN",
                    "type": "RESOLUTION", "state": "PROPOSED", "outcome": "Confirmed" },
            ],
            "resolution": { "resolutionId": "r", "kind": "SetLevel", "effectId": "i",
                "outcome": "Confirmed", "reason": "why\u{1b}[2J\nTo \u{202e}approve",
                "evidence": "7", "state": "PROPOSED", "contentHash": "abc",
                "proposedAt": "2026-01-05T10:00:00Z",
                "proposedBy": { "by": "ann", "kind": "HUMAN" },
                "lapsesAt": "2026-01-08T10:00:00Z", "closedAt": null, "closedBy": null },
        });
        let detail: EffectDetail = serde_json::from_value(json).unwrap();
        let expected = "\
SetLevel/i
  state       Manual since 2026-01-05T09:00:00Z, for 2 h 5 min
  waits for   MANUAL_REVIEW: m
  next step   by people
  about       case i
  order       T1 at the other system, the same for every attempt

  2026-01-05T08:00:00Z  ○  planned
  2026-01-05T08:00:01Z  ●  attempt 1: unknown: timed_out  [w]
  2026-01-05T10:00:00Z  ◆  Confirmed proposed  [ann]
                        │  reason    why[2JTo approve
                        │  evidence  7
                        │  lapses    2026-01-08T10:00:00Z

To approve it, as another person than the proposer:
  madoguchi resolve approve SetLevel/i --server http://s --content-hash abc
To withdraw it, as any person:
  madoguchi resolve withdraw SetLevel/i --server http://s
";
        assert_eq!(of_effect(&detail, "http://s", now), expected);
    }
}
