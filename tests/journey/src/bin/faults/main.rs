//! Breaks what the server needs, under a load of verdicts, and shows what clients saw, what was
//! lost and doubled, and how long it took until all was well again.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

mod cases;
mod small_disk;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use madoguchi_journey::kill_test::{Answers, FaultReport, FaultTest};
use madoguchi_testkit::samples::chance::Chance;

use cases::{Case, Prepared};

/// Breaks what the server needs, under a load of verdicts, and repairs it.
#[derive(Debug, Parser)]
#[command(name = "tests/faults", after_help = EXAMPLE)]
struct Options {
    /// Duration of each fault, in seconds
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=60))]
    seconds: u32,
    /// Number of concurrent clients
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=64))]
    clients: u32,
    /// Only these faults [default: all]
    #[arg(long, value_enum)]
    only: Vec<Case>,
    /// Seed of the random numbers [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

const EXAMPLE: &str = "Examples:\n  tests/faults --seconds 10 --only disk-full-sqlite\n\n\
    Needs root for a small tmpfs, prlimit, and python3. Exits with 1 if anything was lost or \
    doubled, or if no client noticed a fault. An open SQLite file does not become read-only: that \
    case is in the tests of the store only.";

const AROUND: Duration = Duration::from_secs(5);
/// At most ten verdicts per client and second are given.
const PER_SECOND: u32 = 10;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let seed = options.seed.unwrap_or_else(Chance::any_seed);
    let lasts = Duration::from_secs(options.seconds.into());
    let all = (lasts + 4 * AROUND).as_secs() as usize;
    let clients = options.clients as usize;
    let verdicts = all * clients * PER_SECOND as usize;
    let test = FaultTest { clients, before: AROUND, lasts, after: AROUND, verdicts, seed };
    println!("seed {seed}, {clients} clients, {} s each", options.seconds);
    let (mut good, mut rows) = (true, Vec::new());
    for case in Case::all() {
        if !options.only.is_empty() && !options.only.contains(&case) {
            continue;
        }
        println!("{case}");
        match endure(&test, case).await {
            Ok(report) => {
                good &= report.holds();
                rows.push(row(case, &report));
            }
            Err(error) => {
                good = false;
                rows.push(format!("| {case} | FAILED: {error:#} |"));
            }
        }
    }
    println!("\n{HEAD}");
    rows.iter().for_each(|row| println!("{row}"));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn endure(test: &FaultTest, case: Case) -> anyhow::Result<FaultReport> {
    let Prepared { system, fault, .. } = &case.prepare().await?;
    let report = test.run(system, &**fault, |how_far| println!("  {how_far}")).await?;
    for line in report.finally.lost.iter().chain(&report.finally.doubled) {
        println!("  {line}");
    }
    if !report.was_noticed() {
        println!("  NO CLIENT NOTICED, so this proves nothing");
    }
    system.stop()?;
    Ok(report)
}

const HEAD: &str = "| fault | answers to verdicts | to readings | slowest | lost | doubled | ready \
    again after | last refusal after |\n|---|---|---|---|---|---|---|---|";

fn row(case: Case, report: &FaultReport) -> String {
    let FaultReport { verdicts, reads, slowest, ready_after, well_after, finally } = report;
    let seconds = |time: &Duration| format!("{:.1} s", time.as_secs_f64());
    let cells = [
        case.to_string(),
        listed(verdicts),
        listed(reads),
        seconds(slowest),
        finally.lost.len().to_string(),
        finally.doubled.len().to_string(),
        seconds(ready_after),
        seconds(well_after),
    ];
    format!("| {} |", cells.join(" | "))
}

fn listed(answers: &Answers) -> String {
    let each: Vec<_> = answers.iter().map(|(said, count)| format!("{count} × {said}")).collect();
    each.join(", ")
}
