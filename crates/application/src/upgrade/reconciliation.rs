//! Compares our levels of all members with the bank's, and changes nothing.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{CoreBank, Ids, StoreError};
use madoguchi_domain::upgrade::{
    CaseKey, CaseSnapshot, LevelAnswer, LevelVerdict, Lookup, compare,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::UpgradeStores;
use crate::pace::Pace;

/// Members per page.
const PAGE: u32 = 100;
/// Maximum concurrent inquiries.
const AT_ONCE: usize = 16;

/// A member as it is stored, the bank's answer, and how they compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparedMember {
    /// The member.
    pub member: Member,
    /// What the bank says.
    pub answer: LevelAnswer,
    /// How they compare.
    pub verdict: LevelVerdict,
}

/// One run over all members.
pub struct Reconciliation {
    inquiries: Inquiries,
    pace: Pace,
    after: Option<MemberId>,
}

/// What the inquiries of a run share.
#[derive(Clone)]
struct Inquiries {
    stores: UpgradeStores,
    bank: Arc<dyn CoreBank>,
    correlation: CorrelationId,
}

impl fmt::Debug for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let correlation = self.inquiries.correlation.as_str();
        f.debug_struct("Reconciliation").field("correlation", &correlation).finish_non_exhaustive()
    }
}

impl Reconciliation {
    /// A run over the members of this store, with at most this many inquiries per second. All of
    /// them carry the same correlation id.
    #[must_use]
    pub fn new(
        stores: UpgradeStores,
        bank: Arc<dyn CoreBank>,
        ids: &dyn Ids,
        per_second: NonZeroU32,
    ) -> Self {
        let correlation = CorrelationId::from_uuid(ids.uuid());
        let inquiries = Inquiries { stores, bank, correlation };
        Self { inquiries, pace: Pace::new(per_second), after: None }
    }

    /// Compares the next members, in the order of the store's pages; none if all are compared.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub async fn next(&mut self) -> Result<Vec<ComparedMember>, StoreError> {
        let members = self.inquiries.stores.members.page(self.after.clone(), PAGE).await?;
        self.after = members.last().map(|last| last.id.clone()).or(self.after.take());
        let (mut calls, places) = (JoinSet::new(), Arc::new(Semaphore::new(AT_ONCE)));
        for (at, member) in members.into_iter().enumerate() {
            self.pace.wait(1).await;
            let place = Arc::clone(&places).acquire_owned().await;
            let inquiries = self.inquiries.clone();
            calls.spawn(async move {
                let compared = inquiries.compare(member).await;
                drop(place);
                (at, compared)
            });
        }
        let mut compared = calls.join_all().await;
        compared.sort_by_key(|(at, _)| *at);
        compared.into_iter().map(|(_, one)| one).collect()
    }
}

impl Inquiries {
    /// Asks again if the member has changed meanwhile: an order may have been confirmed.
    async fn compare(&self, mut member: Member) -> Result<ComparedMember, StoreError> {
        loop {
            let answer = self.bank.inquire(&member.account.arrangement, &self.correlation).await;
            let newest = match compare(&member, None, &answer) {
                LevelVerdict::Differs | LevelVerdict::InProgress => self.newest(&member.id).await?,
                LevelVerdict::Agrees | LevelVerdict::NotAnswered => None,
            };
            let now = newest.as_ref().map(|newest| &newest.member);
            if let Some(now) = now.filter(|now| **now != member) {
                member = now.clone();
                continue;
            }
            let order = newest.as_ref().and_then(|newest| newest.effect.as_ref());
            let verdict = compare(&member, order, &answer);
            return Ok(ComparedMember { member, answer, verdict });
        }
    }

    /// The member as it is now, with its newest case and order.
    async fn newest(&self, member: &MemberId) -> Result<Option<CaseSnapshot>, StoreError> {
        let lookup = Lookup { key: CaseKey::NewestOf(member.clone()), check: None };
        let found = self.stores.upgrades.load(&[lookup]).await?.into_iter().flatten().next();
        Ok(found.map(|it| it.snapshot))
    }
}
