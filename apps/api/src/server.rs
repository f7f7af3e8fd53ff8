//! The running server: its socket, its tasks, and their orderly end.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer, middleware};
use anyhow::Context;
use tokio::task::JoinHandle;

use crate::settings::Settings;
use crate::wiring::{self, Tasks};
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
    tasks: Tasks,
}

impl Server {
    /// Builds everything and answers from now on. Needs a multi-threaded tokio runtime, which
    /// will run every use case.
    ///
    /// # Errors
    /// When something configured is not there; the message says what to do.
    pub async fn start(settings: Settings) -> anyhow::Result<Running> {
        problem::show_as(settings.error_codes.clone());
        let (front, tasks) = wiring::build(&settings).await?;
        let front = Data::new(front);
        let prefix = settings.server.source_prefix.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(front.clone())
                .wrap(middleware::from_fn(request_log::note))
                .configure(|config| routes::serve(config, &prefix))
        })
        .workers(settings.server.workers)
        .client_request_timeout(Duration::from_secs(5))
        .shutdown_timeout(20)
        .disable_signals()
        .bind(settings.server.listen)
        .with_context(|| format!("server.listen {}: choose a free port", settings.server.listen))?;
        let addr = server.addrs().first().copied().context("server.listen has no address")?;
        let server = server.run();
        let handle = server.handle();
        Ok(Running { addr, handle, serving: tokio::spawn(server), tasks })
    }
}

impl Running {
    /// Where it answers.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops accepting, answers what was asked, lets the tasks finish what they hold.
    ///
    /// # Errors
    /// When the server had ended by itself.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(true).await;
        let served = self.serving.await;
        self.tasks.stop().await;
        Ok(served??)
    }
}
