//! A scripted HTTP server, so that an adapter can be tested against every upstream failure.
//!
//! ```
//! use madoguchi_testkit::http_stub::{StubBehaviour, HttpStub, StubResponse};
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
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time;

mod behaviour;
mod request;

pub use behaviour::{StubBehaviour, StubResponse};
pub use request::Received;

/// The stub server. It listens on a free port of 127.0.0.1 until it is stopped or dropped.
#[derive(Debug)]
pub struct HttpStub {
    address: SocketAddr,
    playlist: Arc<Playlist>,
    door: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Playlist(Mutex<Play>);

#[derive(Debug, Default)]
struct Play {
    script: VecDeque<StubBehaviour>,
    otherwise: Option<StubBehaviour>,
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
        let playlist = Arc::<Playlist>::default();
        let door = tokio::spawn(welcome(listener, Arc::clone(&playlist)));
        Ok(Self { address, playlist, door })
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
    pub fn next(&self, behaviour: StubBehaviour) {
        self.playlist.play().script.push_back(behaviour);
    }

    /// Handles every request like this from now on; clears the rest of the script.
    pub fn from_now_on(&self, behaviour: StubBehaviour) {
        let mut play = self.playlist.play();
        play.script.clear();
        play.otherwise = Some(behaviour);
    }

    /// All requests that arrived completely, in order of arrival.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.playlist.play().received.clone()
    }

    /// Number of accepted connections, with or without a request.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.playlist.play().connections
    }

    /// Number of behaviours left in the script.
    #[must_use]
    pub fn unplayed(&self) -> usize {
        self.playlist.play().script.len()
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

impl Playlist {
    fn play(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection; true if the script closes it unread.
    fn turns_away(&self) -> bool {
        let mut play = self.play();
        play.connections += 1;
        let unread = matches!(play.script.front(), Some(StubBehaviour::CloseUnread));
        if unread {
            play.script.pop_front();
        }
        unread
    }

    fn take_up(&self, request: &Received) -> StubBehaviour {
        let mut play = self.play();
        play.received.push(request.clone());
        let next = play.script.pop_front().or_else(|| play.otherwise.clone());
        next.unwrap_or_else(|| StubBehaviour::Respond(StubResponse::new(501, "")))
    }
}

async fn welcome(listener: TcpListener, playlist: Arc<Playlist>) {
    // Dropped with this task, which also ends all open connections.
    let mut guests = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        guests.spawn(converse(stream, Arc::clone(&playlist)));
    }
}

/// A client that disconnects early ends only its own connection, so errors end here.
async fn converse(mut stream: TcpStream, playlist: Arc<Playlist>) -> io::Result<()> {
    if playlist.turns_away() {
        return Ok(());
    }
    let mut unread = Vec::new();
    while let Some(request) = request::read(&mut stream, &mut unread).await? {
        let behaviour = playlist.take_up(&request);
        if act(behaviour, &request, &mut stream).await?.is_break() {
            break;
        }
    }
    Ok(())
}

async fn act(
    behaviour: StubBehaviour,
    request: &Received,
    stream: &mut TcpStream,
) -> io::Result<ControlFlow<()>> {
    match behaviour {
        StubBehaviour::Respond(response) => speak(&response, stream).await,
        StubBehaviour::Compute(answer) => speak(&answer(request), stream).await,
        StubBehaviour::Close | StubBehaviour::CloseUnread => Ok(ControlFlow::Break(())),
        StubBehaviour::Reset => {
            stream.set_zero_linger()?;
            Ok(ControlFlow::Break(()))
        }
        StubBehaviour::Cut { response, after } => {
            stream.write_all(response.head().as_bytes()).await?;
            stream.write_all(&response.body[..after.min(response.body.len())]).await?;
            Ok(ControlFlow::Break(()))
        }
        StubBehaviour::Dribble { response, pause } => {
            for byte in response.encode() {
                stream.write_all(&[byte]).await?;
                time::sleep(pause).await;
            }
            Ok(response.leaves_open())
        }
        StubBehaviour::Late { wait, response } => {
            time::sleep(wait).await;
            speak(&response, stream).await
        }
        StubBehaviour::Raw(bytes) => {
            stream.write_all(&bytes).await?;
            Ok(ControlFlow::Break(()))
        }
        StubBehaviour::Hang => future::pending().await,
    }
}

async fn speak(response: &StubResponse, stream: &mut TcpStream) -> io::Result<ControlFlow<()>> {
    stream.write_all(&response.encode()).await?;
    Ok(response.leaves_open())
}
