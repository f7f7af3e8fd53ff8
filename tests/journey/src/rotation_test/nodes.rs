//! Two servers on one PostgreSQL database, which use one key ring.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, ensure};
use madoguchi_client::Client;
use madoguchi_testkit::server::postgres::Cluster;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::api::Api;
use crate::caller::Caller;
use crate::database::{Store, TestDatabase, psql};
use crate::installation::Installation;
use crate::{key_folder, tokens};

const NOWHERE: &str = "http://127.0.0.1:9";
const UNTIL_REPORTED: Duration = Duration::from_secs(20);

/// The installations, of which the first is also the operator's.
#[derive(Debug)]
pub(super) struct Nodes {
    _dir: TempDir,
    database: TestDatabase,
    installations: [Installation; 2],
    running: OnceLock<[(Api, Caller); 2]>,
}

impl Nodes {
    pub(super) fn install() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = Store::Postgres.database(dir.path());
        let [first, second] = ["first", "second"].map(|name| dir.path().join(name));
        let (variable, list) = key_folder::configured();
        let list = first.join(list).display().to_string();
        let install = |dir: &PathBuf| {
            let changed = vec![(variable, list.clone())];
            Installation::new(dir, &database, NOWHERE, changed)
        };
        let installations = [install(&first)?, install(&second)?];
        installations[0].migrate()?;
        Ok(Self { _dir: dir, database, installations, running: OnceLock::new() })
    }

    /// Starts both servers.
    pub(super) fn start(&self) -> anyhow::Result<()> {
        let start = |installation| {
            let api = Api::start(installation)?;
            let caller = Caller::new(api.addr())?;
            anyhow::Ok((api, caller))
        };
        let [first, second] = &self.installations;
        let running = [start(first)?, start(second)?];
        self.running.set(running).ok().context("the servers run already")
    }

    /// The running servers; empty before their start.
    fn running(&self) -> &[(Api, Caller)] {
        self.running.get().map_or(&[], |it| it)
    }

    pub(super) const fn operator(&self) -> &Installation {
        &self.installations[0]
    }

    /// The file with the output of the rotating processes.
    pub(super) fn log(&self) -> PathBuf {
        self.operator().log().with_file_name("rotation.log")
    }

    /// A client of the server of this number.
    pub(super) fn client(&self, number: usize) -> Client {
        let running = self.running();
        let (_, caller) = &running[number % running.len()];
        caller.with(tokens::PERSONS)
    }

    /// Makes both servers read the key ring, and waits until both report `state` of the key, or
    /// neither reports the key if it is empty.
    pub(super) async fn reload_until(&self, key: &str, state: &str) -> anyhow::Result<()> {
        for (api, _) in self.running() {
            api.reload()?;
        }
        let expected = if state.is_empty() { 0 } else { self.running().len() };
        let deadline = Instant::now() + UNTIL_REPORTED;
        loop {
            let output = self.operator().run("keys list")?;
            let list = String::from_utf8(output.stdout)?;
            let line = list.lines().find(|line| line.split_whitespace().nth(1) == Some(key));
            let line = line.unwrap_or_default();
            let reported = if state.is_empty() { ":" } else { state };
            if line.matches(reported).count() == expected {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "{key} never became {state}: {list}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The number of data keys under each key.
    pub(super) fn counts(&self) -> anyhow::Result<Vec<(String, u64)>> {
        let select = "select key_id, count(*) from data_key group by key_id";
        let rows = psql(Cluster::shared(), &self.database.url(), select)?;
        let parse = |row: &str| {
            let (key, count) = row.split_once('|').context("two columns")?;
            Ok((key.to_owned(), count.parse()?))
        };
        rows.lines().map(parse).collect()
    }

    /// The number of data keys under one key-encryption key.
    pub(super) fn under(&self, key: &str) -> anyhow::Result<u64> {
        let counts = self.counts()?;
        Ok(counts.iter().find(|(id, _)| id == key).map_or(0, |(_, count)| *count))
    }
}
