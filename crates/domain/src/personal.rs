//! Text about a person that must not be printed by accident.

use crate::redacted;

redacted!(Personal);

/// Personal text as received from another system: a name, a number, an address. Debug output
/// never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal(String);

impl Personal {
    /// Accepts any text: personal data from another system is kept, never rejected.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text in clear: for the client that requested it, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}
