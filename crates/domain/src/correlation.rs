//! The id that ties one request's log lines, history, audit rows and upstream calls together.

use std::sync::Arc;

use uuid::Uuid;

use crate::field::InvalidField;

/// A request's id: 1 to 128 visible ASCII characters, from the client or created on arrival.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CorrelationId(Arc<str>);

impl CorrelationId {
    /// Parses a client's `x-request-id`.
    ///
    /// # Errors
    /// When it is empty, over 128 characters, or not visible ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let visible = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > 128 || !visible {
            return Err(InvalidField::new(
                "x-request-id",
                "must be 1 to 128 visible ASCII characters",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The id of a request that came without one: 32 hexadecimal digits.
    #[must_use]
    pub fn from_uuid(id: Uuid) -> Self {
        Self(id.simple().to_string().into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
