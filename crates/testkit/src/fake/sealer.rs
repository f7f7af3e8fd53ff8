//! A fake sealer whose sealed bytes say that they are fake, for tests of what is stored.
//!
//! ```
//! use madoguchi_domain::personal::Personal;
//! use madoguchi_domain::port::{Sealer, SealerError};
//! use madoguchi_domain::sealed::CellId;
//! use madoguchi_testkit::fake::sealer::FakeSealer;
//!
//! let sealer = FakeSealer::new("kek-1");
//! let key = sealer.new_data_key()?;
//! let cell = CellId { table: "person", column: "name", row: uuid::Uuid::from_u128(1) };
//! let sealed = sealer.seal(&key, &[(cell, Personal::new("Maria"))])?;
//! assert!(sealed[0].as_bytes().starts_with(b"FAKE"));
//! let opened = sealer.open(&key, &[(cell, sealed[0].clone())])?;
//! assert_eq!(opened, [Personal::new("Maria")]);
//!
//! let rotated = sealer.activated("kek-2");
//! let rewrapped = rotated.rewrap(&key)?;
//! assert_eq!(rewrapped.key.as_str(), "kek-2");
//! assert_eq!(rotated.retired().rewrap(&key), Err(SealerError::UnknownKey(key.key)));
//! # Ok::<(), SealerError>(())
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi_domain::personal::Personal;
use madoguchi_domain::port::{Sealer, SealerError};
use madoguchi_domain::sealed::{BlindIndex, CellId, KeyId, Sealed, WrappedKey};
use madoguchi_domain::secret::SecretKey;

/// Seals without protecting anything: the keys follow from their ids, and texts are only inverted.
/// Cell, data key and every byte are checked, so it passes the contract suite.
#[derive(Debug, Clone)]
pub struct FakeSealer {
    active: KeyId,
    decrypt_only: Vec<KeyId>,
    /// The index keys, the active one first.
    index: Vec<KeyId>,
    /// Clones count on together, so that no data key and no sealed value comes twice.
    next: Arc<AtomicU64>,
}

/// The start of everything sealed or wrapped.
const MARK: &[u8] = b"FAKE";
/// The length of a check value, in bytes.
const CHECK: usize = 32;

impl FakeSealer {
    /// A sealer with one key-encryption key and one index key, both active and of this id.
    ///
    /// # Panics
    /// When it is not a key id.
    #[must_use]
    pub fn new(active: &str) -> Self {
        let active = id(active);
        Self { index: vec![active.clone()], active, decrypt_only: Vec::new(), next: Arc::default() }
    }

    /// The same with one more key of each kind, which is decrypt-only.
    ///
    /// # Panics
    /// When it is not a key id.
    #[must_use]
    pub fn with_decrypt_only(&self, added: &str) -> Self {
        let mut sealer = self.clone();
        sealer.decrypt_only.push(id(added));
        sealer.index.push(id(added));
        sealer
    }

    /// The same keys and one more, which is active; the active one becomes decrypt-only.
    ///
    /// # Panics
    /// When it is not a key id.
    #[must_use]
    pub fn activated(&self, active: &str) -> Self {
        let mut sealer = self.clone();
        sealer.decrypt_only.push(sealer.active.clone());
        sealer.active = id(active);
        sealer.index.insert(0, id(active));
        sealer
    }

    /// The same without its decrypt-only keys.
    #[must_use]
    pub fn retired(&self) -> Self {
        Self { decrypt_only: Vec::new(), ..self.index_retired() }
    }

    /// The same without its decrypt-only index keys.
    #[must_use]
    pub fn index_retired(&self) -> Self {
        Self { index: vec![self.active.clone()], ..self.clone() }
    }

    fn known(&self, key: &KeyId) -> Result<(), SealerError> {
        let is_known = *key == self.active || self.decrypt_only.contains(key);
        if is_known { Ok(()) } else { Err(SealerError::UnknownKey(key.clone())) }
    }

    fn wrap(&self, data_key: &[u8]) -> WrappedKey {
        let bytes = closed(&self.active, &[b"wrap"], data_key);
        WrappedKey { key: self.active.clone(), bytes }
    }

