//! Measures the server and pgbench in turns, each on its own database of one durable PostgreSQL.

use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_journey::database::{TestDatabase, psql};
use madoguchi_journey::installation::Installation;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::postgres::Cluster;

use crate::firing::{self, Round, fire};
use crate::options::{CONNECTIONS, Options};
use crate::peer::{self, Bench, bench};
use crate::table::{self, Row};

/// Target ratio to pgbench, by connections.
const TARGETS: [Option<f64>; 2] = [None, Some(2.0)];

/// Both databases, with the same number of cases in each.
struct Ring {
    cluster: Cluster,
    system: TestSystem,
    ours: String,
    theirs: String,
    prepared: usize,
    taken: usize,
}

/// Measures and prints; returns the results of pgbench, by connections.
pub(crate) async fn measure(options: &Options) -> anyhow::Result<Vec<Bench>> {
    let mut ring = Ring::open(options).await?;
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
    let version = psql(&ring.cluster, &ring.ours, "show server_version")?;
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
    async fn open(options: &Options) -> anyhow::Result<Self> {
        let cluster = tokio::task::block_in_place(Cluster::start_durable);
        let (ours, theirs) = (cluster.create_database(), cluster.create_database());
        let (url, other) = (ours.url().to_owned(), theirs.url().to_owned());
        let system = TestSystem::on(&TestDatabase::Postgres(ours), options.changed()).await?;
        let dir = tempfile::tempdir()?;
        let theirs = TestDatabase::Postgres(theirs);
        Installation::new(dir.path(), &theirs, system.world.url(), Vec::new())?.migrate()?;
        let streams = "insert into audit_head (stream, seq, link) \
            select n, 0, decode(repeat('00', 32), 'hex') from generate_series(16, 127) n";
        psql(&cluster, &other, streams)?;
        Ok(Self { cluster, system, ours: url, theirs: other, prepared: 0, taken: 0 })
    }

    /// Prepares cases, then measures the server, then pgbench.
    async fn turn(
        &mut self,
        options: &Options,
        connections: usize,
    ) -> anyhow::Result<(Round, Bench)> {
        let cases = (options.seconds * options.cases_per_second) as usize;
        let first = self.prepared;
        tokio::task::block_in_place(|| self.prepare(first, cases))?;
        self.prepared += cases;
        let members: Vec<_> = (first..first + cases).map(|n| format!("MEMBER-{n:08}")).collect();
        let addr = self.system.caller.addr();
        let round = fire(addr, connections, Arc::new(members), options.lasting()).await;
        let round = round.with_context(|| self.system.condition())?;
        self.taken += round.taken;
        self.every_verdict_is_there()?;
        let other = tokio::task::block_in_place(|| {
            bench(&self.cluster, &self.theirs, (first, cases), connections, options.seconds)
        })?;
        Ok((round, other))
    }

    /// Adds cases that wait for their verdict to both databases.
    fn prepare(&self, first: usize, cases: usize) -> anyhow::Result<()> {
        let (from, to) = (first, first + cases - 1);
        let statements = format!(
            "create temporary table fresh as select n, 'MEMBER-' || lpad(n::text, 8, '0') as m, \
                ('01890000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as c \
                from generate_series({from}, {to}) n; \
            insert into members (member_id, arrangement_id, product_name) \
                select m, 'AA24' || lpad(n::text, 8, '0'), 'AC.DIGITAL.SAV' from fresh; \
            insert into upgrade_case (case_id, member_id, attempt, state, version, qr_serial, \
                qr_expires_at, opened_at, check_source, check_reference, checked_at) \
                select c, m, 1, 'EDDASuccess', 2, 1, now(), now(), 'EDDA', 'check-' || n, now() \
                from fresh; \
            insert into upgrade_history (case_id, version, from_state, to_state, why, \
                actor_issuer, actor_subject, actor_kind, at, correlation) \
                select c, 1, null, 'New', 'opened', 'journey', 'agent', 'HUMAN', now(), 'load' \
                from fresh union all \
                select c, 2, 'New', 'EDDASuccess', 'verified', 'journey', 'agent', 'HUMAN', \
                now(), 'load' from fresh;"
        );
        for url in [&self.ours, &self.theirs] {
            psql(&self.cluster, url, &statements)?;
            psql(&self.cluster, url, "analyze")?;
        }
        psql(&self.cluster, &self.ours, "checkpoint").map(drop)
    }

    fn every_verdict_is_there(&self) -> anyhow::Result<()> {
        for (what, count) in [
            ("effects", "select count(*) from effect where state = 'Planned'"),
            ("transitions", "select count(*) from upgrade_history where version = 3"),
            ("audit rows", "select count(*) from audit_entry where about_kind = 'case'"),
        ] {
            let found = psql(&self.cluster, &self.ours, count)?;
            ensure!(found == self.taken.to_string(), "{} verdicts, {found} {what}", self.taken);
        }
        Ok(())
    }
}
