//! Logs one line per request: id, method, route, status and duration, but no values.

use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use madoguchi_domain::correlation::CorrelationId;

use crate::app_state::AppState;
use crate::headers;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Assigns the request id, calls the route, returns the id to the caller and logs the result.
pub(crate) async fn note(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let given = headers::values(request.headers(), &REQUEST_ID).next();
    let given = given.and_then(|value| value.to_str().ok());
    let id = match given.and_then(|text| CorrelationId::parse(text).ok()) {
        Some(id) => Some(id),
        None => request
            .app_data::<Data<AppState>>()
            .map(|state| CorrelationId::from_uuid(state.ids.uuid())),
    };
    if let Some(id) = &id {
        request.extensions_mut().insert(id.clone());
    }
    let method = known(request.method());
    let mut response = next.call(request).await?;
    // The pattern, never the path: a path may contain a member id.
    let route = response.request().match_pattern();
    let (route, status) = (route.as_deref().unwrap_or("none"), response.status().as_u16());
    let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    let request = id.as_ref().map(CorrelationId::as_str);
    tracing::info!(request, method, route, status, took_us, "answered");
    count(route, status, began.elapsed());
    if let Some(value) = request.and_then(|id| HeaderValue::from_str(id).ok()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    Ok(response)
}

/// Counts an answer by route pattern, so that no client can create a new metric series.
fn count(route: &str, status: u16, took: Duration) {
    let labels = [("route", route.to_owned()), ("status", status.to_string())];
    metrics::counter!("madoguchi_http_requests_total", &labels).increment(1);
    let route = route.to_owned();
    metrics::histogram!("madoguchi_http_request_duration_seconds", "route" => route)
        .record(took.as_secs_f64());
}

/// The standard method's name: any other text comes from the client and is not logged.
fn known(method: &Method) -> &'static str {
    let all = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::CONNECT,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    all.iter().zip(names).find(|(own, _)| *own == method).map_or("other", |(_, name)| name)
}
