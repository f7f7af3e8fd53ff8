//! Opens PostgreSQL connections: encrypted unless local, with durable commits.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::Timeouts;
use diesel::{ConnectionError, ConnectionResult};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use futures_util::{FutureExt, StreamExt, stream};
use madoguchi_domain::port::DownReason;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, NoTlsStream};
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::driver_error::{DatabaseLocation, down_reason, open_refusal};
use crate::database::open_error::{OpenError, OpenRefusal};
use crate::database::url::is_local;

/// The settings of the connection pool.
#[derive(Debug, Clone, Copy)]
pub struct PgSettings {
    /// The maximum number of connections.
    pub connections: usize,
    /// The timeout for a free connection, and for opening a new one.
    pub pool_timeout: Duration,
    /// The maximum time that a statement waits for a lock.
    pub lock_timeout: Duration,
}

impl PgSettings {
    /// So many connections, with the timeouts of the server's default configuration.
    #[must_use]
    pub const fn of(connections: usize) -> Self {
        let (pool_timeout, lock_timeout) = (Duration::from_secs(2), Duration::from_millis(1500));
        Self { connections, pool_timeout, lock_timeout }
    }
}

/// The session settings of every connection, besides the lock timeout.
///
/// Timeouts apply to statements, never to a transaction. `synchronous_commit` must be on: every
/// guarantee above depends on commits that are on disk before they are confirmed.
///
/// Statements are parsed once but planned each time. A plan cached while a table was empty would
/// scan the whole table as it grows. One planning serves a whole batch.
const SETUP: &str = "set statement_timeout = '15s'; \
    set idle_in_transaction_session_timeout = '15s'; \
    set plan_cache_mode = force_custom_plan; \
    select set_config('synchronous_commit', 'on', false) \
        where current_setting('synchronous_commit') in ('off', 'local');";

/// The session settings of every connection to a replica: it only reads, also after the replica
/// was promoted, and gives up early, because the primary can answer too.
const REPLICA_SETUP: &str = "set default_transaction_read_only = on; \
    set statement_timeout = '5s'; set lock_timeout = '1s'; \
    set idle_in_transaction_session_timeout = '5s'; \
    set plan_cache_mode = force_custom_plan;";

/// How sessions are opened.
#[derive(Clone)]
pub(crate) struct Sessions {
    config: Arc<Config>,
    setup: Arc<str>,
    timeout: Duration,
}

impl Sessions {
    /// Sessions that write. Of several hosts, the one that can be written is used.
    pub(crate) fn of_primary(url: &str, settings: PgSettings) -> Result<Self, OpenError> {
        let lock_timeout = settings.lock_timeout.as_millis();
        let setup = format!("{SETUP} set lock_timeout = '{lock_timeout}ms';");
        let mut config = config(url)?;
        if config.get_hosts().len() > 1
            && config.get_target_session_attrs() == TargetSessionAttrs::Any
        {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let timeout = settings.pool_timeout;
        Ok(Self { config: Arc::new(config), setup: setup.into(), timeout })
    }

    /// Sessions that read on a replica.
    pub(super) fn of_replica(url: &str, settings: PgSettings) -> Result<Self, OpenError> {
        let config = Arc::new(config(url)?);
        Ok(Self { config, setup: REPLICA_SETUP.into(), timeout: settings.pool_timeout })
    }

    /// Opens a session without diesel, which hides the SQLSTATE of errors.
    pub(super) async fn driver_client(&self) -> Result<Client, NotOpened> {
        let (client, link) = match self.open().await? {
            Opened::Plain(client, link) => (client, drive(*link).boxed()),
            Opened::Tls(client, link) => (client, drive(*link).boxed()),
        };
        // It ends with the client.
        tokio::spawn(link);
        Ok(client)
    }

    /// Opens one session.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection, OpenError> {
        let opened = self.open().await.map_err(|why| self.refused(why.open_refusal()))?;
        self.set_up(opened).await.map_err(|_| self.refused(OpenRefusal::Other))
    }

    /// The error that names this database.
    pub(crate) fn refused(&self, why: OpenRefusal) -> OpenError {
        OpenError::refused(DatabaseLocation(&self.config), why)
    }

