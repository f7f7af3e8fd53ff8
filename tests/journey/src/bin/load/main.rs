//! Verdicts a second of the real server, beside the same writes by pgbench and, on SQLite, beside
//! one commit a verdict. Measured in turns on one machine: only the ratios mean something.
#![expect(clippy::print_stdout, reason = "this program reports to whoever runs it")]

mod disk;
mod firing;
mod peer;
mod postgres;
mod sqlite;
mod table;

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures verdicts a second of the release server.
#[derive(Debug, Parser)]
#[command(name = "tests/load", after_help = EXAMPLE)]
struct Options {
    /// How many rounds each side gets, in turns; the medians are shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// How long a round lasts at most
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// On which database
    #[arg(long, value_enum, default_value_t = On::Both)]
    database: On,
    /// How many cases are prepared for a second of a round on PostgreSQL
    #[arg(long, default_value_t = 30_000)]
    cases_per_second: u32,
    /// How many cases are prepared on SQLite, over HTTP, once
    #[arg(long, default_value_t = 20_000)]
    sqlite_cases: u32,
    /// In which order verdicts come on SQLite: as cases were opened, or at random. Neighbours share
    /// pages, which a batch then writes once
    #[arg(long, value_enum, default_value_t = Order::Opened)]
    order: Order,
    /// What the server logs: `info` is a line a request, written to a file
    #[arg(long, default_value = "warn")]
    log: String,
}

const EXAMPLE: &str = "Example:\n  tests/load --rounds 3 --seconds 5\n\n\
    The effect worker is off (effects.worker = false): what is measured is the verdict, not the \
    bank.\nNothing here fails on a number: the ratio is shown beside its target.";

/// How many connections are kept open, each with one request under way.
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
    /// How the server differs from its defaults while it is measured.
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
