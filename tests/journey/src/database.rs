//! Which database a journey runs on, and a way to look into it that is not the server's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use madoguchi_testkit::postgres::{self, Cluster};

/// The kinds of database that every journey must hold on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The embedded one.
    Sqlite,
    /// A throw-away server.
    Postgres,
}

impl Store {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name on a command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// An empty database of this kind; SQLite's file will be in `dir`.
    #[must_use]
    pub fn database(self, dir: &Path) -> Database {
        match self {
            Self::Sqlite => Database::Sqlite(dir.join("madoguchi.db")),
            Self::Postgres => Database::Postgres(Cluster::shared().create_database()),
        }
    }
}

/// One database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file that need not exist yet.
    Sqlite(PathBuf),
    /// An empty database of a throw-away server.
    Postgres(postgres::Database),
}

impl Database {
    /// What `store.url` says.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }
}

/// Runs statements with `psql`, all or none of them; returns bare rows.
///
/// # Errors
/// With what `psql` said.
pub fn psql(cluster: &Cluster, url: &str, statements: &str) -> anyhow::Result<String> {
    let output = Command::new(cluster.bin_dir().join("psql"))
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--single-transaction"])
        .args(["--set", "ON_ERROR_STOP=1", "--command", statements, url])
        .output()
        .context("psql cannot be started")?;
    if !output.status.success() {
        bail!("psql: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
