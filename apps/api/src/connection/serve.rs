//! Runs the HTTP server over connections that the table admitted.

use std::fmt;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Request, Response};
use actix_server::{ServerBuilder, ServerHandle};
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::refusal;
use super::stream::PacedStream;
use super::table::{ConnectionLimits, ConnectionTable};

/// Maximum number of accepted connections beyond those in the table.
pub(crate) const MAX_CLOSING: usize = 256;

/// A listener that serves HTTP, with its table of connections.
#[derive(Debug)]
pub(crate) struct HttpListener {
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
    reaping: JoinHandle<()>,
}

impl HttpListener {
    /// Serves `app` at `listener` on `workers` threads; `name` is its label in metrics.
    pub(crate) fn start<I, S, B>(
        (name, listener, workers): (&'static str, TcpListener, usize),
        shutdown_timeout: Duration,
        limits: ConnectionLimits,
        app: impl Fn() -> I + Send + Clone + 'static,
    ) -> io::Result<Self>
    where
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error> + 'static,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>> + 'static,
        B: MessageBody + 'static,
    {
        let table = ConnectionTable::new(name, limits);
        let builder = ServerBuilder::new();
        let stops = builder.graceful_shutdown_signal();
        let admitting = Arc::clone(&table);
        let factory = move || {
            let (table, stops) = (Arc::clone(&admitting), stops.clone());
            let app = app().into_factory().map_err(|error| error.into().error_response());
            let http = HttpService::build()
                // The table enforces every timeout.
                .keep_alive(KeepAlive::Os)
                .client_request_timeout(Duration::ZERO)
                .client_disconnect_timeout(Duration::ZERO)
                .graceful_shutdown_signal(move || {
                    let stops = stops.clone();
                    async move { stops.notified().await }
                })
                .on_connect_ext(|io: &PacedStream, data| {
                    data.insert(Arc::clone(io.connection()));
                })
                .h1(map_config(app, |()| AppConfig::default()));
            fn_service(move |io: TcpStream| {
                let admitted = admit(io, &table);
                async move { admitted }
            })
            .and_then(http)
        };
        // Those in the table, and those that it has closed but that have not ended yet.
        let accepted = table.max_connections() + MAX_CLOSING;
        let server = builder
            .workers(workers)
            .max_concurrent_connections(accepted.div_ceil(workers))
            .shutdown_timeout(shutdown_timeout.as_secs())
            .disable_signals()
            .listen("http", listener, factory)?
            .run();
        let (handle, serving) = (server.handle(), tokio::spawn(server));
        Ok(Self { handle, serving, reaping: tokio::spawn(table.reap()) })
    }

    /// Whether a task has ended that should run for ever.
    pub(crate) fn has_ended(&self) -> bool {
        self.serving.is_finished() || self.reaping.is_finished()
    }

    /// Stops accepting and waits for the requests under way.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(true).await;
        let served = self.serving.await;
        self.reaping.abort();
        Ok(served??)
    }
}

type Admitted = (PacedStream, Option<std::net::SocketAddr>);

fn admit(io: TcpStream, table: &Arc<ConnectionTable>) -> Result<Admitted, DispatchError> {
    let peer = io.peer_addr()?;
    match table.admit(peer.ip()) {
        Ok(open) => {
            // A failure only makes answers slower.
            let _ = io.set_nodelay(true);
            Ok((PacedStream::new(io, open, Arc::clone(table)), Some(peer)))
        }
        Err(_) => {
            // A new socket has room for it; a client that is still sending may not receive it.
            let _ = io.into_std().and_then(|mut io| io.write(&refusal::no_place()));
            Err(DispatchError::Io(io::ErrorKind::ConnectionRefused.into()))
        }
    }
}
