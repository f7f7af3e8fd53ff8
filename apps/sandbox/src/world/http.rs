//! Serves HTTP: the messages of the channels, and the control API.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::channel::{Channel, Http};
use super::channels::CHANNELS;
use super::control;
use super::listener::Listener;
use super::received;
use super::reply::{self, Cut, Reply};
use super::store::Store;

/// Maximum size of a body, in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// The listener for HTTP.
pub(super) const LISTENER: Listener = Listener {
    name: "http",
    option: "--world",
    addr: |addresses| &mut addresses.http,
    serve: |stream, store| Box::pin(serve(stream, store)),
};

async fn serve(stream: TcpStream, store: Arc<Store>) {
    let service = service_fn(move |request| answer(Arc::clone(&store), request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection was cut");
    }
}

/// Answers one request, or drops its connection.
async fn answer(store: Arc<Store>, request: Request<Incoming>) -> Result<Reply, Cut> {
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if head.method == Method::POST
        && let Some(channel) = posted().find(|(_, http)| http.path == path)
    {
        return post(store, channel, &head.headers, read(body).await?).await;
    }
    match (&head.method, path) {
        (&Method::PUT, "/world/scenario") => Ok(match read(body).await? {
            Some(body) => control::set(&store, &body),
            None => reply::refusal(StatusCode::BAD_REQUEST, "the body is larger than 1 MiB"),
        }),
        (&Method::GET, "/world/journal") => {
            Ok(control::journal(&store, head.uri.query().unwrap_or_default()))
        }
        (&Method::DELETE, "/world") => Ok(control::forget(&store)),
        _ => {
            let posts: String = posted().map(|(_, http)| format!("POST {}, ", http.path)).collect();
            let paths = format!(
                "the world has: {posts}PUT /world/scenario, GET /world/journal?channel=esb, \
                 DELETE /world"
            );
            Ok(reply::refusal(StatusCode::NOT_FOUND, &paths))
        }
    }
}

/// Journals a message, applies its effect and answers. `None` is a body that was too large to read.
async fn post(
    store: Arc<Store>,
    (channel, http): (&dyn Channel, Http),
    headers: &HeaderMap,
    body: Option<Bytes>,
) -> Result<Reply, Cut> {
    let message = (http.read)(body.as_deref());
    let received = store.receive(channel, message.key, message.plan, |at, scenario| {
        received::entry(at, headers, body.as_deref(), scenario)
    });
    let (plan, id) = match received {
        Ok(received) => received,
        Err(error) => return Ok(reply::broken(&error)),
    };
    let effect = store.apply_after(plan.wait, id);
    let applied = if plan.wait.is_zero() {
        effect.await
    } else {
        // The effect happens even if the client disconnects: a bank does not stop for that.
        let late = tokio::spawn(effect);
        if plan.answer.is_none() {
            return Err(Cut);
        }
        late.await.map_err(io::Error::other).flatten()
    };
    match (applied, plan.answer) {
        (Err(error), _) => Ok(reply::broken(&error)),
        (Ok(()), Some(answer)) => Ok(answer()),
        (Ok(()), None) => Err(Cut),
    }
}

/// The channels that messages can be posted to.
fn posted() -> impl Iterator<Item = (&'static dyn Channel, Http)> {
    CHANNELS.into_iter().filter_map(|channel| Some((channel, channel.http()?)))
}

/// The whole body; `None` if it is too large, `Cut` if the client disconnected.
async fn read(body: Incoming) -> Result<Option<Bytes>, Cut> {
    match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(collected) => Ok(Some(collected.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Ok(None),
        Err(_) => Err(Cut),
    }
}
