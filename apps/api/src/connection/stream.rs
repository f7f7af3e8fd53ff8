//! A connection that gives the HTTP server one request at a time, and ends when it must.
//!
//! The server behind reads ahead: it would run a request that was pipelined behind
//! `Connection: close`, answer one request with the version of the next, and wait without a
//! deadline for a body that nobody reads. Here the bytes of a request are held back until the one
//! before it is answered, so that it never sees two.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::body::Body;
use super::head::{MAX_HEAD, Malformed, read_head};
use super::open::{CloseReason, OpenConnection, Phase};
use super::refusal;
use super::table::ConnectionTable;

/// How many bytes are asked for at once, and how little room is too little to ask.
const READ: usize = 4096;
const LEAST_READ: usize = 1024;

/// A TCP connection with a place in the table.
#[derive(Debug)]
pub(crate) struct PacedStream {
    io: TcpStream,
    open: Arc<OpenConnection>,
    table: Arc<ConnectionTable>,
    /// What arrived and was not given to the server yet.
    inbox: BytesMut,
    /// So many bytes at the front of the inbox belong to the request under way.
    released: usize,
    stage: Stage,
    /// Whether the inbox holds a line end that was not parsed yet.
    is_worth_parsing: bool,
    client_ended: bool,
    our_end_is_sent: bool,
}

/// What the bytes behind the released ones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// A head.
    Head,
    /// The body of the request under way.
    Body(Body, After),
    /// The next request; it waits for the answer to the one under way.
    Next(After),
    /// Nothing that is read any more.
    Over,
}

/// What may follow the request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Another request.
    Request,
    /// Another request, unless it is there before the answer: HTTP/1.0 does not pipeline.
    LaterRequest,
    /// Nothing: `Connection: close`.
    Nothing,
}

impl PacedStream {
    pub(crate) fn new(
        io: TcpStream,
        open: Arc<OpenConnection>,
        table: Arc<ConnectionTable>,
    ) -> Self {
        Self {
            io,
            open,
            table,
            inbox: BytesMut::new(),
            released: 0,
            stage: Stage::Head,
            is_worth_parsing: false,
            client_ended: false,
            our_end_is_sent: false,
        }
    }

    pub(crate) const fn connection(&self) -> &Arc<OpenConnection> {
        &self.open
    }

    /// Moves on to the next request, once the one under way is answered.
    fn note_answer(&mut self) {
        let after = match self.stage {
            Stage::Next(after) => after,
            Stage::Body(_, After::Nothing) => return self.finish(),
            Stage::Body(..) | Stage::Head | Stage::Over => return,
        };
        let more_came = self.inbox.len() > self.released;
        if after == After::Nothing || after == After::LaterRequest && more_came {
            return self.finish();
        }
        self.expect_head();
    }

    fn expect_head(&mut self) {
        self.stage = Stage::Head;
        self.is_worth_parsing = true;
        self.open.enter(if self.inbox.is_empty() { Phase::Idle } else { Phase::Head });
    }

    /// Reads no further request.
    fn finish(&mut self) {
        self.stage = Stage::Over;
        self.inbox.clear();
        self.released = 0;
    }

    /// Finds out which of the bytes that arrived may be given to the server.
    fn advance(&mut self) {
        if self.stage == Stage::Over {
            return self.inbox.clear();
        }
        if self.stage == Stage::Head && self.is_worth_parsing {
            self.is_worth_parsing = false;
            let blank = self.inbox.iter().take_while(|byte| b"\r\n".contains(byte)).count();
            self.inbox.advance(blank);
            match read_head(&mut self.inbox) {
                Ok(None) => {}
                Ok(Some(head)) => {
                    let after = match (head.is_last, head.is_http_1_0) {
                        (true, _) => After::Nothing,
                        (false, true) => After::LaterRequest,
                        (false, false) => After::Request,
                    };
                    self.released = head.length;
                    self.stage = Stage::Body(head.body, after);
                    self.open.enter(Phase::Body);
                }
                Err(malformed) => return self.refuse(malformed),
            }
        }
        if let Stage::Body(mut body, after) = self.stage {
            match body.take(&self.inbox[self.released..]) {
                Ok(taken) => self.released += taken,
                Err(malformed) => {
                    refusal::count(malformed);
                    return self.finish();
                }
            }
            self.stage = Stage::Body(body, after);
            if body == Body::None {
                self.body_is_whole(after);
            }
        }
    }

