//! Secrets: types that are never printed.

use crate::parsed_text::parsed_text;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::field::{InvalidField, is_visible};
use crate::redacted;

redacted!(SecretKey, AccessToken, Credentials);

/// A key for HMAC-SHA-256, 32 bytes or more. Debug output never shows it.
#[derive(Clone)]
pub struct SecretKey(Hmac<Sha256>);

impl SecretKey {
    /// Accepts at least 32 bytes (RFC 2104 §3: keys shorter than the hash weaken it).
    ///
    /// # Errors
    /// When there are fewer.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidField> {
        if bytes.len() < 32 {
            return Err(InvalidField::new("secret", "must be at least 32 bytes"));
        }
        Hmac::new_from_slice(bytes)
            .map(Self)
            .map_err(|_| InvalidField::new("secret", "must be usable as an HMAC key"))
    }

    /// HMAC-SHA-256 over the parts, each preceded by its length, so that different lists of parts
    /// are different messages.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

parsed_text! {
    /// A bearer token. Compared by its hash only, never printed.
    pub struct AccessToken:
        "Acstkn",
        "must be 1 to 4096 visible ASCII characters",
        |text| is_visible(text, 4096);
    /// The token in clear, for an adapter that sends it to an identity provider.
    expose
}

impl AccessToken {
    /// SHA-256 of the token, which a token file holds instead of the token.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

/// User name and password as received: compared, never printed. A missing one is empty; no valid
/// user has an empty name or password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    user: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    /// Accepts any bytes.
    #[must_use]
    pub fn new(user: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        Self { user: user.into(), password: password.into() }
    }

    /// The user name, for a password verifier.
    #[must_use]
    pub fn user(&self) -> &[u8] {
        &self.user
    }

    /// The password, for a password verifier.
    #[must_use]
    pub fn password(&self) -> &[u8] {
        &self.password
    }
}

/// Lower-case hexadecimal of `bytes`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The bytes of pairs of hexadecimal digits; `None` for any other text.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_reads_back() {
        assert_eq!(unhex(&hex(&[0, 0xaf, 0xff])), Some(vec![0, 0xaf, 0xff]));
        assert_eq!(unhex("AF"), Some(vec![0xaf]));
        for text in ["a", "abc", "0x", "é", "+1"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }

    #[test]
    fn a_secret_never_prints() -> Result<(), InvalidField> {
        let key = SecretKey::parse(&[b'k'; 32])?;
        let token = AccessToken::parse("very-secret")?;
        let credentials = Credentials::new("very", "secret");
        let printed = format!("{key:?} {token:?} {credentials:?}");
        assert_eq!(printed, "SecretKey(***) AccessToken(***) Credentials(***)");
        Ok(())
    }

    #[test]
    fn a_token_is_compared_by_the_hash_of_the_standard() -> Result<(), InvalidField> {
        // FIPS 180-4, the example of one block.
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&AccessToken::parse("abc")?.sha256()), hash);
        Ok(())
    }

    #[test]
    fn parts_do_not_run_into_each_other() -> Result<(), InvalidField> {
        let key = SecretKey::parse(&[1; 32])?;
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        Ok(())
    }

    #[test]
    fn short_keys_and_odd_tokens_are_refused() {
        assert!(SecretKey::parse(&[1; 31]).is_err());
        for bad in ["", "with space", "tab\t", "ü", &"x".repeat(4097)] {
            assert!(AccessToken::parse(bad).is_err());
        }
    }
}
