//! A refusal as the API document describes it.

use serde_json::Value;

use super::{Code, Envelope, Problem, code};
use crate::operation::{SchemaOf, named};

/// One refusal of a route.
pub(crate) struct Refused {
    pub(crate) status: u16,
    /// The name of its example.
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// Whether it comes with `Retry-After`.
    pub(crate) later: bool,
    pub(crate) schema: SchemaOf,
    pub(crate) example: Value,
}

impl Refused {
    /// The refusal with this code.
    pub(crate) fn by(code: Code) -> Self {
        Self::of(code.status().as_u16(), &Problem::of(code), code.message())
    }

    fn of(status: u16, problem: &Problem, text: &str) -> Self {
        Self {
            status,
            name: problem.code.as_str(),
            text: format!("`{}`: {text}", code::shown(problem.code)),
            later: problem.code == Code::Unavailable,
            schema: named::<Envelope<'_>>,
            example: serde_json::from_slice(&problem.to_json()).unwrap_or_default(),
        }
    }

    /// The refusals that any route can give. 408 and 431 are of a head that never reached it.
    pub(crate) fn by_any_route() -> Vec<Self> {
        let invalid = |status, message, text| Self::of(status, &Problem::invalid(message), text);
        vec![
            invalid(
                400,
                "memberId is missing",
                "The request is malformed: the message names the rule, and the field if it is one.",
            ),
            invalid(408, "the head did not arrive in time", "The head did not arrive in time."),
            invalid(
                431,
                "the head must be at most 32 KiB in at most 96 header lines",
                "The head is too large.",
            ),
            Self::by(Code::Unavailable),
            Self::by(Code::Internal),
        ]
    }
}
