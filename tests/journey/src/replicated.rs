//! A system whose database has a streaming replica, from which its lists are read.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_testkit::server::postgres::{Cluster, Database};
use tokio::time::Instant;

use crate::caller::HttpAnswer;
use crate::contacts::Staff;
use crate::database::{TestDatabase, psql};
use crate::test_system::TestSystem;

const UNTIL_TRUE: Duration = Duration::from_secs(30);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A server, its primary and its replica.
#[derive(Debug)]
pub struct ReplicatedSystem {
    /// The server and the outside world.
    pub system: Arc<TestSystem>,
    /// The primary.
    pub primary: Cluster,
    /// The replica, which may be promoted.
    pub replica: Cluster,
    /// The database on the primary.
    pub database: Database,
}

impl ReplicatedSystem {
    /// A system with its replica; `changed` as for
    /// [`Installation`](crate::installation::Installation).
    ///
    /// # Errors
    /// When something does not start, with its output.
    pub async fn start(mut changed: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let (primary, database, replica) = tokio::task::block_in_place(|| {
            let primary = Cluster::start_durable();
            let database = primary.create_database();
            let replica = primary.start_replica();
            (primary, database, replica)
        });
        changed.push(("STORE__REPLICA_URL", replica.url(database.name())));
        let on = TestDatabase::Postgres(database.clone());
        let system = Arc::new(TestSystem::on(&on, changed).await?);
        Ok(Self { system, primary, replica, database })
    }

    /// The URL of the database on the replica.
    #[must_use]
    pub fn replica_url(&self) -> String {
        self.replica.url(self.database.name())
    }

    /// Waits until the replica has replayed what the primary has now.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn caught_up(&self) -> anyhow::Result<()> {
        let now = psql(&self.primary, self.database.url(), "select pg_current_wal_flush_lsn()")?;
        let is_replayed = format!("select pg_last_wal_replay_lsn() >= '{now}'");
        let url = self.replica_url();
        until("the replica caught up", async || Ok(psql(&self.replica, &url, &is_replayed)? == "t"))
            .await
    }

    /// Waits until lists come from the replica, or from the primary.
    ///
    /// # Errors
    /// When it takes too long.
    pub async fn lists_are_from_replica(&self, expected: bool) -> anyhow::Result<()> {
        let what = if expected { "lists come from the replica" } else { "the primary lists" };
        until(what, async || Ok(self.lists().await?.replica_lag_ms.is_some() == expected)).await
    }

    /// The newest contacts.
    ///
    /// # Errors
    /// When they are not listed.
    pub async fn lists(&self) -> anyhow::Result<HttpAnswer> {
        Staff::program(&self.system).lists("limit=5").await
    }

    /// The reasons of the warnings about the replica, in order.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn warnings(&self) -> anyhow::Result<Vec<String>> {
        let log = self.system.log()?;
        let lines = log.lines().filter(|line| line.contains("lists are read from the primary"));
        let reasons = lines.map(|line| {
            let line: serde_json::Value = serde_json::from_str(line)?;
            ensure!(line["level"] == "WARN", "{line}");
            Ok(line["reason"].as_str().context("a reason")?.to_owned())
        });
        reasons.collect()
    }
}

/// Waits until something is true.
///
/// # Errors
/// When it takes too long, or cannot be found out.
pub async fn until(
    what: &str,
    is_true: impl AsyncFn() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_TRUE;
    while !is_true().await? {
        ensure!(Instant::now() < deadline, "not in {UNTIL_TRUE:?}: {what}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(())
}
