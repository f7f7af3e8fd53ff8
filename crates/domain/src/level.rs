//! The account level: short text that the bank defines.

use crate::closed_set::closed_set;
use crate::field::InvalidField;

/// An account level such as `1A`: 1 to 8 ASCII letters or digits. The bank defines which levels
/// exist.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountLevel(String);

impl AccountLevel {
    /// Parses a level.
    ///
    /// # Errors
    /// When it is not 1 to 8 ASCII letters or digits.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            return Err(InvalidField::new("level", "must be 1 to 8 ASCII letters or digits"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The level as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

closed_set! {
    /// Where a member's level comes from.
    pub enum LevelSource {
        /// The member was registered with it, or without one.
        Registered = "REGISTERED",
        /// The core bank confirmed it.
        CoreBank = "CORE_BANK",
        /// Two people confirmed it, with evidence.
        Manual = "MANUAL",
    }
}
