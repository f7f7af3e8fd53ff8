//! Holds idle or unfinished connections open, and measures how long an ordinary client waits.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::caller::VERDICT;
use crate::tokens;

/// How a connection is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Nothing is sent.
    Silent,
    /// One request was answered; no other follows.
    IdleAfterAnswer,
    /// Half a head is sent.
    HalfHead,
    /// Half a body is sent to a route that reads it.
    HalfBody,
    /// An incomplete chunk is sent to a route that reads it.
    HalfChunk,
    /// An incomplete chunk is sent, and the request is refused without reading it.
    UnreadChunk,
    /// Half a body is sent, and the request is refused without reading it.
    UnreadBody,
    /// Requests are sent, but no answer is read.
    NeverReads,
}

impl Hold {
    /// Every way.
    pub const ALL: [Self; 8] = [
        Self::Silent,
        Self::IdleAfterAnswer,
        Self::HalfHead,
        Self::HalfBody,
        Self::HalfChunk,
        Self::UnreadChunk,
        Self::UnreadBody,
        Self::NeverReads,
    ];

    /// Its name in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Silent => "nothing sent",
            Self::IdleAfterAnswer => "idle after an answer",
            Self::HalfHead => "half a head",
            Self::HalfBody => "half a body, read",
            Self::HalfChunk => "a chunk without end, read",
            Self::UnreadChunk => "a chunk without end, refused",
            Self::UnreadBody => "half a body, refused",
            Self::NeverReads => "no answer is read",
        }
    }

    /// Whether the server waits for a next request, not for the rest of one.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        matches!(self, Self::Silent | Self::IdleAfterAnswer)
    }

    fn bytes(self) -> String {
        let live = "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";
        let post = |path: &str, framing: &str| {
            let token = tokens::DECIDE;
            format!(
                "POST {path} HTTP/1.1\r\nHost: x\r\nAcstkn: {token}\r\n\
                 Content-Type: application/json\r\n{framing}\r\n\r\n"
            )
        };
        match self {
            Self::Silent => String::new(),
            Self::IdleAfterAnswer => live.to_owned(),
            Self::HalfHead => "GET /health/live HTTP/1.1\r\nHost: x\r\n".to_owned(),
            Self::HalfBody => post(VERDICT, "Content-Length: 99") + "{",
            Self::HalfChunk => post(VERDICT, "Transfer-Encoding: chunked") + "5\r\n{",
            Self::UnreadChunk => {
                "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{".to_owned()
            }
            Self::UnreadBody => post("/x", "Content-Length: 99") + "{",
            Self::NeverReads => live.repeat(20_000),
        }
    }
}

/// Connections that stay open until this is dropped.
#[derive(Debug)]
pub struct Held(Vec<TcpStream>);

impl Held {
    /// Opens `count` connections from this local address. A refused one is not an error.
    pub async fn open(how: Hold, addr: SocketAddr, from: IpAddr, count: usize) -> Self {
        let mut opening = JoinSet::new();
        let mut held = Vec::new();
        for _ in 0..count {
            if opening.len() >= AT_ONCE {
                held.extend(opening.join_next().await.and_then(Result::ok).flatten());
            }
            opening.spawn(async move { hold(how, addr, from).await.ok() });
        }
        while let Some(one) = opening.join_next().await {
            held.extend(one.ok().flatten());
        }
        Self(held)
    }

    /// Number of opened connections.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

const AT_ONCE: usize = 128;
/// A small receive buffer, in bytes, so that few answers fill it.
const SMALL_BUFFER: u32 = 4096;

async fn hold(how: Hold, addr: SocketAddr, from: IpAddr) -> anyhow::Result<TcpStream> {
    let mut stream = connect(addr, from, how == Hold::NeverReads).await?;
    let bytes = how.bytes();
    // A server that cannot send its answers stops reading, so this write may time out.
    let _ = timeout(Duration::from_millis(500), stream.write_all(bytes.as_bytes())).await;
    if how == Hold::IdleAfterAnswer {
        timeout(Duration::from_secs(5), stream.read_u8()).await??;
    }
    Ok(stream)
}

async fn connect(addr: SocketAddr, from: IpAddr, small: bool) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if small {
        socket.set_recv_buffer_size(SMALL_BUFFER)?;
    }
    socket.bind(SocketAddr::new(from, 0))?;
    let connecting = timeout(Duration::from_secs(5), socket.connect(addr));
    Ok(connecting.await.context("no connection")??)
}

/// The time until a new client from this address gets an answer from `/health/live`.
///
/// # Errors
/// When there is none within `limit`.
pub async fn live_within(
    addr: SocketAddr,
    from: IpAddr,
    limit: Duration,
) -> anyhow::Result<Duration> {
    let began = Instant::now();
    loop {
        let left = limit.saturating_sub(began.elapsed());
        let asked = timeout(left, ask(addr, from)).await;
        match asked.with_context(|| format!("no answer within {limit:?}"))? {
            Ok(()) => return Ok(began.elapsed()),
            // Rejected: an ordinary client retries.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn ask(addr: SocketAddr, from: IpAddr) -> anyhow::Result<()> {
    let mut stream = connect(addr, from, false).await?;
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "turned away");
    Ok(())
}
