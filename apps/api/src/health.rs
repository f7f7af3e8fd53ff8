//! Liveness and readiness of the process.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::Data;
use futures_util::future::join_all;
use madoguchi_domain::port::Health;
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
    summary: "Whether every dependency is available",
    answers: &[
        Answer::json::<Status>(200, "Every dependency is available."),
        Answer::json::<Status>(503, "A dependency is down, or the process is about to stop."),
    ],
    ..LIVE
};

/// The same operation without an answer's body.
const fn head(operation: Operation, id: &'static str) -> Operation {
    Operation { id, ..operation }
}

/// Timeout for one dependency.
const TIMEOUT: Duration = Duration::from_secs(2);

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
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

fn up_or_down() -> RefOr<Schema> {
    one_of(["up", "down"]).into()
}

/// Answers 200 while the process runs.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Status { status: "up", dependencies: Vec::new() })
}

/// Answers 200 if every dependency is available; otherwise 503 with the names of the others.
async fn ready(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let asked = state.dependencies.clone();
    let work = async move { Ok(join_all(asked.into_iter().map(ask)).await) };
    let mut dependencies = state.run(work).await?;
    if state.stopping.load(Ordering::Relaxed) {
        let reason = Some("it is about to stop");
        dependencies.push(Dependency { name: "server", status: "down", reason });
    }
    let up = dependencies.iter().all(|dependency| dependency.reason.is_none());
    let (mut response, status) =
        if up { (HttpResponse::Ok(), "up") } else { (HttpResponse::ServiceUnavailable(), "down") };
    if !up {
        response.insert_header((RETRY_AFTER, "1"));
    }
    Ok(response.json(Status { status, dependencies }))
}

async fn ask(dependency: Arc<dyn Health>) -> Dependency {
    let name = dependency.name();
    let answer = tokio::time::timeout(TIMEOUT, dependency.check()).await;
    match answer.unwrap_or(Err("it does not answer in time")) {
        Ok(()) => Dependency { name, status: "up", reason: None },
        Err(reason) => Dependency { name, status: "down", reason: Some(reason) },
    }
}
