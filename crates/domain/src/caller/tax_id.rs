//! Classifies a text as CPF, CNPJ or neither.

use super::{Cnpj, Cpf, PersonType};
use crate::personal::Personal;

/// A person's tax number as received from another system: classified, never rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaxId {
    /// A natural person's.
    Cpf(Cpf),
    /// A legal person's.
    Cnpj(Cnpj),
    /// Valid both as a CNPJ and as a CPF padded with zeros; the person's type is unknown.
    Ambiguous(Cnpj, Cpf),
    /// Neither.
    Unrecognised(Personal),
}

impl TaxId {
    /// Classifies a text: 11 digits, 14 characters, or a CPF padded to 14 with zeros on the left,
    /// each with or without dots, hyphens, slashes and spaces. If both are valid, the person's
    /// type decides, if known.
    ///
    /// ```
    /// use madoguchi_domain::caller::TaxId;
    ///
    /// let plain = TaxId::classify("52998224725", None);
    /// assert_eq!(TaxId::classify("529.982.247-25", None), plain);
    /// ```
    #[must_use]
    pub fn classify(text: &str, person: Option<&PersonType>) -> Self {
        let is_punctuation = |c: char| matches!(c, '.' | '-' | '/') || c.is_whitespace();
        let number = text.replace(is_punctuation, "");
        let padded = number.strip_prefix("000").filter(|_| number.len() == 14);
        let cpf = Cpf::parse(padded.unwrap_or(&number)).ok();
        match (Cnpj::parse(&number).ok(), cpf, person) {
            (Some(_), Some(cpf), Some(PersonType::Natural)) | (None, Some(cpf), _) => {
                Self::Cpf(cpf)
            }
            (Some(cnpj), Some(_), Some(PersonType::Legal)) | (Some(cnpj), None, _) => {
                Self::Cnpj(cnpj)
            }
            (Some(cnpj), Some(cpf), _) => Self::Ambiguous(cnpj, cpf),
            (None, None, _) => Self::Unrecognised(Personal::new(text)),
        }
    }

    /// True if both are recognised and belong to different persons.
    #[must_use]
    pub fn contradicts(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.readings(), other.readings());
        let known = |readings: [Option<&str>; 2]| readings.iter().any(Option::is_some);
        known(ours) && known(theirs) && !self.agrees(other)
    }

    /// True if both are recognised and can belong to one person.
    #[must_use]
    pub fn agrees(&self, other: &Self) -> bool {
        let theirs = other.readings();
        self.readings().iter().flatten().any(|ours| theirs.iter().flatten().any(|it| it == ours))
    }

    /// True if it can be compared with another.
    #[must_use]
    pub const fn is_recognised(&self) -> bool {
        !matches!(self, Self::Unrecognised(_))
    }

    fn readings(&self) -> [Option<&str>; 2] {
        match self {
            Self::Cpf(cpf) => [Some(cpf.expose()), None],
            Self::Cnpj(cnpj) => [Some(cnpj.expose()), None],
            Self::Ambiguous(cnpj, cpf) => [Some(cnpj.expose()), Some(cpf.expose())],
            Self::Unrecognised(_) => [None, None],
        }
    }

    /// The masked number, for display; `***` unless it is clearly a CPF or a CNPJ.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Cpf(cpf) => cpf.masked(),
            Self::Cnpj(cnpj) => cnpj.masked(),
            Self::Ambiguous(..) | Self::Unrecognised(_) => "***".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
