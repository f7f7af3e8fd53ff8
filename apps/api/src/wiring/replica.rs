//! Opens the replica for lists, and watches how far it is behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use madoguchi_application::ReplicaStatus;
use madoguchi_domain::port::StoreError;
use madoguchi_domain::replica::{PrimaryHistory, ReplicaRefusal, ReplicaState};
use madoguchi_persistence::{DatabaseUrl, PgStore};
use tokio::sync::watch;

use crate::settings::{ReplicaSettings, Settings};
use crate::tasks::Named;

/// Interval between two samples.
const EVERY: Duration = Duration::from_secs(1);

/// Timeout of one sample.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A replica, and the primary that it should follow.
pub(super) struct Replica {
    primary: PgStore,
    replica: PgStore,
    history: PrimaryHistory,
    pub(super) status: Arc<ReplicaStatus>,
}

impl Replica {
    /// Opens the replica, which may be away. If it can be seen that it is none of this database,
    /// nothing starts: its lists would be foreign.
    pub(super) async fn open(
        primary: PgStore,
        configured: &ReplicaSettings,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        let DatabaseUrl::Postgres(url) = &configured.url else {
            bail!("store.replica_url must be postgres://…");
        };
        let (pool, key) = (settings.store.pool, settings.audit_key.clone());
        let replica = PgStore::of_replica(url, pool, key).context("store.replica_url")?;
        let status = Arc::new(ReplicaStatus::new(configured.max_lag, Instant::now()));
        let mut opened = Self { primary, replica, history: PrimaryHistory::default(), status };
        if opened.sample().await == Some(ReplicaRefusal::OtherDatabase) {
            bail!(
                "store.replica_url names another database than store.url: give the URL of a \
                 streaming replica of that cluster with the same database name, or remove the key"
            );
        }
        Ok(opened)
    }

    /// The store on the replica.
    pub(super) fn store(&self) -> PgStore {
        self.replica.clone()
    }

    /// Samples both servers at intervals until `stopped` is set.
    pub(super) fn start(mut self, mut stopped: watch::Receiver<bool>) -> Named {
        let task = async move {
            while !*stopped.borrow() {
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    _ = stopped.changed() => break,
                }
                self.sample().await;
            }
        };
        ("the watch of the replica", tokio::spawn(task))
    }

    /// Asks the primary, then the replica, in this order: what the replica has replayed then covers
    /// what the primary had before.
    async fn sample(&mut self) -> Option<ReplicaRefusal> {
        let asked = Instant::now();
        if let Ok(sample) = in_time(self.primary.primary_sample()).await {
            self.history.add(asked, sample);
        }
        let answer = in_time(self.replica.replica_sample()).await;
        let now = Instant::now();
        let state = match answer {
            Ok(sample) => self.history.assess(now, &sample, self.status.max_lag()),
            Err(_) => ReplicaState::Refused { why: ReplicaRefusal::Unreachable, lag: None },
        };
        self.status.report(now, state);
        state.refusal()
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let late = StoreError::Unavailable("no answer in time");
    tokio::time::timeout(TIMEOUT, answer).await.unwrap_or(Err(late))
}
