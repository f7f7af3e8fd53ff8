//! Finds the data keys that a key ring does not open.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use madoguchi_domain::key_ring::{HeldKey, KeyKind};
use madoguchi_domain::port::{
    BlindIndexes, DataKeyPage, DataKeys, Sealer, SealerError, StoreError,
};
use madoguchi_domain::sealed::{DataKeyId, KeyId};

use super::rotation::{RotationError, blocking};

/// Data keys per page.
const PAGE: u32 = 1000;

/// The numbers of data keys under key-encryption keys that are not among `held`.
///
/// # Errors
/// See [`StoreError`].
pub async fn data_keys_without_key(
    keys: &dyn DataKeys,
    held: &[HeldKey],
) -> Result<Vec<(KeyId, u64)>, StoreError> {
    let mut counts = keys.counts().await?;
    counts.retain(|(id, _)| !is_held(held, KeyKind::KeyEncryption, id));
    Ok(counts)
}

/// The numbers of blind indexes under index keys that are not among `held`.
///
/// # Errors
/// See [`StoreError`].
pub async fn indexes_without_key(
    indexes: &dyn BlindIndexes,
    held: &[HeldKey],
) -> Result<Vec<(KeyId, u64)>, StoreError> {
    let mut counts = indexes.counts().await?;
    counts.retain(|(id, _)| !is_held(held, KeyKind::Index, id));
    Ok(counts)
}

fn is_held(held: &[HeldKey], kind: KeyKind, id: &KeyId) -> bool {
    held.iter().any(|key| key.kind == kind && key.id == *id)
}

/// What an examination found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFindings {
    /// All data keys.
    pub examined: u64,
    /// Data keys under key-encryption keys that the key ring lacks.
    pub without_key: BTreeMap<KeyId, u64>,
    /// Data keys that do not open under their key-encryption key.
    pub unopened: Vec<DataKeyId>,
}

/// Opens every stored data key.
pub struct KeyExamination {
    /// The data keys.
    pub keys: Arc<dyn DataKeys>,
    /// The key ring.
    pub sealer: Arc<dyn Sealer>,
}

impl fmt::Debug for KeyExamination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyExamination")
    }
}

impl KeyExamination {
    /// Examines all data keys, page by page.
    ///
    /// # Errors
    /// [`RotationError::Store`] or [`RotationError::Sealer`].
    pub async fn run(&self) -> Result<KeyFindings, RotationError> {
        let mut findings = KeyFindings::default();
        let mut after = None;
        loop {
            let page = DataKeyPage { not_under: None, after, limit: PAGE };
            let page = self.keys.page(&page).await?;
            let Some((last, _)) = page.last() else { return Ok(findings) };
            after = Some(*last);
            let sealer = Arc::clone(&self.sealer);
            findings = blocking(move || {
                for (id, key) in page {
                    findings.examined += 1;
                    match sealer.rewrap(&key) {
                        Ok(_) => {}
                        Err(SealerError::UnknownKey(key)) => {
                            *findings.without_key.entry(key).or_default() += 1;
                        }
                        Err(SealerError::DoesNotOpen) => findings.unopened.push(id),
                        Err(error @ SealerError::Unavailable) => return Err(error),
                    }
                }
                Ok(findings)
            })
            .await?;
        }
    }
}
