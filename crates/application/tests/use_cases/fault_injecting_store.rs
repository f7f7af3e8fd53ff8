//! A store with injected faults, pauses and concurrent changes between load and commit.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::{KeyedRequest, Replay, Replayable, RequestKey};
use madoguchi_domain::port::{ReplayStore, StoreError, UpgradeStore};
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CaseSnapshot, FoundCase, GrantedCase, Lookup, Request, Timeline, Write,
};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples;
use tokio::sync::Semaphore;

/// What happens once before a commit.
#[derive(Debug)]
pub(crate) enum Between {
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

/// A fake store; while its load gate is closed, loads wait.
pub(crate) struct FaultInjectingStore {
    pub(crate) fake: FakeStore,
    between: Mutex<VecDeque<Between>>,
    loads: Mutex<Vec<usize>>,
    commits: Mutex<Vec<usize>>,
    /// Sample members whose rows cannot be parsed; one bit each.
    unreadable: AtomicU32,
    always: Mutex<Option<Always>>,
    load_gate: Semaphore,
}

impl fmt::Debug for FaultInjectingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaultInjectingStore")
    }
}

impl FaultInjectingStore {
    pub(crate) fn over(fake: &FakeStore) -> Self {
        Self {
            fake: fake.clone(),
            between: Mutex::default(),
            loads: Mutex::default(),
            commits: Mutex::default(),
            unreadable: AtomicU32::new(0),
            always: Mutex::default(),
            load_gate: Semaphore::new(WIDE_OPEN),
        }
    }

    /// Runs these before the next commits, one each.
    pub(crate) fn before_commits(&self, events: impl IntoIterator<Item = Between>) {
        lock(&self.between).extend(events);
    }

    /// Makes the rows of sample member `number` invalid.
    pub(crate) fn poison(&self, number: u32) {
        self.unreadable.fetch_or(1 << number, Ordering::SeqCst);
    }

    /// Makes every commit lost from now on.
    pub(crate) fn lose_everything(&self) {
        *lock(&self.always) = Some(Always::Lost);
    }

    /// Makes every commit fail at this point from now on; `None` ends that.
    pub(crate) fn break_off(&self, fault: Option<Fault>) {
        *lock(&self.always) = fault.map(Always::Broken);
    }

    /// Makes all following loads wait.
    pub(crate) fn close_load_gate(&self) {
        self.load_gate.forget_permits(WIDE_OPEN);
    }

    /// Lets one waiting load continue.
    pub(crate) fn let_one_through(&self) {
        self.load_gate.add_permits(1);
    }

    pub(crate) fn open_load_gate(&self) {
        self.load_gate.add_permits(WIDE_OPEN);
    }

    /// The number of lookups of each load so far, without empty loads (health checks).
    pub(crate) fn loads(&self) -> Vec<usize> {
        lock(&self.loads).clone()
    }

    /// The number of changes of each commit so far.
    pub(crate) fn commits(&self) -> Vec<usize> {
        lock(&self.commits).clone()
    }

    async fn grant(&self, request: &Request, key: KeyedRequest) {
        let driver = UpgradeDriver::at(&self.fake.stores());
        let decision = driver.decide(request).await;
        let answer = GrantedCase::from(decision.answer.expect("the request is granted"));
        let replay = answer.to_payload().map(|answer| Replay { request: key, answer });
        let change = decision.change.expect("the request changes its case");
        assert_eq!(driver.commit(&Change { replay, ..change }).await, Committed::Moved);
    }

    fn is_unreadable(&self, lookup: &Lookup) -> bool {
        let unreadable = self.unreadable.load(Ordering::SeqCst);
        let mut numbers = (0..32_u32).filter(|number| unreadable & (1 << number) != 0);
        numbers.any(|number| match &lookup.key {
            CaseKey::NewestOf(member) => *member == samples::member_id(number),
            CaseKey::Id(_) | CaseKey::Scanned(_) => false,
        })
    }
}

#[async_trait]
impl UpgradeStore for FaultInjectingStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        if !lookups.is_empty() {
            lock(&self.loads).push(lookups.len());
        }
        self.load_gate.acquire().await.expect("the semaphore is never closed").forget();
        if lookups.iter().any(|lookup| self.is_unreadable(lookup)) {
            return Err(StoreError::Corrupt("upgrade_case.state"));
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
        self.fake.find(keys).await
    }

    async fn record(&self, replays: &[Replay]) -> Result<Vec<Committed>, StoreError> {
        self.fake.record(replays).await
    }

    async fn delete_before(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        self.fake.delete_before(before, limit).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
