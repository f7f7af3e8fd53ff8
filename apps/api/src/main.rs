//! The production binary: parses the command line and runs the command.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::runtime::Runtime;

/// Timeout at exit for blocking work, such as a disk that does not respond.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = madoguchi_api::Cli::parse();
    let ended = Runtime::new().context("the runtime cannot be started").and_then(|runtime| {
        let ended = runtime.block_on(cli.run());
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        ended
    });
    match ended {
        Ok(code) => code,
        Err(error) => {
            madoguchi_api::report(&error);
            ExitCode::FAILURE
        }
    }
}
