//! Tests that the API document is current and true: its examples are requests that are sent here.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use jiff::SignedDuration;
use madoguchi_domain::actor::Scope;
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use super::example_tests::{learn, prepare, steps};
use super::*;
use crate::call::MOST_OF_MESSAGE;
use crate::idempotency::REPLAYED;
use crate::openapi;
use crate::operation::Place;
use crate::settings::DEFAULT_SOURCE_PREFIX;
use crate::test_app::{self, TestApp, USER};

fn entries() -> impl Iterator<Item = &'static Entry> {
    API.into_iter().flatten().chain(api_page::ROUTES)
}

pub(super) fn entry(id: &str) -> &'static Entry {
    entries().find(|entry| entry.operation.is_some_and(|it| it.id == id)).unwrap()
}

fn parsed() -> Value {
    serde_json::from_str(&document("/source").unwrap()).unwrap()
}

/// The document's description of an operation.
fn described<'a>(document: &'a Value, entry: &Entry) -> &'a Value {
    let path = entry.path.replace(SOURCE_PREFIX, "/source");
    let described = &document["paths"][path][entry.method.as_str().to_lowercase()];
    assert!(described.is_object(), "{} {} is documented", entry.method, entry.path);
    described
}

/// Follows a reference to a part of the document.
fn resolved<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// A request with the path and the credentials of an operation, and its example as the body.
pub(super) fn request(entry: &Entry, examples: &Value) -> TestRequest {
    let mut path = entry.path.replace(SOURCE_PREFIX, "/source");
    let mut request = TestRequest::default().method(entry.method.clone());
    let own = &examples[entry.operation.unwrap().id]["parameters"];
    for (name, example) in examples["parameters"].as_object().unwrap() {
        let example = own[name].as_str().unwrap_or_else(|| example.as_str().unwrap());
        path = path.replace(&format!("{{{name}}}"), example);
        let header = entry.operation.unwrap().parameters.iter().find(|it| it.name == name);
        if header.is_some_and(|it| it.place == Place::Header) || name == "x-request-id" {
            request = request.insert_header((name.as_str(), example));
        }
    }
    let request = request.uri(&path);
    let (user, password) = USER;
    let request = match entry.access {
        Access::Public => request,
        Access::With(_) | Access::AnyOf(_) => {
            let token = examples[entry.operation.unwrap().id]["token"].as_str();
            let token = token.unwrap_or(entry.access.scopes()[0].as_str());
            request.insert_header(("acstkn", token))
        }
        Access::Gateway => {
            request.insert_header(("userName", user)).insert_header(("password", password))
        }
    };
    let operation = entry.operation.unwrap();
    match (examples[operation.id].get("request"), operation.raw_body) {
        (Some(body), None) => request.set_json(body),
        (Some(body), Some(media)) => request
            .set_payload(body.as_str().unwrap().to_owned())
            .insert_header(("content-type", media)),
        (None, _) => request,
    }
}

/// The media type of a body.
pub(super) fn media(entry: &Entry) -> &'static str {
    entry.operation.unwrap().raw_body.unwrap_or("application/json")
}

/// The answer's status, its media type and its body; checks that its headers are documented.
async fn answer(app: &TestApp, request: TestRequest, described: &Value) -> (u16, String, Vec<u8>) {
    let document = parsed();
    let app = init_service(test_app::app(app.state.clone())).await;
    let response = call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let documented = resolved(&document, &described["responses"][status.to_string()]);
    assert!(documented.is_object(), "{} documents {status}", described["operationId"]);
    let names = documented["headers"].as_object().unwrap().keys();
    let names: Vec<String> = names.map(|name| name.to_lowercase()).collect();
    let optional = [REPLAYED, crate::lists::LAG].map(|it| it.name.to_lowercase());
    for name in names.iter().filter(|name| !optional.contains(name)) {
        assert!(response.headers().contains_key(name), "{name} is in a {status}");
    }
    for name in response.headers().keys().map(|name| name.as_str()) {
        let general = ["content-type", "content-length"].contains(&name);
        assert!(general || names.iter().any(|it| it == name), "{name} of a {status} is documented");
    }
    let media = response.headers().get("content-type").map(|media| media.to_str().unwrap());
    let media = media.unwrap_or_default().to_owned();
    (status, media, read_body(response).await.to_vec())
}

