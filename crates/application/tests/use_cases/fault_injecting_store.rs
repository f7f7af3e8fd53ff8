//! A store that lets a test step in: between a load and its commit, before either, or for good.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use madoguchi_domain::port::{Committed, StoreError, Timeline, UpgradeStore};
use madoguchi_domain::upgrade::{CaseId, CaseKey, CaseSnapshot, Change, Lookup, Request};
use madoguchi_testkit::fake_store::{FakeStore, Fault};
use madoguchi_testkit::samples;
use madoguchi_testkit::upgrade_driver::UpgradeDriver;
use tokio::sync::Semaphore;

/// What happens just before a commit, once.
#[derive(Debug)]
pub(crate) enum Between {
    /// Nothing: for the rounds before the one that is meant.
    Nothing,
    /// Another process has this granted.
    Granted(Box<Request>),
    /// The commit breaks off.
    Broken(Fault),
}

/// What happens to every commit.
#[derive(Debug, Clone, Copy)]
enum Always {
    Lost,
    Broken(Fault),
}

/// More loads than any test has; each takes one.
const WIDE_OPEN: usize = 1 << 20;

/// A fake store behind a door that a test holds.
pub(crate) struct FaultInjectingStore {
    pub(crate) fake: FakeStore,
    between: Mutex<VecDeque<Between>>,
    loads: Mutex<Vec<usize>>,
    commits: Mutex<Vec<usize>>,
    /// Sample members whose rows cannot be read; a bit each.
    poisoned: AtomicU32,
    always: Mutex<Option<Always>>,
    door: Semaphore,
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
            poisoned: AtomicU32::new(0),
            always: Mutex::default(),
            door: Semaphore::new(WIDE_OPEN),
        }
    }

    /// Lets these happen before the next commits, one each.
    pub(crate) fn before_commits(&self, events: impl IntoIterator<Item = Between>) {
        lock(&self.between).extend(events);
    }

    /// Makes the rows of sample member `number` unreadable.
    pub(crate) fn poison(&self, number: u32) {
        self.poisoned.fetch_or(1 << number, Ordering::SeqCst);
    }

    /// Lets every commit be lost from now on.
    pub(crate) fn lose_everything(&self) {
        *lock(&self.always) = Some(Always::Lost);
    }

    /// Lets every commit break off there from now on, or none.
    pub(crate) fn break_off(&self, fault: Option<Fault>) {
        *lock(&self.always) = fault.map(Always::Broken);
    }

    /// Keeps everybody who comes waiting at the door.
    pub(crate) fn close_the_door(&self) {
        self.door.forget_permits(WIDE_OPEN);
    }

    /// Lets one load through a closed door.
    pub(crate) fn let_one_through(&self) {
        self.door.add_permits(1);
    }

    pub(crate) fn open_the_door(&self) {
        self.door.add_permits(WIDE_OPEN);
    }

    /// How many lookups each load had so far; the empty ones, which only ask for a sign of life,
    /// left out.
    pub(crate) fn loads(&self) -> Vec<usize> {
        lock(&self.loads).clone()
    }

    /// How many changes each commit had so far.
    pub(crate) fn commits(&self) -> Vec<usize> {
        lock(&self.commits).clone()
    }

    fn is_poisoned(&self, lookup: &Lookup) -> bool {
        let poisoned = self.poisoned.load(Ordering::SeqCst);
        let mut numbers = (0..32_u32).filter(|number| poisoned & (1 << number) != 0);
        numbers.any(|number| match &lookup.key {
            CaseKey::NewestOf(member) => *member == samples::member_id(number),
            CaseKey::Id(_) | CaseKey::Scanned(_) => false,
        })
    }
}

#[async_trait]
impl UpgradeStore for FaultInjectingStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<CaseSnapshot>>, StoreError> {
        if !lookups.is_empty() {
            lock(&self.loads).push(lookups.len());
        }
        self.door.acquire().await.expect("the door is never removed").forget();
        if lookups.iter().any(|lookup| self.is_poisoned(lookup)) {
            return Err(StoreError::Corrupt("upgrade_case.state"));
        }
        self.fake.load(lookups).await
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<Committed>, StoreError> {
        lock(&self.commits).push(changes.len());
        let event = lock(&self.between).pop_front();
        match event {
            None | Some(Between::Nothing) => {}
            Some(Between::Granted(request)) => {
                UpgradeDriver::at(&self.fake.stores()).ask(&request).await;
            }
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
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
