//! Text about a person that must not be printed by accident.

use std::fmt;

/// Text about a person as another system gave it: a name, a number, an address. Debug output
/// never shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Personal(String);

impl Personal {
    /// Takes any text: what another system says about a person is kept, never refused.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text in clear: for the person who asked, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Personal(***)")
    }
}
