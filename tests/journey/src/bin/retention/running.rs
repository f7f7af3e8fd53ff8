//! Starts, stops and kills runs of retention.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use madoguchi_journey::database::psql;
use madoguchi_journey::process::Process;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::{Cluster, Database};

/// A killed run's lease ends by itself.
const UNTIL_FREE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// How long a run works before it is killed.
const AT_WORK: Duration = Duration::from_millis(1_500);

/// Runs of retention on one database.
pub(crate) struct Runs {
    system: Arc<TestSystem>,
    per_second: u32,
    /// The cluster, and the URL of the database.
    database: (Arc<Cluster>, String),
}

impl Runs {
    pub(crate) fn new(
        system: &Arc<TestSystem>,
        (cluster, database): (&Arc<Cluster>, &Database),
        per_second: u32,
    ) -> Self {
        let database = (Arc::clone(cluster), database.url().to_owned());
        Self { system: Arc::clone(system), per_second, database }
    }

    /// Rises with everything that a run does.
    fn audited(&self) -> anyhow::Result<u64> {
        let (cluster, url) = &self.database;
        Ok(psql(cluster, url, "select sum(seq) from audit_head")?.parse()?)
    }

    /// With the keys of the server, also on a copy of its database.
    fn command(&self) -> Command {
        let run = format!("retention run --per-second {}", self.per_second);
        let mut command = self.system.installation.command(&run);
        command.env("MADOGUCHI__STORE__URL", &self.database.1);
        command
    }

    fn start(&self) -> anyhow::Result<Process> {
        let log = self.system.installation.log().with_file_name("retention.log");
        Process::start(self.command(), &log)
    }

    /// Stops it, as an operator does.
    pub(crate) fn stop(&self, mut running: Process) -> anyhow::Result<()> {
        running.terminate(UNTIL_FREE).context("a run that ended before").map(drop)
    }

    /// Runs to the end; what it says.
    pub(crate) fn to_end(&self) -> anyhow::Result<String> {
        let deadline = Instant::now() + UNTIL_FREE;
        loop {
            let ended = self.command().output()?;
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            if ended.status.success() {
                return said.lines().last().map(str::to_owned).context("a summary");
            }
            ensure!(said.contains("another process runs retention"), "{said}");
            ensure!(Instant::now() < deadline, "the lease does not end: {said}");
            std::thread::sleep(BETWEEN_TRIES);
        }
    }

    /// Kills runs so many times, each at work, then runs to the end; what the last one says.
    pub(crate) fn killed(&self, kills: usize) -> anyhow::Result<String> {
        for number in 1..=kills {
            let mut running = self.at_work()?;
            std::thread::sleep(AT_WORK);
            running.kill().with_context(|| format!("kill {number}"))?;
        }
        self.to_end()
    }

    /// Starts a run beside this program, and waits until it works: one without the lease ends.
    pub(crate) fn at_work(&self) -> anyhow::Result<Process> {
        let deadline = Instant::now() + UNTIL_FREE;
        while Instant::now() < deadline {
            let before = self.audited()?;
            let mut running = self.start()?;
            while running.condition().ends_with("runs") {
                if self.audited()? > before {
                    return Ok(running);
                }
                std::thread::sleep(BETWEEN_LOOKS);
            }
            std::thread::sleep(BETWEEN_TRIES);
        }
        bail!("no run gets the lease, or nothing is left to do")
    }
}
