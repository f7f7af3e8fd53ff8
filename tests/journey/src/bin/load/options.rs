//! The options of the measurement.

use std::time::Duration;

use clap::{Parser, ValueEnum};

/// Measures verdicts per second of the release server.
#[derive(Debug, Parser)]
#[command(name = "tests/load", after_help = EXAMPLE)]
pub(crate) struct Options {
    /// Rounds per side, in turns; the medians are shown
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) rounds: u32,
    /// Maximum duration of a round, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
    /// Database to measure
    #[arg(long, value_enum, default_value_t = On::Both)]
    pub(crate) database: On,
    /// Prepared cases on PostgreSQL; a round ends early when all have their verdict
    #[arg(long, default_value_t = 60_000)]
    pub(crate) postgres_cases: u32,
    /// Prepared cases on SQLite
    #[arg(long, default_value_t = 20_000)]
    pub(crate) sqlite_cases: u32,
    /// Order of the verdicts on SQLite: as opened, or random. Neighbouring cases share pages, which
    /// a batch writes once
    #[arg(long, value_enum, default_value_t = Order::Opened)]
    pub(crate) order: Order,
    /// Compare verdicts with an Idempotency-Key on each to verdicts without, and nothing else
    #[arg(long)]
    pub(crate) keys: bool,
    /// Log level of the server: `info` writes one line per request to a file
    #[arg(long, default_value = "warn")]
    pub(crate) log: String,
}

const EXAMPLE: &str = "Examples:\n  tests/load --rounds 3 --seconds 5\n\
    \u{20} tests/load --keys --database sqlite\n\n\
    The effect worker is off (effects.worker = false), so that the bank is not measured.\n\
    No result is a failure: each ratio is shown with its target.";

/// Number of open connections, each with one request under way.
pub(crate) const CONNECTIONS: [usize; 2] = [32, 128];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum On {
    Sqlite,
    Postgres,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    Opened,
    Random,
}

impl Options {
    /// The server's settings that differ from the defaults.
    pub(crate) fn changed(&self) -> Vec<(&'static str, String)> {
        let log = format!("{},madoguchi_api::cli=info", self.log);
        vec![("EFFECTS__WORKER", "false".to_owned()), ("RUST_LOG", log)]
    }

    pub(crate) fn lasting(&self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }
}
