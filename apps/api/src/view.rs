//! The envelopes of successful answers. Bodies are `camelCase`, with RFC 3339 times.

use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

#[derive(Serialize, ToSchema)]
pub(crate) struct Success<'a, T> {
    #[schema(schema_with = always::<true>)]
    success: bool,
    data: &'a T,
}

/// The schema of a boolean that has always this value.
pub(crate) fn always<const VALUE: bool>() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([VALUE])).into()
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(crate) struct Nothing {}

/// Exactly `{"success":true,"data":{}}`.
pub(crate) fn nothing() -> HttpResponse {
    data(&Nothing {})
}

pub(crate) fn data(data: &impl Serialize) -> HttpResponse {
    with(&mut HttpResponse::Ok(), data)
}

/// The same with this status and these headers.
pub(crate) fn with(response: &mut HttpResponseBuilder, data: &impl Serialize) -> HttpResponse {
    response.json(Success { success: true, data })
}

/// One value with a result code, as systems around contacts expect it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Coded<'a, T> {
    #[schema(schema_with = always::<true>)]
    success: bool,
    #[schema(schema_with = result_codes)]
    result_code: &'static str,
    data: &'a T,
}

/// The result code of every success.
pub(crate) const SUCCEEDED: &str = "0000";

fn result_codes() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some([SUCCEEDED])).into()
}

/// One value with a result code, with this status and these headers.
pub(crate) fn with_result(
    response: &mut HttpResponseBuilder,
    data: &impl Serialize,
) -> HttpResponse {
    response.json(Coded { success: true, result_code: SUCCEEDED, data })
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    #[schema(schema_with = always::<true>)]
    success: bool,
    data: Vec<T>,
    /// The cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// A page of values with a result code.
#[derive(Serialize, ToSchema)]
pub(crate) struct CodedPage<T> {
    #[schema(schema_with = always::<true>)]
    success: bool,
    #[schema(schema_with = result_codes)]
    result_code: &'static str,
    data: Vec<T>,
    /// The cursor of the next page; null on the last one.
    #[schema(required)]
    next: Option<String>,
}

/// A page of values with a result code, and the cursor of the next one.
pub(crate) fn results(data: Vec<impl Serialize>, next: Option<String>) -> HttpResponse {
    HttpResponse::Ok().json(CodedPage { success: true, result_code: SUCCEEDED, data, next })
}

/// A page of values, and the cursor of the next one.
pub(crate) fn page(data: Vec<impl Serialize>, next: Option<String>) -> HttpResponse {
    HttpResponse::Ok().json(Page { success: true, data, next })
}

/// A list that is always complete.
pub(crate) fn list(data: Vec<impl Serialize>) -> HttpResponse {
    page(data, None)
}

pub(crate) fn created(data: &impl Serialize) -> HttpResponse {
    with(&mut HttpResponse::Created(), data)
}