/// The documents that are not ours.
const OPEN: [&str; 2] =
    ["#/components/schemas/UpstreamDocument", "#/components/schemas/OpenApiDocument"];

/// The schema with every object closed, so that a field without documentation is an error. Parts of
/// an `allOf` are closed together.
fn closed(mut schema: Value) -> Value {
    if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(|item| *item = closed(item.take()));
    }
    if let Some(object) = schema.as_object_mut() {
        for (key, value) in object.iter_mut().filter(|(key, _)| *key != "allOf") {
            if !["enum", "required", "components", "example", "examples"].contains(&key.as_str()) {
                *value = closed(value.take());
            }
        }
        let refers = object.get("$ref").is_some_and(|it| !OPEN.contains(&it.as_str().unwrap()));
        if refers
            || object.get("properties").is_some_and(Value::is_object)
            || object.contains_key("allOf")
        {
            object.insert("unevaluatedProperties".to_owned(), false.into());
        }
    }
    schema
}

/// Checks a value against a schema of the document.
fn assert_matches_schema(schema: &Value, value: &Value) {
    let mut schema = closed(schema.clone());
    let mut components = parsed()["components"].clone();
    for schema in components["schemas"].as_object_mut().unwrap().values_mut() {
        // Closed where it is referred to, because an `allOf` may refer to it too.
        let properties = schema["properties"].take();
        schema["properties"] = closed(properties);
        let all_of = schema["oneOf"].take();
        schema["oneOf"] = closed(all_of);
        let schema = schema.as_object_mut().unwrap();
        schema.retain(|_, value| !value.is_null());
    }
    schema["components"] = components;
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|it| it.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {value}");
}

/// Sends the example of each operation; returns the examples as they have to be.
async fn walk(app: &TestApp) -> Value {
    let (document, given) = (parsed(), openapi::examples().unwrap());
    let mut examples = given.clone();
    let mut true_examples = json!({ "walk": given["walk"] });
    for (id, expected) in steps(&given) {
        let entry = entry(id);
        let described = described(&document, entry);
        app.clock.advance(SignedDuration::from_secs(1));
        prepare(id, app).await;
        let (status, type_of, body) = answer(app, request(entry, &examples), described).await;
        assert_eq!(status, expected, "{id}: {}", String::from_utf8_lossy(&body));
        if let Some(body) = examples[id].get("request") {
            let content = &described["requestBody"]["content"][media(entry)];
            assert_matches_schema(&content["schema"], body);
            let schema = resolved(&document, &content["schema"]);
            let object = if schema["type"] == "array" { &schema["items"] } else { schema };
            let strict = resolved(&document, object)["additionalProperties"] == false;
            let is_open = entry.access == Access::Gateway || schema["type"] == "string";
            assert_eq!(strict, !is_open, "{id} refuses unknown keys");
            true_examples[id]["request"] = body.clone();
        }
        for own in ["parameters", "token"] {
            if let Some(given) = given[id].get(own) {
                true_examples[id][own] = given.clone();
            }
        }
        if entry.method == Method::HEAD {
            continue;
        }
        let documented = resolved(&document, &described["responses"][status.to_string()]);
        let schema = &documented["content"][&type_of]["schema"];
        assert!(schema.is_object(), "{id} documents {type_of}");
        if type_of == "application/json" {
            let body = serde_json::from_slice(&body).unwrap();
            assert_matches_schema(schema, &body);
            learn((id, status), &mut examples, &body);
            if id != "readApiDocument" {
                true_examples[id][status.to_string()] = body;
            }
        }
    }
    true_examples["parameters"] = examples["parameters"].take();
    true_examples
}

#[actix_web::test]
async fn every_example_is_the_answer_to_its_request() {
    let app = TestApp::open();
    let examples = openapi::examples().unwrap();
    // A context that expires is cached, so the second of two lookups has another form.
    let mut context = samples::found_context();
    context.value.expires_at = Some(samples::at(60));
    app.callers.knows_context("Q1RYMDAwMQ==", context);
    app.callers.knows_owner(samples::codigo_conta().expose(), samples::found_owner());
    let true_examples = walk(&app).await;
    let expected = serde_json::to_string_pretty(&true_examples).unwrap();
    assert!(examples == true_examples, "openapi/examples.json has to be:\n{expected}");
}

