//! The faults, each on the databases that it concerns.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use madoguchi_journey::database::{Store, TestDatabase, psql};
use madoguchi_journey::kill_test::SystemFault;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::{Cluster, Database, LockHolder};
use tempfile::TempDir;

use crate::small_disk::SmallDisk;

/// A fault on a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    DiskFullSqlite,
    DiskFullPostgres,
    ReadOnlyPostgres,
    DescriptorsSqlite,
    DescriptorsPostgres,
    LockedSqlite,
    LockedPostgres,
    AwayPostgres,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DiskFullSqlite => "disk full (SQLite)",
            Self::DiskFullPostgres => "disk full (PostgreSQL)",
            Self::ReadOnlyPostgres => "read-only (PostgreSQL)",
            Self::DescriptorsSqlite => "no file descriptors (SQLite)",
            Self::DescriptorsPostgres => "no file descriptors, sessions ended (PostgreSQL)",
            Self::LockedSqlite => "locked by another process (SQLite)",
            Self::LockedPostgres => "table locked (PostgreSQL)",
            Self::AwayPostgres => "primary away and back (PostgreSQL)",
        })
    }
}

/// A system, and what breaks in it.
pub(crate) struct Prepared {
    pub(crate) system: Arc<TestSystem>,
    pub(crate) fault: Box<dyn SystemFault>,
    /// The files of an embedded database.
    _dir: Option<TempDir>,
}

/// Without a line for each request.
const LOGS: &str = "info,madoguchi_api::request_log=warn";

async fn started(database: &TestDatabase) -> anyhow::Result<Arc<TestSystem>> {
    let changed = vec![("RUST_LOG", LOGS.to_owned())];
    Ok(Arc::new(TestSystem::on(database, changed).await?))
}

impl Case {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied()
    }

    pub(crate) async fn prepare(self) -> anyhow::Result<Prepared> {
        match self {
            Self::DiskFullSqlite => {
                let disk = SmallDisk::mount(160)?;
                let database = TestDatabase::Sqlite(disk.path().join("m.db"));
                let system = started(&database).await?;
                Ok(Prepared { system, fault: Box::new(DiskFull { disk, on: None }), _dir: None })
            }
            Self::DiskFullPostgres => {
                let disk = SmallDisk::mount(800)?;
                let on = OnCluster::new(Cluster::start_durable_in(disk.path()));
                let system = started(&on.database()).await?;
                let fault = Box::new(DiskFull { disk, on: Some(on) });
                Ok(Prepared { system, fault, _dir: None })
            }
            Self::DescriptorsSqlite => on_sqlite(|_| NoDescriptors::boxed(None)).await,
            Self::LockedSqlite => {
                on_sqlite(|file| Box::new(LockedFile { file, holder: Mutex::default() })).await
            }
            Self::ReadOnlyPostgres => on_postgres(|on| Box::new(ReadOnly(on))).await,
            Self::DescriptorsPostgres => on_postgres(|on| NoDescriptors::boxed(Some(on))).await,
            Self::LockedPostgres => {
                on_postgres(|on| Box::new(LockedTable { on, held: Mutex::default() })).await
            }
            Self::AwayPostgres => on_postgres(|on| Box::new(Away(on))).await,
        }
    }
}

async fn on_sqlite(fault: impl FnOnce(String) -> Box<dyn SystemFault>) -> anyhow::Result<Prepared> {
    let dir = tempfile::tempdir()?;
    let database = Store::Sqlite.database(dir.path());
    let TestDatabase::Sqlite(file) = &database else { anyhow::bail!("not a file") };
    let fault = fault(file.display().to_string());
    Ok(Prepared { system: started(&database).await?, fault, _dir: Some(dir) })
}

async fn on_postgres(
    fault: impl FnOnce(OnCluster) -> Box<dyn SystemFault>,
) -> anyhow::Result<Prepared> {
    let on = OnCluster::new(Cluster::start_durable());
    let system = started(&on.database()).await?;
    Ok(Prepared { system, fault: fault(on), _dir: None })
}

/// A database and its server.
struct OnCluster {
    cluster: Cluster,
    database: Database,
}

impl OnCluster {
    fn new(cluster: Cluster) -> Self {
        let database = cluster.create_database();
        Self { cluster, database }
    }

    fn database(&self) -> TestDatabase {
        TestDatabase::Postgres(self.database.clone())
    }

    fn sql(&self, statements: &str) -> anyhow::Result<String> {
        psql(&self.cluster, self.database.url(), statements)
    }

    fn end_sessions(&self) -> anyhow::Result<()> {
        self.sql(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid()",
        )?;
        Ok(())
    }
}

