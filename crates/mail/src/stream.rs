//! The connection to a mail server, which limits what a server can send.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The most bytes that a server sends in a conversation: far more than replies and certificates.
const MOST_BYTES: usize = 256 * 1024;

/// The first byte of a TLS handshake (RFC 8446 §5.1).
const HANDSHAKE: u8 = 0x16;

/// A connection that ends after [`MOST_BYTES`]. Until the handshake begins it is read byte by byte,
/// and nothing is written while bytes wait to be read. So no reply counts that was sent before its
/// command, and nothing that was sent in clear after the answer to `STARTTLS` counts as encrypted.
#[derive(Debug)]
pub(crate) struct LimitedStream {
    inner: TcpStream,
    left: usize,
    is_in_clear: bool,
}

/// The server sent bytes before we wrote what they could reply to; we wrote nothing more.
#[derive(Debug, thiserror::Error)]
#[error("the mail server replied before it was asked")]
pub(crate) struct UnaskedBytes;

impl LimitedStream {
    /// Connects. The final dot is a small write of its own: without `TCP_NODELAY` it would wait for
    /// the acknowledgement of the content, which a server may delay by 40 ms.
    pub(crate) async fn connect(server: (&str, u16)) -> io::Result<Self> {
        let inner = TcpStream::connect(server).await?;
        // A failure only makes the conversation slower.
        let _ = inner.set_nodelay(true);
        Ok(Self { inner, left: MOST_BYTES, is_in_clear: true })
    }

    fn has_unread(&self, cx: &mut Context<'_>) -> bool {
        let mut byte = [0];
        let peeked = self.inner.poll_peek(cx, &mut ReadBuf::new(&mut byte));
        matches!(peeked, Poll::Ready(Ok(1..)))
    }
}

impl AsyncTokioStream for LimitedStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.peer_addr()
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other("the mail server sends too much")));
        }
        let most = if self.is_in_clear { 1 } else { self.left };
        let room = buf.remaining().min(most);
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        self.left -= read;
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_in_clear && self.has_unread(cx) {
            return Poll::Ready(Err(io::Error::other(UnaskedBytes)));
        }
        if bytes.first() == Some(&HANDSHAKE) {
            self.is_in_clear = false;
        }
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    async fn connected(listener: &TcpListener) -> LimitedStream {
        let port = listener.local_addr().unwrap().port();
        LimitedStream::connect(("127.0.0.1", port)).await.unwrap()
    }

    #[tokio::test]
    async fn small_writes_are_sent_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert!(connected(&listener).await.inner.nodelay().unwrap());
    }

    #[tokio::test]
    async fn a_server_sends_so_much_and_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = connected(&listener).await;
        let (mut server, _) = listener.accept().await.unwrap();
        let flood = tokio::spawn(async move { server.write_all(&vec![b'x'; 1 << 20]).await });
        let mut read = Vec::new();
        let error = stream.read_to_end(&mut read).await.unwrap_err();
        assert_eq!(error.to_string(), "the mail server sends too much");
        assert_eq!((read.len(), read.iter().all(|byte| *byte == b'x')), (MOST_BYTES, true));
        flood.abort();
    }

    #[tokio::test]
    async fn nothing_is_written_while_bytes_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (mut stream, mut byte) = (connected(&listener).await, [0]);
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(b"12").await.unwrap();
        stream.read_exact(&mut byte).await.unwrap();
        for bytes in [&b"EHLO"[..], &[HANDSHAKE]] {
            let error = stream.write_all(bytes).await.unwrap_err();
            assert!(error.get_ref().is_some_and(|it| it.is::<UnaskedBytes>()), "{error}");
        }
        stream.read_exact(&mut byte).await.unwrap();
        stream.write_all(b"EHLO").await.unwrap();
    }
}
