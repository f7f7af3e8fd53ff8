//! The production binary: reads its command and runs it.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match madoguchi_api::Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            madoguchi_api::report(&error);
            ExitCode::FAILURE
        }
    }
}
