//! Releases the bytes of one request at a time to the HTTP server.

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use tokio::io::ReadBuf;

use super::body::Body;
use super::head::{MAX_HEAD, read_head};
use super::malformed::Malformed;
use super::open::{OpenConnection, Phase};

/// The bytes received on a connection, and how many of them the server may read.
#[derive(Debug)]
pub(super) struct Pacer {
    open: Arc<OpenConnection>,
    /// Bytes received and not yet read by the server.
    inbox: BytesMut,
    /// This many bytes at the start of the inbox belong to the request under way.
    released: usize,
    expected: Expected,
    /// Whether the inbox may hold a complete head that was not parsed yet.
    is_worth_parsing: bool,
    /// Whether the request under way was answered before its body was complete.
    is_answered_early: bool,
}

/// What follows the released bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// A head.
    Head,
    /// The body of the request under way.
    Body(Body, After),
    /// The next request, which is held back until the one under way is answered.
    Next(After),
    /// Nothing: further bytes are discarded.
    Over,
}

/// What may follow the request under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// Another request.
    Request,
    /// Another request, unless it arrives before the answer: HTTP/1.0 does not pipeline.
    LaterRequest,
    /// Nothing: `Connection: close`.
    Nothing,
}

const fn is_blank(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Bytes to reserve when fewer than `LEAST_READ` are free.
const READ: usize = 4096;
const LEAST_READ: usize = 1024;

impl Pacer {
    pub(super) fn new(open: Arc<OpenConnection>) -> Self {
        let (inbox, expected) = (BytesMut::new(), Expected::Head);
        Self {
            open,
            inbox,
            released: 0,
            expected,
            is_worth_parsing: false,
            is_answered_early: false,
        }
    }

    /// The buffer to read into, and its length before the read.
    pub(super) fn inbox(&mut self) -> (&mut BytesMut, usize) {
        let had = self.inbox.len();
        if self.inbox.capacity() - had < LEAST_READ {
            self.inbox.reserve(READ);
        }
        (&mut self.inbox, had)
    }

    pub(super) fn is_full(&self) -> bool {
        self.inbox.len() >= MAX_HEAD
    }

    /// Whether bytes are held back.
    pub(super) fn holds(&self) -> bool {
        !self.inbox.is_empty()
    }

    pub(super) const fn is_between_requests(&self) -> bool {
        matches!(self.expected, Expected::Head)
    }

    /// Whether every byte received belonged to a complete request and was read by the server.
    pub(super) fn has_read_all(&self) -> bool {
        match self.expected {
            Expected::Head | Expected::Next(_) => self.inbox.is_empty(),
            Expected::Body(..) | Expected::Over => false,
        }
    }

    /// Accounts for the bytes read after the first `had` bytes.
    pub(super) fn received(&mut self, had: usize) {
        let had = had.saturating_sub(self.drop_blank_lines());
        if self.inbox.len() <= had {
            return;
        }
        // A head that arrives byte by byte is not parsed again for each byte.
        let has_line_end = self.inbox[had..].contains(&b'\n');
        self.is_worth_parsing |= had == 0 || has_line_end || self.is_full();
        self.open.progressed();
        if self.is_between_requests() && self.open.phase() == Phase::Idle {
            self.open.enter(Phase::Head);
        }
    }

    /// Blank lines before a request are ignored and do not start its timeout.
    fn drop_blank_lines(&mut self) -> usize {
        if !self.is_between_requests() || self.released > 0 {
            return 0;
        }
        let had = self.inbox.len();
        while let Some(line_end) =
            [&b"\r\n"[..], b"\n"].iter().find(|it| self.inbox.starts_with(it))
        {
            self.inbox.advance(line_end.len());
        }
        had - self.inbox.len()
    }

    /// Continues with the next request after the answer to the one under way.
    pub(super) fn finish_answer(&mut self) {
        let after = match self.expected {
            Expected::Next(after) => after,
            Expected::Body(_, After::Nothing) => return self.finish(),
            Expected::Body(..) => {
                self.is_answered_early = true;
                return self.open.drain();
            }
            Expected::Head | Expected::Over => return,
        };
        let more_came = !self.inbox[self.released..].iter().all(is_blank);
        if after == After::Nothing || after == After::LaterRequest && more_came {
            return self.finish();
        }
        self.expect_head();
    }

    fn expect_head(&mut self) {
        self.expected = Expected::Head;
        self.is_worth_parsing = true;
        self.enter_between();
    }

    /// Enters the phase of the next request, once the server has read the previous one.
    fn enter_between(&mut self) {
        if self.released == 0 {
            self.drop_blank_lines();
            self.open.enter(if self.inbox.is_empty() { Phase::Idle } else { Phase::Head });
        }
    }

    /// Discards everything held back and reads no further request.
    pub(super) fn finish(&mut self) {
        self.expected = Expected::Over;
        self.inbox.clear();
        self.released = 0;
    }

    /// Gives the server the valid part of a malformed body, then end of file.
    pub(super) fn break_off(&mut self) {
        self.expected = Expected::Over;
        self.inbox.truncate(self.released);
    }

    /// Parses the received bytes and releases those of the request under way.
    pub(super) fn advance(&mut self) -> Result<(), Malformed> {
        if self.expected == Expected::Over {
            self.inbox.truncate(self.released);
            return Ok(());
        }
        if self.expected == Expected::Head && self.is_worth_parsing && self.released == 0 {
            self.is_worth_parsing = false;
            if let Some(head) = read_head(&mut self.inbox)? {
                let after = match (head.is_last, head.is_http_1_0) {
                    (true, _) => After::Nothing,
                    (false, true) => After::LaterRequest,
                    (false, false) => After::Request,
                };
                self.released = head.length;
                self.expected = Expected::Body(head.body, after);
                self.open.enter(Phase::Body);
            }
        }
        if let Expected::Body(mut body, after) = self.expected {
            self.released += body.take(&self.inbox[self.released..])?;
            self.expected = Expected::Body(body, after);
            if body == Body::None {
                self.body_is_whole(after);
            }
        }
        Ok(())
    }

    fn body_is_whole(&mut self, after: After) {
        self.expected = Expected::Next(after);
        if std::mem::take(&mut self.is_answered_early) {
            self.finish_answer();
        } else {
            self.open.enter(Phase::Working);
        }
    }

    /// Copies released bytes to the server; whether there were any.
    pub(super) fn give(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let given = self.released.min(buf.remaining());
        buf.put_slice(&self.inbox[..given]);
        self.inbox.advance(given);
        self.released -= given;
        if given > 0 && self.expected == Expected::Head {
            self.enter_between();
        }
        given > 0
    }

    /// Whether the server may read the client's end of file, which must come after all its bytes.
    pub(super) fn shows_end(&self, client_ended: bool) -> bool {
        match self.expected {
            Expected::Next(_) => client_ended && self.inbox.is_empty(),
            Expected::Head | Expected::Body(..) => client_ended,
            Expected::Over => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::super::open::{Answering, ConnectionTimeouts};
    use super::super::table::{ConnectionLimits, ConnectionTable};
    use super::*;

    fn pacer() -> Pacer {
        let minute = Duration::from_secs(60);
        let limits = ConnectionLimits {
            max_connections: 1,
            max_per_address: 1,
            trusted_proxies: Vec::new(),
            timeouts: ConnectionTimeouts {
                keep_alive: minute,
                head: minute,
                body: minute,
                write: minute,
            },
        };
        Pacer::new(ConnectionTable::new("api", limits).admit(IpAddr::from([127, 0, 0, 1])).unwrap())
    }

    impl Pacer {
        fn arrive(&mut self, bytes: &[u8]) {
            let (inbox, had) = self.inbox();
            inbox.extend_from_slice(bytes);
            self.received(had);
        }

        /// The bytes that the server may read now, with a buffer of this size.
        fn read(&mut self, size: usize) -> Result<Vec<u8>, Malformed> {
            let mut all = Vec::new();
            loop {
                if self.open.take_answered() {
                    self.finish_answer();
                }
                self.advance()?;
                let mut bytes = vec![0; size];
                let mut buf = ReadBuf::new(&mut bytes);
                if !self.give(&mut buf) {
                    return Ok(all);
                }
                all.extend_from_slice(buf.filled());
            }
        }

        fn answer(&self) {
            drop(Answering(Arc::clone(&self.open)));
            self.open.flushed();
        }
    }

    const GET: &str = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    const SIZED: &str = "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\n";
    const LAST: &str = "GET /d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    const OLD: &str = "GET /e HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

    #[test]
    fn one_request_at_a_time_is_given_however_it_is_cut() {
        let requests = [GET, SIZED, CHUNKED, SIZED, GET];
        let whole = requests.concat();
        for cut in 1..whole.len() {
            for size in [1, 7, 4096] {
                let mut pacer = pacer();
                let mut pieces = whole.as_bytes().chunks(cut);
                for request in requests {
                    let mut given = pacer.read(size).unwrap();
                    while given.len() < request.len() {
                        pacer.arrive(pieces.next().unwrap());
                        given.extend(pacer.read(size).unwrap());
                    }
                    assert_eq!(String::from_utf8(given).unwrap(), request, "by {cut}, {size}");
                    pacer.answer();
                }
                assert_eq!(pacer.read(size), Ok(Vec::new()));
                assert_eq!(pacer.open.phase(), Phase::Idle);
            }
        }
    }

    #[test]
    fn a_body_that_nobody_reads_ends_before_the_next_head() {
        for request in [SIZED, CHUNKED] {
            let body = request.find("\r\n\r\n").unwrap() + 4;
            for cut in body..request.len() {
                let mut pacer = pacer();
                pacer.arrive(&request.as_bytes()[..cut]);
                let mut given = pacer.read(3).unwrap();
                pacer.answer();
                assert_eq!(pacer.open.phase(), Phase::Draining, "{cut}");
                pacer.arrive(&[&request.as_bytes()[cut..], GET.as_bytes()].concat());
                given.extend(pacer.read(3).unwrap());
                assert_eq!(String::from_utf8(given).unwrap(), format!("{request}{GET}"), "{cut}");
                assert_eq!(pacer.open.phase(), Phase::Working);
            }
        }
    }

    #[test]
    fn blank_lines_begin_nothing() {
        let mut pacer = pacer();
        for _ in 0..3 {
            pacer.arrive(b"\r\n");
            assert_eq!(pacer.read(4096), Ok(Vec::new()));
            assert_eq!(pacer.open.phase(), Phase::Idle);
        }
        pacer.arrive(["\r\n", OLD, "\r\n"].concat().as_bytes());
        assert_eq!(pacer.read(4096).unwrap(), OLD.as_bytes());
        pacer.answer();
        assert_eq!(pacer.read(4096), Ok(Vec::new()));
        assert_eq!(pacer.open.phase(), Phase::Idle);
        assert!(!pacer.shows_end(false), "a blank line is no further request");
    }

    #[test]
    fn nothing_is_given_behind_a_last_request() {
        for (first, later) in [(LAST, false), (OLD, true)] {
            let mut pacer = pacer();
            pacer.arrive([first, GET].concat().as_bytes());
            assert_eq!(pacer.read(4096).unwrap(), first.as_bytes());
            pacer.answer();
            assert_eq!(pacer.read(4096), Ok(Vec::new()));
            assert!(pacer.shows_end(false), "{first}");
            let mut patient = super::tests::pacer();
            patient.arrive(first.as_bytes());
            patient.read(4096).unwrap();
            patient.answer();
            patient.read(4096).unwrap();
            patient.arrive(GET.as_bytes());
            assert_eq!(!patient.read(4096).unwrap().is_empty(), later, "{first}");
        }
    }
}
