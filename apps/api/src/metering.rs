//! The metrics of the process, and the separate listener that serves them.

mod catalogue;

use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::{App, HttpResponse, middleware, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;

use crate::connection::{self, ConnectionLimits, HttpListener};
use crate::logging;

pub(crate) use catalogue::register;

/// Upper bounds of the duration buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0];
/// Upkeep interval: histogram samples are aggregated so that they do not accumulate in memory.
const EVERY: Duration = Duration::from_secs(5);

/// Timeout for metrics requests under way when the process stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Maximum number of connections to the metrics listener.
const MAX_CONNECTIONS: usize = 64;

/// The metrics listener.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) addr: SocketAddr,
    http: HttpListener,
    upkeep: JoinHandle<()>,
}

impl Admin {
    /// Serves the metrics at `listener`.
    pub(crate) fn start(
        listener: TcpListener,
        limits: &ConnectionLimits,
        counted: PrometheusHandle,
    ) -> anyhow::Result<Self> {
        let addr = listener.local_addr()?;
        let shown = counted.clone();
        let app = move || {
            let counted = shown.clone();
            App::new()
                .route("/metrics", web::get().to(move || show(counted.clone())))
                .wrap(middleware::from_fn(connection::finish_answer))
        };
        let limits = ConnectionLimits { max_connections: MAX_CONNECTIONS, ..limits.clone() };
        let http = HttpListener::start(("admin", listener, 1), SHUTDOWN_TIMEOUT, limits, app)?;
        let upkeep = tokio::spawn(async move {
            loop {
                tokio::time::sleep(EVERY).await;
                counted.run_upkeep();
            }
        });
        Ok(Self { addr, http, upkeep })
    }

    /// Whether a task has ended that should run for ever.
    pub(crate) fn has_ended(&self) -> bool {
        self.http.has_ended() || self.upkeep.is_finished()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.http.stop().await
    }
}

/// Installs the metrics recorder once per process, also when it starts several servers.
pub(crate) fn recorder() -> anyhow::Result<PrometheusHandle> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new().set_buckets(&BOUNDS)?.build_recorder();
    let handle = RECORDER.get_or_init(|| recorder.handle());
    // A program that embeds this one may have installed its own recorder, which stays.
    let _ = metrics::set_global_recorder(recorder);
    Ok(handle.clone())
}

async fn show(counted: PrometheusHandle) -> HttpResponse {
    metrics::counter!("madoguchi_log_lines_lost_total").absolute(logging::lines_lost());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(counted.render())
}
