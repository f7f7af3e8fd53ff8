//! Damaged rows of the fake store.

use async_trait::async_trait;
use madoguchi_application::UpgradeStores;
use madoguchi_domain::act::Act;
use madoguchi_domain::effect::{Effect, EffectKind, EffectPolicy};
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
                memory.effects.remove(key);
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

    /// Sets the effects of a kind aside that cannot be parsed.
    pub(super) fn set_aside(&mut self, kind: &EffectKind, policy: &EffectPolicy, act: &Act) {
        let of_kind = self.effects.values().filter(|it| it.order.key.kind == *kind);
        let broken = of_kind.filter(|effect| !self.is_readable(effect));
        let changes: Vec<EffectChange> =
            broken.filter_map(|effect| effect.set_aside(policy, act).ok()).collect();
        for change in &changes {
            self.record(change);
        }
    }
}
