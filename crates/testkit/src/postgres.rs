//! A throw-away PostgreSQL, because a contract that has only met SQLite has not been tested.
//!
//! A [`Cluster`] lives in a directory of its own under `/tmp`, listens on a Unix socket there and
//! on nothing else, and ends with the process that started it, however that process ends: a
//! guardian process sees to it. There is no way to skip: without the programs, every test that
//! asks for a cluster fails and says what to install.
//!
//! ```no_run
//! use madoguchi_testkit::postgres::Cluster;
//!
//! let database = Cluster::shared().create_database();
//! println!("connect to {}", database.url());
//! ```

mod guardian;
mod programs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use guardian::Guardian;

/// The superuser of every cluster; it needs no password on the cluster's own socket.
pub const SUPERUSER: &str = "postgres";

/// What a crash may cost: tests that never crash the cluster choose speed.
const FAST: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// A running PostgreSQL with its data in a directory that goes away with it.
#[derive(Debug)]
pub struct Cluster {
    bin_dir: PathBuf,
    socket_dir: PathBuf,
    guardian: Mutex<Guardian>,
    databases: AtomicU32,
}

impl Cluster {
    /// The one cluster of this test process, started when first asked for.
    ///
    /// Nothing in it reaches the disk on purpose (`fsync=off`): do not crash it, other tests are
    /// using it. For that, see [`Cluster::start_durable`].
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&FAST))
    }

    /// A cluster of the caller's own that keeps every commit it has confirmed
    /// (`fsync=on`, `synchronous_commit=on`); it ends when dropped.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn start_durable() -> Self {
        Self::start(&DURABLE)
    }

    fn start(settings: &[&str]) -> Self {
        let bin_dir = programs::bin_dir();
        let guardian = Guardian::start(&bin_dir, settings);
        let socket_dir = guardian.dir().to_path_buf();
        Self { bin_dir, socket_dir, guardian: Mutex::new(guardian), databases: AtomicU32::new(0) }
    }

    /// Creates an empty database with a name of its own. It is never dropped: it goes with the
    /// cluster.
    ///
    /// # Panics
    ///
    /// When the cluster is down.
    pub fn create_database(&self) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let output = Command::new(self.bin_dir.join("createdb"))
            .arg("--host")
            .arg(&self.socket_dir)
            .args(["--username", SUPERUSER, "--no-password", "--template", "template1", &name])
            .output()
            .expect("createdb runs");
        assert!(
            output.status.success(),
            "createdb {name} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Database { url: self.url(&name), name }
    }

    /// The address of the database `name`, as tokio-postgres and libpq read it:
    /// `postgres://postgres@/name?host=%2Ftmp%2F…`.
    pub fn url(&self, name: &str) -> String {
        let host = percent_encoded(&self.socket_dir.to_string_lossy());
        format!("postgres://{SUPERUSER}@/{name}?host={host}")
    }

    /// Where the socket is: what `psql --host` takes.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Where `psql`, `pgbench` and the other programs of this very version are.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Takes the cluster down in good order: clients are disconnected, open transactions rolled
    /// back, a checkpoint written.
    pub fn stop_now(&self) {
        self.guardian().order("stop");
    }

    /// Takes the cluster down as a power cut would: no checkpoint, nobody is told; the next start
    /// recovers from the write-ahead log. (The postmaster gets `SIGQUIT`, PostgreSQL's immediate
    /// shutdown, which also waits until every backend is gone.)
    pub fn crash(&self) {
        self.guardian().order("crash");
    }

    /// Starts it again on the same data and the same socket; returns when it takes connections.
    ///
    /// # Panics
    ///
    /// When it does not start; the message holds the server's log.
    pub fn start_again(&self) {
        self.guardian().order("start");
    }

    /// A test that panicked while it held the guardian has broken nothing in it.
    fn guardian(&self) -> MutexGuard<'_, Guardian> {
        self.guardian.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One empty database in a [`Cluster`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// The address to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, unique in its cluster.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// RFC 3986: everything but the unreserved characters, so that a path fits in a query.
fn percent_encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len() * 2);
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            reserved => encoded.push_str(&format!("%{reserved:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
