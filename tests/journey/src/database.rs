//! The database of a journey, and direct access to it without the server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use madoguchi_testkit::server::postgres::{self, Cluster};

/// The databases on which every journey must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The embedded database.
    Sqlite,
    /// A temporary server.
    Postgres,
}

impl Store {
    /// Both databases.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name on a command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// An empty database of this kind; SQLite's file is created in `dir`.
    #[must_use]
    pub fn database(self, dir: &Path) -> TestDatabase {
        match self {
            Self::Sqlite => TestDatabase::Sqlite(dir.join("madoguchi.db")),
            Self::Postgres => TestDatabase::Postgres(Cluster::shared().create_database()),
        }
    }
}

/// One database.
#[derive(Debug, Clone)]
pub enum TestDatabase {
    /// A file, which may not exist yet.
    Sqlite(PathBuf),
    /// An empty database of a temporary server.
    Postgres(postgres::Database),
}

impl TestDatabase {
    /// The value of `store.url`.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }
}

/// Runs statements with `psql` in one transaction; returns unaligned rows.
///
/// # Errors
/// With the output of `psql`.
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
