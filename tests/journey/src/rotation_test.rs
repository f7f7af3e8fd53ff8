//! The rotation test: keys rotate while clients write persons through two servers, and the rotating
//! process is killed. Then every person must be readable, and no data key be under an old key.

mod clients;
mod nodes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use madoguchi_testkit::samples::chance::Chance;

use crate::key_folder::KeyFolder;
use crate::process::Process;
use clients::Writers;
use nodes::Nodes;

/// The command that is killed. Small batches, so that a kill is likely to be between two.
const ROTATE: &str = "keys rotate --batch 20";
/// Maximum time from the start of the rotating process to its kill, in milliseconds.
const KILL_WITHIN: u64 = 400;

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct RotationTest {
    /// Number of rotations.
    pub rotations: u32,
    /// Number of kills during each rotation.
    pub kills: u32,
    /// Number of concurrent clients.
    pub clients: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// What the test counted.
#[derive(Debug, Default)]
pub struct RotationReport {
    /// Rotations that came to their end.
    pub rotations: u32,
    /// Rotating processes that were killed while they ran.
    pub kills: u32,
    /// Kills of processes that had re-wrapped some of the data keys, and not the rest.
    pub hits: u32,
    /// Persons that were written.
    pub persons: usize,
    /// Changes of their contact details.
    pub changes: usize,
    /// Readings in clear while the keys rotated.
    pub readings: usize,
    /// Persons and versions that could not be read afterwards as they were written.
    pub unreadable: usize,
    /// Data keys under another key than the last one afterwards.
    pub on_old_keys: u64,
}

impl RotationReport {
    /// Whether nothing was lost although processes were killed.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.unreadable == 0 && self.on_old_keys == 0 && self.kills > 0
    }
}

impl fmt::Display for RotationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rotations, kills, hits, persons, changes, readings, .. } = self;
        writeln!(f, "{rotations} rotations, {kills} kills of which {hits} in the middle")?;
        writeln!(f, "{persons} persons written, {changes} changed, {readings} readings meanwhile")?;
        write!(f, "{} unreadable, {} on old keys", self.unreadable, self.on_old_keys)
    }
}

impl RotationTest {
    /// Runs the test on a new PostgreSQL database; `progress` is called with each step.
    ///
    /// # Errors
    /// When a request, a server or a command fails that was not killed.
    pub async fn run(&self, progress: impl Fn(&str)) -> anyhow::Result<RotationReport> {
        let mut chance = Chance::of(self.seed);
        let nodes = Arc::new(Nodes::install()?);
        let mut keys = KeyFolder::create(nodes.operator())?;
        nodes.start()?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = Writers::start(self.clients, &nodes, &stop);
        let mut report = RotationReport::default();
        for number in 1..=self.rotations {
            self.rotate(&nodes, &mut keys, number, &mut chance, &mut report).await?;
            writers.must_run()?;
            progress(&format!("{number} of {} rotations", self.rotations));
        }
        stop.store(true, Ordering::SeqCst);
        let written = writers.join().await?;
        progress("every person is read through both servers");
        (report.persons, report.changes) = (written.persons.len(), written.changes);
        report.readings = written.readings;
        report.unreadable = written.unreadable(&nodes).await?;
        keys.run("keys doctor")?;
        let last = format!("kek-{}", self.rotations);
        let counts = nodes.counts()?;
        let old = counts.iter().filter(|(key, _)| *key != last);
        report.on_old_keys = old.map(|(_, count)| count).sum();
        let under_last: u64 = counts.iter().map(|(_, count)| count).sum();
        ensure!(under_last >= report.persons as u64, "each person has a data key: {counts:?}");
        Ok(report)
    }

    /// One rotation, step by step as documented.
    async fn rotate(
        &self,
        nodes: &Nodes,
        keys: &mut KeyFolder<'_>,
        number: u32,
        chance: &mut Chance,
        report: &mut RotationReport,
    ) -> anyhow::Result<()> {
        let (old, new) = (format!("kek-{}", number - 1), format!("kek-{number}"));
        keys.add("key-encryption", &new)?;
        nodes.reload_until(&new, ":decrypt_only").await?;
        keys.activate(&new, &old)?;
        nodes.reload_until(&new, ":active").await?;
        let mut before = nodes.under(&old)?;
        for _ in 0..self.kills {
            let mut rotating = Process::start(nodes.operator().command(ROTATE), &nodes.log())?;
            tokio::time::sleep(Duration::from_millis(chance.below(KILL_WITHIN))).await;
            report.kills += u32::from(rotating.kill().is_ok());
            let after = nodes.under(&old)?;
            report.hits += u32::from(0 < after && after < before);
            before = after;
        }
        keys.run(ROTATE)?;
        report.rotations += 1;
        // A request that began before the reload may have been slower than the rotation.
        tokio::time::sleep(Duration::from_millis(500)).await;
        keys.run(ROTATE)?;
        keys.retire(&old)?;
        nodes.reload_until(&old, "").await
    }
}
