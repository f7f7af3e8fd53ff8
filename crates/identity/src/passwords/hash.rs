//! Creates argon2id hashes for the file, and verifies passwords against them.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// The minimum cost of a hash: memory in KiB, and memory times passes. These are the weakest of the
/// equivalent settings in OWASP's Password Storage Cheat Sheet.
const LEAST_MEMORY: u32 = 7 * 1024;
const LEAST_WORK: u64 = 5 * 7 * 1024;

/// The hash of a password, slow to compute on purpose.
pub(super) struct SlowHash {
    hash: PasswordHash,
    text: String,
    cost: (u32, u32, u32),
}

impl SlowHash {
    /// Parses a hash in the PHC string format. The error says what is wrong without showing it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "password_hash must be an argon2id hash: madoguchi hash-password makes one";
        let hash = PasswordHash::new(text).map_err(|_| form)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| form)?;
        let params = Params::try_from(&hash).map_err(|_| form)?;
        let current = u32::from(Version::V0x13);
        let salted = hash.salt.is_some_and(|salt| salt.len() >= argon2::MIN_SALT_LEN);
        // A hash that cannot be computed is rejected at once, and its user name is revealed.
        let computable = hash.version == Some(current) && salted && hash.hash.is_some();
        if algorithm != Algorithm::Argon2id || !computable {
            return Err(form.to_owned());
        }
        let cost = (params.m_cost(), params.t_cost(), params.p_cost());
        let work = u64::from(cost.0) * u64::from(cost.1);
        if cost.0 < LEAST_MEMORY || work < LEAST_WORK {
            return Err("password_hash is too cheap: m=19456,t=2,p=1 is what we make".to_owned());
        }
        Ok(Self { hash, text: text.to_owned(), cost })
    }

    pub(super) fn costs_as_much_as(&self, other: &Self) -> bool {
        self.cost == other.cost
    }

    /// The hash as written in the file.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Whether it is the hash of this password. Slow; the comparison takes constant time.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        Argon2::default().verify_password(password, &self.hash).is_ok()
    }
}

/// A password that cannot be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnhashablePassword {
    /// Use a longer one.
    #[error("the password must have at least 8 bytes")]
    TooShort,
    /// Use one that is valid in a header.
    #[error("the password must be visible ASCII characters: it travels in a header")]
    NotVisible,
    /// Check the host: its random generator failed.
    #[error("the system gives no randomness for a salt")]
    NoRandomness,
}

/// Creates the argon2id hash of a password for the user file, in the PHC string format.
///
/// It accepts any password of at least 8 bytes. The caller must make sure that a real password is
/// random and longer, as `madoguchi hash-password` does.
///
/// # Errors
/// See [`UnhashablePassword`].
pub fn hash_password(password: &str) -> Result<String, UnhashablePassword> {
    if password.len() < 8 {
        return Err(UnhashablePassword::TooShort);
    }
    if !password.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(UnhashablePassword::NotVisible);
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| UnhashablePassword::NoRandomness)
}
