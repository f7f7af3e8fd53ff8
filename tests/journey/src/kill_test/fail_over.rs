//! The fail-over test: the primary database dies in the middle of many verdicts, its replica is
//! promoted, and the server goes on with it. Then nothing may be doubled, and with synchronous
//! replication nothing lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::ensure;
use tokio::task::{JoinHandle, block_in_place};
use tokio::time::Instant;

use super::counts::{InjectedVerdict, KillCounts, PREPARERS};
use super::{KillReport, KillTest, settle, stream};
use crate::crowd::work_through;
use crate::replicated::{ReplicatedSystem, until};
use madoguchi_testkit::samples::chance::Chance;

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct FailOverTest {
    /// Number of verdicts, each on its own case.
    pub verdicts: usize,
    /// Number of concurrent callers.
    pub callers: usize,
    /// Whether each commit waits for the replica. If not, the replica is away for a third of the
    /// verdicts before the primary dies.
    pub is_synchronous: bool,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// What the fail-over did.
#[derive(Debug)]
pub struct FailOverReport {
    /// Number of verdicts that had their answer when the primary died.
    pub answered: usize,
    /// The most verdicts that can be lost: answered since the replica had replayed all.
    pub window: usize,
    /// Members whose verdict was answered and is not there.
    pub lost: Vec<String>,
    /// What is true after these verdicts were given again.
    pub finally: KillReport,
}

impl FailOverTest {
    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the test did not cause on purpose.
    pub async fn run(
        &self,
        replicated: &ReplicatedSystem,
        tell: impl Fn(&str),
    ) -> anyhow::Result<FailOverReport> {
        let (begun, system) = (Instant::now(), &replicated.system);
        let (verdicts, callers) = (self.verdicts, self.callers);
        let scenarios = &KillTest::SCENARIOS;
        let prepared =
            KillTest { verdicts, kills: 0, callers, faults: 20, scenarios, seed: self.seed };
        tell(&format!("{verdicts} cases are brought to their verdict"));
        let injections = prepared.prepare(system, &mut Chance::of(self.seed)).await?;
        if self.is_synchronous {
            block_in_place(|| replicated.primary.replicate_synchronously());
        }
        replicated.caught_up().await?;
        let counts = Arc::new(KillCounts::default());
        let storm = tokio::spawn(stream(
            Arc::clone(system),
            Arc::clone(&counts),
            injections.clone(),
            callers,
        ));
        let replayed = self.storm(replicated, &counts, &storm).await?;
        block_in_place(|| replicated.primary.crash());
        let answered = counts.answered.load(Ordering::SeqCst);
        ensure!(!storm.is_finished(), "the primary died after the last verdict");
        tell(&format!("{answered} of {verdicts} verdicts were answered when the primary died"));
        self.promote(replicated).await?;
        storm.await??;
        let missing = missing(replicated, &injections).await?;
        let lost = missing.iter().map(|it| it.customer.member.clone()).collect();
        tell("everything lost is given again, and must come to an end");
        stream(Arc::clone(system), Arc::clone(&counts), missing, callers).await?;
        settle(system, &injections).await?;
        let mut finally = KillReport::of(&counts, &injections, begun.elapsed());
        finally.judge(system, injections).await?;
        Ok(FailOverReport { answered, window: answered - replayed, lost, finally })
    }

    /// Waits for two thirds of the verdicts; returns how many of them the replica has for sure.
    async fn storm(
        &self,
        replicated: &ReplicatedSystem,
        counts: &KillCounts,
        storm: &JoinHandle<anyhow::Result<()>>,
    ) -> anyhow::Result<usize> {
        let answered = async |share: usize| {
            let enough = self.verdicts * share / 3;
            let is_enough = || counts.answered.load(Ordering::SeqCst) >= enough;
            until("verdicts are answered", async || Ok(is_enough() || storm.is_finished())).await
        };
        answered(1).await?;
        let mut replayed = counts.answered.load(Ordering::SeqCst);
        replicated.caught_up().await?;
        if !self.is_synchronous {
            block_in_place(|| replicated.replica.stop_now());
        }
        answered(2).await?;
        if self.is_synchronous {
            replayed = counts.answered.load(Ordering::SeqCst);
        }
        Ok(replayed)
    }

    /// What an operator does: promote the replica, and start the server on it.
    async fn promote(&self, replicated: &ReplicatedSystem) -> anyhow::Result<()> {
        block_in_place(|| {
            if !self.is_synchronous {
                replicated.replica.start_again();
            }
            replicated.replica.promote();
        });
        replicated.system.kill()?;
        replicated.system.start_with(&[("STORE__URL", &replicated.replica_url())]).await
    }
}

/// The verdicts that were answered and are not there.
async fn missing(
    replicated: &ReplicatedSystem,
    injections: &[InjectedVerdict],
) -> anyhow::Result<Vec<InjectedVerdict>> {
    let on = Arc::clone(&replicated.system);
    let read = work_through(PREPARERS, injections.to_vec(), move |one: InjectedVerdict| {
        let system = Arc::clone(&on);
        async move {
            let case = one.customer.read(&system).await?;
            let is_there = case["state"] == one.state();
            ensure!(is_there || case["state"] == "EDDASuccess", "neither: {case}");
            Ok((!is_there).then_some(one))
        }
    });
    Ok(read.await?.into_iter().flatten().collect())
}
