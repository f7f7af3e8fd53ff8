//! Prints a case's timeline: one line per event, oldest first.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Fields that do not help a reader.
const LEFT_OUT: [&str; 5] = ["caseId", "correlation", "correlationId", "transactionId", "version"];

/// An event: its time, its text and its sign.
struct Happening {
    at: Option<Timestamp>,
    sign: char,
    what: String,
}

/// The lines to print: `●` is a state transition, `◇` an attempt to send the order.
pub(super) fn draw(timeline: &Value) -> Vec<String> {
    let entries = timeline.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut lines = Vec::new();
    for happening in entries.iter().filter_map(Value::as_object).map(happening) {
        if !lines.is_empty() {
            lines.push(format!("{:12}  │", ""));
        }
        let at = happening.at.map(|at| at.strftime("%H:%M:%S.%3f").to_string());
        let at = at.unwrap_or_default();
        lines.push(format!("{at:>12}  {}  {}", happening.sign, happening.what));
    }
    lines
}

fn happening(entry: &Map<String, Value>) -> Happening {
    let is_attempt = entry.get("type").is_some_and(|it| it == "ATTEMPT");
    let sign = if is_attempt { '◇' } else { '●' };
    let mut at = None;
    let mut words = Vec::new();
    if let Some(to) = entry.get("to").and_then(Value::as_str) {
        let from = entry.get("from").and_then(Value::as_str);
        words.push(from.map_or_else(|| to.to_owned(), |from| format!("{from} → {to}")));
    }
    for (name, value) in entry {
        if ["from", "to", "type"].contains(&name.as_str()) {
            continue;
        }
        match value.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
            Some(time) => at = at.or(Some(time)),
            None if LEFT_OUT.contains(&name.as_str()) => {}
            None => words.extend(in_words(name, value)),
        }
    }
    Happening { at, sign, what: words.join("  ") }
}

fn in_words(name: &str, value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Bool(_) | Value::Number(_) => Some(format!("{name} {value}")),
        Value::Object(fields) => {
            let known = fields.get("subject").or_else(|| fields.get("name"));
            known.and_then(Value::as_str).map(|text| format!("{name} {text}"))
        }
        Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn transitions_and_attempts_have_their_signs() {
        let timeline = json!([
            { "type": "TRANSITION", "from": null, "to": "New", "at": "2026-01-02T03:04:05.001Z",
              "by": "dev-a" },
            { "type": "ATTEMPT", "at": "2026-01-02T11:04:06+08:00", "doubt": "ConnectionLost" },
            { "type": "TRANSITION", "from": "New", "to": "EDDASuccess",
              "at": "2026-01-02T03:04:07Z", "by": { "issuer": "sandbox", "subject": "dev-b" },
              "version": 2 },
        ]);
        let expected = [
            "03:04:05.001  ●  New  by dev-a",
            "              │",
            "03:04:06.000  ◇  doubt ConnectionLost",
            "              │",
            "03:04:07.000  ●  New → EDDASuccess  by dev-b",
        ];
        assert_eq!(draw(&timeline), expected);
    }

    #[test]
    fn an_empty_timeline_is_an_empty_picture() {
        assert!(draw(&json!([])).is_empty());
    }
}