struct DiskFull {
    disk: SmallDisk,
    on: Option<OnCluster>,
}

impl SystemFault for DiskFull {
    fn begin(&self, _: &TestSystem) -> anyhow::Result<()> {
        self.disk.fill()
    }

    /// A PostgreSQL that stopped for want of room is started again, as a service manager does.
    fn end(&self, _: &TestSystem) -> anyhow::Result<()> {
        self.disk.free()?;
        if let Some(on) = &self.on
            && on.sql("select 1").is_err()
        {
            on.cluster.crash();
            on.cluster.start_again();
        }
        Ok(())
    }
}

/// As after a fail-over to a server that only reads, and back.
struct ReadOnly(OnCluster);

impl SystemFault for ReadOnly {
    fn begin(&self, _: &TestSystem) -> anyhow::Result<()> {
        let name = self.0.database.name();
        self.0.sql(&format!("alter database {name} set default_transaction_read_only = on"))?;
        self.0.end_sessions()
    }

    fn end(&self, _: &TestSystem) -> anyhow::Result<()> {
        let name = self.0.database.name();
        let back = format!("alter database {name} reset default_transaction_read_only");
        self.0.sql(&format!("set transaction read write; {back}"))?;
        Ok(())
    }
}

/// The server may open no file and accept no connection. On PostgreSQL it also loses its sessions.
struct NoDescriptors {
    on: Option<OnCluster>,
    /// The limit of before.
    limit: Mutex<String>,
}

impl NoDescriptors {
    fn boxed(on: Option<OnCluster>) -> Box<dyn SystemFault> {
        Box::new(Self { on, limit: Mutex::default() })
    }
}

/// Less than any server has open, so that none is free before the fault ends.
const FEW: &str = "16:";

fn prlimit(system: &TestSystem, arguments: &[&str]) -> anyhow::Result<String> {
    let ran = Command::new("prlimit")
        .args(["--pid", &system.pid()?.to_string()])
        .args(arguments)
        .output()
        .context("prlimit cannot be started: it is in util-linux")?;
    ensure!(ran.status.success(), "prlimit: {}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?.trim().to_owned())
}

impl SystemFault for NoDescriptors {
    fn begin(&self, system: &TestSystem) -> anyhow::Result<()> {
        let before = prlimit(system, &["--nofile", "--noheadings", "--output", "SOFT"])?;
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = before;
        prlimit(system, &[&format!("--nofile={FEW}")])?;
        self.on.as_ref().map_or(Ok(()), OnCluster::end_sessions)
    }

    fn end(&self, system: &TestSystem) -> anyhow::Result<()> {
        let before = self.limit.lock().unwrap_or_else(PoisonError::into_inner).clone();
        prlimit(system, &[&format!("--nofile={before}:")])?;
        Ok(())
    }
}

struct LockedFile {
    file: String,
    holder: Mutex<Option<Child>>,
}

/// Holds the lock of all writers until its input ends.
const HOLD: &str = "import sqlite3, sys\n\
    conn = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)\n\
    conn.execute('begin immediate')\nprint('locked', flush=True)\nsys.stdin.read()\n";

impl SystemFault for LockedFile {
    fn begin(&self, _: &TestSystem) -> anyhow::Result<()> {
        let mut holder = Command::new("python3")
            .args(["-c", HOLD, &self.file])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("python3 cannot be started")?;
        let said = holder.stdout.take().context("its output")?;
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        ensure!(line == "locked\n", "the file was not locked");
        *self.holder.lock().unwrap_or_else(PoisonError::into_inner) = Some(holder);
        Ok(())
    }

    fn end(&self, _: &TestSystem) -> anyhow::Result<()> {
        let holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut holder = holder.context("it was not locked")?;
        drop(holder.stdin.take());
        holder.wait()?;
        Ok(())
    }
}

struct LockedTable {
    on: OnCluster,
    held: Mutex<Option<LockHolder>>,
}

impl SystemFault for LockedTable {
    fn begin(&self, _: &TestSystem) -> anyhow::Result<()> {
        let lock = "lock table upgrade_case in share mode";
        let held = self.on.cluster.hold(&self.on.database, lock);
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(())
    }

    fn end(&self, _: &TestSystem) -> anyhow::Result<()> {
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
        Ok(())
    }
}

/// A power failure and a start with the same disk.
struct Away(OnCluster);

impl SystemFault for Away {
    fn begin(&self, _: &TestSystem) -> anyhow::Result<()> {
        self.0.cluster.crash();
        Ok(())
    }

    fn end(&self, _: &TestSystem) -> anyhow::Result<()> {
        self.0.cluster.start_again();
        Ok(())
    }
}
