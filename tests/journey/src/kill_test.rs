//! The kill test: the server is killed repeatedly while callers send and retry verdicts and the
//! bank loses answers. Then every effect must be final, and nothing lost or doubled.

mod announced;
mod announced_report;
mod counts;
mod fail_over;
mod faulted;
mod keyed;
mod mails;
mod report;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{bail, ensure};
use tokio::time::Instant;

use crate::crowd::work_through;
use crate::customer::Customer;
use crate::test_system::TestSystem;
use madoguchi_testkit::samples::chance::Chance;

use counts::{InjectedVerdict, KillCounts, PREPARERS};

pub use announced::AnnouncementKillTest;
pub use announced_report::AnnouncementKillReport;
pub use fail_over::{FailOverReport, FailOverTest};
pub use faulted::{Answers, FaultReport, FaultTest, SystemFault};
pub use keyed::{KeyedKillReport, KeyedKillTest};
pub use mails::{MailKillReport, MailKillTest};
pub use report::KillReport;

/// Share of kills after the last verdict, in percent.
const LATE: u32 = 20;

const BEFORE_AGAIN: Duration = Duration::from_millis(10);
const UNTIL_ANSWERED: Duration = Duration::from_secs(120);
const UNTIL_SETTLED: Duration = Duration::from_secs(180);

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct KillTest {
    /// Number of verdicts, each on its own case.
    pub verdicts: usize,
    /// Number of kills.
    pub kills: u32,
    /// Number of concurrent callers.
    pub callers: usize,
    /// Share of orders with one fault, in percent.
    pub faults: u64,
    /// The bank's faults; each affects an order once.
    pub scenarios: &'static [&'static str],
    /// Seed of the random numbers.
    pub seed: u64,
}

impl KillTest {
    /// The usual faults.
    pub const SCENARIOS: [&str; 3] = ["cut", "applied_then_cut", "slow:300"];

    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the test did not cause on purpose.
    pub async fn run(
        &self,
        system: &Arc<TestSystem>,
        tell: impl Fn(&str) + Send + Sync,
    ) -> anyhow::Result<KillReport> {
        let begun = Instant::now();
        let mut chance = Chance::of(self.seed);
        tell(&format!("{} cases are brought to their verdict", self.verdicts));
        let injections = self.prepare(system, &mut chance).await?;
        let counts = Arc::new(KillCounts::default());
        let (late, early) = (self.kills * LATE / 100, self.kills - self.kills * LATE / 100);
        let stream = tokio::spawn(stream(
            Arc::clone(system),
            Arc::clone(&counts),
            injections.clone(),
            self.callers,
        ));
        for at in moments(early, self.verdicts, self.callers, &mut chance) {
            while counts.answered.load(Ordering::SeqCst) < at && !stream.is_finished() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            strike(system, &counts, chance.below(4)).await?;
            let answered = counts.answered.load(Ordering::SeqCst);
            let kills = counts.kills.load(Ordering::SeqCst);
            tell(&format!("{answered} of {} verdicts answered, {kills} kills", self.verdicts));
        }
        stream.await??;
        for _ in 0..late {
            strike(system, &counts, chance.below(400)).await?;
        }
        tell("all verdicts answered, no more kills: everything must come to an end");
        settle(system, &injections).await?;
        let mut report = KillReport::of(&counts, &injections, begun.elapsed());
        report.judge(system, injections).await?;
        Ok(report)
    }

    async fn prepare(
        &self,
        system: &Arc<TestSystem>,
        chance: &mut Chance,
    ) -> anyhow::Result<Vec<InjectedVerdict>> {
        let drawn: Vec<_> = (0..self.verdicts)
            .map(|_| {
                let passes = chance.percent(80);
                let fault = chance.percent(self.faults).then(|| *chance.pick(self.scenarios));
                (passes, fault.filter(|_| passes))
            })
            .collect();
        let system = Arc::clone(system);
        work_through(PREPARERS, drawn, move |(passes, fault)| {
            let system = Arc::clone(&system);
            async move {
                let customer = Customer::verified(&system).await?;
                if let Some(scenario) = fault {
                    system.world.play(scenario, &customer.arrangement, Some(1)).await?;
                }
                Ok(InjectedVerdict { customer, passes, fault })
            }
        })
        .await
    }
}

/// The numbers of answers after which to kill, each while other requests are under way.
fn moments(kills: u32, requests: usize, callers: usize, chance: &mut Chance) -> Vec<usize> {
    let last = requests.saturating_sub(2 * callers) as u64;
    let draw = |_| usize::try_from(chance.below(last)).unwrap_or_default();
    let mut moments: Vec<usize> = (0..kills).map(draw).collect();
    moments.sort_unstable();
    moments
}

/// Sends every verdict and retries it until it is answered.
async fn stream(
    system: Arc<TestSystem>,
    counts: Arc<KillCounts>,
    injections: Vec<InjectedVerdict>,
    callers: usize,
) -> anyhow::Result<()> {
    let answered = work_through(callers, injections, move |injection| {
        let (system, counts) = (Arc::clone(&system), Arc::clone(&counts));
        async move { insist(&system, &counts, &injection).await }
    });
    answered.await.map(drop)
}

async fn insist(
    system: &TestSystem,
    counts: &KillCounts,
    injection: &InjectedVerdict,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_ANSWERED;
    loop {
        match system.caller.decide(&injection.customer.member, injection.passes).await {
            Ok(answer) if answer.status == 200 => break,
            Ok(answer) if answer.status == 503 => {
                ensure!(answer.retry_after.is_some(), "503 without Retry-After: {}", answer.body);
            }
            Ok(answer) => bail!("a verdict was answered {} {}", answer.status, answer.body),
            Err(error) if error.is_connect() => {}
            Err(_) => drop(counts.broken.fetch_add(1, Ordering::SeqCst)),
        }
        ensure!(Instant::now() < deadline, "a verdict was not answered in {UNTIL_ANSWERED:?}");
        counts.repeated.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(BEFORE_AGAIN).await;
    }
    counts.answered.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// Kills the server after a pause and restarts it. A kill hits if it aborts a request.
async fn strike(system: &TestSystem, counts: &KillCounts, pause_ms: u64) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    let before = counts.broken.load(Ordering::SeqCst);
    system.kill()?;
    counts.kills.fetch_add(1, Ordering::SeqCst);
    system.start_again().await?;
    if counts.broken.load(Ordering::SeqCst) > before {
        counts.hits.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Waits until every case is final.
async fn settle(system: &Arc<TestSystem>, injections: &[InjectedVerdict]) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_SETTLED;
    let mut left: Vec<Customer> =
        injections.iter().map(|injection| injection.customer.clone()).collect();
    while !left.is_empty() {
        ensure!(Instant::now() < deadline, "{} cases never came to an end", left.len());
        let on = Arc::clone(system);
        let read = work_through(PREPARERS, left, move |customer: Customer| {
            let system = Arc::clone(&on);
            async move {
                let settled = customer.is_settled(&system).await?;
                Ok((!settled).then_some(customer))
            }
        });
        left = read.await?.into_iter().flatten().collect();
        tokio::time::sleep(10 * BEFORE_AGAIN).await;
    }
    Ok(())
}
