//! Measures how slow lookups and password guesses delay other callers, and whether the response
//! time reveals why a login failed. All on one machine, so only the ratios are meaningful.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use madoguchi_client::Method;
use madoguchi_journey::caller::{CODIGO, CONTEXTOS};
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::tokens;
use madoguchi_testkit::samples::chance::Chance;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Measures how slow lookups and password guesses delay other callers.
#[derive(Debug, Parser)]
#[command(name = "tests/calls", after_help = EXAMPLE)]
struct Options {
    /// Duration of each measurement, in seconds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// Number of timed answers of each kind: 100 to 10000
    #[arg(long, default_value_t = 100, value_parser = enough)]
    answers: u32,
}

const EXAMPLE: &str = "Example:\n  tests/calls --seconds 5 --answers 200\n\n\
    No result is a failure: each is shown together with its value without the load.";

/// Number of concurrent agents, and number of password guesses per second.
const BURDEN: u32 = 200;
/// Default of `itau.max_concurrent_calls`: maximum concurrent lookups of one kind.
const AT_ONCE: usize = 64;
/// Interval between two lookups of an agent.
const BETWEEN_QUESTIONS: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // An open circuit breaker would remove the load.
    let changed = vec![("ITAU__BREAKER_FAILURES", "10000".to_owned())];
    let system = Arc::new(TestSystem::own(Store::Sqlite, changed).await?);
    let lasting = Duration::from_secs(options.seconds.into());
    println!("| who waits beside | p50 | p99 |\n|---|---|---|");
    show("nobody", &beside(&system, lasting).await?);

    system.world.plays("contextos", "slow:10000", None, None).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let asking = tokio::spawn(ask(Arc::clone(&system), Arc::clone(&stop)));
    let arrived = system.world.arrived("contextos", AT_ONCE).await?;
    ensure!(arrived == AT_ONCE, "{arrived} at the downstream at once");
    let slow = format!("{BURDEN} questions every 2 s that take 10 s, {AT_ONCE} there at once");
    show(&slow, &beside(&system, lasting).await?);
    stop.store(true, Ordering::Relaxed);
    let questions = asking.await??;
    system.world.plays("contextos", "ok", None, None).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;

    show("nobody", &beside(&system, lasting).await?);
    let guessing = tokio::spawn(guess(Arc::clone(&system), lasting));
    show(&format!("{BURDEN} wrong passwords a second"), &beside(&system, lasting).await?);
    let guesses = guessing.await??;
    println!("\nof the questions (busy is shed): {questions}\nof the guesses: {guesses}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    times_of_refusals(&system, options.answers).await
}

fn enough(text: &str) -> Result<u32, String> {
    let answers = text.parse::<u32>().ok().filter(|answers| (100..=10_000).contains(answers));
    answers.ok_or_else(|| "must be 100 to 10000: fewer do not tell the kinds apart".to_owned())
}