#[actix_web::test]
async fn every_operation_is_walked() {
    let examples = openapi::examples().unwrap();
    let walked: BTreeSet<&str> = steps(&examples).into_iter().map(|(id, _)| id).collect();
    let all: Vec<&str> = entries().filter_map(|it| Some(it.operation?.id)).collect();
    assert_eq!(all.len(), walked.len(), "no id is given twice");
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), walked);
    let gateway = entries().filter(|entry| entry.access == Access::Gateway);
    let refusals = gateway.map(|entry| entry.operation.unwrap().refusals.len());
    assert_eq!(refusals.sum::<usize>(), 0, "the gateway has one list of refusals for all");
}

/// Requests that any route with this access or with a body refuses.
fn refused_requests(entry: &Entry, examples: &Value) -> Vec<(u16, TestRequest)> {
    let request = || request(entry, examples);
    let typed = || ("content-type", media(entry));
    let mut refused = Vec::new();
    if entry.access != Access::Public {
        let anonymous = TestRequest::with_uri(&request().to_request().uri().to_string());
        refused.push((401, anonymous.method(entry.method.clone())));
    }
    let own = entry.access.scopes();
    if !own.is_empty() {
        let other = Scope::ALL.into_iter().find(|it| !own.contains(it)).unwrap();
        refused.push((403, request().insert_header(("acstkn", other.as_str()))));
    }
    let operation = entry.operation.unwrap();
    if operation.body.is_some() || operation.raw_body.is_some() {
        refused.push((400, request().set_payload("{").insert_header(typed())));
        let huge = if operation.raw_body.is_some() { MOST_OF_MESSAGE + 1 } else { 40_000 };
        let huge = request().set_payload(vec![b' '; huge]).insert_header(typed());
        let text = request().set_payload("{}").insert_header(("content-type", "text/plain"));
        let strict = entry.access != Access::Gateway;
        refused.push((if strict { 413 } else { 400 }, huge));
        refused.push((if strict { 415 } else { 400 }, text));
    }
    refused
}

#[actix_web::test]
async fn every_general_refusal_is_documented() {
    let (app, document) = (TestApp::open(), parsed());
    let examples = openapi::examples().unwrap();
    for entry in entries().filter(|entry| entry.operation.is_some()) {
        let described = described(&document, entry);
        for (expected, request) in refused_requests(entry, &examples) {
            let (status, media, body) = answer(&app, request, described).await;
            assert_eq!(status, expected, "{} {}", entry.method, entry.path);
            let documented = resolved(&document, &described["responses"][status.to_string()]);
            let body = serde_json::from_slice(&body).unwrap();
            assert_matches_schema(&documented["content"][&media]["schema"], &body);
        }
    }
}

#[test]
fn the_published_document_is_current() {
    let published = include_str!("../../../../docs/openapi.json");
    let current = document(DEFAULT_SOURCE_PREFIX).unwrap();
    let how = "renew it: cargo run -p madoguchi-api -- openapi > docs/openapi.json";
    assert!(published == current, "docs/openapi.json is not what the routes are; {how}");
}

#[actix_web::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let state = TestApp::open().state;
    let app = init_service(test_app::app(state)).await;
    let page = call_service(&app, TestRequest::get().uri("/docs/").to_request()).await;
    let page = String::from_utf8(read_body(page).await.to_vec()).unwrap();
    let mut links: Vec<&str> = page.split('"').filter(|text| text.starts_with("./")).collect();
    assert!(links.len() >= 5 && !page.contains("//"), "{page}");
    links.push("");
    for link in links {
        let path = format!("/docs/{}", link.trim_start_matches("./"));
        let file = call_service(&app, TestRequest::get().uri(&path).to_request()).await;
        assert_eq!(file.status(), 200, "{path}");
        let policy = file.headers().get("content-security-policy").unwrap().to_str().unwrap();
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
    }
    let missing = TestRequest::get().uri("/docs/../Cargo.toml").to_request();
    assert_eq!(call_service(&app, missing).await.status(), 404);
}
