//! The fake store's stored answers, and what every change writes beside its own rows.

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::{Replay, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError};

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    /// Whether all that a change writes beside its own rows can be written.
    pub(super) fn can_finish<W>(&self, change: &Change<W>) -> bool {
        let is_answered = |replay: &Replay| self.replays.contains_key(&replay.request.key);
        self.can_plan(&change.effects) && !change.replay.as_ref().is_some_and(is_answered)
    }

    /// Writes it.
    pub(super) fn finish<W>(&mut self, change: &Change<W>) {
        self.plan(&change.effects);
        self.trail.append(&change.audit);
        let replay = change.replay.iter().map(|it| (it.request.key, it.clone()));
        self.replays.extend(replay);
    }

    fn record_answer(&mut self, replay: &Replay) -> Committed {
        if self.replays.contains_key(&replay.request.key) {
            return Committed::Lost;
        }
        self.replays.insert(replay.request.key, replay.clone());
        Committed::Moved
    }

    fn delete_answers(&mut self, before: Timestamp, limit: u32) -> usize {
        let old = self.replays.values().filter(|it| it.request.at < before);
        let mut old: Vec<_> = old.map(|it| (it.request.at, it.request.key)).collect();
        old.sort_unstable();
        old.truncate(limit as usize);
        old.iter().filter(|(_, key)| self.replays.remove(key).is_some()).count()
    }
}

#[async_trait]
impl ReplayStore for FakeStore {
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError> {
        self.with(|memory| keys.iter().map(|key| memory.replays.get(key).cloned()).collect())
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| replays.iter().map(|it| memory.record_answer(it)).collect())
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.write(|memory| memory.delete_answers(before, limit))
    }
}
