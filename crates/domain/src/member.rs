//! A member of the digital bank and the one account whose level can rise.

use std::fmt;

use crate::field::{InvalidField, is_plain};
use crate::level::AccountLevel;

/// A member's id as the bank gave it: 1 to 64 characters, none of them a control character.
/// Kept in clear, masked wherever it is printed.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberId(String);

impl MemberId {
    /// Reads a member id.
    ///
    /// # Errors
    /// When it is empty, over 64 characters, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        if !is_plain(text, 64) {
            return Err(InvalidField::new(
                "memberId",
                "must be 1 to 64 characters without control characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id in clear: for the store and for the caller who gave it, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberId(***)")
    }
}

/// The core bank's id of a member's arrangement (`ArrngId`): 1 to 36 of `[0-9A-Z]`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ArrangementId(String);

impl ArrangementId {
    /// Reads an arrangement id.
    ///
    /// # Errors
    /// When it is not 1 to 36 digits or upper-case ASCII letters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits = (1..=36).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !fits {
            return Err(InvalidField::new(
                "arrangementId",
                "must be 1 to 36 digits or upper-case ASCII letters",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// Says whether it has the usual form `AA` + year + day of year + 5 characters. Another form
    /// is worth a warning, never a refusal.
    #[must_use]
    pub fn has_usual_form(&self) -> bool {
        let Some(digits) = self.0.strip_prefix("AA").filter(|rest| rest.len() == 10) else {
            return false;
        };
        let (Ok(year), Ok(day)) = (digits[..2].parse::<u16>(), digits[2..5].parse::<u16>()) else {
            return false;
        };
        let days = if year.is_multiple_of(4) { 366 } else { 365 };
        (1..=days).contains(&day)
    }

    /// The id in clear: for the store and the core bank, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ArrangementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArrangementId(***)")
    }
}

/// The core bank's product name of an account, for example `AC.DIGITAL.SAV`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductName(String);

impl ProductName {
    /// What the source's message carries.
    pub const DEFAULT: &'static str = "AC.DIGITAL.SAV";

    /// Reads a product name.
    ///
    /// # Errors
    /// When it is not 1 to 64 visible ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(InvalidField::new(
                "productName",
                "must be 1 to 64 visible ASCII characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The account at the core bank that belongs to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its arrangement, unique among members.
    pub arrangement: ArrangementId,
    /// Its product.
    pub product: ProductName,
}

impl Account {
    /// Reads an account; the product defaults to [`ProductName::DEFAULT`].
    ///
    /// # Errors
    /// When a field does not parse.
    pub fn parse(arrangement: &str, product: Option<&str>) -> Result<Self, InvalidField> {
        Ok(Self {
            arrangement: ArrangementId::parse(arrangement)?,
            product: ProductName::parse(product.unwrap_or(ProductName::DEFAULT))?,
        })
    }
}

/// A member, its account, and what is known of the account's level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// Its account at the core bank.
    pub account: Account,
    /// The level it was registered with.
    pub registered: Option<AccountLevel>,
    /// The last level that the core bank confirmed.
    pub confirmed: Option<AccountLevel>,
    /// The level a passed verdict wants and the core bank has not confirmed yet.
    pub target: Option<AccountLevel>,
}

impl Member {
    /// A newly registered member, with the level it already has.
    #[must_use]
    pub const fn new(id: MemberId, account: Account, level: Option<AccountLevel>) -> Self {
        Self { id, account, registered: level, confirmed: None, target: None }
    }

    /// The level that stands: confirmed by the core bank, or else as registered. Never the target.
    #[must_use]
    pub const fn level(&self) -> Option<&AccountLevel> {
        match &self.confirmed {
            Some(level) => Some(level),
            None => self.registered.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors(kind: &str) -> Vec<String> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../tests/vectors.json")).unwrap();
        let list = all["arrangement_id"][kind].as_array().unwrap();
        list.iter().map(|row| row["v"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn arrangement_ids_of_the_usual_form_are_told_from_odd_and_impossible_ones() {
        for text in vectors("valid") {
            assert!(ArrangementId::parse(&text).unwrap().has_usual_form(), "{text}");
        }
        for text in vectors("warn") {
            assert!(!ArrangementId::parse(&text).unwrap().has_usual_form(), "{text}");
        }
        for text in vectors("refuse") {
            assert!(ArrangementId::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_day_366_exists_in_leap_years_only() {
        assert!(!ArrangementId::parse("AA19366ABCDE").unwrap().has_usual_form());
        assert!(ArrangementId::parse("AA20366ABCDE").unwrap().has_usual_form());
    }

    #[test]
    fn member_ids_have_bounds_and_are_never_printed() {
        assert!(MemberId::parse("").is_err());
        assert!(MemberId::parse("a\u{0}b").is_err());
        assert!(MemberId::parse("a\u{85}b").is_err());
        assert!(MemberId::parse(&"客".repeat(64)).is_ok());
        assert!(MemberId::parse(&"客".repeat(65)).is_err());
        assert_eq!(format!("{:?}", MemberId::parse("MEM0001").unwrap()), "MemberId(***)");
    }
}
