//! The log test: the server's log is not read under load. Every call must be answered, no order
//! lost or doubled, and SIGTERM must stop the server gracefully.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use madoguchi_client::ClientError;

use crate::caller::HttpAnswer;
use crate::customer::Customer;
use crate::process::StderrReader;
use crate::test_system::TestSystem;

const LINES_LOST: &str = "madoguchi_log_lines_lost_total";
const UNTIL_OVERFLOW: Duration = Duration::from_secs(20);
const UNTIL_SETTLED: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Duration and load of the test.
#[derive(Debug, Clone, Copy)]
pub struct LogTest {
    /// How the log reader fails.
    pub reader: StderrReader,
    /// Number of concurrent clients.
    pub clients: usize,
    /// Maximum number of cases, each with a verdict.
    pub cases: usize,
    /// No case is started after this time.
    pub lasting: Duration,
}

/// What clients, the bank and the supervisor observed.
#[derive(Debug)]
pub struct LogReport {
    reader: StderrReader,
    /// Number of answers by status.
    answers: BTreeMap<u16, usize>,
    /// Number of calls without an answer.
    errors: usize,
    p99: Duration,
    verdicts: usize,
    /// Verdicts that were answered and did not reach the bank.
    lost: usize,
    /// Verdicts with more than one distinct effect at the bank.
    doubled: usize,
    lines_lost: u64,
    /// Time from SIGTERM to exit, if the exit status was 0.
    stopped: Result<Duration, String>,
}

/// The results of the calls so far.
#[derive(Debug, Default)]
struct Calls {
    answers: BTreeMap<u16, usize>,
    errors: usize,
    waits: Vec<Duration>,
    begun: usize,
    /// Each customer whose verdict was sent, and whether the answer was a success.
    decided: Vec<(Customer, bool)>,
}

/// What each client shares.
#[derive(Clone)]
struct Client {
    test: LogTest,
    system: Arc<TestSystem>,
    calls: Arc<Mutex<Calls>>,
    until: Instant,
}

impl LogTest {
    /// Restarts the server of this system without a log reader, and stops it at the end.
    ///
    /// # Errors
    /// When it does not start, or the world does not answer.
    pub async fn run(self, system: &Arc<TestSystem>) -> anyhow::Result<LogReport> {
        system.stop()?;
        system.start_unread(self.reader).await?;
        let calls = Arc::default();
        let until = Instant::now() + UNTIL_OVERFLOW;
        let client = Client { test: self, system: Arc::clone(system), calls, until };
        client.each(Client::overflow).await?;
        let until = Instant::now() + self.lasting;
        let client = Client { until, ..client };
        client.each(Client::decide).await?;
        let calls = std::mem::take(&mut *client.calls());
        let (lost, doubled) = settle(system, &calls.decided).await?;
        let lines_lost = system.metric(LINES_LOST).await.unwrap_or_default();
        let asked = Instant::now();
        let stopped = system.stop().map(|()| asked.elapsed()).map_err(|error| error.to_string());
        let mut waits = calls.waits;
        waits.sort_unstable();
        Ok(LogReport {
            reader: self.reader,
            answers: calls.answers,
            errors: calls.errors,
            p99: waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(),
            verdicts: calls.decided.len(),
            lost,
            doubled,
            lines_lost,
            stopped,
        })
    }
}

impl Client {
    /// Runs `work` on all clients concurrently.
    async fn each<F>(&self, work: impl Fn(Self) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut clients = JoinSet::new();
        for _ in 0..self.test.clients {
            clients.spawn(work(self.clone()));
        }
        while let Some(ended) = clients.join_next().await {
            ended?;
        }
        Ok(())
    }

    /// Causes log lines until some are lost, so that verdicts run with a full log queue.
    async fn overflow(self) {
        while Instant::now() < self.until {
            if self.system.metric(LINES_LOST).await.is_ok_and(|lost| lost > 0) {
                return;
            }
            for _ in 0..50 {
                if Instant::now() > self.until {
                    return;
                }
                self.noted(self.system.caller.get("/health/live", "")).await;
            }
        }
    }

