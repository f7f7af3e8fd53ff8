//! Liveness and readiness of the process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use futures_util::future::join_all;
use madoguchi_application::HealthWatch;
use madoguchi_domain::port::DownReason;
use madoguchi_domain::replica::ReplicaRefusal;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::access::Access::Public;
use crate::access::Entry;
use crate::app_state::AppState;
use crate::body::one_of;
use crate::operation::{Answer, Operation};
use crate::problem::Problem;

pub(crate) const ROUTES: &[Entry] = &[
    Entry::head("/health/live", Public, |it| it.to(live), head(LIVE, "headLive")),
    Entry::head("/health/ready", Public, |it| it.to(ready), head(READY, "headReady")),
    Entry::get("/health/live", Public, |it| it.to(live), LIVE),
    Entry::get("/health/ready", Public, |it| it.to(ready), READY),
];

const LIVE: Operation = Operation {
    id: "live",
    tag: "server",
    summary: "Whether the process runs",
    answers: &[Answer::json::<Status>(200, "The process runs.")],
    ..Operation::EMPTY
};

const READY: Operation = Operation {
    id: "ready",
    summary: "Whether decisions can be written",
    answers: &[
        Answer::json::<Status>(200, "Every dependency that is not optional does its work."),
        Answer::json::<Status>(503, "A dependency is down, or the process is about to stop."),
    ],
    ..LIVE
};

/// The same operation without an answer's body.
const fn head(operation: Operation, id: &'static str) -> Operation {
    Operation { id, ..operation }
}

/// The reason of the server itself.
const STOPPING: &str = "stopping";

#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct Status {
    #[schema(schema_with = up_or_down)]
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dependencies: Vec<Dependency>,
}

#[derive(Serialize, ToSchema)]
struct Dependency {
    name: &'static str,
    #[schema(schema_with = up_or_down)]
    status: &'static str,
    /// Why it is down.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = reasons)]
    reason: Option<&'static str>,
    /// Whether the server does its work without it.
    optional: bool,
}

impl Dependency {
    fn new(name: &'static str, reason: Option<&'static str>) -> Self {
        let status = if reason.is_none() { "up" } else { "down" };
        Self { name, status, reason, optional: false }
    }
}

fn up_or_down() -> RefOr<Schema> {
    one_of(["up", "down"]).into()
}

fn reasons() -> RefOr<Schema> {
    let down = DownReason::ALL.map(DownReason::as_str).into_iter();
    let of_replica = ReplicaRefusal::ALL.map(ReplicaRefusal::as_str).into_iter();
    // Both have one of this name.
    let of_replica = of_replica.filter(|it| *it != DownReason::Unreachable.as_str());
    one_of(down.chain(of_replica).chain([STOPPING])).into()
}

/// Answers 200 while the process runs.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "up", dependencies: Vec::new() })
}

/// Answers 200 if every dependency that is not optional does its work; otherwise 503.
async fn ready(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let asked = state.dependencies.clone();
    let work = async move { Ok(join_all(asked.into_iter().map(ask)).await) };
    let mut dependencies = state.run(work).await?;
    if state.stopping.load(Ordering::Relaxed) {
        dependencies.push(Dependency::new("server", Some(STOPPING)));
    }
    let up = dependencies.iter().all(|dependency| dependency.reason.is_none());
    if let Some(replica) = &state.replica {
        let why = replica.status.refusal(Instant::now()).map(ReplicaRefusal::as_str);
        dependencies.push(Dependency { optional: true, ..Dependency::new("replica", why) });
    }
    let (mut response, status) =
        if up { (HttpResponse::Ok(), "up") } else { (HttpResponse::ServiceUnavailable(), "down") };
    if !up {
        response.insert_header((RETRY_AFTER, "1"));
    }
    Ok(response.json(Status { status, dependencies }))
}

async fn ask(dependency: Arc<HealthWatch>) -> Dependency {
    let reason = dependency.check().await.err().map(DownReason::as_str);
    Dependency::new(dependency.name(), reason)
}
