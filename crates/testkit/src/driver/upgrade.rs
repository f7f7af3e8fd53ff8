//! Drives a store like the application: load, decide, commit.

use std::ops::RangeInclusive;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::audit::ChainedEntry;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{Claim, Effect};
use madoguchi_domain::port::{EffectChange, Recorded};
use madoguchi_domain::upgrade::{
    self, CaseId, CaseKey, CaseSnapshot, Decision, FoundCase, Lookup, Request, Timeline,
    UpgradePolicy, Write,
};

use crate::samples;

use crate::contract::audit_rows;

/// Drives stores with the domain's decisions. It panics when a store breaks its contract.
#[derive(Debug, Clone)]
pub struct UpgradeDriver {
    /// The stores.
    pub stores: UpgradeStores,
    /// The bank's policy.
    pub policy: UpgradePolicy,
}

/// All stored data about some cases, to compare before and after.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The snapshot of each case.
    pub snapshots: Vec<Option<FoundCase>>,
    /// The timeline of each case.
    pub timelines: Vec<Timeline>,
    /// The whole audit log.
    pub trail: Vec<ChainedEntry>,
}

impl UpgradeDriver {
    /// A driver of these stores, with the sample policy.
    #[must_use]
    pub fn at(stores: &UpgradeStores) -> Self {
        Self { stores: stores.clone(), policy: samples::policy() }
    }

    /// Registers new sample members.
    ///
    /// # Panics
    /// When one of them is not new.
    pub async fn register(&self, numbers: RangeInclusive<u32>) {
        let wishes: Vec<_> =
            numbers.map(|number| samples::registration(samples::member(number))).collect();
        let committed = self.stores.members.commit(&wishes).await.expect("members are registered");
        assert_eq!(committed, vec![Committed::Moved; wishes.len()]);
    }

