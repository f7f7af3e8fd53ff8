//! A refusal as the API document describes it.

use serde_json::Value;

use super::{Code, CodedEnvelope, Envelope, Problem, code};
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

    /// A malformed request with this status and this message.
    pub(crate) fn invalid(status: u16, message: &'static str, text: &str) -> Self {
        Self::of(status, &Problem::invalid(message), text)
    }

    /// The same with a result code.
    pub(crate) fn with_result_code(mut self) -> Self {
        self.schema = named::<CodedEnvelope<'_>>;
        let code = self.example["error"]["error_code"].clone();
        self.example["result_code"] = code;
        self
    }

    fn of(status: u16, problem: &Problem, text: &str) -> Self {
        Self {
            status,
            name: problem.code.as_str(),
            text: format!("`{}`: {text}", code::shown(problem.code)),
            later: problem.code.may_be_repeated(),
            schema: named::<Envelope<'_>>,
            example: serde_json::from_slice(&problem.to_json()).unwrap_or_default(),
        }
    }
}
