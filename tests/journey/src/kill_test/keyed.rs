//! The kill test of idempotency keys: the server is killed while clients send and repeat requests
//! with keys. Then no request may have acted twice, and no key may be blocked.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, bail, ensure};
use madoguchi_client::Method;
use madoguchi_testkit::samples::chance::Chance;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::counts::KillCounts;
use super::{BEFORE_AGAIN, UNTIL_ANSWERED, moments, strike};
use crate::caller::{HttpAnswer, VERDICT};
use crate::crowd::work_through;
use crate::customer::Customer;
use crate::test_system::TestSystem;
use crate::tokens;

/// Cases that each member goes through, one after the other.
const ROUNDS: usize = 3;
/// Requests with a key in a round: open, verify, decide.
const REQUESTS: usize = 3;

/// The size of the test.
#[derive(Debug, Clone, Copy)]
pub struct KeyedKillTest {
    /// Number of members, each with three cases.
    pub members: usize,
    /// Number of kills.
    pub kills: u32,
    /// Number of concurrent clients.
    pub clients: usize,
    /// Seed of the random numbers.
    pub seed: u64,
}

/// What the test counted.
#[derive(Debug, Default)]
pub struct KeyedKillReport {
    /// Number of kills.
    pub kills: u32,
    /// Number of kills that aborted requests.
    pub hits: u32,
    /// Requests with a key of their own.
    pub keys: usize,
    /// Stored answers that were given again.
    pub replayed: usize,
    /// Answers that the key was running.
    pub in_progress: usize,
    /// What acted twice, or was answered differently.
    pub doubled: Vec<String>,
    /// Keys that were still not answered after the last kill.
    pub blocked: Vec<String>,
}

impl KeyedKillReport {
    /// Whether nothing acted twice and no key is blocked, although requests were aborted.
    #[must_use]
    pub fn holds(&self) -> bool {
        let is_killed = self.kills == 0 || self.hits > 0;
        self.doubled.is_empty() && self.blocked.is_empty() && is_killed && self.replayed > 0
    }
}

impl fmt::Display for KeyedKillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kills, hits, keys, replayed, in_progress, doubled, blocked } = self;
        writeln!(f, "{kills} kills, {hits} of them aborted requests")?;
        writeln!(f, "{keys} keys, {replayed} replayed answers, {in_progress} still running")?;
        write!(f, "{} doubled, {} blocked", doubled.len(), blocked.len())?;
        doubled.iter().chain(blocked).take(10).try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// One request with its key, and its first answer.
#[derive(Debug, Clone)]
struct Keyed {
    path: String,
    token: &'static str,
    body: Value,
    key: String,
    answer: Option<HttpAnswer>,
}

/// The counters that all clients share.
#[derive(Debug, Default)]
struct KeyedCounts {
    kills: KillCounts,
    replayed: AtomicUsize,
    in_progress: AtomicUsize,
}

/// A member with what was asked for it.
type Walked = (Customer, Vec<Keyed>, Vec<String>);

impl KeyedKillTest {
    /// Runs the test; `tell` is called with its progress.
    ///
    /// # Errors
    /// When something fails that the test did not cause on purpose.
    pub async fn run(
        &self,
        system: &Arc<TestSystem>,
        tell: impl Fn(&str) + Send + Sync,
    ) -> anyhow::Result<KeyedKillReport> {
        let mut chance = Chance::of(self.seed);
        let counts = Arc::new(KeyedCounts::default());
        let seeds: Vec<u64> = (0..self.members).map(|_| chance.draw()).collect();
        let (on, all) = (Arc::clone(system), Arc::clone(&counts));
        let stream = tokio::spawn(work_through(self.clients, seeds, move |seed| {
            let (system, counts) = (Arc::clone(&on), Arc::clone(&all));
            async move { walk(&system, &counts, Chance::of(seed)).await }
        }));
        let last = self.members * ROUNDS * REQUESTS;
        for at in moments(self.kills, last, self.clients, &mut chance) {
            while counts.kills.answered.load(Ordering::SeqCst) < at && !stream.is_finished() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            strike(system, &counts.kills, chance.below(4)).await?;
            let answered = counts.kills.answered.load(Ordering::SeqCst);
            let kills = counts.kills.kills.load(Ordering::SeqCst);
            tell(&format!("{answered} of {last} requests answered, {kills} kills"));
        }
        let walked = stream.await??;
        tell("no more kills: every key is used once more");
        let mut report = self.judge(system, &counts, walked).await?;
        report.replayed = counts.replayed.load(Ordering::SeqCst);
        report.in_progress = counts.in_progress.load(Ordering::SeqCst);
        Ok(report)
    }

    /// Repeats every request, and compares what is stored.
    async fn judge(
        &self,
        system: &Arc<TestSystem>,
        counts: &Arc<KeyedCounts>,
        walked: Vec<Walked>,
    ) -> anyhow::Result<KeyedKillReport> {
        let mut report = KeyedKillReport {
            kills: counts.kills.kills.load(Ordering::SeqCst),
            hits: counts.kills.hits.load(Ordering::SeqCst),
            keys: walked.iter().map(|(_, requests, _)| requests.len()).sum(),
            ..KeyedKillReport::default()
        };
        for (customer, requests, doubled) in walked {
            report.doubled.extend(doubled);
            for request in &requests {
                let answer = send(system, request).await?;
                counts.replayed.fetch_add(usize::from(answer.is_replayed), Ordering::SeqCst);
                if !answer.is_replayed {
                    report.blocked.push(format!("{}: {answer:?}", request.path));
                }
                report.doubled.extend(request.differs(&answer));
            }
            report.doubled.extend(too_much(system, customer, &requests).await?);
        }
        Ok(report)
    }
}

