//! A scripted HTTP server, so that an adapter can be tested against every upstream failure.
//!
//! ```
//! use madoguchi_testkit::server::http_stub::{StubBehaviour, HttpStub, StubResponse};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let stub = HttpStub::start().await?;
//! stub.next(StubBehaviour::Close); // the first request is read and never answered
//! stub.next(StubBehaviour::Respond(StubResponse::json(200, r#"{"ok":true}"#)));
//! assert!(stub.url("/da21").starts_with("http://127.0.0.1:"));
//! // … let the adapter under test call it twice, then check what arrived:
//! assert!(stub.received().is_empty());
//! # Ok(())
//! # }
//! ```

use std::collections::VecDeque;
use std::future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

mod behaviour;
mod connection;
mod received;

pub use behaviour::{StubBehaviour, StubResponse};
pub use connection::serve;
pub use received::Received;

/// The stub server. It listens on a free port of 127.0.0.1 until it is stopped or dropped.
#[derive(Debug)]
pub struct HttpStub {
    address: SocketAddr,
    shared: Arc<SharedState>,
    accept_task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct SharedState(Mutex<StubState>);

#[derive(Debug, Default)]
struct StubState {
    script: VecDeque<StubBehaviour>,
    default_behaviour: Option<StubBehaviour>,
    received: Vec<Received>,
    connections: usize,
}

impl HttpStub {
    /// Starts a server with an empty script: it answers 501 by default.
    ///
    /// # Errors
    /// When it cannot listen on a port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<SharedState>::default();
        let accept_task = tokio::spawn(accept_connections(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accept_task })
    }

    /// The URL of `path`, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Appends a behaviour to the script: one for each request, in order of arrival.
    pub fn next(&self, behaviour: StubBehaviour) {
        self.shared.lock().script.push_back(behaviour);
    }

    /// Handles every request like this from now on; clears the rest of the script.
    pub fn from_now_on(&self, behaviour: StubBehaviour) {
        let mut state = self.shared.lock();
        state.script.clear();
        state.default_behaviour = Some(behaviour);
    }

    /// All requests that arrived completely, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    /// Number of accepted connections, with or without a request.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Number of behaviours left in the script.
    #[must_use]
    pub fn unused(&self) -> usize {
        self.shared.lock().script.len()
    }

    /// Closes the port and all connections. New connections are refused; received requests can
    /// still be read.
    pub async fn stop(&self) {
        self.accept_task.abort();
        while !self.accept_task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for HttpStub {
    fn drop(&mut self) {
        self.accept_task.abort();
    }
}

impl SharedState {
    fn lock(&self) -> MutexGuard<'_, StubState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection; true if the script closes it unread.
    fn closes_unread(&self) -> bool {
        let mut state = self.lock();
        state.connections += 1;
        let unread = matches!(state.script.front(), Some(StubBehaviour::CloseUnread));
        if unread {
            state.script.pop_front();
        }
        unread
    }

    fn next_behaviour(&self, request: Received) -> StubBehaviour {
        let mut state = self.lock();
        state.received.push(request);
        let next = state.script.pop_front().or_else(|| state.default_behaviour.clone());
        next.unwrap_or_else(|| StubBehaviour::Respond(StubResponse::new(501, "")))
    }
}

async fn accept_connections(listener: TcpListener, shared: Arc<SharedState>) {
    // Dropped with this task, which also ends all open connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve_connection(stream, Arc::clone(&shared)));
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<SharedState>) {
    if !shared.closes_unread() {
        serve(stream, |request| future::ready(shared.next_behaviour(request))).await;
    }
}

#[cfg(test)]
mod tests;
