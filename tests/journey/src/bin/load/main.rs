//! Measures verdicts per second of the server against the same writes by pgbench and, on SQLite,
//! against one commit per verdict. In turns on one machine: only the ratios are meaningful.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

mod disk;
mod firing;
mod peer;
mod postgres;
mod sqlite;
mod table;

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures verdicts per second of the release server.
#[derive(Debug, Parser)]
#[command(name = "tests/load", after_help = EXAMPLE)]
struct Options {
    /// Rounds per side, in turns; the medians are shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Maximum duration of a round, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Database to measure
    #[arg(long, value_enum, default_value_t = On::Both)]
    database: On,
    /// Prepared cases per second of a round on PostgreSQL
    #[arg(long, default_value_t = 30_000)]
    cases_per_second: u32,
    /// Prepared cases on SQLite, once, over HTTP
    #[arg(long, default_value_t = 20_000)]
    sqlite_cases: u32,
    /// Order of the verdicts on SQLite: as opened, or random. Neighbouring cases share pages, which
    /// a batch writes once
    #[arg(long, value_enum, default_value_t = Order::Opened)]
    order: Order,
    /// Log level of the server: `info` writes one line per request to a file
    #[arg(long, default_value = "warn")]
    log: String,
}

const EXAMPLE: &str = "Example:\n  tests/load --rounds 3 --seconds 5\n\n\
    The effect worker is off (effects.worker = false), so that the bank is not measured.\n\
    No result is a failure: each ratio is shown with its target.";

/// Number of open connections, each with one request under way.
const CONNECTIONS: [usize; 2] = [32, 128];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    Opened,
    Random,
}

impl Options {
    /// The server's settings that differ from the defaults.
    fn changed(&self) -> Vec<(&'static str, String)> {
        let log = format!("{},madoguchi_api::cli=info", self.log);
        vec![("EFFECTS__WORKER", "false".to_owned()), ("RUST_LOG", log)]
    }

    fn lasting(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    println!(
        "medians of {} rounds of at most {} s; effects.worker = false, RUST_LOG = {}\n",
        options.rounds, options.seconds, options.log
    );
    let peer = match options.database {
        On::Sqlite => Vec::new(),
        On::Postgres | On::Both => postgres::measure(&options).await?,
    };
    if options.database != On::Postgres {
        sqlite::measure(&options, &peer).await?;
    }
    Ok(())
}
