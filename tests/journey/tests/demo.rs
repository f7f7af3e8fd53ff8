//! The sandbox demo runs every journey and reports each as expected.

use std::process::Command;

use anyhow::ensure;
use madoguchi_journey::database::Store;
use madoguchi_journey::{binaries, on_both_databases};

on_both_databases!(the_demo_walks_every_journey_as_expected);

async fn the_demo_walks_every_journey_as_expected(store: Store) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut command = Command::new(binaries::sandbox());
    command.arg("demo").current_dir(dir.path());
    if store == Store::Postgres {
        command.args(["--database-url", &store.database(dir.path()).url()]);
    }
    let output = tokio::task::block_in_place(|| command.output())?;
    let said = String::from_utf8(output.stdout)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(0), "{}: {said}{stderr}", output.status);
    let last = said.lines().last().unwrap_or_default();
    ensure!(last == "16 journeys, 16 as expected", "{said}");
    ensure!(!said.contains('✗'), "{said}");
    let left = std::fs::read_dir(dir.path())?.count();
    ensure!(left == 0, "the demo leaves {left} files where it was started");
    Ok(())
}
