//! Reads one complete request: its head and `content-length` bytes of body.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A complete request. Chunked bodies are not supported; no adapter here sends one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The request line and the headers, without the empty line after them.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The path and the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The first header with this name, ignoring case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
    }

    /// The body as JSON; `null` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Reads the next request of a connection; `unread` keeps the bytes after it. `None` when the
/// connection ends before a complete request.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    unread: &mut Vec<u8>,
) -> io::Result<Option<Received>> {
    loop {
        if let Some((request, length)) = whole(unread) {
            unread.drain(..length);
            return Ok(Some(request));
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// The request at the start of `bytes`, and its length.
fn whole(bytes: &[u8]) -> Option<(Received, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut request = Received { head, body: Vec::new() };
    let length = request.header("content-length").map_or(Some(0), |text| text.parse().ok())?;
    let body = bytes.get(end + 4..)?.get(..length)?;
    request.body = body.to_vec();
    Some((request, end + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] = b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /b HTTP/1.1\r\n\r\n";

    #[tokio::test]
    async fn requests_are_read_whole_and_one_after_the_other() {
        let (mut stream, mut unread) = (TWO, Vec::new());
        let first = read(&mut stream, &mut unread).await.unwrap().unwrap();
        assert_eq!((first.method(), first.path()), ("POST", "/a"));
        assert_eq!(
            (first.json(), first.header("content-length")),
            (serde_json::json!({}), Some("2"))
        );
        let second = read(&mut stream, &mut unread).await.unwrap().unwrap();
        assert_eq!((second.method(), second.path(), second.body.len()), ("GET", "/b", 0));
        assert_eq!(read(&mut stream, &mut unread).await.unwrap(), None);
    }

    #[tokio::test]
    async fn half_a_request_is_none() {
        for end in 0..40 {
            assert_eq!(read(&mut &TWO[..end], &mut Vec::new()).await.unwrap(), None, "{end}");
        }
    }
}
