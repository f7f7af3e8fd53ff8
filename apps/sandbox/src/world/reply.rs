//! The world's HTTP replies.

use std::io;

use madoguchi_testkit::server::http_stub::{StubBehaviour, StubResponse};
use serde::Serialize;
use serde_json::json;

/// Bytes that are neither JSON nor UTF-8.
pub(super) fn garbage() -> StubResponse {
    StubResponse::json(200, &b"\x00\xff<html>502 Bad Gateway"[..])
}

/// This value as JSON.
pub(super) fn of(value: &impl Serialize) -> StubResponse {
    match serde_json::to_vec(value) {
        Ok(body) => StubResponse::json(200, body),
        Err(error) => broken(&error.into()),
    }
}

/// An error reply that says what to do.
pub(super) fn refusal(status: u16, message: &str) -> StubResponse {
    StubResponse::json(status, json!({ "error": message }).to_string())
}

/// The world itself failed, so this reply is not a scenario and a test must not rely on it.
pub(super) fn broken(error: &io::Error) -> StubResponse {
    tracing::error!(%error, "the world cannot keep its journal");
    let message = format!("the world cannot keep its journal: {error}; see to its --data");
    refusal(500, &message)
}

/// The full `content-length`, but only the first half of the body.
pub(super) const fn half(response: StubResponse) -> StubBehaviour {
    StubBehaviour::Cut { after: response.body.len() / 2, response }
}
