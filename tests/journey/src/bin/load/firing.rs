//! Generates the load: keep-alive connections that always have one verdict under way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use madoguchi_journey::caller::VERDICT;
use madoguchi_journey::tokens;
use madoguchi_testkit::samples::chance::Chance;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// The result of one round.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Round {
    /// Number of accepted verdicts.
    pub(crate) taken: usize,
    /// Verdicts per second.
    pub(crate) rate: f64,
    /// Median response time.
    pub(crate) p50: Duration,
    /// 99th percentile of the response time.
    pub(crate) p99: Duration,
}

/// Whether each verdict has an idempotency key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    None,
    OneEach,
}

/// Sends a passed verdict for one member after the other until the time or the members end.
pub(crate) async fn fire(
    addr: SocketAddr,
    connections: usize,
    members: Arc<Vec<String>>,
    (lasting, keys): (Duration, Keys),
) -> anyhow::Result<Round> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let gunners: Vec<_> = (0..connections)
        .map(|_| {
            let (next, members) = (Arc::clone(&next), Arc::clone(&members));
            tokio::spawn(async move {
                let mut line = Line::open(addr).await?;
                let mut waits = Vec::new();
                while began.elapsed() < lasting {
                    let Some(member) = members.get(next.fetch_add(1, Ordering::Relaxed)) else {
                        break;
                    };
                    let asked = Instant::now();
                    line.pass(member, keys).await.with_context(|| {
                        let (into, after) = (began.elapsed(), asked.elapsed());
                        format!("{into:?} into the round, {after:?} after it was asked")
                    })?;
                    waits.push(asked.elapsed());
                }
                anyhow::Ok(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for gunner in gunners {
        waits.append(&mut gunner.await??);
    }
    let seconds = began.elapsed().as_secs_f64();
    ensure!(!waits.is_empty(), "no verdict was taken");
    waits.sort_unstable();
    let (taken, share) = (waits.len(), |percent: usize| waits[waits.len() * percent / 100]);
    Ok(Round { taken, rate: taken as f64 / seconds, p50: share(50), p99: share(99) })
}

/// One connection with its request and reply buffers.
struct Line {
    stream: TcpStream,
    request: Vec<u8>,
    reply: Vec<u8>,
    chance: Chance,
}

impl Line {
    async fn open(addr: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let chance = Chance::of(Chance::any_seed());
        Ok(Self { stream, request: Vec::new(), reply: vec![0; 4096], chance })
    }

    /// Sends one verdict and waits for the answer.
    async fn pass(&mut self, member: &str, keys: Keys) -> anyhow::Result<()> {
        let key = match keys {
            Keys::None => String::new(),
            Keys::OneEach => {
                let (high, low) = (self.chance.draw(), self.chance.draw());
                format!("Idempotency-Key: {high:016x}{low:016x}\r\n")
            }
        };
        let body = format!("{{\"memberId\":\"{member}\",\"isPass\":true}}");
        self.request.clear();
        self.request.extend_from_slice(
            format!(
                "POST {VERDICT} HTTP/1.1\r\nHost: bank.example\r\nAcstkn: {}\r\n\
                 {key}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                tokens::DECIDE,
                body.len()
            )
            .as_bytes(),
        );
        self.stream.write_all(&self.request).await?;
        let mut read = 0;
        while whole(&self.reply[..read]).is_none() {
            let more = self.stream.read(&mut self.reply[read..]).await?;
            ensure!(more > 0, "the server hung up");
            read += more;
        }
        if !self.reply.starts_with(b"HTTP/1.1 200 ") {
            bail!("a verdict was answered: {}", String::from_utf8_lossy(&self.reply[..read]));
        }
        Ok(())
    }
}

/// `Some` if the bytes are a complete reply.
fn whole(bytes: &[u8]) -> Option<()> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?.to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?;
    let length: usize = length.parse().ok()?;
    (bytes.len() >= end + 4 + length).then_some(())
}

/// The median round by rate.
pub(crate) fn median(mut rounds: Vec<Round>) -> anyhow::Result<Round> {
    rounds.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    rounds.get(rounds.len() / 2).cloned().context("there was no round")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_whole_with_its_last_byte() {
        let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx: y\r\n\r\n{  }";
        for end in 0..reply.len() {
            assert_eq!(whole(&reply[..end]), None);
        }
        assert_eq!(whole(reply), Some(()));
    }

    #[test]
    fn the_median_is_the_middle_one_by_rate() {
        let of = |rate| Round { taken: 1, rate, p50: Duration::ZERO, p99: Duration::ZERO };
        assert_eq!(median(vec![of(3.0), of(1.0), of(2.0)]).unwrap(), of(2.0));
    }
}
