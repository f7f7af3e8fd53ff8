//! Measures verdicts per second of the server against the same writes by pgbench and, on SQLite,
//! against one commit per verdict. In turns on one machine: only the ratios are meaningful.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

mod disk;
mod firing;
mod keys;
mod options;
mod peer;
mod postgres;
mod prepared;
mod sqlite;
mod table;

use clap::Parser;
use options::{On, Options};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    println!(
        "medians of {} rounds of at most {} s; effects.worker = false, RUST_LOG = {}\n",
        options.rounds, options.seconds, options.log
    );
    if options.keys {
        return keys::measure(&options).await;
    }
    let peer = match options.database {
        On::Sqlite => Vec::new(),
        On::Postgres | On::Both => postgres::measure(&options).await?,
    };
    if options.database != On::Postgres {
        sqlite::measure(&options, &peer).await?;
    }
    Ok(())
}
