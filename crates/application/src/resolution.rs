//! Use cases of operators: see effects, and resolve those that are stuck.

mod inquiry;
mod lapse;

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::approval::{ContentHash, ContentSalt};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{EffectKey, EffectStateName, FoundEffect};
use madoguchi_domain::idempotency::ClientAct;
use madoguchi_domain::port::{Ids, StoreError};
use madoguchi_domain::redacted;
use madoguchi_domain::resolution::{
    NewResolutionIds, ProposedOutcome, Resolution, ResolutionDecision, ResolutionFilter,
    ResolutionId, ResolutionQuery, ResolutionRefusal, ResolutionWrite, StuckEffect,
    WrittenResolution,
};
use madoguchi_domain::sealed::DataKeyId;

use crate::idempotency::once_until_moved;
use crate::{Answered, EffectRegistry, PlannedSignal, ResolutionStores, ServiceError};

pub use lapse::ResolutionLapse;

redacted!(ResolutionService);

/// Most resolutions of one effect that are shown with it.
const MOST_SHOWN: u32 = 100;

/// Shows effects, and lets two people resolve those that are stuck.
#[derive(Clone)]
pub struct ResolutionService {
    stores: ResolutionStores,
    registry: EffectRegistry,
    lapse_after: SignedDuration,
    ids: Arc<dyn Ids>,
    planned: PlannedSignal,
}

/// What a person wants to do about an effect.
enum Intent {
    Propose(ProposedOutcome),
    Approve(ContentHash),
    Withdraw,
}

impl ResolutionService {
    /// A service over these stores. A proposal lapses after `lapse_after` without an approval.
    #[must_use]
    pub fn new(
        stores: ResolutionStores,
        registry: EffectRegistry,
        lapse_after: SignedDuration,
        ids: Arc<dyn Ids>,
    ) -> Self {
        Self { stores, registry, lapse_after, ids, planned: PlannedSignal::default() }
    }

    /// The same, which wakes the workers of these clones of the signal when an effect is to be sent
    /// again.
    #[must_use]
    pub fn with_signal(self, planned: PlannedSignal) -> Self {
        Self { planned, ..self }
    }

    /// Proposes an outcome of an effect.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn propose(
        &self,
        key: &EffectKey,
        proposal: ProposedOutcome,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenResolution>, ServiceError> {
        self.decide(key, &Intent::Propose(proposal), by.into()).await
    }

    /// Approves the open proposal, of which `seen` is the hash.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn approve(
        &self,
        key: &EffectKey,
        seen: ContentHash,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenResolution>, ServiceError> {
        self.decide(key, &Intent::Approve(seen), by.into()).await
    }

    /// Withdraws the open proposal.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn withdraw(
        &self,
        key: &EffectKey,
        by: impl Into<ClientAct>,
    ) -> Result<Answered<WrittenResolution>, ServiceError> {
        self.decide(key, &Intent::Withdraw, by.into()).await
    }

    /// An effect, and its resolutions, oldest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn read(
        &self,
        key: &EffectKey,
    ) -> Result<(FoundEffect, Vec<Resolution>), ServiceError> {
        let found = self.found(key).await?;
        let filter = ResolutionFilter { effect: Some(key.clone()), state: None };
        let query = ResolutionQuery { filter, after: None, limit: MOST_SHOWN };
        let mut resolutions = self.list(&query).await?;
        resolutions.reverse();
        Ok((found, resolutions))
    }

    /// A page of resolutions, newest first.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub async fn list(&self, query: &ResolutionQuery) -> Result<Vec<Resolution>, ServiceError> {
        Ok(self.stores.resolutions.list(query).await?)
    }

    async fn decide(
        &self,
        key: &EffectKey,
        intent: &Intent,
        ClientAct { act, keyed }: ClientAct,
    ) -> Result<Answered<WrittenResolution>, ServiceError> {
        once_until_moved(
            &*self.stores.platform.replays,
            keyed,
            || async {
                // In this order: if the resolution is approved meanwhile, the effect is settled.
                let open = self.stores.resolutions.open(key).await?;
                let found = self.found(key).await?;
                let delivery = self.registry.of(&key.kind);
                let delivery = delivery.ok_or(ResolutionRefusal::UnknownKind)?;
                let mut stuck = StuckEffect {
                    found: &found,
                    open: open.as_ref(),
                    policy: delivery.policy(),
                    consequence: &|after| delivery.consequence(after),
                    is_contradicted: false,
                };
                let mut decision = self.decision(&stuck, intent, &act)?;
                // Only about what is not refused: a refused request sends nothing.
                let effects = &*self.stores.platform.effects;
                if !matches!(intent, Intent::Withdraw)
                    && inquiry::is_contradicted(effects, &**delivery, &found.effect, &act).await?
                {
                    stuck.is_contradicted = true;
                    decision = self.decision(&stuck, intent, &act)?;
                }
                let (changes, resolution) = decision;
                Ok((Some(changes), WrittenResolution::from(&resolution)))
            },
            |changes| self.commit(changes),
        )
        .await
    }

    fn decision(
        &self,
        stuck: &StuckEffect<'_>,
        intent: &Intent,
        act: &Act,
    ) -> Result<ResolutionDecision, ResolutionRefusal> {
        match intent {
            Intent::Propose(proposal) => {
                stuck.propose(proposal.clone(), self.new_ids(), self.lapse_after, act)
            }
            Intent::Approve(seen) => stuck.approve(*seen, act),
            Intent::Withdraw => stuck.withdraw(act),
        }
    }

    async fn found(&self, key: &EffectKey) -> Result<FoundEffect, ServiceError> {
        let found = self.stores.platform.effects.find(key).await?;
        found.ok_or(ResolutionRefusal::EffectNotFound.into())
    }

    fn new_ids(&self) -> NewResolutionIds {
        let uuid = || self.ids.uuid();
        NewResolutionIds {
            resolution: ResolutionId(uuid()),
            data_key: DataKeyId(uuid()),
            salt: ContentSalt::of_ids([uuid(), uuid(), uuid(), uuid()]),
        }
    }

    async fn commit(
        &self,
        changes: Vec<Change<ResolutionWrite>>,
    ) -> Result<Vec<Committed>, StoreError> {
        let committed = self.stores.resolutions.commit(&changes).await?;
        let is_planned = |change: &Change<ResolutionWrite>| {
            matches!(&change.write, ResolutionWrite::Move(moved)
                if moved.after.state.name() == EffectStateName::Planned)
        };
        if committed == Committed::Moved && changes.iter().any(is_planned) {
            self.planned.notify();
        }
        Ok(vec![committed])
    }
}
