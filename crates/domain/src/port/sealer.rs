//! The port that encrypts personal data before it is stored.

use crate::personal::Personal;
use crate::sealed::{BlindIndex, CellId, KeyId, Sealed, WrappedKey};

/// Why personal data was not sealed, opened or indexed. Contains no value and no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealerError {
    /// An operator must check: this process does not have the key of this id.
    #[error("the key {0} is not in the key ring")]
    UnknownKey(KeyId),
    /// An operator must check: the data key or the value was changed, moved or cut, or belongs to
    /// another key. It does not say which.
    #[error("a sealed value or its data key does not open")]
    DoesNotOpen,
    /// Retry later: there are no random numbers, or the system that holds the keys is down.
    #[error("nothing can be sealed or opened now")]
    Unavailable,
}

/// Seals personal data by envelope encryption, and computes blind indexes of it.
///
/// Each record (a person, a contact with its history) has a data key, which is stored wrapped in a
/// row of its own. Sealed rows name that row: re-wrapping a data key changes no sealed row, and
/// erasing it erases the record.
///
/// An adapter guarantees:
/// - Encryption is authenticated. A value opens in its own cell under its own data key, and nowhere
///   else. It does not depend on the key-encryption key.
/// - Two seals of one text differ.
/// - Data keys are new random keys. They are wrapped under the active key-encryption key only, and
///   unwrapped under every key that the key ring holds.
/// - A slice is answered in its order, or fails as a whole.
///
/// The methods are not async. Stores seal and open while they convert rows, inside their blocking
/// hop, and with the keys in memory a record takes microseconds. An adapter that asks another
/// system blocks the thread: call it on blocking threads only.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Sealer: Send + Sync {
    /// A new data key, wrapped under the active key-encryption key.
    ///
    /// # Errors
    /// [`SealerError::Unavailable`].
    fn new_data_key(&self) -> Result<WrappedKey, SealerError>;

    /// Seals each text for its cell, under one data key.
    ///
    /// # Errors
    /// See [`SealerError`].
    fn seal(
        &self,
        key: &WrappedKey,
        texts: &[(CellId, Personal)],
    ) -> Result<Vec<Sealed>, SealerError>;

    /// Opens each value, which must be in the cell for which it was sealed under this data key.
    ///
    /// # Errors
    /// See [`SealerError`].
    fn open(
        &self,
        key: &WrappedKey,
        values: &[(CellId, Sealed)],
    ) -> Result<Vec<Personal>, SealerError>;

    /// The same data key, wrapped under the active key-encryption key.
    ///
    /// # Errors
    /// See [`SealerError`].
    fn rewrap(&self, key: &WrappedKey) -> Result<WrappedKey, SealerError>;

    /// The blind indexes of each text, which the caller has normalised: one under each index key of
    /// the key ring, the active key first. Rows keep all of them, and a search looks for any of
    /// them: so it finds every row while the index key rotates. The purpose of a text separates
    /// equal texts that must not be linked, for example `email` and `phone`.
    ///
    /// # Errors
    /// [`SealerError::Unavailable`].
    fn blind_indexes(
        &self,
        texts: &[(&'static str, Personal)],
    ) -> Result<Vec<Vec<BlindIndex>>, SealerError>;
}
