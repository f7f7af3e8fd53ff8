//! Sample requests with an idempotency key, and their stored answers.

use madoguchi_domain::idempotency::{IdempotencyKey, KeyedRequest, Replay};
use madoguchi_domain::payload::Payload;

use super::{at, human, key, start};

/// A request with a key of this number; two with one number ask the same.
#[must_use]
pub fn keyed(number: u32) -> KeyedRequest {
    keyed_as(number, "the same")
}

/// The same request, repeated a minute later.
#[must_use]
pub fn keyed_again(number: u32) -> KeyedRequest {
    KeyedRequest { at: at(60), ..keyed(number) }
}

/// A request with a key of this number and other content.
#[must_use]
pub fn keyed_as(number: u32, content: &str) -> KeyedRequest {
    let text = format!("key-{number}");
    let text = IdempotencyKey::parse(&text).expect("the sample key parses");
    KeyedRequest::new(&key(6), &human(), &text, &[content.as_bytes()], start())
}

/// A payload with one field.
#[must_use]
pub fn payload(text: &str) -> Payload {
    Payload::new(1, [("text", text)])
}

/// The stored answer to [`keyed`].
#[must_use]
pub fn replay(number: u32) -> Replay {
    Replay { request: keyed(number), answer: payload("answered") }
}
