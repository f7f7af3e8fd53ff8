//! What the process counts, and the listener of its own that shows it to a monitor.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;

/// Upper bounds of a time's buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0];
/// How often what was counted is drawn together, so that it does not pile up unread.
const EVERY: Duration = Duration::from_secs(5);

/// The listener.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) addr: SocketAddr,
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    upkeep: JoinHandle<()>,
}

impl Admin {
    /// Counts from now on, and shows it at `listen`.
    pub(crate) fn start(listen: SocketAddr) -> anyhow::Result<Self> {
        let counted = recorder()?;
        let listener = crate::server::listen(listen)
            .with_context(|| format!("server.admin_listen {listen}: choose a free port"))?;
        let addr = listener.local_addr()?;
        let shown = counted.clone();
        let server = HttpServer::new(move || {
            let counted = shown.clone();
            App::new().route("/metrics", web::get().to(move || show(counted.clone())))
        });
        let server = server.workers(1).disable_signals().listen(listener)?.run();
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                counted.run_upkeep();
            }
        });
        Ok(Self { addr, handle: server.handle(), serving: tokio::spawn(server), upkeep })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.handle.stop(true).await;
        Ok(self.serving.await??)
    }
}

/// The process has one recorder, however many servers it starts.
fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new().set_buckets(&BOUNDS)?.build_recorder();
    let handle = RECORDER.get_or_init(|| recorder.handle());
    // Somebody else's recorder, of a program that embeds this one, stays where it is.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle.clone())
}

async fn show(counted: PrometheusHandle) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(counted.render())
}
