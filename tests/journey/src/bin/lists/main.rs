//! Measures the lists of contacts on PostgreSQL: many contacts compared with few.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

mod measuring;
mod seeding;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::Parser;
use madoguchi_journey::database::{TestDatabase, psql};
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::{Cluster, Database};

use measuring::{CASES, Measured, deep_page, export, page};
use seeding::Seeding;

/// Lists contacts on a database with few and then with many contacts, one request after the other,
/// and compares the times; exports all of them as CSV, and looks at the server's memory.
#[derive(Debug, Parser)]
#[command(name = "tests/lists", after_help = EXAMPLE)]
struct Options {
    /// Number of contacts
    #[arg(long, default_value_t = 1_000_000)]
    contacts: usize,
    /// Number of contacts to compare with
    #[arg(long, default_value_t = 10_000)]
    few: usize,
    /// Number of requests of each list
    #[arg(long, default_value_t = 1_000)]
    requests: usize,
    /// Position of the first contact of the deep page
    #[arg(long, default_value_t = 500_000)]
    deep: usize,
}

const EXAMPLE: &str = "Example:\n  tests/lists --contacts 100000 --deep 50000 --requests 200\n\n\
    Exits with 1 if a table is scanned, the export is incomplete, or it grows the memory.";

/// Without a line for each request.
const LOGS: &str = "info,madoguchi_api::request_log=warn";
/// Growth of the server's memory that an export may cause, in KiB.
const GROWTH: u64 = 32 * 1024;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    let database = Cluster::shared().create_database();
    let on = TestDatabase::Postgres(database.clone());
    let system = Arc::new(TestSystem::on(&on, vec![("RUST_LOG", LOGS.to_owned())]).await?);
    let mut seeding = Seeding::default();
    seeding.up_to(&system, options.few, |line| println!("  {line}")).await?;
    let few = measure(&system, &database, &options).await?;
    seeding.up_to(&system, options.contacts, |line| println!("  {line}")).await?;
    let before = scans(&database)?;
    let many = measure(&system, &database, &options).await?;
    println!("\n{:42} {:>8} {:>8} {:>8} {:>6}", "p99 in ms", "few", "many", "deep", "ratio");
    for ((case, few), many) in CASES.iter().zip(&few).zip(&many) {
        let deep = deep_page(&system, case, options.deep, options.requests).await?;
        let deep = deep.map_or(String::new(), |it| format!("{:.1}", it.p99_ms()));
        let ratio = many.p99_ms() / few.p99_ms();
        let (few, many) = (few.p99_ms(), many.p99_ms());
        println!("{:42} {few:8.1} {many:8.1} {deep:>8} {ratio:6.2}", case.name());
    }
    // Statistics arrive a moment after the statements.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let scanned = scans(&database)? - before;
    println!("{scanned} sequential scans of the tables of contacts");
    let exported = export(&system).await?;
    println!("{exported}");
    let holds = scanned == 0
        && exported.lines == seeding.contacts + 1
        && exported.after_kib < exported.before_kib + GROWTH;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first page of every list.
async fn measure(
    system: &TestSystem,
    database: &Database,
    options: &Options,
) -> anyhow::Result<Vec<Measured>> {
    psql(Cluster::shared(), database.url(), "analyze")?;
    let mut all = Vec::new();
    for case in CASES {
        all.push(page(system, &case.query(), options.requests).await?);
    }
    ensure!(all.iter().all(|it| it.rows > 0), "every list has contacts");
    Ok(all)
}

/// How often a table of contacts was read from its first row to its last.
fn scans(database: &Database) -> anyhow::Result<u64> {
    let statement = "select coalesce(sum(seq_scan), 0) from pg_stat_user_tables \
        where relname in ('contact', 'contact_version', 'contact_editor', 'data_key', \
        'blind_index')";
    psql(Cluster::shared(), database.url(), statement)?.parse().context("a number of scans")
}