/// Four callers that read members one after the other for this time; returns their waits.
async fn beside(system: &Arc<TestSystem>, lasting: Duration) -> anyhow::Result<Vec<Duration>> {
    let began = Instant::now();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let system = Arc::clone(system);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while began.elapsed() < lasting {
                    let asked = Instant::now();
                    let path = "/api/v1/members/NOBODY";
                    let answer = system.caller.get(path, tokens::MEMBER_READ).await?;
                    ensure!(answer.status == 404, "{answer:?}");
                    waits.push(asked.elapsed());
                }
                Ok(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for reader in readers {
        waits.append(&mut reader.await??);
    }
    waits.sort_unstable();
    Ok(waits)
}

/// Agents that look up callers until `stop` is set; returns the counted results.
async fn ask(system: Arc<TestSystem>, stop: Arc<AtomicBool>) -> anyhow::Result<String> {
    let mut agents = JoinSet::new();
    for agent in 0..BURDEN {
        let (system, stop) = (Arc::clone(&system), Arc::clone(&stop));
        agents.spawn(async move {
            let (mut reported, mut next) = (Vec::new(), Instant::now());
            while !stop.load(Ordering::Relaxed) {
                let about = format!("s-{agent}-{}", reported.len());
                reported.push(question(&system, &about).await?);
                next += BETWEEN_QUESTIONS;
                tokio::time::sleep_until(next).await;
            }
            anyhow::Ok(reported)
        });
    }
    let mut all = Vec::new();
    while let Some(reported) = agents.join_next().await {
        all.append(&mut reported??);
    }
    Ok(counted(all))
}

/// Looks up a caller: the reason for a missing context, or its status.
async fn question(system: &TestSystem, about: &str) -> anyhow::Result<String> {
    let answer = system.caller.who(about).await?;
    let said = answer.json();
    let context = &said["data"]["context"];
    let word = context["reason"].as_str().or(context["status"].as_str());
    Ok(word.map_or_else(|| format!("answered {}", answer.status), str::to_owned))
}

/// Sends distinct password guesses at a constant rate without waiting for answers; returns the
/// counted results.
async fn guess(system: Arc<TestSystem>, lasting: Duration) -> anyhow::Result<String> {
    let (mut began, until) = (Instant::now(), Instant::now() + lasting);
    let mut guesses = JoinSet::new();
    while Instant::now() < until {
        for _ in 0..BURDEN / 20 {
            let (system, password) = (Arc::clone(&system), format!("guess-{:010}", guesses.len()));
            guesses.spawn(async move { refused(&system, Kind::Wrong, &password).await });
        }
        began += Duration::from_millis(50);
        tokio::time::sleep_until(began).await;
    }
    let mut all = Vec::new();
    while let Some(guess) = guesses.join_next().await {
        let (status, _) = guess??;
        ensure!(status == 401 || status == 503, "a guess was answered {status}");
        let turned_away = if status == 503 { "turned away with 503" } else { "answered 401" };
        all.push(turned_away.to_owned());
    }
    Ok(counted(all))
}

fn counted(reported: Vec<String>) -> String {
    let mut counts = BTreeMap::new();
    for word in reported {
        *counts.entry(word).or_insert(0_usize) += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    counts.join(", ")
}

/// Three kinds of rejected logins.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Absent,
    Unknown,
    Wrong,
}

/// Calls the gateway with this password, or without credentials for `Absent`.
async fn refused(
    system: &TestSystem,
    kind: Kind,
    password: &str,
) -> anyhow::Result<(u16, Duration)> {
    let (user, _) = tokens::GATEWAY;
    let headers: &[(&str, &str)] = match kind {
        Kind::Absent => &[],
        Kind::Unknown => &[("userName", "nobody_at_all"), ("password", password)],
        Kind::Wrong => &[("userName", user), ("password", password)],
    };
    let asked = Instant::now();
    let body = json!({ "contextId": "CTX0001" });
    let answer = system.caller.call_with(Method::POST, CONTEXTOS, headers, &body).await?;
    Ok((answer.status, asked.elapsed()))
}

/// Times the three kinds, one request at a time and in random order.
async fn times_of_refusals(system: &TestSystem, answers: u32) -> anyhow::Result<()> {
    let known = json!({ "codigo_conta": "341341150000052061" });
    ensure!(system.caller.gateway(CODIGO, &known).await?.status == 200, "the right password");
    let kinds = [Kind::Absent, Kind::Unknown, Kind::Wrong];
    let mut waits = [const { Vec::new() }; 3];
    let mut chance = Chance::of(Chance::any_seed());
    let mut order = [0, 1, 2];
    for _ in 0..answers {
        order.sort_by_cached_key(|_| chance.draw());
        for turn in order {
            let kind = kinds[turn];
            let (status, wait) = refused(system, kind, "journey-passwort").await?;
            ensure!(status == 401, "{kind:?}: {status}");
            waits[turn].push(wait.as_secs_f64() * 1e3);
            // After each hash the queue pauses for as long as the hash took.
            tokio::time::sleep(wait.mul_f64(1.2)).await;
        }
    }
    compare(kinds, waits);
    Ok(())
}

/// Prints whether the times in milliseconds differ between the kinds.
fn compare(kinds: [Kind; 3], waits: [Vec<f64>; 3]) {
    println!("\n| refused as | mean | deviation | median |\n|---|---|---|---|");
    let count = waits[0].len() as f64;
    let stats = waits.map(|mut waits| {
        waits.sort_unstable_by(f64::total_cmp);
        let mean = waits.iter().sum::<f64>() / count;
        let square = waits.iter().map(|wait| (wait - mean).powi(2)).sum::<f64>();
        (mean, (square / (count - 1.0)).sqrt(), waits[waits.len() / 2])
    });
    for (kind, (mean, deviation, median)) in kinds.into_iter().zip(&stats) {
        println!("| {kind:?} | {mean:.2} ms | {deviation:.2} ms | {median:.2} ms |");
    }
    println!();
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let (a, b) = (stats[one], stats[other]);
        let error = ((a.1.powi(2) + b.1.powi(2)) / count).sqrt();
        let t = (a.0 - b.0) / error;
        let (one, other, least) = (kinds[one], kinds[other], 2.0 * error);
        println!(
            "{one:?} against {other:?}: Welch's t = {t:.2} (beyond ±4.5 they would be \
             distinguishable); no difference below {least:.3} ms (two standard errors) would show"
        );
    }
}

fn show(who: &str, waits: &[Duration]) {
    let at = |percent: usize| waits[waits.len() * percent / 100].as_secs_f64() * 1e3;
    println!("| {who} | {:.2} ms | {:.2} ms |", at(50), at(99));
}
