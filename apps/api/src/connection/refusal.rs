//! The answers to a client whose request no route will see: the usual envelope, then the end.

use super::head::Malformed;
use crate::problem::{Code, Problem};

/// The whole answer to a malformed request.
pub(super) fn malformed(malformed: Malformed) -> Vec<u8> {
    answer(malformed.status(), "", &Problem::invalid(malformed.message()))
}

/// The whole answer to a connection that gets no place.
pub(super) fn no_place() -> Vec<u8> {
    let problem = Problem::of(Code::Unavailable);
    answer("503 Service Unavailable", "retry-after: 1\r\n", &problem)
}

fn answer(status: &str, lines: &str, problem: &Problem) -> Vec<u8> {
    let body = problem.to_json();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncache-control: no-store\r\n{lines}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Counts it: strangers send such bytes all day, so that a log line each would be theirs to fill.
pub(super) fn count(malformed: Malformed) {
    let counter = "madoguchi_http_malformed_requests_total";
    metrics::counter!(counter, "rule" => malformed.as_str()).increment(1);
}
