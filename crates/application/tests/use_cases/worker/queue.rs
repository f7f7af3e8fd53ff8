//! An effect queue with injected faults of claims and records.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::port::{EffectChange, EffectQueue, Recorded, StoreError};
use madoguchi_domain::upgrade::CaseId;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples::case_of;

pub(crate) struct FaultInjectingQueue {
    fake: FakeStore,
    clock: ManualClock,
    claims: Mutex<VecDeque<Fault>>,
    records: Mutex<VecDeque<Fault>>,
    /// Pauses after the next claims, before they return, in seconds.
    pauses: Mutex<VecDeque<i64>>,
    claimed: AtomicUsize,
    unreadable: Mutex<Option<CaseId>>,
    doubled: AtomicBool,
}

impl fmt::Debug for FaultInjectingQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultInjectingQueue")
    }
}

impl FaultInjectingQueue {
    pub(crate) fn over(fake: &FakeStore, clock: &ManualClock) -> Self {
        Self {
            fake: fake.clone(),
            clock: clock.clone(),
            claims: Mutex::default(),
            records: Mutex::default(),
            pauses: Mutex::default(),
            claimed: AtomicUsize::new(0),
            unreadable: Mutex::default(),
            doubled: AtomicBool::new(false),
        }
    }

    pub(crate) fn break_claims(&self, n: usize, fault: Fault) {
        push(&self.claims, std::iter::repeat_n(fault, n));
    }

    pub(crate) fn break_records(&self, n: usize, fault: Fault) {
        push(&self.records, std::iter::repeat_n(fault, n));
    }

    pub(crate) fn pause_after_the_next_claim(&self, seconds: i64) {
        push(&self.pauses, [seconds]);
    }

    /// Makes the row of this case invalid when an outcome is written.
    pub(crate) fn poison(&self, case: CaseId) {
        *self.unreadable.lock().unwrap_or_else(PoisonError::into_inner) = Some(case);
    }

    /// Whether one transaction ever had two changes of one effect, which the port forbids.
    pub(crate) fn was_doubled(&self) -> bool {
        self.doubled.load(Ordering::SeqCst)
    }

    /// Number of claim calls.
    pub(crate) fn claimed(&self) -> usize {
        self.claimed.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EffectQueue for FaultInjectingQueue {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        self.claimed.fetch_add(1, Ordering::SeqCst);
        // Yields like a database call, so that other tasks run.
        tokio::task::yield_now().await;
        if let Some(fault) = pop(&self.claims) {
            self.fake.fail_next(1, fault);
        }
        let claimed = self.fake.claim(claim).await;
        if let Some(seconds) = pop(&self.pauses) {
            self.clock.advance(SignedDuration::from_secs(seconds));
        }
        claimed
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let cases: HashSet<_> = changes.iter().map(|change| case_of(&change.write.after)).collect();
        self.doubled.fetch_or(cases.len() < changes.len(), Ordering::SeqCst);
        let unreadable = *self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if unreadable.is_some_and(|case| cases.contains(&case)) {
            return Err(StoreError::Corrupt("effect.state"));
        }
        if let Some(fault) = pop(&self.records) {
            self.fake.fail_next(1, fault);
        }
        self.fake.record(changes).await
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

fn push<T>(queue: &Mutex<VecDeque<T>>, more: impl IntoIterator<Item = T>) {
    queue.lock().unwrap_or_else(PoisonError::into_inner).extend(more);
}

fn pop<T>(queue: &Mutex<VecDeque<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}
