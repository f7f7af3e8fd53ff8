//! The outermost middleware: forbids caching and detects that an answer is complete, which is when
//! the server drops its body after encoding the last byte.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;

use super::open::{Answering, OpenConnection};

/// The server copies what it sends into a buffer of the connection: at most this many bytes of a
/// shared body at once, so that slow readers of a large file cost little memory.
const CHUNK: usize = 32 * 1024;

/// An answer's body; dropping it allows the connection's next request.
#[derive(Debug)]
pub(crate) struct AnsweredBody {
    body: BoxBody,
    /// What was taken from the body and not sent yet.
    rest: Bytes,
    _answering: Option<Answering>,
}

/// Must be outermost: a body dropped earlier would allow the next request too soon.
pub(crate) async fn finish_answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<AnsweredBody>, Error> {
    // `None` in a test without a socket.
    let open = request.conn_data::<Arc<OpenConnection>>();
    let answering = open.cloned().map(Answering);
    let mut response = next.call(request).await?;
    // Every answer is about one person at one moment.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response.map_body(|_, body| AnsweredBody {
        body: BoxBody::new(body),
        rest: Bytes::new(),
        _answering: answering,
    }))
}

impl MessageBody for AnsweredBody {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_next(cx)) {
                Some(Ok(chunk)) => this.rest = chunk,
                other => return Poll::Ready(other),
            }
        }
        Poll::Ready(Some(Ok(this.rest.split_to(CHUNK.min(this.rest.len())))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[actix_web::test]
    async fn a_large_body_is_sent_whole_in_small_chunks() {
        let large: Vec<u8> = (0..CHUNK * 3 + 7).map(|at| at.to_le_bytes()[0]).collect();
        let body = BoxBody::new(large.clone());
        let mut answered = AnsweredBody { body, rest: Bytes::new(), _answering: None };
        let mut sent = Vec::new();
        while let Some(chunk) = poll_fn(|cx| Pin::new(&mut answered).poll_next(cx)).await {
            let chunk = chunk.unwrap();
            assert!((1..=CHUNK).contains(&chunk.len()), "{}", chunk.len());
            sent.extend(chunk);
        }
        assert!(sent == large);
    }
}
