//! Serves HTTP: the messages of the systems, and the control API.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::bank::Bank;
use super::callers::Lookup;
use super::listener::Listener;
use super::reply::{self, Cut, Reply};
use super::{control, handle, lookup};

/// The documented path of the gateway's downstream.
const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

/// Maximum size of a body, in bytes.
const LARGEST_BODY: usize = 1 << 20;

const PATHS: &str = "the world has: POST /esb, \
    POST /apiaccess/rest/ccmessaging/v1/itau/ps7/contextos, \
    POST /apiaccess/rest/ccmessaging/v1/itau/codigo, PUT /world/scenario, \
    GET /world/journal?channel=esb, DELETE /world";

/// The listener for HTTP.
pub(super) const LISTENER: Listener = Listener {
    name: "http",
    option: "--world",
    addr: |addresses| &mut addresses.http,
    serve: |stream, bank| Box::pin(serve(stream, bank)),
};

async fn serve(stream: TcpStream, bank: Arc<Bank>) {
    let service = service_fn(move |request| answer(Arc::clone(&bank), request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection was cut");
    }
}

/// Answers one request, or drops its connection.
async fn answer(bank: Arc<Bank>, request: Request<Incoming>) -> Result<Reply, Cut> {
    let (head, body) = request.into_parts();
    match (&head.method, head.uri.path()) {
        (&Method::POST, "/esb") => handle::esb(bank, &head.headers, read(body).await?).await,
        (&Method::POST, CONTEXTOS) => {
            lookup::handle(Lookup::Context, bank, &head.headers, read(body).await?).await
        }
        (&Method::POST, CODIGO) => {
            lookup::handle(Lookup::Owner, bank, &head.headers, read(body).await?).await
        }
        (&Method::PUT, "/world/scenario") => Ok(match read(body).await? {
            Some(body) => control::set(&bank, &body),
            None => reply::refusal(StatusCode::BAD_REQUEST, "the body is larger than 1 MiB"),
        }),
        (&Method::GET, "/world/journal") => {
            Ok(control::journal(&bank, head.uri.query().unwrap_or_default()))
        }
        (&Method::DELETE, "/world") => Ok(control::forget(&bank)),
        _ => Ok(reply::refusal(StatusCode::NOT_FOUND, PATHS)),
    }
}

/// The whole body; `None` if it is too large, `Cut` if the client disconnected.
async fn read(body: Incoming) -> Result<Option<Bytes>, Cut> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Cut),
    }
}
