//! argon2id hashes: made for a file, and compared with what is presented.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

/// The least memory, in KiB, and the least memory times passes that a hash may cost: the weakest
/// of the equivalent settings that OWASP's Password Storage Cheat Sheet recommends.
const LEAST_MEMORY: u32 = 7 * 1024;
const LEAST_WORK: u64 = 5 * 7 * 1024;

/// A password's hash, slow to compute on purpose.
pub(super) struct SlowHash {
    hash: PasswordHash,
    text: String,
    cost: (u32, u32, u32),
}

impl SlowHash {
    /// Reads a hash in the PHC string format. Says what is wrong without showing it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let form = "password_hash must be an argon2id hash: madoguchi hash-password makes one";
        let hash = PasswordHash::new(text).map_err(|_| form)?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| form)?;
        let params = Params::try_from(&hash).map_err(|_| form)?;
        let current = u32::from(Version::V0x13);
        let salted = hash.salt.is_some_and(|salt| salt.len() >= argon2::MIN_SALT_LEN);
        // Whatever could not be computed would be refused without a hash, and so be recognised.
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

    /// The hash as the file holds it.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Says whether it is the hash of this password. Takes its time; compares in constant time.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        Argon2::default().verify_password(password, &self.hash).is_ok()
    }
}

/// A password that cannot be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnhashablePassword {
    /// Give a longer one.
    #[error("the password must have at least 8 bytes")]
    TooShort,
    /// Give one that a header can carry.
    #[error("the password must be visible ASCII characters: it travels in a header")]
    NotVisible,
    /// Look at the machine: it gives no randomness.
    #[error("the system gives no randomness for a salt")]
    NoRandomness,
}

/// Makes the argon2id hash of a password for a file of users, in the PHC string format.
///
/// It takes any of 8 bytes or more. That a password for real use was drawn at random, and is
/// longer, is for whoever makes it to see to, as `madoguchi hash-password` does.
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
