//! How a value from outside is refused: by its field's name and the rule it breaks, never itself.

/// A value that did not parse. Safe to show and to log: it holds no part of the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct InvalidField {
    /// The field's name as its caller writes it, for example `memberId`.
    pub field: &'static str,
    /// What it must be, for example `must be 1 to 64 characters`.
    pub rule: &'static str,
}

impl InvalidField {
    /// A refusal of `field` because of `rule`.
    #[must_use]
    pub const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }
}

/// Says whether `text` has 1 to `most` characters, none of them a control character or the mark
/// of what was not readable as text (U+FFFD).
pub(crate) fn is_plain(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.chars().count() <= most
        && !text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}
