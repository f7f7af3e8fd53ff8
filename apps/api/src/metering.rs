//! What the process counts, and the listener of its own that shows it to a monitor.

use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;

/// Upper bounds of a time's buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0];
/// How often what was counted is drawn together, so that it does not pile up unread.
const EVERY: Duration = Duration::from_secs(5);

/// How long whoever reads the metrics may take when the process stops, in seconds.
const GRACE: u64 = 1;

/// The listener.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) addr: SocketAddr,
    handle: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    upkeep: JoinHandle<()>,
}

impl Admin {
    /// Shows at `listener` what the process counts.
    pub(crate) fn start(listener: TcpListener, counted: PrometheusHandle) -> anyhow::Result<Self> {
        let addr = listener.local_addr()?;
        let shown = counted.clone();
        let server = HttpServer::new(move || {
            let counted = shown.clone();
            App::new().route("/metrics", web::get().to(move || show(counted.clone())))
        });
        let server = server.workers(1).disable_signals().shutdown_timeout(GRACE);
        let server = server.listen(listener)?.run();
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                counted.run_upkeep();
            }
        });
        Ok(Self { addr, handle: server.handle(), serving: tokio::spawn(server), upkeep })
    }

    /// Says whether it has ended and should run for ever.
    pub(crate) fn has_ended(&self) -> bool {
        self.serving.is_finished() || self.upkeep.is_finished()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.handle.stop(true).await;
        Ok(self.serving.await??)
    }
}

/// Counts from now on. The process has one recorder, however many servers it starts.
pub(crate) fn recorder() -> anyhow::Result<PrometheusHandle> {
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
