//! The QR code that a customer scans: a token that only its bearer and the mint know.

use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::field::InvalidField;
use crate::secret::SecretKey;

use super::id::CaseId;
use crate::redacted;

redacted!(QrToken);

/// The 128-bit token inside a QR code, 26 characters of Crockford's base 32. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct QrToken(String);

impl QrToken {
    /// Parses a scanned token.
    ///
    /// # Errors
    /// When it is not 26 characters of `[0-9A-Z]`.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits =
            text.len() == 26 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        if !fits {
            return Err(InvalidField::new("qrToken", "must be 26 digits or upper-case letters"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The hash that the store keeps and searches by.
    #[must_use]
    pub fn hash(&self) -> QrTokenHash {
        QrTokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The token in clear: for the QR image shown to the customer, never for a log or a store.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a token. A plain hash is sufficient, since the token has 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QrTokenHash(pub [u8; 32]);

/// The valid code of a case and its expiry. A re-issue increases the serial, which voids the
/// earlier codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QrIssue {
    /// 1 for the first code of a case, then increasing.
    pub serial: u32,
    /// When the code expires.
    pub expires_at: Timestamp,
}

impl QrIssue {
    /// True if the code has expired at `now`.
    #[must_use]
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}

/// Derives QR tokens from a secret, a case and a serial, so that a token can be shown again while
/// only its hash is stored.
#[derive(Debug, Clone)]
pub struct QrMint {
    key: SecretKey,
    lifetime_s: u32,
}

impl QrMint {
    /// A mint whose codes expire after `lifetime_s` seconds.
    #[must_use]
    pub const fn new(key: SecretKey, lifetime_s: u32) -> Self {
        Self { key, lifetime_s }
    }

    /// The token of a case's code number `serial`.
    #[must_use]
    pub fn token(&self, case: CaseId, serial: u32) -> QrToken {
        const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mac = self.key.mac(&[b"qr-token", &case.to_bytes(), &serial.to_be_bytes()]);
        let mut number = u128::from_be_bytes(std::array::from_fn(|index| mac[index]));
        let mut text = [b'0'; 26];
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(number & 31) as usize];
            number >>= 5;
        }
        QrToken(text.iter().map(|byte| char::from(*byte)).collect())
    }

    /// The code number `serial`, valid from `now`.
    #[must_use]
    pub fn issue(&self, serial: u32, now: Timestamp) -> QrIssue {
        let lifetime = jiff::SignedDuration::from_secs(i64::from(self.lifetime_s));
        QrIssue { serial, expires_at: now.saturating_add(lifetime).unwrap_or(Timestamp::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mint(key: u8) -> QrMint {
        QrMint::new(SecretKey::parse(&[key; 32]).unwrap(), 600)
    }

    #[test]
    fn a_token_reads_back_and_belongs_to_one_case_serial_and_key() {
        let (one, two) = (CaseId::from_u128(1), CaseId::from_u128(2));
        let token = mint(1).token(one, 1);
        assert_eq!(QrToken::parse(token.expose()).unwrap(), token);
        assert_eq!(token, mint(1).token(one, 1));
        for other in [mint(1).token(one, 2), mint(1).token(two, 1), mint(2).token(one, 1)] {
            assert_ne!(token.hash(), other.hash());
        }
    }

    #[test]
    fn a_token_never_changes() {
        let token = mint(7).token(CaseId::from_u128(42), 3);
        // Computed once by other code: a change here would void every code that is shown.
        assert_eq!(token.expose(), "7NDG2JN4VJBZTJSYMD0WARD8EZ");
    }

    #[test]
    fn a_code_lapses_at_its_last_moment() {
        let issue = mint(1).issue(1, Timestamp::UNIX_EPOCH);
        let just_before = issue.expires_at - jiff::SignedDuration::from_micros(1);
        assert!(!issue.has_lapsed(just_before));
        assert!(issue.has_lapsed(issue.expires_at));
    }
}
