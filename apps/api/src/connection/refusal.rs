//! Answers to requests and connections that are refused before routing, in the usual envelope.

use actix_web::http::StatusCode;

use super::malformed::Malformed;
use crate::problem::{Code, Problem};

/// The complete answer to a malformed request.
pub(super) fn malformed(malformed: Malformed) -> Vec<u8> {
    answer(malformed.status(), "", &Problem::invalid(malformed.message()))
}

/// The complete answer to a connection over the limit.
pub(super) fn no_place() -> Vec<u8> {
    let problem = Problem::of(Code::Unavailable);
    answer(StatusCode::SERVICE_UNAVAILABLE, "retry-after: 1\r\n", &problem)
}

fn answer(status: StatusCode, lines: &str, problem: &Problem) -> Vec<u8> {
    let body = problem.to_json();
    let head = format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\ncache-control: no-store\r\n{lines}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body].concat()
}

/// Counted, not logged: any client could fill the log with malformed requests.
pub(super) fn count(malformed: Malformed) {
    let counter = "madoguchi_http_malformed_requests_total";
    metrics::counter!(counter, "rule" => malformed.as_str()).increment(1);
}
