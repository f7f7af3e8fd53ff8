//! CPF: the tax number of a natural person.

use crate::field::InvalidField;
use crate::redacted;

redacted!(Cpf);

/// A CPF with right check digits, 11 ASCII digits. Never printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cpf(String);

impl Cpf {
    /// Parses a CPF.
    ///
    /// # Errors
    /// When it is not 11 ASCII digits with right check digits, or one digit eleven times: its
    /// check digits fit, but it is never assigned.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
        let plain = text.len() == 11 && digits.len() == 11;
        let same = digits.windows(2).all(|pair| pair[0] == pair[1]);
        let right = |count: usize| {
            let weights = (2..).zip(digits[..count].iter().rev());
            let rest = weights.map(|(weight, digit)| weight * digit).sum::<u32>() * 10 % 11;
            rest % 10 == digits[count]
        };
        if !plain || same || !right(9) || !right(10) {
            return Err(InvalidField::new("cpf", "must be 11 digits with right check digits"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The number in clear, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The masked number, for display: the first three and the last two digits hidden.
    ///
    /// ```
    /// # use madoguchi_domain::caller::Cpf;
    /// assert_eq!(Cpf::parse("52998224725")?.masked(), "***.982.247-**");
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    #[must_use]
    pub fn masked(&self) -> String {
        format!("***.{}.{}-**", &self.0[3..6], &self.0[6..9])
    }
}
