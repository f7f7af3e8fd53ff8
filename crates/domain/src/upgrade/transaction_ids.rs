//! Derives transaction ids: the same case and level always give the same id.
//!
//! An id begins with the time its case was opened, as far as its length leaves room beside the
//! keyed part. So ids written at about the same time are neighbours in every index on them, and
//! a batch of verdicts writes few index pages instead of one page each.

use std::iter::successors;

use uuid::Uuid;

use crate::level::AccountLevel;
use crate::secret::SecretKey;

use super::id::CaseId;
use super::order::{TransactionId, TxnNo};

/// The ids of an inquiry, new for each. The transaction id begins with `Q`, unlike those of orders.
pub(super) fn inquiry_ids(unique: Uuid) -> (TransactionId, TxnNo) {
    let unique = unique.as_u128();
    let id = spell(unique, TransactionIdScheme::ALPHABET.as_bytes(), 26);
    let no = spell(unique, DIGITS, 16);
    (TransactionId::derived(format!("Q{id}")), TxnNo::derived(format!("DA21{no}")))
}

/// The format of the ids, and the deployment's salt. A retry, a restart or a restored backup with
/// the same case derives the same ids.
#[derive(Debug, Clone)]
pub struct TransactionIdScheme {
    salt: SecretKey,
    alphabet: Vec<u8>,
    /// Number of characters for the time the case was opened.
    when: usize,
    /// Number of characters that cannot be guessed without the salt; at least 80 bits.
    keyed: usize,
}

/// Minimum number of bits in an id that cannot be guessed without the salt.
const KEYED_BITS: u32 = 80;
/// The alphabet of a message's number.
const DIGITS: &[u8] = b"0123456789";
/// Maximum number of bits for the opening time in milliseconds since 1970: no overflow before
/// the year 2109.
const WHEN_BITS: u32 = 42;

/// A scheme that would make ids that collide or cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScheme {
    /// Use 2 to 64 different ASCII letters and digits.
    #[error("the alphabet must be 2 to 64 different ASCII letters or digits")]
    Alphabet,
    /// Use more characters, or a larger alphabet.
    #[error("the ids must carry at least 80 bits: use more characters or a larger alphabet")]
    TooShort,
    /// Use fewer characters.
    #[error("the length must be at most 50, and at most what 42 bits of time and 128 others fill")]
    TooLong,
}

impl TransactionIdScheme {
    /// RFC 4648 base 32. The usual 25 characters hold the millisecond and 80 keyed bits.
    pub const ALPHABET: &'static str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    /// The usual number of characters after the `T`.
    pub const LENGTH: usize = 25;

    /// `T` and 25 base-32 characters; `DA21` and 16 digits.
    #[must_use]
    pub fn standard(salt: SecretKey) -> Self {
        let least = digits(Self::ALPHABET.len(), KEYED_BITS);
        Self::split(salt, Self::ALPHABET, Self::LENGTH, least)
    }

    /// `T` and `length` characters of `alphabet`.
    ///
    /// # Errors
    /// When the ids would carry less than 80 keyed bits or could not be sent.
    pub fn custom(salt: SecretKey, alphabet: &str, length: usize) -> Result<Self, InvalidScheme> {
        let mut distinct = alphabet.as_bytes().to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let fits = (2..=64).contains(&alphabet.len())
            && distinct.len() == alphabet.len()
            && alphabet.bytes().all(|b| b.is_ascii_alphanumeric());
        if !fits {
            return Err(InvalidScheme::Alphabet);
        }
        let least = digits(alphabet.len(), KEYED_BITS);
        if length < least {
            return Err(InvalidScheme::TooShort);
        }
        let scheme = Self::split(salt, alphabet, length, least);
        if length > 50 || scheme.keyed > u128::MAX.ilog(alphabet.len() as u128) as usize {
            return Err(InvalidScheme::TooLong);
        }
        Ok(scheme)
    }

    /// Allocates characters: first the keyed minimum, then the time, the rest to the keyed part.
    fn split(salt: SecretKey, alphabet: &str, length: usize, least: usize) -> Self {
        let when = digits(alphabet.len(), WHEN_BITS).min(length - least);
        Self { salt, alphabet: alphabet.into(), when, keyed: length - when }
    }

