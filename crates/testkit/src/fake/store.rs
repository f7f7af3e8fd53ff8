//! The fake store: all store ports in memory. Every contract suite runs on it first.

mod announcements;
mod audit;
mod blind_indexes;
mod cases;
mod consequences;
mod contacts;
mod damage;
mod data_keys;
mod delivery;
mod effects;
mod holds;
mod job_leases;
mod mails;
mod members;
mod memory;
mod persons;
mod recipient;
mod replays;
mod resolutions;
mod retention;
mod server_keys;

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use madoguchi_application::{ContactStores, PlatformStores, RetentionStores, UpgradeStores};
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::effect::{
    Claim, Effect, EffectKey, EffectKind, EffectQuery, FoundEffect, ListedEffect, Overdue, Sweep,
    UnsettledEffects,
};
use madoguchi_domain::member::{ArrangementId, Member, MemberId, NewMember};
use madoguchi_domain::person::{
    AccountId, AccountMail, Person, PersonId, PersonQuery, PersonVersion, PersonWrite,
};
use madoguchi_domain::port::{
    AuditLog, DownReason, EffectChange, EffectQueue, Health, MemberStore, PersonStore, Recorded,
    StoreError, UpgradeStore,
};
use madoguchi_domain::sealed::KeyId;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, FoundCase, Lookup, Timeline, Write};

use memory::Memory;

/// Where a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is written.
    BeforeCommit,
    /// All of it is written, but the caller gets an error.
    AfterCommit,
    /// Nothing is written, and the call panics.
    Panic,
}

/// A store in memory that meets all obligations of the ports and fails on request. Its clones
/// share the data.
///
/// ```
/// use madoguchi_testkit::samples;
/// use madoguchi_testkit::fake::store::{FakeStore, Fault};
///
/// let fake = FakeStore::new(samples::audit_key());
/// let stores = fake.stores();
/// // The next two writes are made, but their callers get an error.
/// fake.fail_next(2, Fault::AfterCommit);
/// # let _ = stores;
/// ```
#[derive(Debug, Clone)]
pub struct FakeStore {
    state: Arc<Mutex<FakeState>>,
    /// The index keys under which addresses are indexed and searched.
    index_keys: Vec<KeyId>,
}

#[derive(Debug)]
struct FakeState {
    memory: Memory,
    faults: VecDeque<Fault>,
    is_down: bool,
}

impl FakeStore {
    /// An empty store whose audit log is one stream, number 0, chained with `audit_key`.
    #[must_use]
    pub fn new(audit_key: SecretKey) -> Self {
        let memory = Memory::new(audit_key);
        let state = FakeState { memory, faults: VecDeque::new(), is_down: false };
        let index_keys = KeyId::parse("index-1").ok().into_iter().collect();
        Self { state: Arc::new(Mutex::new(state)), index_keys }
    }

    /// The same data behind a key ring with these index keys.
    #[must_use]
    pub fn with_index_keys(&self, index_keys: &[KeyId]) -> Self {
        Self { index_keys: index_keys.to_vec(), ..self.clone() }
    }

    /// Its ports of the upgrade as a bundle.
    #[must_use]
    pub fn stores(&self) -> UpgradeStores {
        UpgradeStores::of(&Arc::new(self.clone()))
    }

    /// Its ports of persons and contacts as a bundle.
    #[must_use]
    pub fn contact_stores(&self) -> ContactStores {
        let store = Arc::new(self.clone());
        ContactStores::of(PlatformStores::of(&store), &store)
    }

    /// Its ports of retention as a bundle.
    #[must_use]
    pub fn retention_stores(&self) -> RetentionStores {
        let store = Arc::new(self.clone());
        RetentionStores::of(PlatformStores::of(&store), &store, &store)
    }

    /// Makes the next `n` calls that write fail with [`StoreError::Unavailable`], after the faults
    /// that are already queued.
    pub fn fail_next(&self, n: usize, fault: Fault) {
        self.lock().faults.extend(std::iter::repeat_n(fault, n));
    }

    /// Makes all calls, also reads, fail from now on (`true`) or work again (`false`).
    pub fn set_down(&self, is_down: bool) {
        self.lock().is_down = is_down;
    }

    fn lock(&self) -> MutexGuard<'_, FakeState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an operation that faults do not apply to.
    fn with<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> Result<T, StoreError> {
        let mut state = self.lock();
        if state.is_down {
            return Err(StoreError::Unavailable("the fake is down"));
        }
        Ok(act(&mut state.memory))
    }

