//! The system under test of a journey: one server, one outside world, one database.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::api::Api;
use crate::caller::Caller;
use crate::database::{Store, TestDatabase};
use crate::installation::Installation;
use crate::process::StderrReader;
use crate::world::SandboxWorld;

const UNTIL_READY: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// All running parts of a journey. Dropping it stops them and removes their files.
#[derive(Debug)]
pub struct TestSystem {
    /// A client of the server, also after a restart.
    pub caller: Caller,
    /// The core bank and its journal.
    pub world: SandboxWorld,
    /// The server's configuration and files.
    pub installation: Installation,
    api: Mutex<Option<Api>>,
    _dir: TempDir,
}

impl TestSystem {
    /// A system for one journey, on an empty database; `changed` as for [`Installation`].
    ///
    /// # Errors
    /// When something does not start, with its output.
    pub async fn own(store: Store, changed: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let database = tokio::task::block_in_place(|| store.database(dir.path()));
        Self::with(dir, &database, changed).await
    }

    /// A system on this database.
    ///
    /// # Errors
    /// When something does not start, with its output.
    pub async fn on(
        database: &TestDatabase,
        changed: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        Self::with(tempfile::tempdir()?, database, changed).await
    }

    async fn with(
        dir: TempDir,
        database: &TestDatabase,
        changed: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Self> {
        let (world, installation, api) =
            tokio::task::block_in_place(|| install(dir.path(), database, changed))?;
        let caller = Caller::new(api.addr())?;
        let system = Self { caller, world, installation, api: Mutex::new(Some(api)), _dir: dir };
        system.ready().await?;
        Ok(system)
    }

    /// The system shared by journeys that do not stop or reconfigure the server. It ends with the
    /// last of them.
    ///
    /// # Errors
    /// When something does not start, with its output.
    pub async fn shared(store: Store) -> anyhow::Result<Arc<Self>> {
        static SHARED: [tokio::sync::Mutex<Weak<TestSystem>>; 2] =
            [const { tokio::sync::Mutex::const_new(Weak::new()) }; 2];
        let mut shared = SHARED[store as usize].lock().await;
        if let Some(system) = shared.upgrade() {
            return Ok(system);
        }
        let system = Arc::new(Self::own(store, Vec::new()).await?);
        *shared = Arc::downgrade(&system);
        Ok(system)
    }

    /// Waits until the server is ready.
    ///
    /// # Errors
    /// When it is not ready in time.
    pub async fn ready(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + UNTIL_READY;
        loop {
            let answer = self.caller.get("/health/ready", "").await;
            match answer {
                Ok(answer) if answer.status == 200 => return Ok(()),
                Ok(_) | Err(_) if Instant::now() < deadline => {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
                Ok(answer) => bail!("not ready: {} {}", answer.status, answer.body),
                Err(error) => return Err(error).context("not ready"),
            }
        }
    }

    /// Kills the server with `SIGKILL`.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill(&self) -> anyhow::Result<()> {
        tokio::task::block_in_place(|| self.take()?.kill())
    }

    /// Stops the server with `SIGTERM`.
    ///
    /// # Errors
    /// When it does not run, or does not exit with 0.
    pub fn stop(&self) -> anyhow::Result<()> {
        tokio::task::block_in_place(|| self.take()?.stop())
    }

    /// Restarts the server on another port with the same files and database.
    ///
    /// # Errors
    /// When it does not start, with its output.
    pub async fn start_again(&self) -> anyhow::Result<()> {
        self.resume(tokio::task::block_in_place(|| Api::start(&self.installation))?).await
    }

    /// Restarts the server with a standard error that is not read.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_unread(&self, reader: StderrReader) -> anyhow::Result<()> {
        let start = || Api::start_unread(&self.installation, reader);
        self.resume(tokio::task::block_in_place(start)?).await
    }

    /// Starts the server with other values of these variables, which are named as for
    /// [`Installation`].
    ///
    /// # Errors
    /// When it does not start, with its output.
    pub async fn start_with(&self, changed: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut command = self.installation.command("serve");
        command.envs(changed.iter().map(|(key, value)| (format!("MADOGUCHI__{key}"), value)));
        let start = || Api::start_as(command, &self.installation.log());
        self.resume(tokio::task::block_in_place(start)?).await
    }

    async fn resume(&self, api: Api) -> anyhow::Result<()> {
        self.caller.moved(api.addr());
        *self.api.lock().unwrap_or_else(PoisonError::into_inner) = Some(api);
        self.ready().await
    }

    /// The server's condition and its last output, to explain another failure.
    pub fn condition(&self) -> String {
        let mut api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        let is = api.as_mut().map_or_else(|| "the server does not run".to_owned(), Api::condition);
        let log = self.log().unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        format!("{is}; it last said, newest first: {last:#?}")
    }

    /// All output of the server, over all its starts.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        let bytes = std::fs::read(self.installation.log())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The server's metrics, as a monitoring system reads them.
    ///
    /// # Errors
    /// When the server does not run or does not answer.
    pub async fn metrics(&self) -> anyhow::Result<String> {
        let admin = {
            let api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
            api.as_ref().map(Api::admin).context("the server does not run")?
        };
        Ok(Caller::new(admin)?.get("/metrics", "").await?.body)
    }

    /// One value of [`metrics`](Self::metrics); 0 for a missing series.
    ///
    /// # Errors
    /// As `metrics`.
    pub async fn metric(&self, series: &str) -> anyhow::Result<u64> {
        let shown = self.metrics().await?;
        let value = shown.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(Ok(0), |number| number.parse().context(series.to_owned()))
    }

    /// The memory that the server uses now, in KiB.
    ///
    /// # Errors
    /// When it does not run.
    pub fn memory_kib(&self) -> anyhow::Result<u64> {
        let api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        api.as_ref().context("the server does not run")?.memory_kib()
    }

    /// The server's process id.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self) -> anyhow::Result<u32> {
        let api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(api.as_ref().context("the server does not run")?.pid())
    }

    /// Makes the server reload the token file and the user file: `SIGHUP`.
    ///
    /// # Errors
    /// When it does not run.
    pub fn reload(&self) -> anyhow::Result<()> {
        let api = self.api.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::task::block_in_place(|| api.as_ref().context("the server does not run")?.reload())
    }

    fn take(&self) -> anyhow::Result<Api> {
        let api = self.api.lock().unwrap_or_else(PoisonError::into_inner).take();
        api.context("the server does not run")
    }
}

fn install(
    dir: &Path,
    database: &TestDatabase,
    mut changed: Vec<(&'static str, String)>,
) -> anyhow::Result<(SandboxWorld, Installation, Api)> {
    let world = SandboxWorld::start(&dir.join("world"))?;
    changed.insert(0, ("MAIL__SMTP_PORT", world.smtp_port().to_owned()));
    let installation = Installation::new(dir, database, world.url(), changed)?;
    installation.migrate()?;
    let api = Api::start(&installation)?;
    Ok((world, installation, api))
}
