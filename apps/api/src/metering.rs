//! What the process counts, and the listener of its own that shows it to a monitor.

use std::net::{SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::{App, HttpResponse, middleware, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::task::JoinHandle;

use crate::connection::{self, ConnectionLimits, HttpListener};
use crate::logging;

/// Upper bounds of a time's buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0];
/// How often what was counted is drawn together, so that it does not pile up unread.
const EVERY: Duration = Duration::from_secs(5);

/// How long the metrics may take to be read when the process stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// The most connections of monitors at once.
const MAX_CONNECTIONS: usize = 64;

/// The listener.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) addr: SocketAddr,
    http: HttpListener,
    upkeep: JoinHandle<()>,
}

impl Admin {
    /// Shows at `listener` what the process counts.
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

    /// Says whether it has ended and should run for ever.
    pub(crate) fn has_ended(&self) -> bool {
        self.http.has_ended() || self.upkeep.is_finished()
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.http.stop().await
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
    metrics::counter!("madoguchi_log_lines_lost_total").absolute(logging::lines_lost());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(counted.render())
}
