//! Starts, kills and stops the production server as a process.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;
use serde_json::Value;

use crate::installation::Installation;
use crate::process::{Process, StderrReader};

const UNTIL_SERVING: Duration = Duration::from_secs(30);
const UNTIL_STOPPED: Duration = Duration::from_secs(30);

/// A running `madoguchi serve` with known addresses.
#[derive(Debug)]
pub struct Api {
    process: Process,
    addr: SocketAddr,
    admin: SocketAddr,
}

impl Api {
    /// Starts the server and waits for its log line `serving`.
    ///
    /// # Errors
    /// When it does not start, with its output.
    pub fn start(installation: &Installation) -> anyhow::Result<Self> {
        Self::start_as(installation.command("serve"), &installation.log())
    }

    /// Starts the server with this command, which writes its log to this file.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_as(command: Command, log: &Path) -> anyhow::Result<Self> {
        let mut process = Process::start(command, log)?;
        let (addr, admin) = process.hear(UNTIL_SERVING, serving)?;
        Ok(Self { process, addr, admin })
    }

    /// Starts the server with a standard error that is no longer read after the line `serving`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_unread(installation: &Installation, reader: StderrReader) -> anyhow::Result<Self> {
        let (command, said) = (installation.command("serve"), installation.log());
        let (process, (addr, admin)) = Process::start_unread(command, &said, reader, serving)?;
        Ok(Self { process, addr, admin })
    }

    /// Makes it reload the token file and the user file: `SIGHUP`.
    ///
    /// # Errors
    /// When the server has ended.
    pub fn reload(&self) -> anyhow::Result<()> {
        self.process.signal("HUP")
    }

    /// The address of the API.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of the metrics.
    #[must_use]
    pub const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// Whether it runs, or how it ended.
    pub fn condition(&mut self) -> String {
        self.process.condition()
    }

    /// The memory that it uses now, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        self.process.memory_kib()
    }

    /// Kills it with `SIGKILL`, as a power cut would.
    ///
    /// # Errors
    /// When the server had already ended.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.process.kill()
    }

    /// Stops it with `SIGTERM`, as a supervisor would.
    ///
    /// # Errors
    /// When it does not exit with 0, or not in time.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let status = self.process.terminate(UNTIL_STOPPED)?;
        ensure!(status.code() == Some(0), "madoguchi: {status}: {}", self.process.said()?);
        Ok(())
    }
}

/// The addresses in the log line `serving`.
fn serving(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line["message"] != "serving" {
        return None;
    }
    let address = |name: &str| line[name].as_str()?.parse().ok();
    Some((address("addr")?, address("admin")?))
}
