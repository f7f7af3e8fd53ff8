//! The headers that a lookup forwards from the client to the upstream system.

use uuid::Uuid;

use crate::audit::{Action, Subject};
use crate::parsed_text::parsed_text;

use crate::correlation::CorrelationId;
use crate::field::is_visible;
use crate::redacted;

redacted!(ApiKey);

parsed_text! {
    /// The id of one flow (`x-itau-flowID`): 1 to 128 visible ASCII characters.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct FlowId:
        "x-itau-flowID",
        "must be 1 to 128 visible ASCII characters",
        |text| is_visible(text, 128);
    /// The id as text.
    as_str
}

impl FlowId {
    /// The id of a lookup that came without one: a UUID with hyphens.
    #[must_use]
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

parsed_text! {
    /// A consumer's key (`x-itau-apikey`): 1 to 512 visible ASCII characters. Never printed.
    #[derive(Hash)]
    pub struct ApiKey:
        "x-itau-apikey",
        "must be 1 to 512 visible ASCII characters",
        |text| is_visible(text, 512);
    /// The key in clear: for the upstream system, never for a log.
    expose
}

/// The headers that are forwarded (`docs/guide/callers.md`). The service creates a flow id if
/// none was given; no other header is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardedHeaders {
    /// `x-itau-flowID`.
    pub flow: FlowId,
    /// `x-itau-correlationID`.
    pub correlation: Option<CorrelationId>,
    /// `x-itau-apikey`.
    pub api_key: Option<ApiKey>,
}

impl ForwardedHeaders {
    /// Forwarded headers with only a flow id.
    #[must_use]
    pub const fn of(flow: FlowId) -> Self {
        Self { flow, correlation: None, api_key: None }
    }
}

impl FlowId {
    /// The audit subject of a lookup: its flow id, never the person looked up.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::new("lookup", self.as_str())
    }
}

impl Action {
    /// A call's context was looked up; the detail is the outcome.
    pub const CONTEXT_LOOKED_UP: Self = Self::of("context.looked_up");
    /// An account's owner was looked up; the detail is the outcome.
    pub const ACCOUNT_LOOKED_UP: Self = Self::of("account.looked_up");
    /// Both were looked up in one call; the detail is the outcome of each.
    pub const CALLER_LOOKED_UP: Self = Self::of("caller.looked_up");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_visible_ascii_of_a_bounded_length() {
        for bad in ["", "with space", "tab\t", "é", &"x".repeat(8192)] {
            assert_eq!(FlowId::parse(bad).unwrap_err().field, "x-itau-flowID");
            assert_eq!(ApiKey::parse(bad).unwrap_err().field, "x-itau-apikey");
        }
        let key = ApiKey::parse("12323213").unwrap();
        let forwarded = ForwardedHeaders {
            api_key: Some(key),
            ..ForwardedHeaders::of(FlowId::parse("f-1").unwrap())
        };
        assert!(!format!("{forwarded:?}").contains("12323213"));
    }
}
