//! Installs the server as an operator would: configuration, secrets and tokens in one directory.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, bail};

use crate::binaries;
use crate::database::{Store, TestDatabase};
use crate::tokens;

const SECRETS: [&str; 3] = ["deployment-salt", "qr-key", "audit-key"];

/// An installed `madoguchi`, running or not.
#[derive(Debug)]
pub struct Installation {
    dir: PathBuf,
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
        let installation = Self { dir: dir.to_owned(), changed };
        for (name, digit) in SECRETS.into_iter().zip(["a1", "b2", "c3"]) {
            write_for_owner(&dir.join(name), &digit.repeat(32))?;
        }
        write_for_owner(&dir.join("tokens.toml"), &tokens::file())?;
        write_for_owner(&dir.join("users.toml"), &tokens::users())?;
        write_for_owner(&dir.join("downstream-password"), tokens::GATEWAY.1)?;
        write_for_owner(&installation.config(), &installation.text(&database.url(), world))?;
        Ok(installation)
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
        self.dir.join("madoguchi.toml")
    }

    /// The file with all output of the server.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.dir.join("api.log")
    }

    /// A command of the program with this configuration and without this process's environment.
    #[must_use]
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(binaries::madoguchi());
        for (variable, _) in std::env::vars_os() {
            let text = variable.to_string_lossy();
            if text.starts_with("MADOGUCHI__") || text == "RUST_LOG" {
                command.env_remove(&variable);
            }
        }
        for (key, value) in &self.changed {
            let prefix = if *key == "RUST_LOG" { "" } else { "MADOGUCHI__" };
            command.env(format!("{prefix}{key}"), value);
        }
        command.arg(name).arg("--config").arg(self.config()).current_dir(&self.dir);
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
        let new = self.dir.join(format!("{name}.new"));
        write_for_owner(&new, text)?;
        Ok(fs::rename(new, self.dir.join(name))?)
    }

    /// Adds lines to the configuration file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, lines: &str) -> anyhow::Result<()> {
        let mut file = fs::OpenOptions::new().append(true).open(self.config())?;
        Ok(file.write_all(lines.as_bytes())?)
    }

    /// The configuration, with timings as short as the sandbox's so that tests see recovery.
    fn text(&self, database: &str, world: &str) -> String {
        let file = |name: &str| quoted(&self.dir.join(name).display().to_string());
        format!(
            r#"[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
drain_delay_ms = 0

[store]
url = {store}

[secrets]
deployment_salt_file = {salt}
qr_key_file = {qr_key}
audit_key_file = {audit_key}

[identity]
tokens_file = {tokens}

[upgrade]
qr_base_url = "https://bank.example/upgrade"

[esb]
url = {esb}
guarantee = "absolute-set"
final_codes = ["E-REFUSED"]
connect_timeout_ms = 1000
timeout_ms = 1500

[itau]
url = {world}
user_name = {user}
password_file = {downstream}
timeout_ms = 3000
breaker_failures = 100
breaker_open_ms = 500

[gateway]
users_file = {users}

[effects]
lease_ms = 2000
settle_ms = 1000
first_retry_ms = 200
longest_retry_ms = 1000
sweep_every_ms = 100
breaker_open_ms = 500
breaker_max_open_ms = 1000
"#,
            store = quoted(database),
            salt = file(SECRETS[0]),
            qr_key = file(SECRETS[1]),
            audit_key = file(SECRETS[2]),
            tokens = file("tokens.toml"),
            esb = quoted(&format!("{world}/esb")),
            world = quoted(world),
            user = quoted(tokens::GATEWAY.0),
            downstream = file("downstream-password"),
            users = file("users.toml"),
        )
    }
}

/// A TOML basic string: JSON escapes all that TOML needs escaped in a path or an address.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write_for_owner(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(file.write_all(text.as_bytes())?)
}
