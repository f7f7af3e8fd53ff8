//! Damaged rows of the fake store.

use async_trait::async_trait;
use madoguchi_application::UpgradeStores;
use madoguchi_domain::act::Act;
use madoguchi_domain::effect::{Effect, EffectKey, EffectPolicy};
use madoguchi_domain::port::{EffectChange, StoreError};
use madoguchi_domain::upgrade::FoundCase;

use super::FakeStore;
use super::memory::Memory;
use crate::contract::stored_data::{Damage, StoredData};

impl FakeStore {
    /// Damages a row.
    pub fn damage(&self, damage: &Damage) {
        let memory = &mut self.lock().memory;
        match damage {
            Damage::CaseState(case) => {
                memory.damaged.cases.insert(*case);
            }
            Damage::OrderPayload(key) => {
                memory.damaged.orders.insert(key.clone());
            }
            Damage::EffectRow(key) => {
                if let Some(effect) = memory.effects.remove(key) {
                    memory.upstream_ids.remove(&effect.order.upstream_id);
                    memory.live.retain(|_, live| live != key);
                }
            }
        }
    }
}

/// Its data is in memory: a restart is another handle of it.
#[async_trait]
impl StoredData for FakeStore {
    async fn open(&self) -> UpgradeStores {
        self.stores()
    }

    async fn inject(&self, damage: &Damage) {
        self.damage(damage);
    }
}

impl Memory {
    /// What was found, if it can be parsed.
    pub(super) fn parsed(&self, found: Option<FoundCase>) -> Result<Option<FoundCase>, StoreError> {
        let case = found.as_ref().and_then(|it| it.snapshot.case.as_ref());
        if case.is_some_and(|case| self.damaged.cases.contains(&case.id)) {
            return Err(StoreError::Corrupt("upgrade_case.state"));
        }
        Ok(found)
    }

    pub(super) fn is_readable(&self, effect: &Effect) -> bool {
        !self.damaged.orders.contains(&effect.order.key)
    }

    /// Sets those aside that cannot be parsed; returns the others.
    pub(super) fn set_aside(
        &mut self,
        selected: Vec<EffectKey>,
        policy: &EffectPolicy,
        act: &Act,
    ) -> Vec<EffectKey> {
        let (broken, readable): (Vec<_>, Vec<_>) =
            selected.into_iter().partition(|key| self.damaged.orders.contains(key));
        for key in broken {
            let effect = self.effects.get(&key);
            let change: Option<EffectChange> = effect.and_then(|it| it.set_aside(policy, act).ok());
            if let Some(change) = change {
                self.record(&change);
            }
        }
        readable
    }
}
