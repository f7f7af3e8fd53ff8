//! Runs the server behind PgBouncer: in session mode it must work, in the others it must refuse to
//! start.
#![expect(clippy::print_stdout, reason = "this program reports to its user")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::TestDatabase;
use madoguchi_journey::process::Process;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_testkit::server::postgres::{Cluster, Database, SUPERUSER};
use tempfile::TempDir;

/// Runs the server behind PgBouncer in each of its modes.
#[derive(Debug, Parser)]
#[command(name = "tests/pooler", after_help = "Example:\n  tests/pooler")]
struct Options {
    /// The program
    #[arg(long, default_value = "pgbouncer")]
    pgbouncer: String,
}

const UNTIL_UP: Duration = Duration::from_secs(10);
const PORT: u16 = 6432;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options { pgbouncer } = Options::parse();
    let cluster = Cluster::start_fast();
    for mode in ["session", "transaction", "statement"] {
        let database = cluster.create_database();
        let pooler = Pooler::start(&pgbouncer, &cluster, &database, mode)?;
        let started = behind(&pooler, &database).await;
        match (mode, started) {
            ("session", Ok(())) => println!("session mode: a verdict reached the core bank"),
            ("session", Err(error)) => return Err(error.context("session mode")),
            (_, Ok(())) => anyhow::bail!("{mode} mode was not refused"),
            (_, Err(error)) => {
                let said = format!("{error:#}");
                ensure!(
                    said.contains("a pooler in transaction or statement mode"),
                    "{mode} mode: {said}"
                );
                let sentence = said.lines().find(|line| line.contains("pooler")).unwrap_or(&said);
                println!("{mode} mode: refused: {}", sentence.trim());
            }
        }
    }
    Ok(())
}

/// A whole upgrade over the pooler, on a database that was migrated without it.
async fn behind(pooler: &Pooler, database: &Database) -> anyhow::Result<()> {
    let system = TestSystem::on(&TestDatabase::Postgres(database.clone()), Vec::new()).await?;
    system.stop()?;
    let url = pooler.url(database);
    system.start_with(&[("STORE__URL", &url)]).await?;
    let customer = Customer::verified(&system).await?;
    ensure!(system.caller.decide(&customer.member, true).await?.status == 200, "a verdict");
    customer.settled(&system).await?;
    system.stop()
}

/// A running PgBouncer.
struct Pooler {
    _process: Process,
    dir: TempDir,
}

impl Pooler {
    fn start(
        program: &str,
        cluster: &Cluster,
        database: &Database,
        mode: &str,
    ) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("madoguchi-pooler-").tempdir_in("/tmp")?;
        let (socket_dir, name) = (dir.path().display(), database.name());
        let host = cluster.socket_dir().display();
        let config = dir.path().join("pgbouncer.ini");
        let users = dir.path().join("users");
        fs::write(&users, format!("\"{SUPERUSER}\" \"\"\n"))?;
        let text = format!(
            "[databases]\n{name} = host={host} dbname={name}\n[pgbouncer]\nlisten_addr =\n\
             unix_socket_dir = {socket_dir}\nlisten_port = {PORT}\nauth_type = trust\n\
             auth_file = {}\npool_mode = {mode}\nuser = {SUPERUSER}\n\
             ignore_startup_parameters = extra_float_digits,options\n",
            users.display()
        );
        fs::write(&config, text)?;
        own(dir.path(), cluster.socket_dir())?;
        let mut command = Command::new(program);
        command.arg(&config);
        let mut process = Process::start(command, &dir.path().join("said"))
            .context("give the path of pgbouncer with --pgbouncer")?;
        process.hear(UNTIL_UP, |line| line.contains("process up").then_some(()))?;
        Ok(Self { _process: process, dir })
    }

    fn url(&self, database: &Database) -> String {
        let host = self.dir.path().display().to_string().replace('/', "%2F");
        format!("postgres://{SUPERUSER}@/{}?host={host}&port={PORT}", database.name())
    }
}

/// The pooler does not run as root: it becomes the user of the cluster.
fn own(dir: &Path, like: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let account = fs::metadata(like)?;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755))?;
    chown(dir, Some(account.uid()), Some(account.gid()))?;
    Ok(())
}
