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

/// A connection that ends after [`MOST_BYTES`]. Until the handshake begins it is read byte by byte:
/// nothing that was sent in clear after the answer to `STARTTLS` is taken for an encrypted reply.
#[derive(Debug)]
pub(crate) struct LimitedStream {
    inner: TcpStream,
    left: usize,
    is_in_clear: bool,
}

impl LimitedStream {
    /// Connects. The final dot is a small write of its own: without `TCP_NODELAY` it would wait for
    /// the acknowledgement of the content, which a server may delay by 40 ms.
    pub(crate) async fn connect(server: (&str, u16)) -> io::Result<Self> {
        let inner = TcpStream::connect(server).await?;
        // A failure only makes the conversation slower.
        let _ = inner.set_nodelay(true);
        Ok(Self { inner, left: MOST_BYTES, is_in_clear: true })
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
}
