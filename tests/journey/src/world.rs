//! Runs the simulated outside world as a process; its journal is the test oracle of every journey.

use std::ops::Deref;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use madoguchi_sandbox::WorldClient;

use crate::binaries;
use crate::process::Process;

const UNTIL_OPEN: Duration = Duration::from_secs(20);

/// A running `madoguchi-sandbox world` with a known address, and a client of it.
#[derive(Debug)]
pub struct SandboxWorld {
    _process: Process,
    client: WorldClient,
    smtp_port: String,
}

impl SandboxWorld {
    /// Starts the world; its files are in `data`.
    ///
    /// # Errors
    /// When it does not start, with its output.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(data)?;
        let mut command = Command::new(binaries::sandbox());
        command.args([
            "world",
            "--world",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--esb-inquiry",
            "--data",
        ]);
        command.arg(data);
        let mut process = Process::start(command, &data.join("said"))?;
        let url = process.hear(UNTIL_OPEN, |line| {
            let esb = line.trim().strip_prefix("esb.url")?.trim();
            esb.strip_suffix("/esb").map(str::to_owned)
        })?;
        let smtp_port = process.hear(UNTIL_OPEN, |line| {
            Some(line.trim().strip_prefix("mail.smtp_port")?.trim().to_owned())
        })?;
        Ok(Self { _process: process, client: WorldClient::new(&url)?, smtp_port })
    }

    /// The port of its mail server.
    #[must_use]
    pub fn smtp_port(&self) -> &str {
        &self.smtp_port
    }
}

impl Deref for SandboxWorld {
    type Target = WorldClient;

    fn deref(&self) -> &WorldClient {
        &self.client
    }
}
