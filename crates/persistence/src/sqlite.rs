//! The stores on SQLite: one writer, a few readers, each call on one blocking thread.

mod audit;
mod checkpoint;
mod connection;
mod effects;
mod members;
mod upgrades;

use std::path::Path;

use async_trait::async_trait;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::core_bank::{Effect, EffectChange};
use madoguchi_domain::member::{Member, MemberId};
use madoguchi_domain::port::{
    AuditLog, Claim, Committed, EffectQueue, Health, MemberStore, Overdue, Recorded, Registered,
    Registration, StoreError, Sweep, Timeline, UpgradeStore,
};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{CaseId, CaseSnapshot, Change, Lookup};

use crate::OpenError;
use crate::fault::Fault;
use connection::Connections;

pub(crate) use connection::establish;

/// All stores of the domain on one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connections: Connections,
    audit_key: SecretKey,
}

impl SqliteStore {
    /// Opens the file, which must have the schema of this version.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(path: &Path, audit_key: SecretKey) -> Result<Self, OpenError> {
        let connections = Connections::open(path).await?;
        Ok(Self { connections, audit_key })
    }

    async fn try_commit(&self, changes: &[Change]) -> Result<Vec<Committed>, Fault> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        let done =
            self.connections.try_write(move |conn| upgrades::commit(conn, &changes, &key)).await?;
        self.connections.wrote();
        Ok(done)
    }
}

#[async_trait]
impl MemberStore for SqliteStore {
    async fn register(&self, members: &[Registration]) -> Result<Vec<Registered>, StoreError> {
        let (members, key) = (members.to_vec(), self.audit_key.clone());
        self.connections.write(move |conn| members::register(conn, &members, &key)).await
    }

    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        let id = id.clone();
        self.connections.read(move |conn| members::find(conn, &id)).await
    }
}

#[async_trait]
impl UpgradeStore for SqliteStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<CaseSnapshot>>, StoreError> {
        let lookups = lookups.to_vec();
        if lookups.len() > 1 {
            // A batch is written next. The writer's page cache is current; a reader's cache is
            // invalid after every commit.
            return self.connections.look(move |conn| upgrades::load(conn, &lookups)).await;
        }
        self.connections.read(move |conn| upgrades::load(conn, &lookups)).await
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<Committed>, StoreError> {
        match self.try_commit(changes).await {
            // One change violates a unique index: commit one by one, to lose only it.
            Err(fault) if fault.is_taken() => {}
            done => return done.map_err(Fault::tell),
        }
        let mut became = Vec::with_capacity(changes.len());
        for change in changes {
            match self.try_commit(std::slice::from_ref(change)).await {
                Err(fault) if fault.is_taken() => became.push(Committed::Lost),
                done => became.extend(done.map_err(Fault::tell)?),
            }
        }
        Ok(became)
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        self.connections.read(move |conn| upgrades::timeline(conn, case)).await
    }
}

#[async_trait]
impl EffectQueue for SqliteStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        let (claim, key) = (claim.clone(), self.audit_key.clone());
        let claimed = self.connections.try_write(move |conn| effects::claim(conn, &claim, &key));
        let claimed = claimed.await.map_err(Fault::tell)?;
        if !claimed.is_empty() {
            self.connections.wrote();
        }
        Ok(claimed)
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        let (changes, key) = (changes.to_vec(), self.audit_key.clone());
        self.connections.write(move |conn| effects::record(conn, &changes, &key)).await
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        let (sweep, key) = (sweep.clone(), self.audit_key.clone());
        let found = {
            let sweep = sweep.clone();
            self.connections.read(move |conn| effects::overdue(conn, &sweep)).await
        };
        let (overdue, unreadable) = found?;
        if !unreadable.is_empty() {
            let aside =
                move |conn: &mut _| effects::move_unreadable(conn, &unreadable, &sweep, &key);
            self.connections.write(aside).await?;
        }
        Ok(overdue)
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        self.connections.read(move |conn| effects::orphans(conn, limit)).await
    }
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let (entries, key) = (entries.to_vec(), self.audit_key.clone());
        self.connections.write(move |conn| audit::append(conn, &key, &entries)).await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.connections.read(audit::heads).await
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        self.connections.read(move |conn| audit::after(conn, place, limit)).await
    }
}

#[async_trait]
impl Health for SqliteStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), &'static str> {
        let heads = self.connections.read(audit::heads).await;
        heads.map(|_| ()).map_err(|_| "the database file cannot be read")
    }
}
