//! Installs the server as an operator would: configuration, secrets and tokens in one directory.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};
use madoguchi_sandbox::{DataDir, EsbMode, ServerConfig};

use crate::binaries;
use crate::database::{Store, TestDatabase};
use crate::tokens;

/// Differences from the sandbox: an operator migrates, the server can stand behind another one, and
/// many wanted failures must not open the breaker of the lookups, which has its own tests.
const ALWAYS: [(&str, &str); 4] = [
    ("ITAU__USER_NAME", tokens::GATEWAY.0),
    ("STORE__MIGRATE_ON_START", "false"),
    ("ITAU__BREAKER_FAILURES", "100"),
    ("ITAU__BREAKER_OPEN_MS", "500"),
];

/// An installed `madoguchi`, running or not.
#[derive(Debug)]
pub struct Installation {
    data: DataDir,
    changed: Vec<(&'static str, String)>,
}

impl Installation {
    /// Installs for a database and an outside world at this address. Each of `changed` is
    /// `RUST_LOG`, or a variable such as `GROUP_COMMIT__MAX_BATCH` without its prefix
    /// `MADOGUCHI__`, which overrides the file.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn new(
        dir: &Path,
        database: &TestDatabase,
        world: &str,
        changed: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let data = DataDir::open(dir)?;
        let config = ServerConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            database_url: Some(&database.url()),
            data: &data,
            world,
            // Nobody listens, unless `changed` says another port.
            smtp: ([127, 0, 0, 1], 9).into(),
            esb: EsbMode::AbsoluteSet.into(),
        };
        for (path, digit) in [data.deployment_salt(), data.qr_key(), data.audit_key()]
            .into_iter()
            .zip(["a1", "b2", "c3"])
        {
            data.write(&path, &digit.repeat(32))?;
        }
        // Keeps those above, and adds a key ring.
        data.keep_secrets()?;
        data.write(&data.tokens(), &tokens::file())?;
        data.write(&data.users(), &tokens::users())?;
        data.write(&data.downstream_password(), tokens::GATEWAY.1)?;
        data.write(&data.config(), &config.text()?)?;
        Ok(Self { data, changed })
    }

    /// Installs for a database that accepts connections and never answers, so that a start waits
    /// for it. It is silent for as long as the listener is kept.
    ///
    /// # Errors
    /// When the files cannot be written, or no port is free.
    pub fn with_silent_database(dir: &Path) -> anyhow::Result<(Self, TcpListener)> {
        let silent = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("postgres://nobody@{}/none", silent.local_addr()?);
        let unused = Store::Sqlite.database(dir);
        let changed = vec![("STORE__URL", url)];
        Ok((Self::new(dir, &unused, "http://127.0.0.1:9", changed)?, silent))
    }

    /// The configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.data.config()
    }

    /// The file with all output of the server.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.data.path().join("api.log")
    }

    /// A command of the program, for example `serve` or `keys list`, with this configuration and
    /// without this process's environment.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(binaries::madoguchi());
        for (variable, _) in std::env::vars_os() {
            let text = variable.to_string_lossy();
            if text.starts_with("MADOGUCHI__") || text == "RUST_LOG" {
                command.env_remove(&variable);
            }
        }
        let changed = self.changed.iter().map(|(key, value)| (*key, value.as_str()));
        for (key, value) in ALWAYS.into_iter().chain(changed) {
            let prefix = if key == "RUST_LOG" { "" } else { "MADOGUCHI__" };
            command.env(format!("{prefix}{key}"), value);
        }
        command
            .args(name.split(' '))
            .arg("--config")
            .arg(self.config())
            .current_dir(self.data.path());
        command
    }

    /// Runs a command that ends by itself.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, name: &str) -> anyhow::Result<Output> {
        self.command(name).output().with_context(|| format!("madoguchi {name}"))
    }

    /// Migrates the database to the program's schema.
    ///
    /// # Errors
    /// With the program's output.
    pub fn migrate(&self) -> anyhow::Result<()> {
        let output = self.run("migrate")?;
        if !output.status.success() {
            bail!("madoguchi migrate: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Replaces one of the files atomically, as an operator should.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn replace(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.data.write(&self.data.path().join(name), text)
    }

    /// Adds lines to the configuration file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, lines: &str) -> anyhow::Result<()> {
        let mut file = fs::OpenOptions::new().append(true).open(self.config())?;
        Ok(file.write_all(lines.as_bytes())?)
    }
}
