//! The stores on PostgreSQL: a connection pool, and one cached statement per batch.

mod audit;
mod connection;
mod effects;
mod members;
mod pooled;
mod repeating;
mod upgrades;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::{AsyncConnection, AsyncPgConnection};
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
use crate::rows::UnreadableRow;

pub(crate) use connection::connect;
use pooled::{PooledConnection, with_deadline};
use repeating::repeating;

/// The settings of the connection pool.
#[derive(Debug, Clone, Copy)]
pub struct PgSettings {
    /// The maximum number of connections.
    pub connections: usize,
    /// The timeout for a free connection, and for opening a new one.
    pub pool_timeout: Duration,
}

/// All stores of the domain on one PostgreSQL database.
///
/// Use a multi-threaded runtime: each connection runs on the runtime that opened it, and a busy
/// single-threaded one would block all users of its connections.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<AsyncPgConnection>,
    audit_key: SecretKey,
}

impl fmt::Debug for PgStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PgStore")
    }
}

impl PgStore {
    /// Opens a pool on the database, which must have the schema of this version.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &str,
        settings: PgSettings,
        audit_key: SecretKey,
    ) -> Result<Self, OpenError> {
        crate::migration::postgres_state(url).await?.must_be_current()?;
        Ok(Self { pool: connection::pool(url, settings)?, audit_key })
    }

    async fn lease(&self) -> Result<PooledConnection, StoreError> {
        let got = self.pool.get().await;
        let conn = got.map_err(|_| StoreError::Unavailable("no connection to the database"))?;
        Ok(PooledConnection::new(conn))
    }

    async fn try_register(&self, members: &[Registration]) -> Result<Vec<Registered>, Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| members::register(conn, members, &self.audit_key).await)
                .await;
            conn.release();
            done
        })
        .await
    }

    async fn try_commit(&self, changes: &[Change]) -> Result<Vec<Committed>, Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| upgrades::commit(conn, changes, &self.audit_key).await)
                .await;
            conn.release();
            done
        })
        .await
    }

    async fn try_claim(&self, claim: &Claim) -> Result<Vec<Effect>, Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| effects::claim(conn, claim, &self.audit_key).await)
                .await;
            conn.release();
            done
        })
        .await
    }

    async fn try_record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| effects::record(conn, changes, &self.audit_key).await)
                .await;
            conn.release();
            done
        })
        .await
    }

    async fn move_unreadable(&self, rows: &[UnreadableRow], sweep: &Sweep) -> Result<(), Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| {
                    effects::move_unreadable(conn, rows, sweep, &self.audit_key).await
                })
                .await;
            conn.release();
            done
        })
        .await
    }

    async fn try_append(&self, entries: &[AuditEntry]) -> Result<(), Fault> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let work = conn.open()?;
            let done = work
                .transaction(async |conn| audit::append(conn, &self.audit_key, entries).await)
                .await;
            conn.release();
            done
        })
        .await
    }
}

#[async_trait]
impl MemberStore for PgStore {
    async fn register(&self, members: &[Registration]) -> Result<Vec<Registered>, StoreError> {
        repeating(|| self.try_register(members)).await.map_err(Fault::tell)
    }

    async fn find(&self, id: &MemberId) -> Result<Option<Member>, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = members::find(conn.open()?, id).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }
}

#[async_trait]
impl UpgradeStore for PgStore {
    async fn load(&self, lookups: &[Lookup]) -> Result<Vec<Option<CaseSnapshot>>, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = upgrades::load(conn.open()?, lookups).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }

    async fn commit(&self, changes: &[Change]) -> Result<Vec<Committed>, StoreError> {
        match repeating(|| self.try_commit(changes)).await {
            // One change has a check that another case holds: commit one by one, to lose only it.
            Err(fault) if fault.is_taken() => {}
            done => return done.map_err(Fault::tell),
        }
        let mut became = Vec::with_capacity(changes.len());
        for change in changes {
            let alone = std::slice::from_ref(change);
            match repeating(|| self.try_commit(alone)).await {
                Err(fault) if fault.is_taken() => became.push(Committed::Lost),
                done => became.extend(done.map_err(Fault::tell)?),
            }
        }
        Ok(became)
    }

    async fn timeline(&self, case: CaseId) -> Result<Timeline, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = upgrades::timeline(conn.open()?, case).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }
}

#[async_trait]
impl EffectQueue for PgStore {
    async fn claim(&self, claim: &Claim) -> Result<Vec<Effect>, StoreError> {
        repeating(|| self.try_claim(claim)).await.map_err(Fault::tell)
    }

    async fn record(&self, changes: &[EffectChange]) -> Result<Vec<Recorded>, StoreError> {
        repeating(|| self.try_record(changes)).await.map_err(Fault::tell)
    }

    async fn overdue(&self, sweep: &Sweep) -> Result<Vec<Overdue>, StoreError> {
        let found = with_deadline(async {
            let mut conn = self.lease().await?;
            let done = effects::overdue(conn.open()?, sweep).await;
            conn.release();
            done
        });
        let (overdue, unreadable) = found.await.map_err(Fault::tell)?;
        if !unreadable.is_empty() {
            let aside = repeating(|| self.move_unreadable(&unreadable, sweep));
            aside.await.map_err(Fault::tell)?;
        }
        Ok(overdue)
    }

    async fn orphans(&self, limit: u32) -> Result<Vec<CaseSnapshot>, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = effects::orphans(conn.open()?, limit).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }
}

#[async_trait]
impl AuditLog for PgStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        repeating(|| self.try_append(entries)).await.map_err(Fault::tell)
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = audit::heads(conn.open()?).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        with_deadline(async {
            let mut conn = self.lease().await?;
            let done = audit::after(conn.open()?, place, limit).await;
            conn.release();
            done
        })
        .await
        .map_err(Fault::tell)
    }
}

#[async_trait]
impl Health for PgStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), &'static str> {
        let heads = AuditLog::heads(self).await;
        heads.map(|_| ()).map_err(|_| "the database does not answer")
    }
}
