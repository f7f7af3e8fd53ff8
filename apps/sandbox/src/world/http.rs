//! Serves HTTP: the messages of the channels, and the control API.

use std::io;
use std::sync::Arc;

use madoguchi_testkit::server::http_stub::{self, Received, StubBehaviour};

use super::bounce;
use super::channel::{Channel, Http};
use super::channels::CHANNELS;
use super::control;
use super::listener::Listener;
use super::received;
use super::reply;
use super::store::Store;

/// The listener for HTTP.
pub(super) const LISTENER: Listener = Listener {
    name: "http",
    option: "--world",
    addr: |addresses| &mut addresses.http,
    serve: |stream, store| {
        Box::pin(http_stub::serve(stream, move |request| answer(Arc::clone(&store), request)))
    },
};

async fn answer(store: Arc<Store>, request: Received) -> StubBehaviour {
    let uri = &request.head.uri;
    if request.method() == "POST"
        && let Some(channel) = posted().find(|(_, http)| http.path == uri.path())
    {
        return post(store, channel, &request).await;
    }
    StubBehaviour::Respond(match (request.method(), uri.path()) {
        ("PUT", "/world/scenario") => match &request.body {
            Some(body) => control::set(&store, body),
            None => reply::refusal(400, "the body is larger than 1 MiB"),
        },
        ("GET", "/world/journal") => control::journal(&store, uri.query().unwrap_or_default()),
        ("GET", "/world/bounce") => bounce::newest(&store, uri.query().unwrap_or_default()),
        ("DELETE", "/world") => control::forget(&store),
        _ => {
            let posts: String = posted().map(|(_, http)| format!("POST {}, ", http.path)).collect();
            let paths = format!(
                "the world has: {posts}PUT /world/scenario, GET /world/journal?channel=esb, \
                 GET /world/bounce?to=hanako@example.com, DELETE /world"
            );
            reply::refusal(404, &paths)
        }
    })
}

/// Journals a message, applies its effect and answers.
async fn post(
    store: Arc<Store>,
    (channel, http): (&dyn Channel, Http),
    request: &Received,
) -> StubBehaviour {
    let broken = |error| StubBehaviour::Respond(reply::broken(&error));
    let message = (http.read)(request.body.as_deref(), store.esb());
    let received = store.receive(channel, message.meets, message.plan, |at, scenario| {
        received::entry(at, request, scenario)
    });
    let (plan, id) = match received {
        Ok(received) => received,
        Err(error) => return broken(error),
    };
    let effect = store.apply_after(plan.wait, id);
    let applied = if plan.wait.is_zero() {
        effect.await
    } else {
        // The effect happens even if the client disconnects: a bank does not stop for that.
        let late = tokio::spawn(effect);
        if plan.answer.is_none() {
            return StubBehaviour::Close;
        }
        late.await.map_err(io::Error::other).flatten()
    };
    match (applied, plan.answer) {
        (Err(error), _) => broken(error),
        (Ok(()), Some(answer)) => answer(),
        (Ok(()), None) => StubBehaviour::Close,
    }
}

/// The channels that messages can be posted to.
fn posted() -> impl Iterator<Item = (&'static dyn Channel, Http)> {
    CHANNELS.into_iter().filter_map(|channel| Some((channel, channel.http()?)))
}
