//! A store with injected faults, pauses and concurrent changes between load and commit. It counts
//! what is asked of it.

mod queue;

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_application::{PlatformStores, UpgradeStores};
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::{KeyedRequest, Replay, Replayable, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{
    CaseId, CaseSnapshot, FoundCase, GrantedCase, Lookup, Request, Timeline, Write,
};
use tokio::sync::Semaphore;

use super::store::{FakeStore, Fault};
use crate::driver::upgrade::UpgradeDriver;

/// What happens once before a commit.
#[derive(Debug)]
pub enum Between {
    /// Nothing: to skip a commit.
    Nothing,
    /// Another process commits this request.
    Granted(Box<Request>),
    /// Another process commits this request, which has this key.
    GrantedOnce(Box<Request>, KeyedRequest),
    /// The commit fails.
    Broken(Fault),
}

/// What happens to every commit.
#[derive(Debug, Clone, Copy)]
enum Always {
    Lost,
    Broken(Fault),
}

/// Permits of the open gate: more than the loads of any test.
const WIDE_OPEN: usize = 1 << 20;

/// A [`FakeStore`] of cases, answers and effects. A test makes its calls fail or wait, and lets
/// another process write between two of them. It counts the calls.
pub struct FaultInjectingStore {
    /// The store behind it.
    pub fake: FakeStore,
    between: Mutex<VecDeque<Between>>,
    loads: Mutex<Vec<usize>>,
    commits: Mutex<Vec<usize>>,
    always: Mutex<Option<Always>>,
    load_gate: Semaphore,
    load_takes: Mutex<Duration>,
    claims: Mutex<VecDeque<Fault>>,
    records: Mutex<VecDeque<Fault>>,
    after_claims: Mutex<VecDeque<AfterClaim>>,
    claimed: AtomicUsize,
    corrupt: Mutex<Option<CaseId>>,
    doubled: AtomicBool,
}

type AfterClaim = Box<dyn FnOnce() + Send>;

impl fmt::Debug for FaultInjectingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultInjectingStore")
    }
}

impl FaultInjectingStore {
    /// Without any fault, over this store.
    #[must_use]
    pub fn over(fake: &FakeStore) -> Self {
        Self {
            fake: fake.clone(),
            between: Mutex::default(),
            loads: Mutex::default(),
            commits: Mutex::default(),
            always: Mutex::default(),
            load_gate: Semaphore::new(WIDE_OPEN),
            load_takes: Mutex::default(),
            claims: Mutex::default(),
            records: Mutex::default(),
            after_claims: Mutex::default(),
            claimed: AtomicUsize::new(0),
            corrupt: Mutex::default(),
            doubled: AtomicBool::new(false),
        }
    }

    /// The ports of the upgrade, through the faults.
    #[must_use]
    pub fn stores(self: &Arc<Self>) -> UpgradeStores {
        let stores = self.fake.stores();
        let platform = PlatformStores {
            effects: Arc::clone(self) as _,
            replays: Arc::clone(self) as _,
            ..stores.platform
        };
        UpgradeStores { upgrades: Arc::clone(self) as _, platform, ..stores }
    }

    /// Runs these before the next commits, one each.
    pub fn before_commits(&self, events: impl IntoIterator<Item = Between>) {
        lock(&self.between).extend(events);
    }

    /// Makes every commit lost from now on.
    pub fn lose_everything(&self) {
        *lock(&self.always) = Some(Always::Lost);
    }

    /// Makes every commit fail at this point from now on; `None` ends that.
    pub fn break_off(&self, fault: Option<Fault>) {
        *lock(&self.always) = fault.map(Always::Broken);
    }

    /// Makes all following loads wait.
    pub fn close_load_gate(&self) {
        self.load_gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Makes all following loads take so long.
    pub fn slow_down_loads(&self, by: Duration) {
        *lock(&self.load_takes) = by;
    }

    /// Lets one waiting load continue.
    pub fn let_one_through(&self) {
        self.load_gate.add_permits(1);
    }

    /// Lets all loads continue.
    pub fn open_load_gate(&self) {
        self.load_gate.add_permits(WIDE_OPEN);
    }

    /// The number of lookups of each load so far, without empty loads (health checks).
    pub fn loads(&self) -> Vec<usize> {
        lock(&self.loads).clone()
    }

    /// The number of changes of each commit so far.
    pub fn commits(&self) -> Vec<usize> {
        lock(&self.commits).clone()
    }

    /// Makes the next `n` claims fail.
    pub fn break_claims(&self, n: usize, fault: Fault) {
        lock(&self.claims).extend(std::iter::repeat_n(fault, n));
    }

    /// Makes the next `n` records of outcomes fail.
    pub fn break_records(&self, n: usize, fault: Fault) {
        lock(&self.records).extend(std::iter::repeat_n(fault, n));
    }

    /// Runs this once, after the next claim and before it returns.
    pub fn after_the_next_claim(&self, act: impl FnOnce() + Send + 'static) {
        lock(&self.after_claims).push_back(Box::new(act));
    }

    /// Makes the effect of this case unreadable when an outcome is written.
    pub fn corrupt_records_of(&self, case: CaseId) {
        *lock(&self.corrupt) = Some(case);
    }

    /// Whether one transaction ever had two changes of one effect, which the port forbids.
    pub fn was_doubled(&self) -> bool {
        self.doubled.load(Ordering::SeqCst)
    }

    /// Number of claim calls.
    pub fn claimed(&self) -> usize {
        self.claimed.load(Ordering::SeqCst)
    }

    async fn grant(&self, request: &Request, key: KeyedRequest) {
        let driver = UpgradeDriver::at(&self.fake.stores());
        let decision = driver.decide(request).await;
        let answer = GrantedCase::from(decision.answer.expect("the request is granted"));
        let replay = answer.to_payload().map(|answer| Replay { request: key, answer });
        let change = decision.change.expect("the request changes its case");
        assert_eq!(driver.commit(&Change { replay, ..change }).await, Committed::Moved);
    }
}

#[async_trait]
impl UpgradeStore for FaultInjectingStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        if !lookups.is_empty() {
            lock(&self.loads).push(lookups.len());
        }
        self.load_gate.acquire().await.expect("the semaphore is never closed").forget();
        let takes = *lock(&self.load_takes);
        if !takes.is_zero() {
            tokio::time::sleep(takes).await;
        }
        self.fake.load(lookups).await
    }

    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError> {
        lock(&self.commits).push(changes.len());
        let event = lock(&self.between).pop_front();
        match event {
            None | Some(Between::Nothing) => {}
            Some(Between::Granted(request)) => {
                UpgradeDriver::at(&self.fake.stores()).ask(&request).await;
            }
            Some(Between::GrantedOnce(request, key)) => self.grant(&request, key).await,
            Some(Between::Broken(fault)) => self.fake.fail_next(1, fault),
        }
        let always = *lock(&self.always);
        match always {
            None => {}
            Some(Always::Lost) => return Ok(vec![Committed::Lost; changes.len()]),
            Some(Always::Broken(fault)) => self.fake.fail_next(1, fault),
        }
        self.fake.commit(changes).await
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        self.fake.timeline(case).await
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        self.fake.orphans(limit).await
    }
}

#[async_trait]
impl ReplayStore for FaultInjectingStore {
    async fn find(&self, keys: &[RequestKey]) -> Result<Vec<Option<Replay>>, StoreError> {
        ReplayStore::find(&self.fake, keys).await
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        ReplayStore::record(&self.fake, replays).await
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.fake.delete_before(before, limit).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