    /// Runs an operation with the next queued fault, if any.
    fn write<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> Result<T, StoreError> {
        let fault = self.lock().faults.pop_front();
        match fault {
            None => self.with(act),
            Some(Fault::BeforeCommit) => {
                Err(StoreError::Unavailable("the fake broke off before its commit"))
            }
            Some(Fault::Panic) => panic!("an injected panic of the fake"),
            Some(Fault::AfterCommit) => {
                self.with(act)?;
                Err(StoreError::Unavailable("the fake broke off after its commit"))
            }
        }
    }
}

#[async_trait]
impl MemberStore for FakeStore {
    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        self.with(|memory| memory.members.get(id).cloned())
    }

    async fn with_id_or_arrangement(
        &self,
        id: &MemberId,
        arrangement: &ArrangementId,
    ) -> Result<Vec<Member>, StoreError> {
        self.with(|memory| {
            let all = memory.members.values();
            let is_one = |it: &&Member| it.id == *id || it.account.arrangement == *arrangement;
            all.filter(is_one).cloned().collect()
        })
    }

    async fn page(&self, after: Option<MemberId>, limit: u32) -> Result<Vec<Member>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.with(|memory| {
            let rest = memory.members.range((from, Bound::Unbounded)).map(|(_, member)| member);
            rest.take(limit as usize).cloned().collect()
        })
    }

    async fn commit(&self, changes: &[Change<NewMember>]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|change| memory.add_member(change)).collect())
    }
}

#[async_trait]
impl UpgradeStore for FakeStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<FoundCase>>, StoreError> {
        self.with(|memory| lookups.iter().map(|it| memory.parsed(memory.load(it))).collect())?
    }

    async fn commit(&self, changes: &[Change<Write>]) -> Result<Vec<Committed>, StoreError> {
        self.write(|memory| changes.iter().map(|change| memory.commit(change)).collect())
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        self.with(|memory| memory.timeline(case))
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        self.with(|memory| memory.orphans(limit))
    }
}

#[async_trait]
impl PersonStore for FakeStore {
    async fn find(&self, query: &PersonQuery, limit: u32) -> Result<Vec<Person>, StoreError> {
        self.with(|memory| memory.find_persons(query, limit, &self.index_keys))
    }

    async fn account(&self, id: &AccountId) -> Result<Option<AccountMail>, StoreError> {
        self.with(|memory| memory.find_account(id))
    }

    async fn history(&self, id: &PersonId) -> Result<Vec<PersonVersion>, StoreError> {
        self.with(|memory| memory.person_history(id))
    }

    async fn commit(&self, changes: &[Change<PersonWrite>]) -> Result<Vec<Committed>, StoreError> {
        let keys = &self.index_keys;
        self.write(|memory| changes.iter().map(|it| memory.commit_person(it, keys)).collect())
    }
}

#[async_trait]
impl EffectQueue for FakeStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        self.write(|memory| memory.claim(claim))
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        self.write(|memory| {
            let written = changes.iter().filter(|change| memory.holds(change));
            memory.can_apply(written.filter_map(|it| it.write.consequence.as_ref()))?;
            Ok(changes.iter().map(|change| memory.record(change)).collect())
        })?
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        self.with(|memory| memory.overdue(sweep))
    }

    async fn unsettled(&self, kind: &EffectKind) -> Result<Vec<UnsettledEffects>, StoreError> {
        self.with(|memory| memory.unsettled(kind))
    }

    async fn find(&self, key: &EffectKey) -> Result<Option<FoundEffect>, StoreError> {
        self.with(|memory| memory.find_effect(key))
    }

    async fn list(&self, query: &EffectQuery) -> Result<Vec<ListedEffect>, StoreError> {
        self.with(|memory| memory.list_effects(query))
    }
}

#[async_trait]
impl AuditLog for FakeStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        self.write(|memory| entries.iter().for_each(|entry| memory.trail.append(entry)))
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.with(|memory| vec![memory.trail.head()])
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        self.with(|memory| memory.trail.after(place, limit))
    }
}

#[async_trait]
impl Health for FakeStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), DownReason> {
        self.with(|_| ()).map_err(|_| DownReason::Unreachable)
    }
}
