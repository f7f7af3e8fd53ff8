//! Measures SQLite in turns: the decision lane with batches, and with one commit per verdict.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use madoguchi_journey::database::TestDatabase;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::samples::chance::Chance;

use crate::disk::syncs_per_second;
use crate::firing::{self, Keys, Round, fire};
use crate::options::{CONNECTIONS, Options, Order};
use crate::peer::Bench;
use crate::prepared::prepare;
use crate::table::{self, Row};

/// Target ratio of batches to one commit per verdict.
const TARGET: f64 = 8.0;
/// Target ratio of SQLite to pgbench on PostgreSQL.
const TARGET_PEER: f64 = 3.0;

/// Prepares the database once, then runs each round on a copy.
pub(crate) async fn measure(options: &Options, peers: &[Bench]) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let syncs = tokio::task::block_in_place(|| syncs_per_second(dir.path()))?;
    let file = dir.path().join("prepared.db");
    let members = prepared(options, &file).await?;
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let (mut lane, mut alone) = (Vec::new(), Vec::new());
        for number in 1..=options.rounds {
            let batched = round(options, &file, &members, connections, (None, Keys::None)).await?;
            let single =
                round(options, &file, &members, connections, (Some(1), Keys::None)).await?;
            table::progress(&format!(
                "{connections} connections, round {number}: {:.0}/s, one by one {:.0}/s",
                batched.rate, single.rate
            ));
            lane.push(batched);
            alone.push(single);
        }
        let (ours, theirs) = (firing::median(lane)?, firing::median(alone)?.rate);
        rows.push(Row { connections, ours, theirs, target: Some(TARGET) });
    }
    let order = match options.order {
        Order::Opened => "in the order of their opening",
        Order::Random => "in random order",
    };
    let title = format!("SQLite, synchronous = FULL, verdicts {order}");
    table::show(&title, "group_commit.max_batch = 1", &rows);
    table::note(&format!(
        "the disk alone: {syncs:.0} syncs of a page a second; the fewer, the more a shared commit \
         brings"
    ));
    for (row, peer) in rows.iter().zip(peers) {
        table::note(&format!(
            "SQLite against pgbench on PostgreSQL, {} connections: {:.1} (target {TARGET_PEER:.0})",
            row.connections,
            row.ours.rate / peer.rate
        ));
    }
    Ok(())
}

/// Creates verified cases; leaves the database in `file`.
pub(crate) async fn prepared(options: &Options, file: &Path) -> anyhow::Result<Arc<Vec<String>>> {
    let database = TestDatabase::Sqlite(file.to_owned());
    let mut members = prepare(options, &database, options.sqlite_cases).await?;
    if options.order == Order::Random {
        let mut chance = Chance::of(Chance::any_seed());
        members.sort_by_cached_key(|_| chance.draw());
    }
    Ok(Arc::new(members))
}

pub(crate) async fn round(
    options: &Options,
    prepared: &Path,
    members: &Arc<Vec<String>>,
    connections: usize,
    (most, keys): (Option<u32>, Keys),
) -> anyhow::Result<Round> {
    let dir = tempfile::tempdir()?;
    let copy = dir.path().join("madoguchi.db");
    for end in ["", "-wal"] {
        let (from, to) = (with_end(prepared, end), with_end(&copy, end));
        if from.is_file() {
            std::fs::copy(&from, &to).context("copying the prepared database")?;
        }
    }
    let mut changed = options.changed();
    changed.extend(most.map(|most| ("GROUP_COMMIT__MAX_BATCH", most.to_string())));
    let system = TestSystem::on(&TestDatabase::Sqlite(copy), changed).await?;
    let lasting = (options.lasting(), keys);
    let round = fire(system.caller.addr(), connections, Arc::clone(members), lasting);
    let round = round.await.with_context(|| system.condition())?;
    system.stop()?;
    Ok(round)
}

fn with_end(path: &Path, end: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
