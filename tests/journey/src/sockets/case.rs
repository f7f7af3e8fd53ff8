//! One case, and the builders of its requests.

use std::time::Duration;

use crate::caller::VERDICT;
use crate::tokens;

/// Number of bytes that, sent one by one, take longer than that.
pub(super) const TRICKLE: usize = 200;

/// One step of a client.
#[derive(Debug, Clone)]
pub enum Step {
    /// Sends these bytes at once.
    Send(Vec<u8>),
    /// Sends these bytes one by one, with this pause before each.
    Trickle(Vec<u8>, Duration),
    /// Waits.
    Pause(Duration),
    /// Closes its sending side and continues to read.
    End,
}

/// The state of the connection after the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The server keeps it open.
    Open,
    /// The server closes it.
    Closed,
}

/// One case: the client's steps and the expected result.
#[derive(Debug, Clone)]
pub struct SocketCase {
    /// The part of HTTP that it tests.
    pub group: &'static str,
    /// What it tests.
    pub name: &'static str,
    /// The client's steps.
    pub steps: Vec<Step>,
    /// The expected statuses of all answers, in order.
    pub statuses: Vec<u16>,
    /// The expected state of the connection.
    pub then: Then,
}

/// A builder for the cases of one group.
pub(super) struct Group(pub(super) &'static str, pub(super) Vec<SocketCase>);

impl Group {
    pub(super) const fn new(name: &'static str) -> Self {
        Self(name, Vec::new())
    }

    /// Adds a case that sends one message at once.
    pub(super) fn sends(
        &mut self,
        name: &'static str,
        bytes: impl AsRef<[u8]>,
        seen: (&[u16], Then),
    ) {
        self.does(name, vec![Step::Send(bytes.as_ref().to_vec())], seen);
    }

    pub(super) fn does(
        &mut self,
        name: &'static str,
        steps: Vec<Step>,
        (statuses, then): (&[u16], Then),
    ) {
        let statuses = statuses.to_vec();
        self.1.push(SocketCase { group: self.0, name, steps, statuses, then });
    }
}

/// A `GET` of an existing page with more header lines, each ending in `\r\n`.
pub(super) fn get(lines: &str) -> String {
    format!("GET /health/live HTTP/1.1\r\nHost: a\r\n{lines}\r\n")
}

/// The start of a verdict on an unknown member: the answer is 404 if all of it was read.
pub(super) fn verdict(lines: &str) -> String {
    let token = tokens::DECIDE;
    format!(
        "POST {VERDICT} HTTP/1.1\r\nHost: a\r\nAcstkn: {token}\r\n\
         Content-Type: application/json\r\n{lines}\r\n"
    )
}

/// The body of that verdict.
pub(super) const BODY: &str = "{\"memberId\":\"nobody\",\"isPass\":true}";

/// A verdict with `Content-Length`.
pub(super) fn sized(lines: &str) -> String {
    let length = BODY.len();
    verdict(&format!("Content-Length: {length}\r\n{lines}")) + BODY
}

/// The head of a chunked verdict, followed by these bytes.
pub(super) fn chunked(bytes: &str) -> String {
    verdict("Transfer-Encoding: chunked\r\n") + bytes
}

/// The body of a verdict as one chunk with this extension, then `end`.
pub(super) fn chunk(extension: &str, end: &str) -> String {
    format!("{:x}{extension}\r\n{BODY}\r\n{end}", BODY.len())
}