    /// The snapshot for this key.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn load(&self, key: CaseKey) -> Option<CaseSnapshot> {
        self.find(key).await.map(|found| found.snapshot)
    }

    /// What is stored for this key.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn find(&self, key: CaseKey) -> Option<FoundCase> {
        self.look_up(&[Lookup { key, check: None }]).await.remove(0)
    }

    /// What is stored for each lookup.
    ///
    /// # Panics
    /// When the store cannot be read, or returns another number of results.
    pub async fn look_up(&self, lookups: &[Lookup]) -> Vec<Option<FoundCase>> {
        let found = self.stores.upgrades.load(lookups).await.expect("snapshots are loaded");
        assert_eq!(found.len(), lookups.len(), "one answer for each lookup");
        found
    }

    /// The snapshot of a sample member and its newest case.
    ///
    /// # Panics
    /// When there is no such member.
    pub async fn newest(&self, number: u32) -> CaseSnapshot {
        let key = CaseKey::NewestOf(samples::member_id(number));
        self.load(key).await.expect("the member is registered")
    }

    /// The effect of a sample member's newest case.
    ///
    /// # Panics
    /// When it has none.
    pub async fn effect(&self, number: u32) -> Effect {
        self.newest(number).await.effect.expect("the case has its effect")
    }

    /// Decides on the stored data; commits nothing.
    pub async fn decide(&self, request: &Request) -> Decision {
        let found = self.look_up(&[request.lookup()]).await.remove(0);
        upgrade::decide(found, request, &self.policy)
    }

    /// The change of the request on the stored data; commits nothing.
    ///
    /// # Panics
    /// When there is no change.
    pub async fn change(&self, request: &Request) -> Change<Write> {
        self.decide(request).await.change.expect("the request changes something")
    }

    /// Commits one change.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn commit(&self, change: &Change<Write>) -> Committed {
        self.commit_all(std::slice::from_ref(change)).await[0]
    }

    /// Commits changes together.
    ///
    /// # Panics
    /// When the store fails, or returns another number of results.
    pub async fn commit_all(&self, changes: &[Change<Write>]) -> Vec<Committed> {
        let became = self.stores.upgrades.commit(changes).await.expect("changes are committed");
        assert_eq!(became.len(), changes.len(), "one answer for each change");
        became
    }

    /// Commits a request and returns the snapshot after it.
    ///
    /// # Panics
    /// When it is refused, changes nothing, or is lost.
    pub async fn ask(&self, request: &Request) -> CaseSnapshot {
        self.ask_all(std::slice::from_ref(request)).await.remove(0)
    }

    /// Commits requests about different cases in one transaction.
    ///
    /// # Panics
    /// When one of them is refused, changes nothing, or is lost.
    pub async fn ask_all(&self, requests: &[Request]) -> Vec<CaseSnapshot> {
        let lookups: Vec<_> = requests.iter().map(Request::lookup).collect();
        let mut changes = Vec::with_capacity(requests.len());
        let mut known = Vec::with_capacity(requests.len());
        for (found, request) in self.look_up(&lookups).await.into_iter().zip(requests) {
            let decision = upgrade::decide(found, request, &self.policy);
            decision.answer.expect("the request is granted");
            changes.push(decision.change.expect("the request changes something"));
            known.push(decision.after.expect("something is known afterwards"));
        }
        assert_eq!(self.commit_all(&changes).await, vec![Committed::Moved; changes.len()]);
        known
    }

    /// Registers sample members and opens a case for each.
    pub async fn opened(&self, numbers: RangeInclusive<u32>) {
        self.register(numbers.clone()).await;
        self.ask_all(&numbers.map(samples::open).collect::<Vec<_>>()).await;
    }

    /// Like [`opened`](Self::opened), and each passes its check.
    pub async fn verified(&self, numbers: RangeInclusive<u32>) {
        self.opened(numbers.clone()).await;
        let verify = |number| samples::verify(number, true);
        self.ask_all(&numbers.map(verify).collect::<Vec<_>>()).await;
    }

    /// Like [`verified`](Self::verified), and the agent passes each.
    pub async fn passed(&self, numbers: RangeInclusive<u32>) {
        self.verified(numbers.clone()).await;
        let decide = |number| samples::decide(number, true);
        self.ask_all(&numbers.map(decide).collect::<Vec<_>>()).await;
    }

    /// Passes a verified sample member without planning its core-bank effect, which no correct
    /// program does.
    ///
    /// # Panics
    /// When the verdict does not move the case.
    pub async fn orphan(&self, number: u32) {
        let mut change = self.change(&samples::decide(number, true)).await;
        assert_eq!(change.effects.len(), 1, "a passed verdict plans an effect");
        change.effects.clear();
        let Write::Move { target, .. } = &mut change.write else {
            panic!("a verdict moves its case");
        };
        *target = None;
        assert_eq!(self.commit(&change).await, Committed::Moved);
    }

    /// Claims effects.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn claim(&self, claim: &Claim) -> Vec<Effect> {
        self.stores.platform.effects.claim(claim).await.expect("effects are claimed")
    }

    /// Records one state transition of an effect.
    ///
    /// # Panics
    /// When the store fails.
    pub async fn record(&self, change: &EffectChange) -> Recorded {
        let changes = std::slice::from_ref(change);
        let became =
            self.stores.platform.effects.record(changes).await.expect("outcomes are recorded");
        assert_eq!(became.len(), 1, "one answer for one change");
        became[0]
    }

    /// A case's timeline.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn timeline(&self, case: CaseId) -> Timeline {
        self.stores.upgrades.timeline(case).await.expect("a timeline is read")
    }

    /// All stored data about these cases.
    pub async fn snapshot(&self, cases: &[CaseId]) -> Snapshot {
        let lookup = |id: &CaseId| Lookup { key: CaseKey::Id(*id), check: None };
        let snapshots = self.look_up(&cases.iter().map(lookup).collect::<Vec<_>>()).await;
        let mut timelines = Vec::with_capacity(cases.len());
        for case in cases {
            timelines.push(self.timeline(*case).await);
        }
        Snapshot { snapshots, timelines, trail: audit_rows::rows(&self.stores).await }
    }
}