    pub(super) fn pool(&self, settings: PgSettings) -> Result<Pool<AsyncPgConnection>, OpenError> {
        let mut config = ManagerConfig::default();
        let sessions = self.clone();
        config.custom_setup = Box::new(move |_| {
            let sessions = sessions.clone();
            async move { sessions.establish().await }.boxed()
        });
        // The default runs a query at every checkout.
        config.recycling_method = RecyclingMethod::Fast;
        // The sessions know where to.
        let manager = AsyncDieselConnectionManager::new_with_config(String::new(), config);
        let pool_timeout = Some(settings.pool_timeout);
        Pool::builder(manager)
            .max_size(settings.connections)
            .timeouts(Timeouts { wait: pool_timeout, create: pool_timeout, recycle: pool_timeout })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| self.refused(OpenRefusal::Other))
    }

    /// Opens a session for the pool. The error holds only why, for [`is_out_of_connections`].
    async fn establish(&self) -> ConnectionResult<AsyncPgConnection> {
        let opened = self
            .open()
            .await
            .map_err(|why| ConnectionError::BadConnection(why.down_reason().as_str().to_owned()))?;
        self.set_up(opened).await
    }

    async fn set_up(&self, opened: Opened) -> ConnectionResult<AsyncPgConnection> {
        let mut conn = match opened {
            Opened::Plain(client, link) => {
                AsyncPgConnection::try_from_client_and_connection(client, *link).await?
            }
            Opened::Tls(client, link) => {
                AsyncPgConnection::try_from_client_and_connection(client, *link).await?
            }
        };
        let set_up = conn.batch_execute(&self.setup).await;
        set_up.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }

    /// Tries one host after the other; each has its part of the time to answer.
    async fn open(&self) -> Result<Opened, NotOpened> {
        let hosts = hosts(&self.config);
        let part = self.timeout / u32::try_from(hosts.len().max(1)).unwrap_or(1);
        let mut last = NotOpened::Silent;
        for host in hosts {
            match tokio::time::timeout(part, open(&host)).await {
                Ok(Ok(opened)) => return Ok(opened),
                Ok(Err(error)) => last = NotOpened::Refused(error),
                Err(_) => last = NotOpened::Silent,
            }
        }
        Err(last)
    }
}

/// Drives a connection until its end. As a future of its own it would log what the server says.
async fn drive<S>(mut link: Connection<Socket, S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut messages = stream::poll_fn(move |context| link.poll_message(context));
    while let Some(Ok(_)) = messages.next().await {}
}

/// Why no session was opened: what the last host answered.
pub(super) enum NotOpened {
    Silent,
    Refused(tokio_postgres::Error),
}

impl NotOpened {
    pub(super) fn down_reason(&self) -> DownReason {
        match self {
            Self::Silent => DownReason::Unreachable,
            Self::Refused(error) => down_reason(error),
        }
    }

    pub(super) fn open_refusal(&self) -> OpenRefusal {
        match self {
            Self::Silent => OpenRefusal::Silent,
            Self::Refused(error) => open_refusal(error),
        }
    }
}

/// A configuration for each host: the driver's own timeout ends with the TCP connection.
fn hosts(config: &Config) -> Vec<Config> {
    let all = config.get_hosts().iter().enumerate();
    let with = all.map(|(at, host)| {
        let mut one = Config::new();
        one.ssl_mode(config.get_ssl_mode())
            .channel_binding(config.get_channel_binding())
            .target_session_attrs(config.get_target_session_attrs())
            .tcp_user_timeout(Duration::from_secs(20))
            .keepalives_idle(Duration::from_secs(10))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3);
        match host {
            Host::Tcp(name) => one.host(name),
            Host::Unix(path) => one.host_path(path),
        };
        if let Some(address) = config.get_hostaddrs().get(at) {
            one.hostaddr(*address);
        }
        if let Some(port) = config.get_ports().get(at).or(config.get_ports().first()) {
            one.port(*port);
        }
        if let Some(user) = config.get_user() {
            one.user(user);
        }
        if let Some(password) = config.get_password() {
            one.password(password);
        }
        if let Some(database) = config.get_dbname() {
            one.dbname(database);
        }
        if let Some(options) = config.get_options() {
            one.options(options);
        }
        if let Some(name) = config.get_application_name() {
            one.application_name(name);
        }
        one
    });
    with.collect()
}

async fn open(config: &Config) -> Result<Opened, tokio_postgres::Error> {
    if is_local(config) && config.get_ssl_mode() != SslMode::Require {
        let (client, link) = config.connect(NoTls).await?;
        return Ok(Opened::Plain(client, Box::new(link)));
    }
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require);
    let (client, link) = config.connect(verified_tls()).await?;
    Ok(Opened::Tls(client, Box::new(link)))
}

/// Whether a session could not be opened because too many are.
pub(super) fn is_out_of_connections(error: &diesel_async::pooled_connection::PoolError) -> bool {
    use diesel_async::pooled_connection::PoolError::ConnectionError as Failed;
    let full = DownReason::TooManyConnections.as_str();
    matches!(error, Failed(ConnectionError::BadConnection(why)) if why == full)
}

type TlsStream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A client, and what drives its connection.
enum Opened {
    Plain(Client, Box<Connection<Socket, NoTlsStream>>),
    Tls(Client, Box<Connection<Socket, TlsStream>>),
}

fn config(url: &str) -> Result<Config, OpenError> {
    url.parse().map_err(|_| OpenError::refused("the PostgreSQL URL", OpenRefusal::Other))
}

/// TLS that trusts the certificates of the operating system, and none if they cannot be read.
fn verified_tls() -> MakeRustlsConnect {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Other code may have installed the same provider before, so the error is ignored.
    let _ = Arc::unwrap_or_clone(provider).install_default();
    let nobody = || {
        let roots = rustls::RootCertStore::empty();
        ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
    };
    MakeRustlsConnect::new(ClientConfig::with_platform_verifier().unwrap_or_else(|_| nobody()))
}
