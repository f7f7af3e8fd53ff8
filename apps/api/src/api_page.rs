//! The API document, and an interactive page about it that loads nothing from elsewhere.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{Bytes, Data, Path};
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use crate::access::Access::Public;
use crate::access::Entry;
use crate::operation::{Answer, Operation};
use crate::problem::{Code, Problem};

pub(crate) const ROUTES: &[Entry] = &[
    Entry::get(DOCUMENT, Public, |it| it.to(document), READ),
    Entry::file("/docs", |it| it.to(to_the_page)),
    Entry::file("/docs/{file:.*}", |it| it.to(file)),
];

const DOCUMENT: &str = "/openapi.json";

const READ: Operation = Operation {
    id: "readApiDocument",
    tag: "server",
    summary: "This document",
    answers: &[Answer::json::<Document>(200, "The OpenAPI 3.1 document of this server.")],
    ..Operation::EMPTY
};

/// An OpenAPI document.
#[derive(ToSchema)]
#[schema(as = OpenApiDocument)]
#[expect(dead_code, reason = "only its schema is used")]
struct Document {
    openapi: String,
    paths: serde_json::Value,
}

/// The page needs inline styles; everything else comes from this server only.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

/// The document as JSON.
pub(crate) struct ApiDocument(pub(crate) Bytes);

async fn document(document: Data<ApiDocument>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// The page's own links are relative to its directory.
async fn to_the_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// The files that the page loads.
const FILES: [&str; 8] = [
    "",
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
];

/// A file of the page.
async fn file(name: Path<String>) -> Result<HttpResponse, Problem> {
    if !FILES.contains(&name.as_str()) {
        return Err(Problem::of(Code::NotFound));
    }
    let config = Config::new([DOCUMENT])
        .use_base_layout()
        .validator_url("none")
        .display_operation_id(true)
        .try_it_out_enabled(true)
        .default_models_expand_depth(0);
    let found = utoipa_swagger_ui::serve(&name, Arc::new(config));
    let file =
        found.map_err(|_| Problem::of(Code::Internal))?.ok_or(Problem::of(Code::NotFound))?;
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(HttpResponse::Ok()
        .content_type(file.content_type)
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .body(bytes))
}
