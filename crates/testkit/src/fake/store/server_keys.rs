//! What the fake store remembers of the server's keys.

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::port::{ServerKeys, StoreError};
use madoguchi_domain::server_key::{FingerprintedKey, KeyWrite};

use super::FakeStore;

#[async_trait]
impl ServerKeys for FakeStore {
    async fn remembered(&self) -> Result<Vec<FingerprintedKey>, StoreError> {
        self.with(|memory| {
            let all = memory.server_keys.iter();
            all.map(|(name, fingerprint)| FingerprintedKey {
                name: *name,
                fingerprint: *fingerprint,
            })
            .collect()
        })
    }

    async fn remember(&self, changes: &[Change<KeyWrite>]) -> Result<Committed, StoreError> {
        self.write(|memory| {
            let before = memory.clone();
            for change in changes {
                let KeyWrite { before: expected, after } = &change.write;
                let stored = memory.server_keys.insert(after.name, after.fingerprint);
                if stored != *expected || !memory.can_finish(change) {
                    *memory = before;
                    return Committed::Lost;
                }
                memory.finish(change);
            }
            Committed::Moved
        })
    }
}
