//! CNPJ: the tax number of a legal person, alphanumeric since July 2026.

use crate::field::InvalidField;
use crate::redacted;

redacted!(Cnpj);

/// A CNPJ with right check digits: 12 ASCII digits or upper-case letters and 2 digits. Never
/// printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cnpj(String);

impl Cnpj {
    /// Parses a CNPJ.
    ///
    /// # Errors
    /// When it is not of that form, its check digits are wrong, or it is one digit fourteen times.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let bytes = text.as_bytes();
        let form = bytes.len() == 14
            && bytes[..12].iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
            && bytes[12..].iter().all(u8::is_ascii_digit);
        let same = bytes.windows(2).all(|pair| pair[0] == pair[1]);
        let right = |count: usize| {
            // Weights 2 to 9 from the right, repeated; a letter counts by its ASCII code.
            let weights = (2..=9).cycle().zip(bytes[..count].iter().rev());
            let value = |byte: &u8| u32::from(byte - b'0');
            let sum: u32 = weights.map(|(weight, byte)| weight * value(byte)).sum();
            let check = if sum % 11 < 2 { 0 } else { 11 - sum % 11 };
            check == value(&bytes[count])
        };
        if !form || same || !right(12) || !right(13) {
            let rule = "must be 12 digits or upper-case letters and 2 right check digits";
            return Err(InvalidField::new("cnpj", rule));
        }
        Ok(Self(text.to_owned()))
    }

    /// The number in clear, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The masked number, for display: only the middle of its root.
    ///
    /// ```
    /// # use madoguchi_domain::caller::Cnpj;
    /// assert_eq!(Cnpj::parse("90021382000122")?.masked(), "**.021.382/****-**");
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    #[must_use]
    pub fn masked(&self) -> String {
        format!("**.{}.{}/****-**", &self.0[2..5], &self.0[5..8])
    }
}
