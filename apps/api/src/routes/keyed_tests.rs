//! Tests every route with an idempotency key: those that change something answer a repetition from
//! their store, and the others ignore it.

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use jiff::SignedDuration;
use serde_json::Value;

use super::document_tests::{entry, media, request};
use super::example_tests::{learn, prepare, steps};
use super::*;
use crate::openapi;
use crate::test_app::{self, TestApp};

struct Reply {
    status: u16,
    is_replayed: bool,
    etag: Option<String>,
    body: Vec<u8>,
}

async fn reply(response: ServiceResponse<impl MessageBody>) -> Reply {
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let (status, etag) = (response.status().as_u16(), header("etag"));
    let is_replayed = header("idempotency-replayed").is_some_and(|it| it == "true");
    Reply { status, is_replayed, etag, body: read_body(response).await.to_vec() }
}

async fn send(app: &TestApp, request: TestRequest, key: &str) -> Reply {
    let service = init_service(test_app::app(app.state.clone())).await;
    let request = request.insert_header(("idempotency-key", key));
    reply(call_service(&service, request.to_request()).await).await
}

#[actix_web::test]
async fn every_post_that_changes_something_is_replayed() {
    let app = TestApp::open();
    let mut examples = openapi::examples().unwrap();
    let (given, mut replayed) = (examples.clone(), 0);
    for (step, (id, status)) in steps(&given).into_iter().enumerate() {
        let (entry, key) = (entry(id), format!("key-{step}"));
        app.clock.advance(SignedDuration::from_secs(1));
        prepare(id, &app).await;
        let first = send(&app, request(entry, &examples), &key).await;
        assert!(!first.is_replayed, "{id}");
        if entry.keyed {
            replayed += 1;
            assert_eq!(first.status, status, "{id}: {}", String::from_utf8_lossy(&first.body));
            app.clock.advance(SignedDuration::from_secs(1));
            let again = send(&app, request(entry, &examples), &key).await;
            assert!(again.is_replayed, "{id}");
            assert!((again.status, &again.etag, &again.body) == (status, &first.etag, &first.body));
            let own = &examples[id]["request"];
            let spaced = own.as_str().map_or_else(|| format!("{own} "), |text| format!("{text} "));
            let other = request(entry, &examples).set_payload(spaced);
            let other = other.insert_header(("content-type", media(entry)));
            assert_eq!(send(&app, other, &key).await.status, 422, "{id}");
        }
        if let Ok(answer) = serde_json::from_slice(&first.body) {
            learn((id, status), &mut examples, &answer);
        }
    }
    let keyed = API.into_iter().flatten().filter(|entry| entry.keyed).count();
    assert!(replayed >= keyed, "{replayed} of {keyed}");
}

#[test]
fn every_post_is_keyed_or_only_reads() {
    let reads = ["searchPersons", "findCaller", "contextos", "codigo"];
    for entry in API.into_iter().flatten() {
        let id = entry.operation.unwrap().id;
        let changes = entry.method == Method::POST && !reads.contains(&id);
        assert_eq!(entry.keyed, changes, "{id}");
        // What a repetition must repeat is the body.
        let operation = entry.operation.unwrap();
        let has_body = operation.body.is_some() || operation.raw_body.is_some();
        assert!(!entry.keyed || has_body, "{id}");
    }
}

#[actix_web::test]
async fn a_route_without_keys_ignores_the_header() {
    let app = TestApp::open();
    let examples: Value = openapi::examples().unwrap();
    for entry in API.into_iter().flatten().filter(|entry| !entry.keyed) {
        let malformed = send(&app, request(entry, &examples), "not a key").await;
        let plain = init_service(test_app::app(app.state.clone())).await;
        let plain = call_service(&plain, request(entry, &examples).to_request()).await;
        assert_eq!(malformed.status, plain.status().as_u16(), "{}", entry.path);
    }
}
