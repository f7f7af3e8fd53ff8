//! A temporary PostgreSQL for tests, because the contract must run on PostgreSQL too.
//!
//! A [`Cluster`] has its own directory under `/tmp` and listens only on a Unix socket there. A
//! guardian process stops it when the test process ends, however that happens. Tests are never
//! skipped: without the PostgreSQL programs they fail and say what to install.
//!
//! ```no_run
//! use madoguchi_testkit::server::postgres::Cluster;
//!
//! let database = Cluster::shared().create_database();
//! println!("connect to {}", database.url());
//! ```

mod guardian;
mod lock_holder;
mod programs;
mod replica;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use guardian::Guardian;
pub use lock_holder::LockHolder;

/// The superuser of every cluster; it needs no password on the cluster's own socket.
pub const SUPERUSER: &str = "postgres";

/// The durability settings: tests that never crash the cluster use the fast ones.
const FAST: [&str; 3] = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
const DURABLE: [&str; 3] = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// A running PostgreSQL; its data directory is removed with it.
#[derive(Debug)]
pub struct Cluster {
    bin_dir: PathBuf,
    socket_dir: PathBuf,
    settings: &'static [&'static str],
    guardian: Mutex<Guardian>,
    databases: AtomicU32,
}

impl Cluster {
    /// The shared cluster of this test process, started on first use.
    ///
    /// It is not durable (`fsync=off`), and other tests use it: do not crash it. For crash tests
    /// use [`Cluster::start_durable`].
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to install.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start_fast)
    }

    /// A separate cluster that is not durable; it stops when dropped.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to install.
    pub fn start_fast() -> Self {
        Self::start(&FAST)
    }

    /// A separate cluster that keeps every confirmed commit (`fsync=on`,
    /// `synchronous_commit=on`); it stops when dropped.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to install.
    pub fn start_durable() -> Self {
        Self::start(&DURABLE)
    }

    /// A separate durable cluster in a directory of its own under `parent`, which its account must
    /// be able to enter, and whose path must be short: the socket is there too.
    ///
    /// # Panics
    ///
    /// When PostgreSQL is not installed or does not start; the message says what to install.
    pub fn start_durable_in(parent: &Path) -> Self {
        Self::start_from(programs::bin_dir(), parent, None, &DURABLE)
    }

    fn start(settings: &'static [&'static str]) -> Self {
        // A socket's path has at most 107 bytes, and the unprivileged account needs access.
        Self::start_from(programs::bin_dir(), Path::new("/tmp"), None, settings)
    }

    fn start_from(
        bin_dir: PathBuf,
        parent: &Path,
        primary: Option<&Path>,
        settings: &'static [&'static str],
    ) -> Self {
        let guardian = Guardian::start(&bin_dir, parent, primary, settings);
        let socket_dir = guardian.dir().to_path_buf();
        let (guardian, databases) = (Mutex::new(guardian), AtomicU32::new(0));
        Self { bin_dir, socket_dir, settings, guardian, databases }
    }

    /// Creates an empty database with a unique name. It is removed with the cluster.
    ///
    /// # Panics
    ///
    /// When the cluster is down.
    pub fn create_database(&self) -> Database {
        self.create_from("template1")
    }

    /// Creates a copy of a database to which nothing is connected.
    ///
    /// # Panics
    ///
    /// When the cluster is down, or the database is in use.
    pub fn copy_database(&self, original: &Database) -> Database {
        self.create_from(original.name())
    }

    fn create_from(&self, template: &str) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let output = Command::new(self.bin_dir.join("createdb"))
            .arg("--host")
            .arg(&self.socket_dir)
            .args(["--username", SUPERUSER, "--no-password", "--template", template, &name])
            .output()
            .expect("createdb runs");
        assert!(
            output.status.success(),
            "createdb {name} failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Database { url: self.url(&name), name }
    }

    /// The URL of the database `name`, in the form of tokio-postgres and libpq:
    /// `postgres://postgres@/name?host=%2Ftmp%2F…`.
    pub fn url(&self, name: &str) -> String {
        let host = percent_encoded(&self.socket_dir.to_string_lossy());
        format!("postgres://{SUPERUSER}@/{name}?host={host}")
    }

    /// The directory of the socket, for `psql --host`.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The directory of `psql`, `pgbench` and the other programs of the same version.
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// Stops the cluster cleanly: disconnects clients, rolls back open transactions, writes a
    /// checkpoint.
    pub fn stop_now(&self) {
        self.guardian().order("stop");
    }

    /// Stops the cluster like a power failure: no checkpoint, clients are not notified; the next
    /// start recovers from the write-ahead log. (`SIGQUIT` to the postmaster, PostgreSQL's
    /// immediate shutdown, which also waits until all backends have ended.)
    pub fn crash(&self) {
        self.guardian().order("crash");
    }

    /// Restarts it with the same data and socket; returns when it accepts connections.
    ///
    /// # Panics
    ///
    /// When it does not start; the message has the server's log.
    pub fn start_again(&self) {
        self.guardian().order("start");
    }

    /// A panic of a test that holds the lock does not damage the guardian.
    fn guardian(&self) -> MutexGuard<'_, Guardian> {
        self.guardian.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One database in a [`Cluster`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    name: String,
    url: String,
}

impl Database {
    /// The URL to connect to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, unique in its cluster.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986), so that a path fits in a query.
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
