//! The running server: its socket, its tasks, and their orderly end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, middleware};
use anyhow::Context;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use crate::connection::{self, ConnectionTable};
use crate::descriptors;
use crate::metering::{self, Admin};
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
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    reaping: JoinHandle<()>,
    tasks: Tasks,
    admin: Admin,
    stopping: Arc<AtomicBool>,
    drain_delay: Duration,
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
        let (front, tasks) = wiring::build(&settings).await?;
        let admin = Admin::start(shown_at, &settings.server.connections, counted)?;
        let stopping = Arc::clone(&front.stopping);
        let front = Data::new(front);
        let ServerSettings { workers, connections, source_prefix, drain_delay, .. } =
            settings.server;
        let table = ConnectionTable::new(connections);
        let app = move || {
            App::new()
                .app_data(front.clone())
                .wrap(middleware::from_fn(request_log::note))
                .wrap(middleware::from_fn(connection::mark_answered))
                .configure(|config| routes::serve(config, &source_prefix))
        };
        let server = connection::serve((listener, workers), SHUTDOWN_TIMEOUT, &table, app)?;
        let (handle, serving) = (server.handle(), tokio::spawn(server));
        let reaping = tokio::spawn(table.reap());
        Ok(Running { addr, handle, serving, reaping, tasks, admin, stopping, drain_delay })
    }
}

/// Takes a port, with room for a burst of callers.
fn listen(key: &str, addr: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let take = || {
        let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
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
            if self.serving.is_finished() {
                return "the HTTP server";
            }
            if self.reaping.is_finished() {
                return "the deadlines of connections";
            }
            if self.admin.has_ended() {
                return "the listener of the metrics";
            }
            if let Some(what) = self.tasks.has_ended() {
                return what;
            }
        }
    }

    /// Says for a while that it is not ready, so that balancers send nobody here any more; then
    /// stops accepting, answers what was asked, and lets the tasks finish what they hold.
    ///
    /// # Errors
    /// When the server or a task had broken down.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stopping.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.drain_delay).await;
        self.handle.stop(true).await;
        let served = self.serving.await;
        self.reaping.abort();
        let finished = self.tasks.stop().await;
        self.admin.stop().await?;
        finished?;
        Ok(served??)
    }
}
