//! The scenarios of the simulated downstream for context and owner lookups.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::wait::milliseconds;

/// The scenario names, for error messages.
pub(in crate::world) const KNOWN: &str = "ok, business_failure, slow:<ms>, http_401, http_404, \
    http_500, garbage, truncated, object_for_array";

/// How a lookup is answered. The table is in the documentation of `world`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::world) enum Scenario {
    #[default]
    Ok,
    BusinessFailure,
    Slow(u64),
    Http401,
    Http404,
    Http500,
    Garbage,
    Truncated,
    ObjectForArray,
}

impl Scenario {
    /// Parses what [`Display`](fmt::Display) writes.
    pub(in crate::world) fn parse(text: &str) -> Result<Self, String> {
        let (name, wait) = match text.split_once(':') {
            Some((name, wait)) => (name, Some(wait)),
            None => (text, None),
        };
        let scenario = match name {
            "slow" => return milliseconds(name, wait).map(Self::Slow),
            "ok" => Self::Ok,
            "business_failure" => Self::BusinessFailure,
            "http_401" => Self::Http401,
            "http_404" => Self::Http404,
            "http_500" => Self::Http500,
            "garbage" => Self::Garbage,
            "truncated" => Self::Truncated,
            "object_for_array" => Self::ObjectForArray,
            _ => return Err(format!("scenario: `{text}` is not known; lookups have {KNOWN}")),
        };
        match wait {
            None => Ok(scenario),
            Some(_) => Err(format!("scenario: `{name}` takes no `:<ms>`")),
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Ok => "ok",
            Self::BusinessFailure => "business_failure",
            Self::Slow(ms) => return write!(f, "slow:{ms}"),
            Self::Http401 => "http_401",
            Self::Http404 => "http_404",
            Self::Http500 => "http_500",
            Self::Garbage => "garbage",
            Self::Truncated => "truncated",
            Self::ObjectForArray => "object_for_array",
        };
        f.write_str(name)
    }
}

impl TryFrom<String> for Scenario {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Scenario> for String {
    fn from(scenario: Scenario) -> Self {
        scenario.to_string()
    }
}
