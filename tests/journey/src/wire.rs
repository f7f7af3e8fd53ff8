//! Sends HTTP as raw bytes, for requests that no HTTP client would send.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::caller::HttpAnswer;

const TIMEOUT: Duration = Duration::from_secs(20);

/// Sends these bytes over a new connection and reads one answer.
///
/// # Errors
/// When no whole answer comes.
pub async fn exchange(addr: SocketAddr, bytes: &[u8]) -> anyhow::Result<HttpAnswer> {
    let mut stream = TcpStream::connect(addr).await?;
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let answer = tokio::time::timeout(TIMEOUT, read(&mut stream)).await;
    answer.context("no answer in time")?
}

/// Sends these bytes and closes without waiting for an answer.
///
/// # Errors
/// When the connection is refused.
pub async fn send_and_leave(addr: SocketAddr, bytes: &[u8]) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(bytes).await?;
    Ok(stream.shutdown().await?)
}

/// A `POST` of a body with more header lines, each ending in `\r\n`.
#[must_use]
pub fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bank.example\r\nConnection: close\r\n\
         Content-Length: {}\r\n{headers}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn read(stream: &mut TcpStream) -> anyhow::Result<HttpAnswer> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(answer) = parse(&bytes) {
            return Ok(answer);
        }
        match stream.read(&mut chunk).await {
            Ok(0) => bail!("the answer broke off: {}", String::from_utf8_lossy(&bytes)),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            Err(error) => return Err(error).context(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }
}

/// Parses an answer; `None` while it is incomplete.
fn parse(bytes: &[u8]) -> Option<HttpAnswer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.get(9..12)?.parse().ok()?;
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length")?.parse().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    let body = String::from_utf8_lossy(body).into_owned();
    Some(HttpAnswer::new(status, header("retry-after").and_then(|it| it.parse().ok()), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_once_all_of_it_is_there() {
        let whole = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n\
                      Content-Length: 2\r\n\r\n{}";
        for end in 0..whole.len() {
            assert_eq!(parse(&whole[..end]), None);
        }
        let expected = HttpAnswer::new(503, Some(1), "{}");
        assert_eq!(parse(whole), Some(expected));
    }
}
