//! Prints a case's timeline: one line per event, oldest first.

use madoguchi_client::{TimelineEvent, What};

/// The lines to print: `●` is a state transition, `◇` an attempt to send the order or an inquiry
/// about it, `◆` what people decided about it.
pub(super) fn draw(timeline: &[TimelineEvent]) -> Vec<String> {
    let mut lines = Vec::new();
    for TimelineEvent { at, by, what, .. } in timeline {
        if !lines.is_empty() {
            lines.push(format!("{:12}  │", ""));
        }
        let at = at.strftime("%H:%M:%S.%3f");
        lines.push(match what {
            What::Transition { from, to, why, .. } => {
                let from = from.as_ref().map(|from| format!("{from} → ")).unwrap_or_default();
                format!("{at}  ●  {from}{to}  {why}, by {by}")
            }
            What::Attempt { attempt, outcome, detail, .. } => {
                let detail = if detail.is_empty() { "" } else { &format!(" ({detail})") };
                format!("{at}  ◇  attempt {attempt}: {outcome}{detail}, by {by}")
            }
            What::Inquiry { outcome, detail, .. } => {
                format!("{at}  ◇  inquiry: {outcome} ({detail}), by {by}")
            }
            What::Resolution { state, outcome } => {
                format!("{at}  ◆  {outcome} {}, by {by}", state.to_lowercase())
            }
        });
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn transitions_and_attempts_have_their_signs() {
        let timeline: Vec<TimelineEvent> = serde_json::from_value(json!([
            { "type": "TRANSITION", "from": null, "to": "New", "at": "2026-01-02T03:04:05.001Z",
              "by": "dev-a", "kind": "HUMAN", "why": "opened", "correlation": "1" },
            { "type": "ATTEMPT", "at": "2026-01-02T11:04:06+08:00", "by": "worker-1",
              "kind": "SYSTEM", "effect": "SetLevel", "attempt": 2, "outcome": "unknown",
              "detail": "ConnectionLost" },
            { "type": "TRANSITION", "from": "New", "to": "EDDASuccess", "kind": "HUMAN",
              "at": "2026-01-02T03:04:07Z", "by": "dev-b", "why": "verified", "correlation": "2" },
        ]))
        .unwrap();
        let expected = [
            "03:04:05.001  ●  New  opened, by dev-a",
            "              │",
            "03:04:06.000  ◇  attempt 2: unknown (ConnectionLost), by worker-1",
            "              │",
            "03:04:07.000  ●  New → EDDASuccess  verified, by dev-b",
        ];
        assert_eq!(draw(&timeline), expected);
        assert!(draw(&[]).is_empty());
    }
}
