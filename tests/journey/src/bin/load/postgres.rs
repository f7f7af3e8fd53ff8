//! Measures the server and pgbench in turns, each on its own database of one durable PostgreSQL.

use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_journey::database::{TestDatabase, psql};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::{Cluster, Database};

use crate::firing::{self, Keys, Round, fire};
use crate::options::{CONNECTIONS, Options};
use crate::peer::{self, Bench, bench};
use crate::prepared::prepare;
use crate::table::{self, Row};

/// Target ratio to pgbench, by connections.
const TARGETS: [Option<f64>; 2] = [None, Some(2.0)];

/// A prepared database of which each round measures copies.
pub(crate) struct Ring {
    cluster: Cluster,
    prepared: Database,
    members: Arc<Vec<String>>,
}

/// Measures and prints; returns the results of pgbench, by connections.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<Vec<Bench>> {
    let ring = Ring::open(options).await?;
    let (mut rows, mut peers) = (Vec::new(), Vec::new());
    for (connections, target) in CONNECTIONS.into_iter().zip(TARGETS) {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for number in 1..=options.rounds {
            let (round, other) = ring.turn(options, connections).await?;
            table::progress(&format!(
                "{connections} connections, round {number}: {:.0}/s, pgbench {:.0}/s",
                round.rate, other.rate
            ));
            ours.push(round);
            theirs.push(other);
        }
        let (ours, theirs) = (firing::median(ours)?, peer::median(theirs)?);
        peers.push(theirs);
        rows.push(Row { connections, ours, theirs: theirs.rate, target });
    }
    let version = psql(&ring.cluster, ring.prepared.url(), "show server_version")?;
    table::show(
        &format!("PostgreSQL {version}, fsync = on, synchronous_commit = on"),
        "pgbench, one commit each",
        &rows,
    );
    for (connections, peer) in CONNECTIONS.iter().zip(&peers) {
        table::note(&format!("pgbench, {connections} clients: {:.1} ms on average", peer.mean_ms));
    }
    Ok(peers)
}

impl Ring {
    pub(crate) async fn open(options: &Options) -> anyhow::Result<Self> {
        let cluster = tokio::task::block_in_place(Cluster::start_durable);
        let prepared = cluster.create_database();
        let database = TestDatabase::Postgres(prepared.clone());
        let members = Arc::new(prepare(options, &database, options.postgres_cases).await?);
        psql(&cluster, prepared.url(), "analyze")?;
        Ok(Self { cluster, prepared, members })
    }

    fn copy(&self) -> anyhow::Result<Database> {
        let copy = self.cluster.copy_database(&self.prepared);
        psql(&self.cluster, copy.url(), "checkpoint")?;
        Ok(copy)
    }

    /// Measures the server.
    pub(crate) async fn ours(
        &self,
        options: &Options,
        connections: usize,
        keys: Keys,
    ) -> anyhow::Result<Round> {
        let ours = tokio::task::block_in_place(|| self.copy())?;
        let system =
            TestSystem::on(&TestDatabase::Postgres(ours.clone()), options.changed()).await?;
        let members = Arc::clone(&self.members);
        let lasting = (options.lasting(), keys);
        let round = fire(system.caller.addr(), connections, members, lasting).await;
        let round = round.with_context(|| system.condition())?;
        system.stop()?;
        self.every_verdict_is_there(&ours, round.taken, keys)?;
        Ok(round)
    }

    /// Measures the server, then pgbench.
    async fn turn(&self, options: &Options, connections: usize) -> anyhow::Result<(Round, Bench)> {
        let round = self.ours(options, connections, Keys::None).await?;
        let other = tokio::task::block_in_place(|| {
            let theirs = self.copy()?;
            psql(&self.cluster, theirs.url(), peer::STREAMS)?;
            bench(&self.cluster, theirs.url(), self.members.len(), connections, options.seconds)
        })?;
        Ok((round, other))
    }

    fn every_verdict_is_there(
        &self,
        database: &Database,
        taken: usize,
        keys: Keys,
    ) -> anyhow::Result<()> {
        let answers = "select count(*) from idempotency_replay";
        let answers = (keys == Keys::OneEach).then_some(("stored answers", answers));
        let counts = [
            ("effects", "select count(*) from effect where state = 'Planned'"),
            ("transitions", "select count(*) from upgrade_history where version = 3"),
            ("audit rows", "select count(*) from audit_entry where detail = 'CustomerSuccess'"),
        ];
        for (what, count) in counts.into_iter().chain(answers) {
            let found = psql(&self.cluster, database.url(), count)?;
            ensure!(found == taken.to_string(), "{taken} verdicts, {found} {what}");
        }
        Ok(())
    }
}