/// Takes one member through its cases. Between verification and verdict, everything before is
/// repeated: a repeated verdict must not meet the newer case.
async fn walk(
    system: &TestSystem,
    counts: &KeyedCounts,
    mut chance: Chance,
) -> anyhow::Result<Walked> {
    let customer = Customer::stranger();
    let register = keyed(
        "/api/v1/members",
        tokens::MEMBER_WRITE,
        &mut chance,
        json!({
            "memberId": customer.member, "arrangementId": customer.arrangement,
        }),
    );
    let (mut done, mut doubled) = (vec![], vec![]);
    insist(system, counts, register, &mut done).await?;
    for round in 0..ROUNDS {
        let member = json!({"memberId": customer.member});
        let open = keyed("/api/v1/upgrades", tokens::OPEN, &mut chance, member);
        insist(system, counts, open, &mut done).await?;
        let opened = done.last().and_then(|it| it.answer.clone()).context("an answer")?;
        if opened.status != 201 {
            doubled.push(format!("{}: another case was open", customer.member));
        }
        let case = opened.json()["data"]["caseId"].as_str().context("a case")?.to_owned();
        let reference = json!({"source": "EDDA", "isPass": true, "reference": case});
        let path = format!("/api/v1/upgrades/{case}/verification");
        let verify = keyed(&path, tokens::VERIFY, &mut chance, reference);
        insist(system, counts, verify, &mut done).await?;
        for request in done.clone() {
            let again = repeat(system, counts, &request).await?;
            doubled.extend(request.differs(&again));
        }
        let is_pass = round + 1 == ROUNDS;
        let verdict = json!({"memberId": customer.member, "isPass": is_pass});
        let verdict = keyed(VERDICT, tokens::DECIDE, &mut chance, verdict);
        insist(system, counts, verdict, &mut done).await?;
    }
    Ok((customer, done, doubled))
}

fn keyed(path: &str, token: &'static str, chance: &mut Chance, body: Value) -> Keyed {
    let key = format!("{:016x}{:016x}", chance.draw(), chance.draw());
    Keyed { path: path.to_owned(), token, body, key, answer: None }
}

impl Keyed {
    /// What an answer has that the first one had not.
    fn differs(&self, answer: &HttpAnswer) -> Option<String> {
        let first = self.answer.as_ref()?;
        let same = first.status == answer.status && first.body == answer.body;
        (!same).then(|| format!("{}: {first:?}, then {answer:?}", self.path))
    }
}

async fn send(system: &TestSystem, request: &Keyed) -> anyhow::Result<HttpAnswer> {
    let client = system.caller.with(request.token).with_idempotency_key(&request.key);
    Ok(client.send(Method::POST, &request.path, &[], Some(&request.body)).await?)
}

/// Sends a request, two at once, until it is answered; keeps its first answer.
async fn insist(
    system: &TestSystem,
    counts: &KeyedCounts,
    request: Keyed,
    done: &mut Vec<Keyed>,
) -> anyhow::Result<()> {
    let (one, other) =
        tokio::join!(repeat(system, counts, &request), repeat(system, counts, &request));
    let (one, other) = (one?, other?);
    let request = Keyed { answer: Some(one), ..request };
    if let Some(difference) = request.differs(&other) {
        bail!("two answers to one key: {difference}");
    }
    counts.kills.answered.fetch_add(1, Ordering::SeqCst);
    done.push(request);
    Ok(())
}

/// Sends a request until it succeeds.
async fn repeat(
    system: &TestSystem,
    counts: &KeyedCounts,
    request: &Keyed,
) -> anyhow::Result<HttpAnswer> {
    let deadline = Instant::now() + UNTIL_ANSWERED;
    loop {
        match send(system, request).await {
            Ok(answer) if [200, 201].contains(&answer.status) => {
                counts.replayed.fetch_add(usize::from(answer.is_replayed), Ordering::SeqCst);
                return Ok(answer);
            }
            Ok(answer) if answer.code() == "IDEMPOTENCY_IN_PROGRESS" => {
                counts.in_progress.fetch_add(1, Ordering::SeqCst);
            }
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) => bail!("{} was answered {answer:?}", request.path),
            Err(_) => drop(counts.kills.broken.fetch_add(1, Ordering::SeqCst)),
        }
        ensure!(Instant::now() < deadline, "{} was not answered", request.path);
        tokio::time::sleep(BEFORE_AGAIN).await;
    }
}

/// What is stored of a member beyond one case a round, with three transitions each.
async fn too_much(
    system: &TestSystem,
    mut customer: Customer,
    requests: &[Keyed],
) -> anyhow::Result<Vec<String>> {
    let opened = requests.iter().filter(|it| it.path == "/api/v1/upgrades");
    let cases: Vec<Value> = opened
        .filter_map(|it| Some(it.answer.as_ref()?.json()["data"]["caseId"].clone()))
        .collect();
    let mut found = Vec::new();
    for (at, case) in cases.iter().enumerate() {
        if cases[..at].contains(case) {
            found.push(format!("{case} was opened in two rounds"));
        }
        customer.case = case.as_str().unwrap_or_default().to_owned();
        let states = customer.states(system).await?;
        let last = if at + 1 == cases.len() { "CustomerSuccess" } else { "CustomerFailure" };
        if states != ["New", "EDDASuccess", last] {
            found.push(format!("{case} went through {states:?}"));
        }
    }
    Ok(found)
}
