//! Prints the metrics of a server on which one upgrade was decided.
#![expect(clippy::print_stdout, reason = "this program prints what it was asked for")]

use anyhow::ensure;
use clap::{Parser, ValueEnum};
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::replicated::ReplicatedSystem;
use madoguchi_journey::test_system::TestSystem;

/// Prints the metrics of a server on which one upgrade was decided.
#[derive(Debug, Parser)]
#[command(name = "metrics", after_help = "Example:\n  metrics sqlite | promtool check metrics")]
struct Options {
    /// Its database
    database: On,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum On {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Options::parse().database {
        On::Sqlite => show(&TestSystem::own(Store::Sqlite, Vec::new()).await?).await,
        On::Postgres => show(&ReplicatedSystem::start(Vec::new()).await?.system).await,
    }
}

async fn show(system: &TestSystem) -> anyhow::Result<()> {
    let customer = Customer::verified(system).await?;
    ensure!(system.caller.decide(&customer.member, true).await?.status == 200, "a verdict");
    customer.settled(system).await?;
    ensure!(system.caller.get("/api/v1/contacts", "").await?.status == 401, "no token");
    print!("{}", system.metrics().await?);
    system.stop()
}
