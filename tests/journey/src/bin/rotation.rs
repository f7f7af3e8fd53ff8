//! The rotation test at full size.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::process::ExitCode;

use clap::Parser;
use madoguchi_journey::rotation_test::RotationTest;
use madoguchi_testkit::samples::chance::Chance;

/// Rotates keys while clients write persons through two servers on PostgreSQL, kills the rotating
/// process, and counts what cannot be read afterwards.
#[derive(Debug, Parser)]
#[command(name = "tests/rotation", after_help = EXAMPLE)]
struct Options {
    /// Number of rotations
    #[arg(long, default_value_t = 20)]
    rotations: u32,
    /// Number of kills with SIGKILL during each rotation
    #[arg(long, default_value_t = 3)]
    kills: u32,
    /// Number of concurrent clients
    #[arg(long, default_value_t = 16)]
    clients: usize,
    /// Seed of the random numbers [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

const EXAMPLE: &str = "Example:\n  tests/rotation --rotations 20 --kills 3 --clients 16\n\n\
    Exits with 1 if a person cannot be read, or a data key is left under an old key.";

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let Options { rotations, kills, clients, seed } = Options::parse();
    let seed = seed.unwrap_or_else(Chance::any_seed);
    println!("seed {seed}");
    let test = RotationTest { rotations, kills, clients, seed };
    let report = test.run(|progress| println!("  {progress}")).await?;
    println!("{report}");
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
