//! Simulates the downstream's two lookups: journals the request and answers by its scenario.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::bank::Bank;
use super::callers::Lookup;
use super::received;
use super::reply::{self, Cut, Reply};
use super::scenario::lookup::Scenario;

/// Answers a lookup. `None` is a body that was too large to read.
pub(super) async fn handle(
    kind: Lookup,
    bank: Arc<Bank>,
    headers: &HeaderMap,
    body: Option<Bytes>,
) -> Result<Reply, Cut> {
    let entry =
        |at: Timestamp, scenario: &str| received::entry(at, headers, body.as_deref(), scenario);
    let Some(key) = body.as_deref().and_then(|body| key(kind, body)) else {
        return Ok(match bank.meet_malformed(kind.channel(), entry) {
            Ok(()) => refused(StatusCode::BAD_REQUEST, &format!("{} is missing", kind.field())),
            Err(error) => reply::broken(&error),
        });
    };
    match bank.meet_lookup(kind, &key, entry) {
        Ok(met) => Ok(answer(kind, &key, met).await),
        Err(error) => Ok(reply::broken(&error)),
    }
}

/// The lookup key of a request, if it is valid.
fn key(kind: Lookup, body: &[u8]) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let key = fields.get(kind.field())?.as_str()?;
    (!key.is_empty()).then(|| key.to_owned())
}

async fn answer(kind: Lookup, key: &str, met: Scenario) -> Reply {
    let known = || kind.reply(key);
    match met {
        Scenario::Ok => reply::of(&known()),
        Scenario::Slow(ms) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            reply::of(&known())
        }
        Scenario::BusinessFailure => {
            let status = match kind {
                Lookup::Context => StatusCode::OK,
                Lookup::Owner => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refused(status, "the simulated downstream fails over this")
        }
        Scenario::Http401 => {
            refused(StatusCode::UNAUTHORIZED, "the simulated downstream does not know you")
        }
        Scenario::Http404 => {
            refused(StatusCode::NOT_FOUND, "the simulated downstream has nothing here")
        }
        Scenario::Http500 => reply::whole(
            StatusCode::INTERNAL_SERVER_ERROR,
            "<html>the simulated downstream is out of order</html>",
        ),
        Scenario::Garbage => reply::garbage(),
        Scenario::Truncated => reply::half(known().to_string().as_bytes()),
        Scenario::ObjectForArray => reply::of(&in_the_other_shape(kind, known())),
    }
}

fn refused(status: StatusCode, message: &str) -> Reply {
    reply::whole(status, json!({ "code": "1", "message": message }).to_string())
}

/// Replaces documented lists by one object, and a documented object by a list.
fn in_the_other_shape(kind: Lookup, mut reply: Value) -> Value {
    match kind {
        Lookup::Context => {
            let contexto = &mut reply["payload"]["contexto"];
            *contexto = json!([contexto.take()]);
        }
        Lookup::Owner => {
            for list in ["telefones", "emails"] {
                let list = &mut reply["data"][list];
                *list = list.get_mut(0).map(Value::take).unwrap_or_default();
            }
        }
    }
    reply
}