    fn body_is_whole(&mut self, after: After) {
        self.stage = Stage::Next(after);
        if self.open.phase() == Phase::Draining {
            // Its answer is out already.
            self.note_answer();
        } else {
            self.open.enter(Phase::Working);
        }
    }

    /// Answers a request that no route will see, and reads no further.
    fn refuse(&mut self, malformed: Malformed) {
        refusal::count(malformed);
        self.finish();
        // An answer that is still being written must not be broken into.
        if !self.open.is_stalled() {
            let _ = self.io.try_write(&refusal::answer(malformed));
        }
    }

    /// Gives the server what it may read.
    fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let given = self.released.min(buf.remaining());
        buf.put_slice(&self.inbox[..given]);
        self.inbox.advance(given);
        self.released -= given;
        given > 0
    }

    /// Whether the client's end may be seen: everything it sent before has been given.
    fn shows_end(&self) -> bool {
        match self.stage {
            Stage::Next(_) => self.client_ended && self.inbox.is_empty(),
            Stage::Head | Stage::Body(..) => self.client_ended,
            Stage::Over => true,
        }
    }

    fn fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let had = self.inbox.len();
        if self.inbox.capacity() - had < LEAST_READ {
            self.inbox.reserve(READ);
        }
        let read = ready!(pin!(self.io.read_buf(&mut self.inbox)).poll(cx))?;
        self.client_ended = read == 0;
        // A head that trickles in is not parsed anew for every byte.
        let has_line_end = self.inbox[had..].contains(&b'\n');
        self.is_worth_parsing |= had == 0 || has_line_end || self.inbox.len() >= MAX_HEAD;
        self.open.progressed();
        if had == 0 && read > 0 && self.stage == Stage::Head {
            self.open.enter(Phase::Head);
        }
        Poll::Ready(Ok(()))
    }

    fn read_after(&mut self, reason: CloseReason) -> io::Result<()> {
        match reason {
            CloseReason::HeadTimeout => self.refuse(Malformed::Late),
            CloseReason::KeepAlive => self.finish(),
            CloseReason::Evicted if self.stage == Stage::Head => self.finish(),
            CloseReason::Evicted
            | CloseReason::BodyTimeout
            | CloseReason::WriteTimeout
            | CloseReason::Lingered
            | CloseReason::Stuck => return Err(io::ErrorKind::ConnectionAborted.into()),
        }
        // An end, as if the client had closed it.
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
        // Before looking, so that what changes meanwhile wakes the task.
        this.open.register(cx.waker());
        if let Some(reason) = this.open.closed() {
            return Poll::Ready(this.read_after(reason));
        }
        loop {
            if this.open.take_answered() {
                this.note_answer();
            }
            this.advance();
            if this.give(buf) || this.shows_end() {
                return Poll::Ready(Ok(()));
            }
            if !this.inbox.is_empty() {
                this.open.hold();
            }
            if this.client_ended || this.inbox.len() >= MAX_HEAD {
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
        if self.open.closed().is_some_and(|reason| reason != CloseReason::KeepAlive) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.open.register(cx.waker());
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        let all = matches!(written, Poll::Ready(Ok(length)) if length == bytes.len());
        self.open.set_stalled(!all);
        if matches!(written, Poll::Ready(Ok(_))) {
            self.open.progressed();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Sends our end, and waits a while for the client's if it may still be sending: what arrives
    /// at a socket that is closed already would throw away the answer on its way.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.our_end_is_sent {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            this.our_end_is_sent = true;
            this.open.enter(Phase::Closing);
        }
        let may_be_sending = match this.stage {
            Stage::Head | Stage::Next(_) => !this.inbox.is_empty(),
            Stage::Body(..) | Stage::Over => true,
        };
        this.finish();
        this.open.register(cx.waker());
        while may_be_sending && !this.client_ended && this.open.closed().is_none() {
            this.inbox.clear();
            if ready!(this.fill(cx)).is_err() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for PacedStream {
    fn drop(&mut self) {
        self.table.remove(&self.open);
    }
}
