//! Starts the API and the simulated world together in this process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use madoguchi_client::Client;
use tokio::time::Instant;

use crate::config::ServerConfig;
use crate::data_dir::DataDir;
use crate::local_url::local_url;
use crate::tokens;
use crate::world::{self, Addresses, EsbOptions, World};
use crate::world_client::WorldClient;

const UNTIL_READY: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Options of a stack.
#[derive(Debug, Clone)]
pub struct StackOptions {
    /// Address of the API.
    pub api: SocketAddr,
    /// Addresses of the world.
    pub world: Addresses,
    /// Directory for all files.
    pub data: PathBuf,
    /// URL of the database, if not the SQLite file in the data directory.
    pub database_url: Option<String>,
    /// What the simulated ESB can do.
    pub esb: EsbOptions,
}

/// The running API and world.
pub(crate) struct Stack {
    pub(crate) data: DataDir,
    pub(crate) api: Client,
    pub(crate) world: WorldClient,
    /// Address of the world's mail server.
    pub(crate) smtp: SocketAddr,
    /// URL of the API's metrics.
    pub(crate) metrics: String,
    server: madoguchi_api::Running,
    simulated: world::RunningWorld,
}

impl Stack {
    /// Starts the world, then the API configured for it, and waits until the API is ready. The
    /// world starts first because it refuses a directory that is in use.
    pub(crate) async fn start(options: &StackOptions) -> anyhow::Result<Self> {
        let data = DataDir::open(&options.data)?;
        let simulated = World::start(options.world, data.path(), options.esb).await?;
        let (world, smtp) = (local_url(simulated.addr()), simulated.smtp_addr());
        data.keep_secrets()?;
        data.write(&data.tokens(), &tokens::file())?;
        data.write(&data.users(), &tokens::users()?)?;
        let config = ServerConfig {
            listen: options.api,
            database_url: options.database_url.as_deref(),
            data: &data,
            world: &world,
            smtp,
            esb: options.esb,
        };
        let text = config.text()?;
        data.write(&data.config(), &text)?;
        let server = serve(&text).await?;
        let api = Client::new(&local_url(server.addr()))?;
        let metrics = format!("{}/metrics", local_url(server.admin_addr()));
        ready(&api).await?;
        let world = WorldClient::new(&world)?;
        Ok(Self { data, api, world, smtp, metrics, server, simulated })
    }

    /// Stops the API, then the world.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        let stopped = self.server.stop().await;
        self.simulated.stop().await;
        stopped.context("the API did not stop in order")
    }
}

/// Ignores the environment: its variables are for another server, perhaps a real one.
async fn serve(config: &str) -> anyhow::Result<madoguchi_api::Running> {
    let settings = madoguchi_api::settings::Settings::parse(config, [])
        .context("the API refuses the sandbox's configuration")?;
    // A simulated bank must never confirm the effects of a real database.
    anyhow::ensure!(
        settings.keeps_on_this_machine(),
        "--database-url names a server elsewhere: the sandbox uses this machine only"
    );
    madoguchi_api::Server::start(settings)
        .await
        .context("the API did not start; see to --api, --data and --database-url")
}

async fn ready(api: &Client) -> anyhow::Result<()> {
    let deadline = Instant::now() + UNTIL_READY;
    loop {
        let answer = api.get::<()>("/health/ready").await;
        match answer {
            Ok(answer) if answer.status == 200 => return Ok(()),
            Ok(_) | Err(_) if Instant::now() < deadline => {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
            Ok(answer) => bail!("the API is not ready: {} {}", answer.status, answer.body),
            Err(error) => return Err(error).context("the API is not ready"),
        }
    }
}
