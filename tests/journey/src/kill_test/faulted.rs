//! The fault test: something breaks under a load of verdicts and is well again. Clients repeat what
//! was not answered, and then nothing may be lost or doubled.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{bail, ensure};
use madoguchi_client::{ClientError, Method};
use serde_json::Value;
use tokio::task::block_in_place;
use tokio::time::Instant;

use super::counts::{InjectedVerdict, KillCounts};
use super::{KillReport, KillTest, settle};
use crate::caller::HttpAnswer;
use crate::crowd::work_through;
use crate::test_system::TestSystem;
use crate::tokens;
use madoguchi_testkit::samples::chance::Chance;

/// What breaks, and how it is repaired.
pub trait SystemFault: Send + Sync {
    /// Breaks it.
    ///
    /// # Errors
    /// When it cannot be broken.
    fn begin(&self, system: &TestSystem) -> anyhow::Result<()>;

    /// Repairs it.
    ///
    /// # Errors
    /// When it cannot be repaired.
    fn end(&self, system: &TestSystem) -> anyhow::Result<()>;
}

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct FaultTest {
    /// Number of concurrent clients.
    pub clients: usize,
    /// How long they run before the fault.
    pub before: Duration,
    /// How long the fault lasts.
    pub lasts: Duration,
    /// How long they go on when it is repaired.
    pub after: Duration,
    /// Maximum number of verdicts, each on its own case. They must outlast the fault.
    pub verdicts: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// Answers of one kind of request, each with how often it came.
pub type Answers = BTreeMap<String, usize>;

/// What clients saw, and what is true afterwards.
#[derive(Debug)]
pub struct FaultReport {
    /// The answers to verdicts.
    pub verdicts: Answers,
    /// The answers to readings of cases, each on a new connection.
    pub reads: Answers,
    /// The longest wait for an answer to a verdict.
    pub slowest: Duration,
    /// From the end of the fault until readiness was up.
    pub ready_after: Duration,
    /// From the end of the fault until the last verdict that was not accepted at once.
    pub well_after: Duration,
    /// What became of the verdicts.
    pub finally: KillReport,
}

impl FaultReport {
    /// Whether clients noticed the fault, and nothing is lost or doubled.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.was_noticed() && self.finally.holds()
    }

    /// Whether a request was refused, or waited long: if not, the fault proves nothing.
    #[must_use]
    pub fn was_noticed(&self) -> bool {
        let refused = |answers: &Answers| answers.keys().any(|said| said != ACCEPTED);
        refused(&self.verdicts) || refused(&self.reads) || self.slowest > NOTICED
    }
}

/// A wait of this length is noticed.
const NOTICED: Duration = Duration::from_secs(2);
const ACCEPTED: &str = "200";
/// Between two requests of one client.
const PAUSE: Duration = Duration::from_millis(100);
const UNTIL_ANSWERED: Duration = Duration::from_secs(120);
const NEW_CONNECTION: [(&str, &str); 2] = [("Acstkn", tokens::READ), ("Connection", "close")];

#[derive(Debug, Default)]
struct Seen {
    verdicts: Answers,
    reads: Answers,
    slowest: Duration,
    last_failure: Option<Instant>,
}

type Shared = Arc<Mutex<Seen>>;