    /// The ids of the order that sets `level` for `case`.
    #[must_use]
    pub fn derive(&self, case: CaseId, level: &AccountLevel) -> (TransactionId, TxnNo) {
        let about = |purpose: &[u8]| {
            let mac = self.salt.mac(&[purpose, &case.to_bytes(), level.as_str().as_bytes()]);
            mac.iter().skip(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
        };
        let keyed = spell(about(b"TransactionID"), &self.alphabet, self.keyed);
        let no = spell(about(b"TxnNo"), DIGITS, 16);
        let id = format!("T{}{keyed}", self.opened(case));
        (TransactionId::derived(id), TxnNo::derived(format!("DA21{no}")))
    }

    /// The first characters of an id: the most significant digits of the opening time, which is
    /// the beginning of a case's id (RFC 9562 §5.7).
    fn opened(&self, case: CaseId) -> String {
        let millisecond = u128::from_be_bytes(case.to_bytes()) >> 80;
        let mut when = spell(millisecond, &self.alphabet, digits(self.alphabet.len(), WHEN_BITS));
        when.truncate(self.when);
        when
    }
}

/// Number of digits to this base that hold `bits` bits.
fn digits(base: usize, bits: u32) -> usize {
    let powers = successors(Some(1_u128), |power| Some(power * base as u128));
    powers.take_while(|power| *power < 1 << bits).count()
}

/// Writes a number with this many digits of the alphabet, the least significant one last.
fn spell(mut number: u128, alphabet: &[u8], length: usize) -> String {
    let base = alphabet.len() as u128;
    let mut text = vec![0; length];
    for place in text.iter_mut().rev() {
        // The remainder is an index of the alphabet.
        *place = alphabet[(number % base) as usize];
        number /= base;
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> AccountLevel {
        AccountLevel::parse("1A").unwrap()
    }

    fn salt(byte: u8) -> SecretKey {
        SecretKey::parse(&[byte; 32]).unwrap()
    }

    #[test]
    fn ids_have_the_documented_form_and_never_change() {
        let scheme = TransactionIdScheme::standard(salt(1));
        let (id, no) = scheme.derive(CaseId::from_u128(42), &level());
        // Computed once by other code: a change here would send old orders under new ids.
        assert_eq!(id.as_str(), "TAAAAAAAAAOGFSZFAJOQL7IGDD");
        assert_eq!(no.as_str(), "DA212458200211507574");
        assert_eq!(scheme.derive(CaseId::from_u128(42), &level()), (id, no));
        let (id, _) = scheme.derive(opened_at(1_734_142_699_440, 7), &level());
        assert_eq!(id.as_str(), "TBSPBPLJ5QUY4N6KNZ2GJFMU3Q");
    }

    /// A case id of UUID version 7.
    fn opened_at(millisecond: u128, random: u128) -> CaseId {
        CaseId::from_u128((millisecond << 80) | (7 << 76) | (2 << 62) | random)
    }

    #[test]
    fn what_is_longer_than_it_must_be_tells_when_the_case_was_opened() {
        let begins = |alphabet, length, case| {
            let scheme = TransactionIdScheme::custom(salt(1), alphabet, length).unwrap();
            let (id, _) = scheme.derive(case, &level());
            assert_eq!(id.as_str().len(), 1 + length);
            id.as_str()[1..].to_owned()
        };
        let (base_32, base_10) = (TransactionIdScheme::ALPHABET, "0123456789");
        let (at, same, next) = (
            opened_at(1_734_142_699_440, 1),
            opened_at(1_734_142_699_440, 2),
            opened_at(1_734_142_699_441, 1),
        );
        let usual = |case| begins(base_32, TransactionIdScheme::LENGTH, case);
        assert_eq!(usual(at)[..9], usual(same)[..9]);
        assert_ne!(usual(at)[9..], usual(same)[9..]);
        assert_eq!(usual(at)[..9], *"BSPBPLJ5Q");
        assert_eq!(usual(next)[..9], *"BSPBPLJ5R");

        // The full time beside 25 keyed digits, and no more however long the id is.
        assert!(begins(base_10, 28, at).starts_with("173"));
        assert!(begins(base_10, 50, at).starts_with("1734142699440"));
        assert_eq!(begins(base_32, 34, at)[..9], *"BSPBPLJ5Q");
        let keyed = |length, case| begins(base_10, length, case)[13..].to_owned();
        assert_ne!(keyed(50, at), keyed(50, same));
        assert_ne!(begins(base_10, 25, at)[..3], begins(base_10, 25, same)[..3]);
    }

    #[test]
    fn another_case_level_or_salt_is_another_id() {
        let scheme = TransactionIdScheme::standard(salt(1));
        let (id, _) = scheme.derive(CaseId::from_u128(42), &level());
        let others = [
            scheme.derive(CaseId::from_u128(43), &level()),
            scheme.derive(CaseId::from_u128(42), &AccountLevel::parse("2A").unwrap()),
            TransactionIdScheme::standard(salt(2)).derive(CaseId::from_u128(42), &level()),
        ];
        assert!(others.iter().all(|(other, _)| *other != id));
    }

    #[test]
    fn every_form_that_is_accepted_is_keyed_with_80_bits() {
        let all: String = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        for (size, length) in (2..=all.len()).flat_map(|size| (1..=50).map(move |at| (size, at))) {
            let Ok(scheme) = TransactionIdScheme::custom(salt(1), &all[..size], length) else {
                continue;
            };
            assert_eq!(scheme.when + scheme.keyed, length);
            let bits = (size as f64).log2() * scheme.keyed as f64;
            assert!(bits > 79.999, "{size} characters, {length} long: {bits} bits");
        }
    }

    #[test]
    fn weak_schemes_are_refused() {
        let custom = |alphabet, length| TransactionIdScheme::custom(salt(1), alphabet, length);
        assert_eq!(custom("0123456789", 24).unwrap_err(), InvalidScheme::TooShort);
        assert!(custom("0123456789", 25).is_ok());
        assert_eq!(custom("00", 50).unwrap_err(), InvalidScheme::Alphabet);
        assert_eq!(custom("AB é", 50).unwrap_err(), InvalidScheme::Alphabet);
        assert_eq!(custom("0123456789", 51).unwrap_err(), InvalidScheme::TooLong);
        assert!(custom(TransactionIdScheme::ALPHABET, 34).is_ok());
        assert_eq!(custom(TransactionIdScheme::ALPHABET, 35).unwrap_err(), InvalidScheme::TooLong);
    }

    #[test]
    fn numbers_are_spelled_place_by_place() {
        assert_eq!(spell(205, b"0123456789", 5), "00205");
        assert_eq!(spell(u128::MAX, b"01", 4), "1111");
    }
}
