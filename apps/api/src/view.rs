//! The envelopes of successful answers. Bodies are `camelCase`, with RFC 3339 times.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

#[derive(Serialize)]
struct Success<'a, T> {
    success: bool,
    data: &'a T,
}

/// The schema of [`Success`] around this one.
pub(crate) fn data_schema(data: RefOr<Schema>) -> RefOr<Schema> {
    envelope().property("data", data).required("data").into()
}

/// An empty object.
#[derive(Serialize, ToSchema)]
pub(crate) struct Nothing {}

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

/// The schema of [`Page`] with these items.
pub(crate) fn list_schema(item: RefOr<Schema>) -> RefOr<Schema> {
    let next = SchemaType::from_iter([Type::String, Type::Null]);
    let next = ObjectBuilder::new()
        .schema_type(next)
        .description(Some("The cursor of the next page; null on the last one."));
    let data = ArrayBuilder::new().items(item);
    let page = envelope().property("data", data).required("data");
    page.property("next", next).required("next").into()
}

fn envelope() -> ObjectBuilder {
    let success = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true]));
    ObjectBuilder::new().property("success", success).required("success")
}

/// A list that is always complete.
pub(crate) fn list(data: Vec<impl Serialize>) -> HttpResponse {
    HttpResponse::Ok().json(Page { success: true, data, next: None })
}

pub(crate) fn created(data: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().json(Success { success: true, data })
}
