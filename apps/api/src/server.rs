//! The running server: its socket, its tasks, and their orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{App, middleware};
use anyhow::Context;
use tokio::net::TcpSocket;

use crate::connection::{self, HttpListener};
use crate::descriptors;
use crate::metering::{self, Admin};
use crate::reload::ReloadableFiles;
use crate::settings::{ServerSettings, Settings};
use crate::tasks::Tasks;
use crate::wiring;
use crate::{problem, request_log, routes};

/// Starts servers.
#[derive(Debug, Clone, Copy)]
pub struct Server;

/// A server that answers.
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

/// How long requests that are at work may take once no connection is accepted any more.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(20);

impl Server {
    /// Builds everything and answers from now on. Needs a multi-threaded tokio runtime, which
    /// will run every use case.
    ///
    /// # Errors
    /// When something configured is not there; the message says what to do.
    pub async fn start(settings: Settings) -> anyhow::Result<Running> {
        problem::show_as(settings.error_codes.clone())?;
        descriptors::provide(&settings)?;
        // Nothing is claimed or sent by a process that could not be reached.
        let listener = listen("server.listen", settings.server.listen)?;
        let shown_at = listen("server.admin_listen", settings.server.admin)?;
        let addr = listener.local_addr()?;
        let counted = metering::recorder()?;
        let files = ReloadableFiles::of(&settings);
        let (state, tasks) = wiring::build(&settings).await?;
        let admin = Admin::start(shown_at, &settings.server.connections, counted)?;
        let stopping = Arc::clone(&state.stopping);
        let state = Data::new(state);
        let ServerSettings { workers, connections, source_prefix, drain_delay, .. } =
            settings.server;
        let app = move || {
            App::new()
                .app_data(state.clone())
                .wrap(middleware::from_fn(request_log::note))
                .wrap(middleware::from_fn(connection::finish_answer))
                .configure(|config| routes::serve(config, &source_prefix))
        };
        let at = ("api", listener, workers);
        let http = HttpListener::start(at, SHUTDOWN_TIMEOUT, connections, app)?;
        Ok(Running { addr, http, tasks, admin, stopping, drain_delay, files })
    }
}

/// How many bytes of answers the kernel holds for a client, in about twice as much memory.
const SEND_BUFFER: u32 = 64 * 1024;

/// Takes a port, with room for a burst of callers.
fn listen(key: &str, addr: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let take = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Connections inherit it. The kernel would let one that reads nothing have megabytes.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(addr)?;
        socket.listen(1024)?.into_std()
    };
    take().with_context(|| format!("{key} {addr}: choose a free port"))
}

impl Running {
    /// Where it answers.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it shows what it counts.
    #[must_use]
    pub const fn admin_addr(&self) -> SocketAddr {
        self.admin.addr
    }

    /// Waits until something ends that should run for ever, and names it.
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

    /// Reads the files of tokens and of the gateway's users again. One with a mistake is logged and
    /// counted, and keeps its old content.
    pub fn reload(&self) {
        self.files.start_reload();
    }

    /// Is not ready from now on, so that balancers send nobody here any more; answers until the
    /// configured time is over.
    pub fn drain(&self) -> impl Future<Output = ()> + use<> {
        self.stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain_delay)
    }

    /// Stops accepting, answers what was asked, and lets the tasks finish what they hold.
    ///
    /// # Errors
    /// When the server or a task had broken down.
    pub async fn stop(self) -> anyhow::Result<()> {
        let served = self.http.stop().await;
        let finished = self.tasks.stop().await;
        self.admin.stop().await?;
        finished?;
        served
    }
}
