//! Whether a person is natural or legal.

use crate::personal::Personal;

/// Whether a person is natural or legal (`tipo_pessoa`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonType {
    /// Pessoa física.
    Natural,
    /// Pessoa jurídica.
    Legal,
    /// Any other text, as received.
    Other(Personal),
}

impl PersonType {
    /// Parses `F`, `PF` or `FISICA` and `J`, `PJ` or `JURIDICA`, ignoring case and accents;
    /// any other text is kept.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let plain = |c: char| match c {
            'í' | 'Í' => 'I',
            other => other.to_ascii_uppercase(),
        };
        let name: String = text.trim().chars().map(plain).collect();
        match name.as_str() {
            "F" | "PF" | "FISICA" => Self::Natural,
            "J" | "PJ" | "JURIDICA" => Self::Legal,
            _ => Self::Other(Personal::new(text)),
        }
    }
}
