//! The two lookup queries: a context by its id, an owner by an account.

use std::fmt;

use super::CodigoConta;
use crate::field::{InvalidField, is_plain};
use crate::personal::Personal;
use crate::redacted;

redacted!(ContextId);

/// The id of a context: 1 to 4096 bytes without control characters. Its holder can read the
/// context, so it is never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContextId(String);

impl ContextId {
    /// Parses a `contextId`.
    ///
    /// # Errors
    /// When it is empty, over 4096 bytes, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        if text.len() > 4096 || !is_plain(text, 4096) {
            let rule = "must be 1 to 4096 bytes without control characters";
            return Err(InvalidField::new("contextId", rule));
        }
        Ok(Self(text.to_owned()))
    }

    /// The same id in another encoding, of any length.
    #[must_use]
    pub fn spelled(&self, spell: impl FnOnce(&[u8]) -> String) -> Self {
        Self(spell(self.0.as_bytes()))
    }

    /// The id in clear: for the upstream system, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The field `encoded`: text of up to 32 characters; only `0` has a meaning. Never printed,
/// because a client may put a context id there.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Encoded(String);

impl Encoded {
    /// Parses the field; it may be empty.
    ///
    /// # Errors
    /// When it is over 32 characters or holds a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        if !text.is_empty() && !is_plain(text, 32) {
            return Err(InvalidField::new(
                "encoded",
                "must be at most 32 characters without control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// `0`: the context id is sent unchanged.
    #[must_use]
    pub fn as_it_is() -> Self {
        Self("0".to_owned())
    }

    /// True if the context id is sent unchanged. Compared as text: `00` is another value.
    #[must_use]
    pub fn is_as_it_is(&self) -> bool {
        self.0 == "0"
    }

    /// The field as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_as_it_is() { "Encoded(0)" } else { "Encoded(***)" })
    }
}

/// A query to PS7 for a context. Adapters send it unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ContextQuery {
    /// Which.
    pub context: ContextId,
    /// Whether the serving system must encode it.
    pub encoded: Option<Encoded>,
}

/// A query for the owner of an account. The optional fields are sent unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountQuery {
    /// Which.
    pub account: CodigoConta,
    /// `tipo_estrutura`: AP, OP, SD, CO and others.
    pub structure: Option<Personal>,
    /// `segmento`.
    pub segment: Option<Personal>,
    /// `servico_digital`.
    pub digital_service: Option<Personal>,
}

impl AccountQuery {
    /// A query for this account without optional fields.
    #[must_use]
    pub const fn of(account: CodigoConta) -> Self {
        Self { account, structure: None, segment: None, digital_service: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_id_has_bounds_and_is_never_printed() {
        for bad in ["", "a\u{0}b", "line\nline", &"é".repeat(2049), &"x".repeat(10_000)] {
            let refused = ContextId::parse(bad).unwrap_err();
            assert!(refused.to_string().starts_with("contextId must be"));
        }
        assert!(ContextId::parse(&"é".repeat(2048)).is_ok());
        let encoded = Some(Encoded::parse("123123213").unwrap());
        let query = ContextQuery { context: ContextId::parse("123123213").unwrap(), encoded };
        assert!(!format!("{query:?}").contains("123123213"));
    }

    #[test]
    fn only_the_text_0_means_as_it_is() {
        assert!(Encoded::parse("0").unwrap().is_as_it_is() && Encoded::as_it_is().is_as_it_is());
        for other in ["", "1", "00", " 0", "false"] {
            assert!(!Encoded::parse(other).unwrap().is_as_it_is(), "{other}");
        }
        assert!(Encoded::parse(&"0".repeat(33)).is_err() && Encoded::parse("\n").is_err());
    }
}
