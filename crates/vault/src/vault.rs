//! The sealer over a key ring, which can be read again while it is used.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use madoguchi_domain::key_ring::HeldKey;
use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError};
use madoguchi_domain::sealed::{BlindIndex, CellId, KeyId, Sealed, WrappedKey};

use crate::envelope::{self, RecordCipher};
use crate::key_ring::{KeyRing, KeyRingError};

/// Seals with AES-256-GCM under data keys, which it wraps with AES-256-KWP under the keys of a key
/// ring. Debug output shows key ids only.
#[derive(Debug)]
pub struct Vault {
    path: PathBuf,
    ring: RwLock<Arc<KeyRing>>,
    /// Held during a reload, so that an older reading never replaces a newer one.
    reloading: Mutex<()>,
}

impl Vault {
    /// Reads the key ring at `path`, a TOML file.
    ///
    /// # Errors
    /// All mistakes of the key ring at once.
    pub fn open(path: &Path) -> Result<Self, KeyRingError> {
        let ring = RwLock::new(Arc::new(KeyRing::read(path)?));
        Ok(Self { path: path.to_owned(), ring, reloading: Mutex::new(()) })
    }

    /// Reads the key ring again. Calls in progress finish with the old one.
    ///
    /// # Errors
    /// All mistakes of the key ring at once; then the old one stays in use.
    pub fn reload(&self) -> Result<(), KeyRingError> {
        let _reloading = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = Arc::new(KeyRing::read(&self.path)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        Ok(())
    }

    /// The keys of the key ring, without their bytes.
    #[must_use]
    pub fn keys(&self) -> Vec<HeldKey> {
        self.ring().held()
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn cipher(&self, key: &WrappedKey) -> Result<RecordCipher, SealerError> {
        let ring = self.ring();
        let data_key = envelope::unwrap(ring.key_encryption_key(&key.key)?, &key.bytes)?;
        RecordCipher::of(&data_key)
    }
}

/// Wraps a data key under the active key.
fn wrap(ring: &KeyRing, data_key: &[u8]) -> Result<WrappedKey, SealerError> {
    let (id, key) = ring.active();
    Ok(WrappedKey { key: id.clone(), bytes: envelope::wrap(key, data_key)? })
}

impl Sealer for Vault {
    fn new_data_key(&self) -> Result<WrappedKey, SealerError> {
        wrap(&self.ring(), &envelope::new_random_key()?)
    }

    fn seal(
        &self,
        key: &WrappedKey,
        texts: &[(CellId, Personal)],
    ) -> Result<Vec<Sealed>, SealerError> {
        let cipher = self.cipher(key)?;
        texts.iter().map(|(cell, text)| cipher.seal(cell, text)).collect()
    }

    fn open(
        &self,
        key: &WrappedKey,
        values: &[(CellId, Sealed)],
    ) -> Result<Vec<Personal>, SealerError> {
        let cipher = self.cipher(key)?;
        values.iter().map(|(cell, sealed)| cipher.open(cell, sealed)).collect()
    }

    fn rewrap(&self, key: &WrappedKey) -> Result<WrappedKey, SealerError> {
        let ring = self.ring();
        let data_key = envelope::unwrap(ring.key_encryption_key(&key.key)?, &key.bytes)?;
        wrap(&ring, &data_key)
    }

    fn blind_indexes(
        &self,
        texts: &[(&'static str, Personal)],
    ) -> Result<Vec<Vec<BlindIndex>>, SealerError> {
        let ring = self.ring();
        let indexes = |(purpose, text): &(&str, Personal)| {
            let under = |(id, key): (&KeyId, _)| BlindIndex {
                key: id.clone(),
                digest: envelope::blind_index(key, purpose, text),
            };
            ring.index_keys().map(under).collect()
        };
        Ok(texts.iter().map(indexes).collect())
    }
}

#[cfg(test)]
mod tests;
