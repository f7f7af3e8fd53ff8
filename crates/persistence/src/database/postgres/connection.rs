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
use futures_util::FutureExt;
use rustls::ClientConfig;
use rustls_platform_verifier::ConfigVerifierExt;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::database::open_error::OpenError;
use crate::database::url::is_local;

/// The settings of the connection pool.
#[derive(Debug, Clone, Copy)]
pub struct PgSettings {
    /// The maximum number of connections.
    pub connections: usize,
    /// The timeout for a free connection, and for opening a new one.
    pub pool_timeout: Duration,
}

/// The session settings of every connection.
///
/// Timeouts apply to statements, never to a transaction. `synchronous_commit` must be on: every
/// guarantee above depends on commits that are on disk before they are confirmed.
///
/// Statements are parsed once but planned each time. A plan cached while a table was empty would
/// scan the whole table as it grows. One planning serves a whole batch.
pub(super) const SETUP: &str = "set statement_timeout = '15s'; set lock_timeout = '5s'; \
    set idle_in_transaction_session_timeout = '15s'; \
    set plan_cache_mode = force_custom_plan; \
    select set_config('synchronous_commit', 'on', false) \
        where current_setting('synchronous_commit') in ('off', 'local');";

/// Opens one connection.
pub(crate) async fn connect(url: &str) -> Result<AsyncPgConnection, OpenError> {
    establish(url, SETUP).await.map_err(|_| OpenError::Unreachable)
}

/// The session settings of every connection to a replica: it only reads, also after the replica
/// was promoted, and gives up early, because the primary can answer too.
pub(super) const REPLICA_SETUP: &str = "set default_transaction_read_only = on; \
    set statement_timeout = '5s'; set lock_timeout = '1s'; \
    set idle_in_transaction_session_timeout = '5s'; \
    set plan_cache_mode = force_custom_plan;";

pub(super) fn pool(
    url: &str,
    settings: PgSettings,
    setup: &'static str,
) -> Result<Pool<AsyncPgConnection>, OpenError> {
    let mut config = ManagerConfig::default();
    config.custom_setup = Box::new(move |url| establish(url, setup).boxed());
    // The default runs a query at every checkout.
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::new_with_config(url, config);
    let pool_timeout = Some(settings.pool_timeout);
    Pool::builder(manager)
        .max_size(settings.connections)
        .timeouts(Timeouts { wait: pool_timeout, create: pool_timeout, recycle: pool_timeout })
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|_| OpenError::Unreachable)
}

async fn establish(url: &str, setup: &str) -> ConnectionResult<AsyncPgConnection> {
    let refused = || ConnectionError::BadConnection("not reachable".into());
    let mut config: Config = url.parse().map_err(|_| refused())?;
    config
        .connect_timeout(Duration::from_secs(5))
        .tcp_user_timeout(Duration::from_secs(20))
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(3);
    let mut conn = if is_local(&config) && config.get_ssl_mode() != SslMode::Require {
        let (client, link) = config.connect(NoTls).await.map_err(|_| refused())?;
        AsyncPgConnection::try_from_client_and_connection(client, link).await?
    } else {
        config.ssl_mode(SslMode::Require);
        let tls = MakeRustlsConnect::new(verified_tls().map_err(|_| refused())?);
        let (client, link) = config.connect(tls).await.map_err(|_| refused())?;
        AsyncPgConnection::try_from_client_and_connection(client, link).await?
    };
    conn.batch_execute(setup).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// TLS that trusts the certificates of the operating system.
fn verified_tls() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    // Other code may have installed the same provider before, so the error is ignored.
    let _ = Arc::unwrap_or_clone(provider).install_default();
    ClientConfig::with_platform_verifier()
}
