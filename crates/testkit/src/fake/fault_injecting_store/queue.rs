//! The effect queue of a store that injects faults.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError};

use super::{FaultInjectingStore, lock};
use crate::samples::case_of;

#[async_trait]
impl EffectQueue for FaultInjectingStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        self.claimed.fetch_add(1, Ordering::SeqCst);
        // Yields like a database call, so that other tasks run.
        tokio::task::yield_now().await;
        let fault = lock(&self.claims).pop_front();
        if let Some(fault) = fault {
            self.fake.fail_next(1, fault);
        }
        let claimed = self.fake.claim(claim).await;
        let after = lock(&self.after_claims).pop_front();
        if let Some(act) = after {
            act();
        }
        claimed
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let cases: HashSet<_> = changes.iter().map(|change| case_of(&change.write.after)).collect();
        self.doubled.fetch_or(cases.len() < changes.len(), Ordering::SeqCst);
        let corrupt = *lock(&self.corrupt);
        if corrupt.is_some_and(|case| cases.contains(&case)) {
            return Err(StoreError::Corrupt("effect.state"));
        }
        let fault = lock(&self.records).pop_front();
        if let Some(fault) = fault {
            self.fake.fail_next(1, fault);
        }
        EffectQueue::record(&self.fake, changes).await
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        self.fake.overdue(sweep).await
    }

    async fn unsettled(&self, kind: &EffectKind) -> Result<Vec<UnsettledEffects>, StoreError> {
        self.fake.unsettled(kind).await
    }

    async fn find(&self, key: &EffectKey) -> Result<Option<FoundEffect>, StoreError> {
        EffectQueue::find(&self.fake, key).await
    }

    async fn list(&self, query: &EffectQuery) -> Result<Vec<ListedEffect>, StoreError> {
        EffectQueue::list(&self.fake, query).await
    }
}
