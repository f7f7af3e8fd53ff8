//! A connection that passes one request at a time to the HTTP server, and enforces timeouts.
//!
//! The HTTP server reads ahead. It would run a request pipelined after `Connection: close`, answer
//! one request with the HTTP version of the next, and wait without a timeout for a body that no
//! route reads. So the bytes of a request are held back until the previous one is answered.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::malformed::Malformed;
use super::open::{CloseReason, OpenConnection, Phase};
use super::pacer::Pacer;
use super::refusal;
use super::table::ConnectionTable;

/// A TCP connection with a place in the table.
#[derive(Debug)]
pub(crate) struct PacedStream {
    io: TcpStream,
    open: Arc<OpenConnection>,
    table: Arc<ConnectionTable>,
    pacer: Pacer,
    client_ended: bool,
    our_end_is_sent: bool,
}

impl PacedStream {
    pub(crate) fn new(
        io: TcpStream,
        open: Arc<OpenConnection>,
        table: Arc<ConnectionTable>,
    ) -> Self {
        let pacer = Pacer::new(Arc::clone(&open));
        Self { io, open, table, pacer, client_ended: false, our_end_is_sent: false }
    }

    pub(crate) const fn connection(&self) -> &Arc<OpenConnection> {
        &self.open
    }

    /// Answers a malformed request without a route, and reads no further.
    fn refuse(&mut self, malformed: Malformed) {
        refusal::count(malformed);
        if !self.pacer.is_between_requests() {
            // The route answers, because its body ends too early.
            return self.pacer.break_off();
        }
        // Never write into the middle of another answer.
        if !self.open.is_stalled() {
            let _ = self.io.try_write(&refusal::malformed(malformed));
        }
        self.pacer.finish();
    }

    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (inbox, had) = self.pacer.inbox();
        let read = ready!(pin!(self.io.read_buf(inbox)).poll(cx))?;
        self.client_ended = read == 0;
        self.pacer.received(had);
        Poll::Ready(Ok(()))
    }

    fn read_after(&mut self, reason: CloseReason) -> io::Result<()> {
        match reason {
            CloseReason::HeadTimeout => self.refuse(Malformed::Late),
            CloseReason::KeepAlive => self.pacer.finish(),
            CloseReason::Evicted if self.pacer.is_between_requests() => self.pacer.finish(),
            CloseReason::Evicted
            | CloseReason::BodyTimeout
            | CloseReason::WriteTimeout
            | CloseReason::Lingered
            | CloseReason::StuckEffect => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
        // End of file, as if the client had closed.
        Ok(())
    }
}

impl AsyncRead for PacedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // Register before reading the state, so that no wake-up is lost.
        this.open.register(cx.waker());
        if let Some(reason) = this.open.closed() {
            return Poll::Ready(this.read_after(reason));
        }
        loop {
            if this.open.take_answered() {
                this.pacer.finish_answer();
            }
            if this.open.is_stalled() && this.pacer.is_between_requests() {
                // The pending write wakes the task. A client must read its answers to send more.
                return Poll::Pending;
            }
            if let Err(malformed) = this.pacer.advance() {
                this.refuse(malformed);
            }
            if this.pacer.give(buf) || this.pacer.shows_end(this.client_ended) {
                return Poll::Ready(Ok(()));
            }
            if this.pacer.holds() {
                this.open.hold();
            }
            if this.client_ended || this.pacer.is_full() {
                return Poll::Pending;
            }
            ready!(this.fill(cx))?;
        }
    }
}

impl AsyncWrite for PacedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.open.closed().is_some() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.open.register(cx.waker());
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        if let Poll::Ready(Ok(length)) = written {
            self.open.progressed();
            // Every byte that the client accepts starts the write timeout again.
            self.open.set_stalled(false);
            self.open.set_stalled(length < bytes.len());
        } else {
            self.open.set_stalled(true);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.open.flushed();
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Closes our side. If the client may still be sending, waits a limited time for its close:
    /// data that arrives at a closed socket would reset it and discard the answer.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.our_end_is_sent {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            this.our_end_is_sent = true;
            this.open.enter(Phase::Closing);
        }
        let may_be_sending = !this.pacer.has_read_all();
        this.pacer.finish();
        this.open.register(cx.waker());
        while may_be_sending && !this.client_ended && this.open.closed().is_none() {
            if ready!(this.fill(cx)).is_err() {
                break;
            }
            this.pacer.finish();
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for PacedStream {
    fn drop(&mut self) {
        self.table.remove(&self.open);
    }
}
