//! The outermost layer: marks every answer as not to be stored, and finds out when it is complete.
//! The server drops the body once it has encoded the last of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Bytes;

use super::open::{Answering, OpenConnection};

/// A body that lets the connection's next request begin when it is dropped.
#[derive(Debug)]
pub(crate) struct AnsweredBody {
    body: BoxBody,
    _answering: Option<Answering>,
}

/// Has to be outermost: a body that is dropped earlier would let the next request begin too soon.
pub(crate) async fn finish_answer(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<AnsweredBody>, Error> {
    // None in a test without a socket.
    let open = request.conn_data::<Arc<OpenConnection>>();
    let answering = open.cloned().map(Answering);
    let mut response = next.call(request).await?;
    // Whatever is answered is about one person at one moment.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response
        .map_body(|_, body| AnsweredBody { body: BoxBody::new(body), _answering: answering }))
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
        Pin::new(&mut self.body).poll_next(cx)
    }
}