impl FaultTest {
    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the fault did not cause.
    pub async fn run(
        &self,
        system: &Arc<TestSystem>,
        fault: &dyn SystemFault,
        tell: impl Fn(&str),
    ) -> anyhow::Result<FaultReport> {
        let begun = Instant::now();
        tell(&format!("{} cases are brought to their verdict", self.verdicts));
        let prepared = KillTest {
            verdicts: self.verdicts,
            kills: 0,
            callers: self.clients,
            faults: 0,
            scenarios: &KillTest::SCENARIOS,
            seed: self.seed,
        };
        let injections = prepared.prepare(system, &mut Chance::of(self.seed)).await?;
        let (seen, stop) = (Shared::default(), Arc::new(AtomicBool::new(false)));
        let storm = tokio::spawn(storm(system, self.clients, injections, (&seen, &stop)));
        tokio::time::sleep(self.before).await;
        tell("it breaks");
        block_in_place(|| fault.begin(system))?;
        tokio::time::sleep(self.lasts).await;
        tell("it is repaired");
        block_in_place(|| fault.end(system))?;
        let repaired = Instant::now();
        system.ready().await?;
        let ready_after = repaired.elapsed();
        tokio::time::sleep(self.after).await;
        let is_short = storm.is_finished();
        stop.store(true, Ordering::Relaxed);
        let injections: Vec<_> = storm.await??.into_iter().flatten().collect();
        ensure!(!is_short, "there were too few verdicts");
        tell("all verdicts are answered: everything must come to an end");
        settle(system, &injections).await?;
        let mut finally = KillReport::of(&KillCounts::default(), &injections, begun.elapsed());
        finally.judge(system, injections).await?;
        let seen = std::mem::take(&mut *locked(&seen));
        let well_after = seen.last_failure.map(|at| at.saturating_duration_since(repaired));
        Ok(FaultReport {
            verdicts: seen.verdicts,
            reads: seen.reads,
            slowest: seen.slowest,
            ready_after,
            well_after: well_after.unwrap_or_default(),
            finally,
        })
    }
}

fn locked(seen: &Shared) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives verdicts with so many clients until it is stopped; returns those that were given.
fn storm(
    system: &Arc<TestSystem>,
    clients: usize,
    injections: Vec<InjectedVerdict>,
    (seen, stop): (&Shared, &Arc<AtomicBool>),
) -> impl Future<Output = anyhow::Result<Vec<Option<InjectedVerdict>>>> + Send + use<> {
    let shared = (Arc::clone(system), Arc::clone(seen), Arc::clone(stop));
    work_through(clients, injections, move |injection| {
        let (system, seen, stop) = shared.clone();
        async move {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            insist(&system, &seen, &injection).await?;
            Ok(Some(injection))
        }
    })
}

/// Gives one verdict until it is accepted, and reads its case between.
async fn insist(
    system: &TestSystem,
    seen: &Shared,
    injection: &InjectedVerdict,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_ANSWERED;
    let customer = &injection.customer;
    loop {
        let began = Instant::now();
        let answer = system.caller.decide(&customer.member, injection.passes).await;
        let is_accepted = matches!(&answer, Ok(answer) if answer.status == 200);
        let said = described(answer)?;
        {
            let mut seen = locked(seen);
            *seen.verdicts.entry(said).or_default() += 1;
            seen.slowest = seen.slowest.max(began.elapsed());
            if !is_accepted {
                seen.last_failure = Some(Instant::now());
            }
        }
        tokio::time::sleep(PAUSE).await;
        let path = format!("/api/v1/upgrades/{}", customer.case);
        let read = system.caller.call_with(Method::GET, &path, &NEW_CONNECTION, &Value::Null).await;
        *locked(seen).reads.entry(described(read)?).or_default() += 1;
        if is_accepted {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "a verdict was not answered in {UNTIL_ANSWERED:?}");
    }
}

/// The answer in a few words. A failure that no client can act on ends the test.
fn described(answer: Result<HttpAnswer, ClientError>) -> anyhow::Result<String> {
    match answer {
        Ok(answer) if answer.status == 200 => Ok(ACCEPTED.to_owned()),
        Ok(answer) if answer.status == 503 => {
            ensure!(answer.retry_after.is_some(), "503 without Retry-After: {}", answer.body);
            let code = answer.json()["error"]["error_code"].clone();
            Ok(format!("503 {}", code.as_str().unwrap_or("without a code")))
        }
        Ok(answer) => bail!("answered {} {}", answer.status, answer.body),
        Err(error) if error.is_connect() => Ok("no connection".to_owned()),
        Err(_) => Ok("no answer".to_owned()),
    }
}
