//! The production binary: reads its command and runs it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tokio::runtime::Runtime;

/// How long the process waits at its end for a file or a disk that does not answer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = madoguchi_api::Cli::parse();
    let ended = Runtime::new().context("the runtime cannot be started").and_then(|runtime| {
        let ended = runtime.block_on(cli.run());
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            madoguchi_api::report(&error);
            ExitCode::FAILURE
        }
    }
}
