//! The parse error of external values: field name and broken rule, never the value.

/// A value that could not be parsed. Safe to show and to log: it holds no part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct InvalidField {
    /// The field's name as the client writes it, for example `memberId`.
    pub field: &'static str,
    /// The rule, for example `must be 1 to 64 characters`.
    pub rule: &'static str,
}

impl InvalidField {
    /// An error: `field` breaks `rule`.
    #[must_use]
    pub const fn new(field: &'static str, rule: &'static str) -> Self {
        Self { field, rule }
    }
}

/// True if `text` has 1 to `most` characters, none of them a control character or the
/// replacement character U+FFFD.
pub(crate) fn is_plain(text: &str, most: usize) -> bool {
    !text.is_empty()
        && text.chars().count() <= most
        && !text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)
}

/// True if `text` has 1 to `most` visible ASCII characters.
pub(crate) fn is_visible(text: &str, most: usize) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Characters that change the direction or the lines of the text around them (UAX 9 §2, UAX 14).
#[must_use]
pub const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2066}'..='\u{2069}')
}
