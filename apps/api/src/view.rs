//! The envelopes of successful answers. Bodies are `camelCase`, with RFC 3339 times.

use actix_web::HttpResponse;
use serde::Serialize;

#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
}

#[derive(Serialize)]
struct Nothing {}

/// Exactly `{"success":true,"data":{}}`.
pub(crate) fn nothing() -> HttpResponse {
    data(&Nothing {})
}

pub(crate) fn data(data: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(Success { success: true, data })
}

#[derive(Serialize)]
struct Page<T> {
    success: bool,
    data: Vec<T>,
    /// The cursor of the next page, if there is one.
    next: Option<String>,
}

/// A list that is always complete.
pub(crate) fn list(data: Vec<impl Serialize>) -> HttpResponse {
    HttpResponse::Ok().json(Page { success: true, data, next: None })
}

pub(crate) fn created(data: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().json(Success { success: true, data })
}
