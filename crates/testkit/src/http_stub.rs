//! A scripted HTTP server, so that an adapter can be tested against every upstream failure.
//!
//! ```
//! use madoguchi_testkit::http_stub::{Behaviour, HttpStub, Response};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let stub = HttpStub::start().await?;
//! stub.next(Behaviour::Close); // the first request is read and never answered
//! stub.next(Behaviour::Respond(Response::json(200, r#"{"ok":true}"#)));
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
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time;

mod behaviour;
mod request;

pub use behaviour::{Behaviour, Response};
pub use request::Received;

/// The stub server. It listens on a free port of 127.0.0.1 until it is stopped or dropped.
#[derive(Debug)]
pub struct HttpStub {
    address: SocketAddr,
    stage: Arc<Stage>,
    door: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Stage(Mutex<Play>);

#[derive(Debug, Default)]
struct Play {
    script: VecDeque<Behaviour>,
    otherwise: Option<Behaviour>,
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
        let stage = Arc::<Stage>::default();
        let door = tokio::spawn(welcome(listener, Arc::clone(&stage)));
        Ok(Self { address, stage, door })
    }

    /// The address it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of `path`, which starts with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Appends a behaviour to the script: one for each request, in order of arrival.
    pub fn next(&self, behaviour: Behaviour) {
        self.stage.play().script.push_back(behaviour);
    }

    /// Handles every request like this from now on; clears the rest of the script.
    pub fn from_now_on(&self, behaviour: Behaviour) {
        let mut play = self.stage.play();
        play.script.clear();
        play.otherwise = Some(behaviour);
    }

    /// All requests that arrived completely, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.stage.play().received.clone()
    }

    /// Number of accepted connections, with or without a request.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.stage.play().connections
    }

    /// Number of behaviours left in the script.
    #[must_use]
    pub fn unplayed(&self) -> usize {
        self.stage.play().script.len()
    }

    /// Closes the port and all connections. New connections are refused; received requests can
    /// still be read.
    pub async fn stop(&self) {
        self.door.abort();
        while !self.door.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for HttpStub {
    fn drop(&mut self) {
        self.door.abort();
    }
}

impl Stage {
    fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection; true if the script closes it unread.
    fn turns_away(&self) -> bool {
        let mut play = self.play();
        play.connections += 1;
        let unread = matches!(play.script.front(), Some(Behaviour::CloseUnread));
        if unread {
            play.script.pop_front();
        }
        unread
    }

    fn take_up(&self, request: &Received) -> Behaviour {
        let mut play = self.play();
        play.received.push(request.clone());
        let next = play.script.pop_front().or_else(|| play.otherwise.clone());
        next.unwrap_or_else(|| Behaviour::Respond(Response::new(501, "")))
    }
}

async fn welcome(listener: TcpListener, stage: Arc<Stage>) {
    // Dropped with this task, which also ends all open connections.
    let mut guests = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        guests.spawn(converse(stream, Arc::clone(&stage)));
    }
}

/// A client that disconnects early ends only its own connection, so errors end here.
async fn converse(mut stream: TcpStream, stage: Arc<Stage>) -> io::Result<()> {
    if stage.turns_away() {
        return Ok(());
    }
    let mut unread = Vec::new();
    while let Some(request) = request::read(&mut stream, &mut unread).await? {
        let behaviour = stage.take_up(&request);
        if act(behaviour, &request, &mut stream).await?.is_break() {
            break;
        }
    }
    Ok(())
}

async fn act(
    behaviour: Behaviour,
    request: &Received,
    stream: &mut TcpStream,
) -> io::Result<ControlFlow<()>> {
    match behaviour {
        Behaviour::Respond(response) => speak(&response, stream).await,
        Behaviour::Compute(answer) => speak(&answer(request), stream).await,
        Behaviour::Close | Behaviour::CloseUnread => Ok(ControlFlow::Break(())),
        Behaviour::Reset => {
            stream.set_zero_linger()?;
            Ok(ControlFlow::Break(()))
        }
        Behaviour::Cut { response, after } => {
            stream.write_all(response.head().as_bytes()).await?;
            stream.write_all(&response.body[..after.min(response.body.len())]).await?;
            Ok(ControlFlow::Break(()))
        }
        Behaviour::Dribble { response, pause } => {
            for byte in response.encode() {
                stream.write_all(&[byte]).await?;
                time::sleep(pause).await;
            }
            Ok(response.leaves_open())
        }
        Behaviour::Late { wait, response } => {
            time::sleep(wait).await;
            speak(&response, stream).await
        }
        Behaviour::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            Ok(ControlFlow::Break(()))
        }
        Behaviour::Hang => future::pending().await,
    }
}

async fn speak(response: &Response, stream: &mut TcpStream) -> io::Result<ControlFlow<()>> {
    stream.write_all(&response.encode()).await?;
    Ok(response.leaves_open())
}
