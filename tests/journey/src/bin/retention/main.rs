//! Runs retention over many applications on PostgreSQL while clients read, and kills it.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

mod outcome;
mod reading;
mod running;
mod seeding;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use madoguchi_journey::database::TestDatabase;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::Cluster;

use outcome::Outcome;
use reading::{Readers, median_ms};
use running::Runs;

/// Deletes and reports the contacts of applications that are over, while clients read cases and
/// lists, and compares their times with those without a run. The same work is done on a copy of the
/// database by a run that is killed again and again: what is left must be the same.
#[derive(Debug, Parser)]
#[command(name = "tests/retention", after_help = EXAMPLE)]
struct Options {
    /// Number of applications, each with one contact; a quarter of them is due
    #[arg(long, default_value_t = 1_000_000)]
    applications: usize,
    /// Number of clients that read
    #[arg(long, default_value_t = 16)]
    readers: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Maximum contacts that a run changes per second
    #[arg(long, default_value_t = 1_000)]
    per_second: u32,
    /// Number of kills of the second run
    #[arg(long, default_value_t = 20)]
    kills: usize,
}

const EXAMPLE: &str = "Example:\n  tests/retention --applications 50000 --seconds 10 --kills 5\n\n\
    Exits with 1 if the 99th percentile of reads is more than twice that without a run, or the \
    killed run leaves another result.";

/// Without a line for each request.
const LOGS: &str = "info,madoguchi_api::request_log=warn";
const MEASUREMENTS: usize = 3;
/// What a run may do to the 99th percentile of reads.
const MAX_RATIO: f64 = 2.0;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let cluster = Arc::new(Cluster::start_durable());
    let database = cluster.create_database();
    let on = TestDatabase::Postgres(database.clone());
    let changed = vec![("RUST_LOG", LOGS.to_owned())];
    let system = Arc::new(TestSystem::on(&on, changed).await?);
    let began = Instant::now();
    let report = |line| println!("  {line}");
    seeding::contacts(&system, &database, options.applications, report).await?;
    let cases = seeding::cases(&system).await?;
    seeding::complete(&cluster, &database, options.applications)?;
    println!("  seeded in {:.0} s", began.elapsed().as_secs_f64());
    system.stop()?;
    let copy = cluster.copy_database(&database);
    system.start_again().await?;

    let readers = Readers::new(&system, cases, options.readers, options.applications);
    let runs = Runs::new(&system, (&cluster, &database), options.per_second);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    println!(
        "\n{:>12} {:>14} {:>14} {:>10}",
        "measurement", "p99 alone ms", "p99 beside ms", "reads"
    );
    for number in 1..=MEASUREMENTS {
        let without = readers.read(options.seconds).await?;
        let running = runs.at_work()?;
        let with = readers.read(options.seconds).await?;
        runs.stop(running)?;
        let reads = without.len() + with.len();
        let [without, with] = [without, with].map(|times| reading::p99_ms(&times));
        println!("{number:>12} {without:>14.1} {with:>14.1} {reads:>10}");
        alone.push(without);
        beside.push(with);
    }
    let ratio = median_ms(&mut beside) / median_ms(&mut alone);
    println!("medians: a run changes the 99th percentile of reads by a factor of {ratio:.2}");
    let began = Instant::now();
    let again = Runs::new(&system, (&cluster, &copy), options.per_second);
    let killed = std::thread::spawn(move || again.killed(options.kills));
    println!("the rest of the run: {}", runs.to_end()?);
    println!("  in {:.0} s", began.elapsed().as_secs_f64());
    let said = killed.join().map_err(|_| anyhow::anyhow!("the thread panicked"))??;
    println!("killed {} times: {said}", options.kills);
    let undisturbed = Outcome::read(&cluster, &database)?;
    let killed = Outcome::read(&cluster, &copy)?;
    println!("undisturbed: {undisturbed}\nkilled:      {killed}");
    let holds =
        ratio <= MAX_RATIO && undisturbed == killed && undisturbed.is_all(options.applications);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
