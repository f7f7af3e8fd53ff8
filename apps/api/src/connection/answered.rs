//! Says when an answer is whole: the server drops its body once it has written the last of it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
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
pub(crate) async fn mark_answered(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<AnsweredBody>, Error> {
    // None in a test without a socket.
    let open = request.conn_data::<Arc<OpenConnection>>();
    let answering = open.cloned().map(Answering);
    let response = next.call(request).await?;
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
