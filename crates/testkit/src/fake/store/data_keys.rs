//! The fake store's data keys and key reports.

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::key_ring::{HeldKey, KeyReport, NodeId};
use madoguchi_domain::port::{DataKeyPage, DataKeys, Rewrapping, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId, WrappedKey};

use super::FakeStore;
use super::memory::Memory;

impl FakeStore {
    /// Inserts data keys as the stores of records do.
    pub fn insert_data_keys(&self, keys: &[(DataKeyId, WrappedKey)]) {
        self.lock().memory.data_keys.extend(keys.iter().cloned());
    }
}

#[async_trait]
impl DataKeys for FakeStore {
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        self.with(|memory| {
            let mut ids: Vec<_> = memory.data_keys.values().map(|it| it.key.clone()).collect();
            ids.sort();
            ids.chunk_by(|one, next| one == next)
                .map(|same| (same[0].clone(), same.len() as u64))
                .collect()
        })
    }

    async fn page(&self, page: &DataKeyPage) -> Result<Vec<(DataKeyId, WrappedKey)>, StoreError> {
        self.with(|memory| {
            let all = memory.data_keys.iter().map(|(id, key)| (*id, key.clone()));
            let found = all.filter(|(id, key)| {
                page.after.is_none_or(|after| *id > after)
                    && page.not_under.as_ref() != Some(&key.key)
            });
            found.take(page.limit as usize).collect()
        })
    }

    async fn rewrap(&self, rewrappings: &[Rewrapping]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| rewrappings.iter().map(|it| memory.rewrap(it)).collect())
    }

    async fn report(
        &self,
        node: &NodeId,
        keys: &[HeldKey],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|memory| {
            memory
                .key_reports
                .retain(|it| it.node != *node && at.duration_since(it.at) <= KeyReport::KEPT_FOR);
            let rows =
                keys.iter().map(|key| KeyReport { node: node.clone(), key: key.clone(), at });
            memory.key_reports.extend(rows);
        })
    }

    async fn reports(&self) -> Result<Vec<KeyReport>, StoreError> {
        self.with(|memory| memory.key_reports.clone())
    }
}

impl Memory {
    fn rewrap(&mut self, Rewrapping { id, from, to }: &Rewrapping) -> Committed {
        match self.data_keys.get_mut(id) {
            Some(stored) if stored == from => {
                *stored = to.clone();
                Committed::Moved
            }
            Some(_) | None => Committed::Lost,
        }
    }
}
