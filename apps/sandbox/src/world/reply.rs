//! The world's HTTP replies: complete ones, truncated ones and dropped connections.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tokio::time::Sleep;

/// Time for the first half to be sent before the connection is dropped.
const BETWEEN_HALF_AND_CUT: Duration = Duration::from_millis(20);

/// An HTTP reply, whose body may drop the connection.
pub(super) type Reply = Response<UnsyncBoxBody<Bytes, Cut>>;

/// Drops the connection without another byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the world cuts the connection")
    }
}

impl std::error::Error for Cut {}

/// These bytes with a JSON content type, whatever they are.
pub(super) fn whole(status: StatusCode, body: impl Into<Bytes>) -> Reply {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    labelled(status, body)
}

/// Bytes that are neither JSON nor UTF-8.
pub(super) fn garbage() -> Reply {
    whole(StatusCode::OK, &b"\x00\xff<html>502 Bad Gateway"[..])
}

/// This value as JSON.
pub(super) fn of(value: &impl Serialize) -> Reply {
    match serde_json::to_vec(value) {
        Ok(body) => whole(StatusCode::OK, body),
        Err(error) => broken(&error.into()),
    }
}

/// An error reply that says what to do.
pub(super) fn refusal(status: StatusCode, message: &str) -> Reply {
    whole(status, json!({ "error": message }).to_string())
}

/// The world itself failed, so this reply is not a scenario and a test must not rely on it.
pub(super) fn broken(error: &io::Error) -> Reply {
    tracing::error!(%error, "the world cannot keep its journal");
    let message = format!("the world cannot keep its journal: {error}; see to its --data");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, &message)
}

/// The `content-length` of all these bytes, but only the first half of them.
pub(super) fn half(body: &[u8]) -> Reply {
    let length = HeaderValue::from(body.len());
    let first = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let sleep = Box::pin(tokio::time::sleep(BETWEEN_HALF_AND_CUT));
    let mut reply = labelled(StatusCode::OK, Half { first: Some(first), sleep }.boxed_unsync());
    reply.headers_mut().insert(CONTENT_LENGTH, length);
    reply
}

fn labelled(status: StatusCode, body: UnsyncBoxBody<Bytes, Cut>) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

struct Half {
    first: Option<Bytes>,
    sleep: Pin<Box<Sleep>>,
}

impl Body for Half {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        ready!(self.sleep.as_mut().poll(context));
        Poll::Ready(Some(Err(Cut)))
    }
}
