//! The log test at full size: the server's log is not read, and no request may suffer.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, value_parser};
use madoguchi_journey::database::Store;
use madoguchi_journey::log_test::{LogReport, LogTest};
use madoguchi_journey::process::StderrReader;
use madoguchi_journey::test_system::TestSystem;

/// Calls the server while its log reader is gone, and while its log reader is stuck.
#[derive(Debug, Parser)]
#[command(name = "tests/logs", after_help = EXAMPLE)]
struct Options {
    /// Duration of each of the two situations, in seconds
    #[arg(long, default_value_t = 30, value_parser = value_parser!(u32).range(1..=3600))]
    seconds: u32,
    /// Number of concurrent clients
    #[arg(long, default_value_t = 32, value_parser = value_parser!(u32).range(1..=256))]
    clients: u32,
}

const EXAMPLE: &str = "Example:\n  tests/logs --seconds 30 --clients 32\n\n\
    Exits with 1 unless each call was answered with success, no verdict was lost or doubled at the \
    bank, lost log lines were counted, and the server exited with 0 after SIGTERM.";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    println!("{}", LogReport::HEAD);
    let mut good = true;
    for reader in [StderrReader::Gone, StderrReader::StuckEffect] {
        let system = Arc::new(TestSystem::own(Store::Sqlite, Vec::new()).await?);
        let test = LogTest {
            reader,
            clients: options.clients as usize,
            cases: usize::MAX,
            lasting: Duration::from_secs(options.seconds.into()),
        };
        let report = test.run(&system).await?;
        println!("{report}");
        good &= report.holds();
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