    /// Opens, verifies and decides one case after the other.
    async fn decide(self) {
        while Instant::now() < self.until && self.begin() {
            self.decide_one().await;
        }
    }

    fn begin(&self) -> bool {
        let mut calls = self.calls();
        calls.begun += 1;
        calls.begun <= self.test.cases
    }

    async fn decide_one(&self) -> Option<()> {
        let (caller, mut customer) = (&self.system.caller, Customer::stranger());
        self.noted(caller.register(&customer.member, &customer.arrangement)).await?.data().ok()?;
        let opened = self.noted(caller.open(&customer.member)).await?.data().ok()?;
        opened["caseId"].as_str()?.clone_into(&mut customer.case);
        let reference = format!("check-{}", customer.case);
        self.noted(caller.verify(&customer.case, &reference, true)).await?.data().ok()?;
        let answer = self.noted(caller.decide(&customer.member, true)).await;
        let answered = answer.is_some_and(|answer| answer.status == 200);
        self.calls().decided.push((customer, answered));
        Some(())
    }

    /// Records one call; returns its answer, if one came.
    async fn noted(
        &self,
        call: impl Future<Output = Result<HttpAnswer, ClientError>>,
    ) -> Option<HttpAnswer> {
        let asked = Instant::now();
        let answer = call.await.ok();
        let mut calls = self.calls();
        calls.waits.push(asked.elapsed());
        match &answer {
            Some(answer) => *calls.answers.entry(answer.status).or_default() += 1,
            None => calls.errors += 1,
        }
        answer
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until the bank has every answered verdict; counts lost and doubled ones.
async fn settle(
    system: &TestSystem,
    decided: &[(Customer, bool)],
) -> anyhow::Result<(usize, usize)> {
    let deadline = Instant::now() + UNTIL_SETTLED;
    loop {
        let journal = system.world.journal().await?;
        let acts = |customer: &Customer| journal.distinct(&customer.arrangement).len();
        let lost = decided.iter().filter(|(it, answered)| *answered && acts(it) == 0).count();
        let doubled = decided.iter().filter(|(it, _)| acts(it) > 1).count();
        if lost == 0 || Instant::now() > deadline {
            return Ok((lost, doubled));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

impl LogReport {
    /// The header of a table of reports.
    pub const HEAD: &str = "| injected | answers | no answer | p99 | verdicts | lost | doubled \
        | SIGTERM | log lines lost |\n|---|---|---|---|---|---|---|---|---|";

    /// Whether the result is as docs/operations.md says.
    #[must_use]
    pub fn holds(&self) -> bool {
        let good = self.answers.keys().all(|status| (200..300).contains(status));
        let counted = self.lost == 0 && self.doubled == 0 && self.lines_lost > 0;
        good && self.errors == 0 && self.verdicts > 0 && counted && self.stopped.is_ok()
    }

    /// Number of sent verdicts.
    #[must_use]
    pub const fn verdicts(&self) -> usize {
        self.verdicts
    }
}

impl fmt::Display for LogReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let injected = match self.reader {
            StderrReader::Gone => "the reader of the log is gone",
            StderrReader::StuckEffect => "nobody reads the log",
        };
        let answers = self.answers.iter().map(|(status, count)| format!("{count} × {status}"));
        let stopped = match &self.stopped {
            Ok(took) => format!("exit 0 after {:.1} s", took.as_secs_f64()),
            Err(error) => error.lines().next().unwrap_or_default().to_owned(),
        };
        write!(
            f,
            "| {injected} | {} | {} | {:.1} ms | {} | {} | {} | {stopped} | {} |",
            answers.collect::<Vec<_>>().join(", "),
            self.errors,
            self.p99.as_secs_f64() * 1e3,
            self.verdicts,
            self.lost,
            self.doubled,
            self.lines_lost
        )
    }
}
