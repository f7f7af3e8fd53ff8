//! One request as the journal stores it: everything except credentials.

use std::collections::BTreeMap;
use std::io;

use jiff::Timestamp;
use madoguchi_testkit::server::http_stub::Received;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Headers that carry credentials.
const CREDENTIALS: [&str; 10] = [
    "acstkn",
    "authorization",
    "cookie",
    "password",
    "proxy-authorization",
    "username",
    "x-access-token",
    "x-api-key",
    "x-app-key",
    "x-itau-apikey",
];

#[derive(Serialize)]
struct Entry<'a> {
    at: Timestamp,
    headers: BTreeMap<&'a str, String>,
    body: Value,
    scenario: &'a str,
}

/// The journal entry of a request; `null` for a body that was too large to read.
pub(super) fn entry(
    at: Timestamp,
    request: &Received,
    scenario: &str,
) -> io::Result<Box<RawValue>> {
    let body = request.body.as_deref().map_or(Value::Null, as_json_or_text);
    let entry = Entry { at, headers: masked(request), body, scenario };
    Ok(serde_json::value::to_raw_value(&entry)?)
}

fn as_json_or_text(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

fn masked(request: &Received) -> BTreeMap<&str, String> {
    let mut shown: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &request.head.headers {
        let text = if CREDENTIALS.contains(&name.as_str()) {
            "***".into()
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        let all = shown.entry(name.as_str()).or_default();
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&text);
    }
    shown
}