    fn unwrap(&self, key: &WrappedKey) -> Result<Vec<u8>, SealerError> {
        self.known(&key.key)?;
        opened(&key.key, &[b"wrap"], &key.bytes)
    }

    fn number(&self) -> [u8; 8] {
        self.next.fetch_add(1, Ordering::SeqCst).to_be_bytes()
    }
}

impl Sealer for FakeSealer {
    fn new_data_key(&self) -> Result<WrappedKey, SealerError> {
        Ok(self.wrap(&self.number()))
    }

    fn seal(
        &self,
        key: &WrappedKey,
        texts: &[(CellId, Personal)],
    ) -> Result<Vec<Sealed>, SealerError> {
        let data_key = self.unwrap(key)?;
        let seal = |(cell, text): &(CellId, Personal)| {
            let numbered = [&self.number(), text.expose().as_bytes()].concat();
            Sealed::new(closed(&fixed(), &[b"seal", &data_key, &cell.to_bytes()], &numbered))
        };
        Ok(texts.iter().map(seal).collect())
    }

    fn open(
        &self,
        key: &WrappedKey,
        values: &[(CellId, Sealed)],
    ) -> Result<Vec<Personal>, SealerError> {
        let data_key = self.unwrap(key)?;
        let open = |(cell, sealed): &(CellId, Sealed)| {
            let context = [&b"seal"[..], &data_key, &cell.to_bytes()];
            let numbered = opened(&fixed(), &context, sealed.as_bytes())?;
            let text = String::from_utf8(numbered[8..].to_vec());
            text.map(Personal::new).map_err(|_| SealerError::DoesNotOpen)
        };
        values.iter().map(open).collect()
    }

    fn rewrap(&self, key: &WrappedKey) -> Result<WrappedKey, SealerError> {
        Ok(self.wrap(&self.unwrap(key)?))
    }

    fn blind_indexes(
        &self,
        texts: &[(&'static str, Personal)],
    ) -> Result<Vec<Vec<BlindIndex>>, SealerError> {
        let indexes = |(purpose, text): &(&str, Personal)| {
            let parts = [b"index", purpose.as_bytes(), text.expose().as_bytes()];
            let under = |key: &KeyId| BlindIndex { key: key.clone(), digest: check(key, &parts) };
            self.index.iter().map(under).collect()
        };
        Ok(texts.iter().map(indexes).collect())
    }
}

/// The mark, the inverted content and its check value.
fn closed(key: &KeyId, context: &[&[u8]], content: &[u8]) -> Vec<u8> {
    let inverted: Vec<u8> = content.iter().map(|byte| !byte).collect();
    let check = check(key, &[context, &[content]].concat());
    [MARK, &inverted, &check].concat()
}

fn opened(key: &KeyId, context: &[&[u8]], bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
    let body = bytes.strip_prefix(MARK).and_then(|body| body.split_last_chunk::<CHECK>());
    let (inverted, found) = body.ok_or(SealerError::DoesNotOpen)?;
    let content: Vec<u8> = inverted.iter().map(|byte| !byte).collect();
    let expected = check(key, &[context, &[&content]].concat());
    if *found == expected { Ok(content) } else { Err(SealerError::DoesNotOpen) }
}

fn check(key: &KeyId, parts: &[&[u8]]) -> [u8; CHECK] {
    let secret = format!("the fake key that follows from the id {key}");
    SecretKey::parse(secret.as_bytes()).expect("long enough").mac(parts)
}

/// What stands for a key in values that are sealed under a data key.
fn fixed() -> KeyId {
    id("data")
}

fn id(text: &str) -> KeyId {
    KeyId::parse(text).expect("a key id")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::sealer::SealersUnderTest;

    fn sealers() -> SealersUnderTest {
        let first = FakeSealer::new("kek-1");
        let activated = first.activated("kek-2");
        SealersUnderTest {
            added: Arc::new(first.with_decrypt_only("kek-2")),
            retired: Arc::new(activated.retired()),
            activated: Arc::new(activated),
        }
    }

    crate::sealer_contract!(fake: async { sealers() });
}
