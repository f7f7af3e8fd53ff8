//! What a client hears whose request no route will see: the usual envelope, then the end.

use super::head::Malformed;
use crate::problem::Problem;

/// The whole answer.
pub(super) fn answer(malformed: Malformed) -> Vec<u8> {
    let body = Problem::invalid(malformed.message()).to_json();
    let head = format!(
        "HTTP/1.1 {}\r\nconnection: close\r\ncache-control: no-store\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        malformed.status(),
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Counts it: strangers send such bytes all day, so that a log line each would be theirs to fill.
pub(super) fn count(malformed: Malformed) {
    let counter = "madoguchi_http_malformed_requests_total";
    metrics::counter!(counter, "rule" => malformed.as_str()).increment(1);
}
