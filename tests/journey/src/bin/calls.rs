//! What slow lookups and guessed passwords cost the others, and what an answer's time tells.
//! Measured in turns on one machine: only the ratios mean something.
#![expect(clippy::print_stdout, reason = "this program reports to whoever runs it")]

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use madoguchi_journey::caller::{CODIGO, CONTEXTOS};
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::database::Store;
use madoguchi_journey::stage::Stage;
use madoguchi_journey::tokens;
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

/// Measures what lookups and passwords cost the others.
#[derive(Debug, Parser)]
#[command(name = "tests/calls", after_help = EXAMPLE)]
struct Options {
    /// How long each measurement lasts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// How many answers of each kind are timed
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    answers: u32,
}

const EXAMPLE: &str = "Example:\n  tests/calls --seconds 5 --answers 200\n\n\
    Nothing here fails on a number: each is shown beside what it is without the burden.";

/// How many lookups wait for a slow downstream, and how many passwords come in a second.
const BURDEN: u32 = 200;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let stage = Arc::new(Stage::own(Store::Sqlite, Vec::new()).await?);
    let lasting = Duration::from_secs(options.seconds.into());
    println!("| who waits beside | p50 | p99 |\n|---|---|---|");
    show("nobody", &beside(&stage, lasting).await?);

    stage.world.plays("contextos", "slow:10000", None, None).await?;
    let asking = Arc::clone(&stage);
    let questions = tokio::spawn(all_at_once((0..BURDEN).collect(), move |number: u32| {
        let stage = Arc::clone(&asking);
        async move { Ok((Instant::now(), stage.caller.who(&format!("s-{number}")).await?)) }
    }));
    tokio::time::sleep(Duration::from_millis(100)).await;
    show("200 questions that take 10 s downstream", &beside(&stage, lasting / 3).await?);
    ensure!(questions.await??.len() == BURDEN as usize, "every question is answered");
    stage.world.plays("contextos", "ok", None, None).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;

    show("nobody", &beside(&stage, lasting).await?);
    let guessing = tokio::spawn(guess(Arc::clone(&stage), lasting));
    show("200 wrong passwords a second", &beside(&stage, lasting).await?);
    println!("\nof the guesses: {}", guessing.await??);
    tokio::time::sleep(Duration::from_secs(3)).await;
    times_of_refusals(&stage, options.answers).await
}

/// Four callers who read members, one after the other, for so long.
async fn beside(stage: &Arc<Stage>, lasting: Duration) -> anyhow::Result<Vec<Duration>> {
    let began = Instant::now();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let stage = Arc::clone(stage);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while began.elapsed() < lasting {
                    let asked = Instant::now();
                    let path = "/api/v1/members/NOBODY";
                    let answer = stage.caller.get(path, tokens::MEMBER_READ).await?;
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

/// Guesses at a steady rate, whether or not anybody answers; says what became of the guesses.
async fn guess(stage: Arc<Stage>, lasting: Duration) -> anyhow::Result<String> {
    let (mut began, until) = (Instant::now(), Instant::now() + lasting);
    let mut guesses = tokio::task::JoinSet::new();
    while Instant::now() < until {
        for _ in 0..BURDEN / 20 {
            let stage = Arc::clone(&stage);
            guesses.spawn(async move { refused(&stage, Kind::Wrong).await });
        }
        began += Duration::from_millis(50);
        tokio::time::sleep_until(began).await;
    }
    let mut counts = [0, 0];
    while let Some(guess) = guesses.join_next().await {
        counts[usize::from(guess??.0 == 503)] += 1;
    }
    Ok(format!("{} answered 401, {} turned away with 503", counts[0], counts[1]))
}

/// Three ways not to be let in.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Absent,
    Unknown,
    Wrong,
}

async fn refused(stage: &Stage, kind: Kind) -> anyhow::Result<(u16, Duration)> {
    let (user, password) = tokens::GATEWAY;
    let headers: &[(&str, &str)] = match kind {
        Kind::Absent => &[],
        Kind::Unknown => &[("userName", "nobody_at_all"), ("password", password)],
        Kind::Wrong => &[("userName", user), ("password", "journey-passwort")],
    };
    let asked = Instant::now();
    let body = json!({ "contextId": "CTX0001" });
    let answer = stage.caller.call_with(Method::POST, CONTEXTOS, headers, &body).await?;
    Ok((answer.status, asked.elapsed()))
}

/// Times the three in turns, each when nobody else waits.
async fn times_of_refusals(stage: &Stage, answers: u32) -> anyhow::Result<()> {
    let known = json!({ "codigo_conta": "341341150000052061" });
    ensure!(stage.caller.gateway(CODIGO, &known).await?.status == 200, "the right password");
    let kinds = [Kind::Absent, Kind::Unknown, Kind::Wrong];
    let mut waits = [const { Vec::new() }; 3];
    for _ in 0..answers {
        for (kind, waits) in kinds.into_iter().zip(&mut waits) {
            let (status, wait) = refused(stage, kind).await?;
            ensure!(status == 401, "{kind:?}: {status}");
            waits.push(wait.as_secs_f64() * 1e3);
            // The queue leaves itself idle for as long as a hash took.
            tokio::time::sleep(wait.mul_f64(1.2)).await;
        }
    }
    println!("\n| refused as | mean | deviation | median |\n|---|---|---|---|");
    let stats = waits.map(|mut waits| {
        waits.sort_unstable_by(f64::total_cmp);
        let mean = waits.iter().sum::<f64>() / waits.len() as f64;
        let square = waits.iter().map(|wait| (wait - mean).powi(2)).sum::<f64>();
        (mean, (square / (waits.len() - 1) as f64).sqrt(), waits[waits.len() / 2])
    });
    for (kind, (mean, deviation, median)) in kinds.into_iter().zip(&stats) {
        println!("| {kind:?} | {mean:.2} ms | {deviation:.2} ms | {median:.2} ms |");
    }
    println!();
    let count = f64::from(answers);
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let (a, b) = (stats[one], stats[other]);
        let t = (a.0 - b.0) / ((a.1.powi(2) + b.1.powi(2)) / count).sqrt();
        let (one, other) = (kinds[one], kinds[other]);
        println!("{one:?} against {other:?}: Welch's t = {t:.2} (beyond ±4.5 they would be told)");
    }
    Ok(())
}

fn show(who: &str, waits: &[Duration]) {
    let at = |percent: usize| waits[waits.len() * percent / 100].as_secs_f64() * 1e3;
    println!("| {who} | {:.2} ms | {:.2} ms |", at(50), at(99));
}
