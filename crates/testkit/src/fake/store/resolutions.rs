//! The fake store's resolutions, and effects as operators see them.

use std::cmp::Reverse;

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{
    EffectKey, EffectQuery, EffectStateName, FoundEffect, ListedEffect,
};
use madoguchi_domain::port::{ResolutionStore, StoreError};
use madoguchi_domain::resolution::{
    Resolution, ResolutionFacts, ResolutionQuery, ResolutionStateName, ResolutionWrite,
};

use super::FakeStore;
use super::memory::Memory;

impl Memory {
    pub(super) fn find_effect(&self, key: &EffectKey) -> Option<FoundEffect> {
        let effect = self.effects.get(key)?.clone();
        let attempts = self.evidence.iter().filter(|it| it.effect == *key).cloned().collect();
        let is_readable = self.is_readable(&effect);
        Some(FoundEffect { effect, is_readable, attempts })
    }

    pub(super) fn list_effects(&self, query: &EffectQuery) -> Vec<ListedEffect> {
        let EffectQuery { filter, after, limit } = query;
        let listed = self.effects.values().map(ListedEffect::from);
        let mut found: Vec<ListedEffect> = listed
            .filter(|it| filter.shows(it) && after.is_none_or(|last| it.key.id.0 < last))
            .collect();
        found.sort_by_key(|it| Reverse(it.key.id));
        found.truncate(*limit as usize);
        found
    }

    fn open_resolution(&self, effect: &EffectKey) -> Option<&Resolution> {
        let mut all = self.resolutions.values();
        all.find(|it| {
            it.facts.effect == *effect && it.facts.state.name() == ResolutionStateName::Proposed
        })
    }

    fn list_resolutions(&self, query: &ResolutionQuery) -> Vec<Resolution> {
        let ResolutionQuery { filter, after, limit } = query;
        let is_after = |it: &&Resolution| after.is_none_or(|last| it.facts.position() < last);
        let all = self.resolutions.values().filter(|it| filter.shows(&it.facts));
        let mut found: Vec<Resolution> = all.filter(is_after).cloned().collect();
        found.sort_by_key(|it| Reverse(it.facts.position()));
        found.truncate(*limit as usize);
        found
    }

    fn commit_resolution(&mut self, changes: &[Change<ResolutionWrite>]) -> Committed {
        let before = self.clone();
        for change in changes {
            if !self.can_finish(change) || !self.write_resolution(&change.write) {
                *self = before;
                return Committed::Lost;
            }
            self.finish(change);
        }
        Committed::Moved
    }

    fn write_resolution(&mut self, write: &ResolutionWrite) -> bool {
        match write {
            ResolutionWrite::Propose(new) => {
                let is_free = self.open_resolution(&new.facts.effect).is_none();
                if is_free {
                    self.resolutions.insert(new.facts.id, (**new).clone());
                }
                is_free
            }
            ResolutionWrite::Close(facts) => {
                let open = self.resolutions.get_mut(&facts.id);
                let is_open =
                    |it: &&mut Resolution| it.facts.state.name() == ResolutionStateName::Proposed;
                open.filter(is_open).is_some_and(|it| {
                    it.facts = (**facts).clone();
                    true
                })
            }
            ResolutionWrite::Move(moved) => {
                let key = &moved.after.order.key;
                let holds = self
                    .effects
                    .get(key)
                    .is_some_and(|it| (it.state.name(), it.fence) == (moved.from, moved.expected));
                let is_confirmed = moved.after.state.name() == EffectStateName::Confirmed;
                if !holds || !is_confirmed && self.is_proven(key) {
                    return false;
                }
                self.put(moved.after.clone());
                moved.consequence.iter().for_each(|it| self.apply(it));
                true
            }
        }
    }
}

#[async_trait]
impl ResolutionStore for FakeStore {
    async fn open(&self, effect: &EffectKey) -> Result<Option<Resolution>, StoreError> {
        self.with(|memory| memory.open_resolution(effect).cloned())
    }

    async fn list(&self, query: &ResolutionQuery) -> Result<Vec<Resolution>, StoreError> {
        self.with(|memory| memory.list_resolutions(query))
    }

    async fn lapsed(&self, by: Timestamp, limit: u32) -> Result<Vec<ResolutionFacts>, StoreError> {
        self.with(|memory| {
            let open = memory.resolutions.values().map(|it| &it.facts);
            let open = open.filter(|it| it.state.name() == ResolutionStateName::Proposed);
            let is_settled = |it: &EffectKey| {
                memory.effects.get(it).is_some_and(|it| it.state.name().is_settled())
            };
            let lapsed = open.filter(|it| it.lapses_at <= by || is_settled(&it.effect));
            let mut lapsed: Vec<_> = lapsed.cloned().collect();
            lapsed.sort_by_key(|it| it.lapses_at);
            lapsed.truncate(limit as usize);
            lapsed
        })
    }

    async fn commit(&self, changes: &[Change<ResolutionWrite>]) -> Result<Committed, StoreError> {
        self.write(|memory| memory.commit_resolution(changes))
    }
}
