//! A store with random delays and faults before or after its commit, which checks all writes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, EffectState, FoundEffect, ListedEffect,
    Overdue, Sweep, UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CaseSnapshot, FoundCase, Lookup, Timeline, Write,
};
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples::case_of;

use super::chance::Chance;
use super::world::{Plant, World};

#[derive(Debug)]
pub(crate) struct RandomStore {
    world: Arc<World>,
    chance: Chance,
}

impl RandomStore {
    pub(crate) fn of(world: &Arc<World>) -> Self {
        Self { world: Arc::clone(world), chance: Chance::of(world.seed, 3) }
    }

    /// A random delay before or after a store call, in which a worker may be aborted.
    async fn travel(&self, longest: u64) {
        if self.world.is_stormy() && self.chance.percent(30) {
            tokio::time::sleep(self.chance.millis(1, 700)).await;
        }
        if self.world.is_stormy() && self.chance.percent(4) {
            let pause = self.chance.millis(1, longest);
            if pause > Duration::from_secs(1) {
                self.world.tell(&format!("a caller sleeps for {pause:?}"));
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Makes the next write fail at random.
    fn maybe_break(&self) {
        if !self.world.is_stormy() || !self.chance.percent(15) {
            return;
        }
        let after = self.chance.percent(50);
        let fault = if after { Fault::AfterCommit } else { Fault::BeforeCommit };
        self.world.tell(&format!("the store breaks off: {fault:?}"));
        self.world.note(|verdict| verdict.faults += 1);
        self.world.fake.fail_next(1, fault);
    }

    /// Makes a read fail at random.
    fn maybe_down(&self) -> Result<(), StoreError> {
        if self.world.is_stormy() && self.chance.percent(10) {
            self.world.note(|verdict| verdict.faults += 1);
            return Err(StoreError::Unavailable("an injected fault"));
        }
        Ok(())
    }

    async fn effect(&self, case: CaseId) -> Option<Effect> {
        self.world.driver.load(CaseKey::Id(case)).await.and_then(|known| known.effect)
    }

    /// The change as a store without fences would accept it.
    async fn unfenced(&self, change: &EffectChange) -> EffectChange {
        let mut change = change.clone();
        if let Some(now) = self.effect(case_of(&change.write.after)).await {
            (change.write.from, change.write.expected) = (now.state.name(), now.fence);
        }
        change
    }

    async fn effects(&self, changes: &[EffectChange]) -> Vec<Option<Effect>> {
        let mut effects = Vec::with_capacity(changes.len());
        for change in changes {
            effects.push(self.effect(case_of(&change.write.after)).await);
        }
        effects
    }

    /// Writes changes and checks that only the holder of the newest fence changed an effect.
    /// Nothing here waits, so no other task runs in between.
    async fn watched(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let before = self.effects(changes).await;
        let recorded = self.world.fake.record(changes).await;
        let after = self.effects(changes).await;
        for (at, change) in changes.iter().enumerate() {
            let case = case_of(&change.write.after);
            let is_its = |other: &&EffectChange| case_of(&other.write.after) == case;
            if changes.iter().filter(is_its).count() > 1 {
                self.world.accuse(format!("port: {case} is written twice in one transaction"));
                continue;
            }
            let entitled = before[at].as_ref().is_some_and(|before| is_entitled(change, before));
            if before[at] != after[at] && !entitled {
                self.world.accuse(format!("I6: {case} was moved without its claim"));
            }
        }
        let cases =
            changes.iter().map(|it| format!("{} {}", case_of(&it.write.after), it.write.from));
        self.world.tell(&format!("records {:?}: {recorded:?}", cases.collect::<Vec<_>>()));
        let fenced = recorded.iter().flatten().filter(|it| **it == Recorded::FencedOut).count();
        self.world.note(|verdict| verdict.fenced_out += fenced);
        recorded
    }
}

/// Whether the change was decided on the current fence; an outcome also by its holder.
fn is_entitled(change: &EffectChange, before: &Effect) -> bool {
    let fresh = change.write.from == before.state.name() && change.write.expected == before.fence;
    let holder = match (&change.write.evidence, &before.state) {
        (Some(seen), EffectState::Sending { worker, .. }) => {
            seen.fence == before.fence && seen.worker == *worker
        }
        // A sweeper's inquiry.
        (Some(seen), EffectState::Unknown { .. }) => seen.fence == before.fence,
        (Some(_), _) => false,
        (None, _) => true,
    };
    fresh && holder
}

#[async_trait]
impl EffectQueue for RandomStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        self.travel(2_000).await;
        self.maybe_break();
        let claimed = self.world.fake.claim(claim).await;
        let cases = claimed.iter().flatten().map(|effect| case_of(effect).to_string());
        let cases: Vec<_> = cases.collect();
        if !cases.is_empty() {
            self.world.tell(&format!("{} claims {cases:?}", claim.worker.0));
        }
        self.travel(45_000).await;
        claimed
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        self.travel(2_000).await;
        let mut changes = changes.to_vec();
        if self.world.plant == Plant::NoFence {
            for change in &mut changes {
                *change = self.unfenced(change).await;
            }
        }
        self.maybe_break();
        let recorded = self.watched(&changes).await;
        self.travel(2_000).await;
        recorded
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        self.maybe_down()?;
        let overdue = self.world.fake.overdue(sweep).await;
        self.travel(2_000).await;
        overdue
    }

    async fn unsettled(&self, kind: &EffectKind) -> Result<Vec<UnsettledEffects>, StoreError> {
        self.world.fake.unsettled(kind).await
    }

    async fn find(&self, key: &EffectKey) -> Result<Option<FoundEffect>, StoreError> {
        EffectQueue::find(&self.world.fake, key).await
    }

    async fn list(&self, query: &EffectQuery) -> Result<Vec<ListedEffect>, StoreError> {
        EffectQueue::list(&self.world.fake, query).await
    }
}

#[async_trait]
impl UpgradeStore for RandomStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        self.maybe_down()?;
        self.world.fake.load(lookups).await
    }

    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError> {
        self.travel(2_000).await;
        self.maybe_break();
        let committed = self.world.fake.commit(changes).await;
        self.world.tell(&format!("commits {committed:?}"));
        committed
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        self.world.fake.timeline(case).await
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        self.maybe_down()?;
        self.world.fake.orphans(limit).await
    }
}
