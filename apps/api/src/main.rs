//! The production binary: reads its command and runs it.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match madoguchi_api::Cli::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "a command's error belongs to its terminal")]
            {
                eprintln!("madoguchi: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}
