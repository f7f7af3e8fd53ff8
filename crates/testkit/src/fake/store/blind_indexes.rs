//! The index keys of the fake store's persons and contacts.

use std::collections::BTreeMap;

use async_trait::async_trait;
use madoguchi_domain::port::{BlindIndexes, Reindexed, StoreError};
use madoguchi_domain::sealed::{DataKeyId, KeyId};

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    /// Whether a search under these index keys finds the record.
    pub(super) fn is_indexed(&self, record: DataKeyId, keys: &[KeyId]) -> bool {
        let indexed = self.index_keys.get(&record);
        indexed.is_some_and(|its| its.iter().any(|key| keys.contains(key)))
    }

    /// Every record that can be indexed, with the number of its values.
    fn records(&self) -> BTreeMap<DataKeyId, u64> {
        let persons = self.persons.values().map(|person| {
            let (email, phone) = (&person.details.email, &person.details.phone);
            (person.data_key, u64::from(email.is_some()) + u64::from(phone.is_some()))
        });
        let contacts = self
            .there()
            .map(|contact| (contact.data_key, u64::from(contact.content.policy_number.is_some())));
        persons.chain(contacts).collect()
    }
}

#[async_trait]
impl BlindIndexes for FakeStore {
    async fn counts(&self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        self.with(|memory| {
            let mut counts = BTreeMap::new();
            for (record, values) in memory.records() {
                let keys = memory.index_keys.get(&record).into_iter().flatten();
                for key in keys.filter(|_| values > 0) {
                    *counts.entry(key.clone()).or_default() += values;
                }
            }
            counts.into_iter().collect()
        })
    }

    async fn reindex(&self, after: Option<DataKeyId>, limit: u32) -> Result<Reindexed, StoreError> {
        self.write(|memory| {
            let records = memory.records();
            let later = records.iter().filter(|(record, _)| after.is_none_or(|it| **record > it));
            let page: Vec<_> = later.take(limit as usize).collect();
            let mut done = Reindexed {
                records: page.len() as u64,
                last: page.last().map(|(record, _)| **record),
                ..Reindexed::default()
            };
            for (record, values) in page {
                let before = memory.index_keys.insert(*record, self.index_keys.clone());
                let is_other = *values > 0 && before.as_ref() != Some(&self.index_keys);
                done.replaced += u64::from(is_other);
            }
            done
        })
    }
}
