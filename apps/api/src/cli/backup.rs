//! The commands that copy a SQLite database and put a copy in its place.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;

use super::configured::Configured;
use crate::wiring;

pub(super) const BACKUP_EXAMPLE: &str =
    "Example:\n  madoguchi backup --to /backup/2026-12-01.db --config madoguchi.toml";
pub(super) const RESTORE_EXAMPLE: &str =
    "Example:\n  madoguchi restore --from /backup/2026-12-01.db --config madoguchi.toml";

#[derive(Debug, clap::Args)]
pub(super) struct BackupCommand {
    /// The new file.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreCommand {
    /// A file that `madoguchi backup` wrote.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    #[command(flatten)]
    configured: Configured,
}

impl BackupCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        wiring::backup(&self.configured.read()?, &self.to)?;
        say(&format!("{} is a complete copy of the database", self.to.display()))
    }
}

impl RestoreCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let replaced = wiring::restore(&self.configured.read()?, &self.from)?;
        say(&format!("the database is restored from {}", self.from.display()))?;
        if let Some(replaced) = replaced {
            let kept = replaced.display();
            say(&format!("what was there before is kept as {kept}, with its -wal and -shm"))?;
        }
        say("run `madoguchi migrate`, then start the server")
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}").context("standard output was closed")
}
