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
    pub(crate) schema: SchemaOf,
    pub(crate) example: Value,
}

impl Refused {
    /// The refusal with this code.
    pub(crate) fn by(code: Code) -> Self {
        Self::with(code.status().as_u16(), code)
    }

    fn with(status: u16, code: Code) -> Self {
        let (name, shown) = (code.as_str(), code::shown(code));
        Self {
            status,
            name,
            text: format!("`{shown}`: {}", code.message()),
            schema: named::<Envelope<'_>>,
            example: serde_json::from_slice(&Problem::of(code).to_json()).unwrap_or_default(),
        }
    }

    /// The refusals that any route can give. 408 and 431 are of a head that never reached it.
    pub(crate) fn by_any_route() -> Vec<Self> {
        let head = [408, 431].map(|status| Self::with(status, Code::InvalidRequest));
        let any = [Code::InvalidRequest, Code::Unavailable, Code::Internal].map(Self::by);
        head.into_iter().chain(any).collect()
    }
}
