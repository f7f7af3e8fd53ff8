//! The running server: its listeners, its tasks and their graceful shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::web::{Bytes, Data};
use actix_web::{App, middleware};
use anyhow::Context;
use tokio::net::TcpSocket;

use crate::connection::{self, HttpListener};
use crate::descriptors;
use crate::metering::{self, Admin};
use crate::reload::ReloadableFiles;
use crate::settings::{ServerSettings, Settings};
use crate::tasks::Tasks;
use crate::wiring::{self, Built};
use crate::{problem, request_log, routes};

/// Starts a server from its settings.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// A running server.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    http: HttpListener,
    tasks: Tasks,
    admin: Admin,
    stopping: Arc<AtomicBool>,
    drain_delay: Duration,
    files: ReloadableFiles,
}

/// Timeout for the requests under way once no connection is accepted any more.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

impl Server {
    /// Builds and starts everything. Needs a multi-threaded tokio runtime, which runs every use
    /// case.
    ///
    /// # Errors
    /// When something configured is unavailable; the message says what to do.
    pub async fn start(settings: Settings) -> anyhow::Result<Running> {
        problem::show_as(settings.error_codes.clone())?;
        descriptors::provide(&settings)?;
        // Listen first: a process that cannot be reached must claim and send nothing.
        let listener = listen("server.listen", settings.server.listen)?;
        let shown_at = listen("server.admin_listen", settings.server.admin)?;
        let addr = listener.local_addr()?;
        let counted = metering::recorder()?;
        metering::register(routes::documented_answers(&settings.server.source_prefix));
        let Built { state, tasks, files } = wiring::build(&settings).await?;
        let admin = Admin::start(shown_at, &settings.server.connections, counted)?;
        let stopping = Arc::clone(&state.stopping);
        let state = Data::new(state);
        let ServerSettings { workers, connections, source_prefix, drain_delay, api_page, .. } =
            settings.server;
        let document = api_page.then(|| routes::document(&source_prefix)).transpose()?;
        let document = document.map(Bytes::from);
        let app = move || {
            App::new()
                .app_data(state.clone())
                .wrap(middleware::from_fn(request_log::note))
                .wrap(middleware::from_fn(connection::finish_answer))
                .configure(|config| routes::serve(config, &source_prefix, document.clone()))
        };
        let at = ("api", listener, workers);
        let http = HttpListener::start(at, SHUTDOWN_TIMEOUT, connections, app)?;
        Ok(Running { addr, http, tasks, admin, stopping, drain_delay, files })
    }
}

/// Kernel send buffer per connection, in bytes; it uses about twice as much memory.
const SEND_BUFFER: u32 = 64 * 1024;

/// Binds a port, with a backlog for a burst of clients.
fn listen(key: &str, addr: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let take = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Connections inherit it. The default is megabytes for a client that reads nothing.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(addr)?;
        socket.listen(1024)?.into_std()
    };
    take().with_context(|| format!("{key} {addr}: choose a free port"))
}

impl Running {
    /// The address of the API.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The address of the metrics.
    #[must_use]
    pub const fn admin_addr(&self) -> SocketAddr {
        self.admin.addr
    }

    /// Waits until a task ends that should run for ever, and returns its name.
    pub async fn ended(&self) -> &'static str {
        loop {
            tokio::time::sleep(Duration::from_millis(250)).await;
            if self.http.has_ended() {
                return "the HTTP server";
            }
            if self.admin.has_ended() {
                return "the listener of the metrics";
            }
            if let Some(what) = self.tasks.has_ended() {
                return what;
            }
        }
    }

    /// Reloads the token file, the gateway's user file and the key ring. An invalid file is logged
    /// and counted, and keeps its old content.
    pub fn reload(&self) {
        self.files.start_reload();
    }

    /// Makes readiness fail, so that load balancers send no new clients. Requests are answered
    /// until the configured delay is over.
    pub fn drain(&self) -> impl Future<Output = ()> + use<> {
        self.stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain_delay)
    }

    /// Stops accepting, answers the requests under way and lets the tasks finish their work.
    ///
    /// # Errors
    /// When the server or a task had failed.
    pub async fn stop(self) -> anyhow::Result<()> {
        let served = self.http.stop().await;
        let finished = self.tasks.stop().await;
        self.admin.stop().await?;
        finished?;
        served
    }
}
