//! Tests the routes of persons over the fake store.

use actix_web::http::header::ETAG;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use madoguchi_testkit::contract::audit_rows;
use serde_json::{Value, json};

use crate::test_app::{self, TestApp};

struct Answer {
    status: u16,
    etag: Option<String>,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn code(&self) -> String {
        self.json()["error"]["error_code"].as_str().unwrap_or("none").to_owned()
    }
}

/// Sends a request with a token of this scope.
async fn send(app: &TestApp, scope: &str, request: TestRequest) -> Answer {
    let app = init_service(test_app::app(app.state.clone())).await;
    let request = request.insert_header(("acstkn", scope)).to_request();
    let response = call_service(&app, request).await;
    let status = response.status().as_u16();
    let etag = response.headers().get(ETAG).map(|etag| etag.to_str().unwrap().to_owned());
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    Answer { status, etag, text }
}

async fn register(app: &TestApp, body: Value) -> Answer {
    send(app, "person.write", TestRequest::post().uri("/api/v1/persons").set_json(body)).await
}

async fn get(app: &TestApp, path: &str) -> Answer {
    send(app, "person.read", TestRequest::get().uri(path)).await
}

async fn search(app: &TestApp, body: Value) -> Answer {
    let request = TestRequest::post().uri("/api/v1/persons/search").set_json(body);
    send(app, "person.read", request).await
}

async fn change(app: &TestApp, if_match: Option<&str>, body: Value) -> Answer {
    let request = TestRequest::put().uri("/api/v1/persons/PER0001/contact-details");
    let request = request.set_json(body);
    let request = match if_match {
        Some(tag) => request.insert_header(("if-match", tag)),
        None => request,
    };
    send(app, "person.write", request).await
}

fn taro() -> Value {
    json!({
        "personId": "PER0001",
        "accountId": "ACC0001",
        "email": "canary.taro@Canary.example",
        "phone": "090-1234-5678",
        "externalIdentity": "canary-google-17",
    })
}

#[actix_web::test]
async fn personal_data_is_masked_without_the_scope_to_reveal_it() {
    let app = TestApp::open();
    let registered = register(&app, taro()).await;
    assert_eq!((registered.status, registered.etag.as_deref()), (201, Some("\"1\"")));
    let read = get(&app, "/api/v1/persons/PER0001").await;
    assert_eq!((read.status, read.etag.as_deref()), (200, Some("\"1\"")));
    let shown = &read.json()["data"];
    assert_eq!(
        (&shown["email"], &shown["phone"]),
        (&"c***@c***.example".into(), &"+********5678".into())
    );
    let history = get(&app, "/api/v1/persons/PER0001/history").await;
    for answer in [&registered, &read, &history] {
        assert!(
            !answer.text.contains("canary") && !answer.text.contains("1234"),
            "{}",
            answer.text
        );
    }
    let rows = audit_rows::rows(&app.store.stores()).await.len();
    for path in ["", "/history"] {
        let path = format!("/api/v1/persons/PER0001{path}?reveal=true");
        let answer = get(&app, &path).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"));
    }
    let unknown = get(&app, "/api/v1/persons/PER0009?reveal=true").await;
    assert_eq!(unknown.status, 403, "refused before anything is looked up");
    assert_eq!(audit_rows::rows(&app.store.stores()).await.len(), rows);
    for query in ["reveal", "reveal=1", "reveal=true&reveal=true", "x=1", "reveal=TRUE"] {
        let answer = get(&app, &format!("/api/v1/persons/PER0001?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_REQUEST"), "{query}");
    }
}

#[actix_web::test]
async fn a_change_needs_the_etag_and_says_what_is_wrong_with_it() {
    let app = TestApp::open();
    register(&app, taro()).await;
    let body = || json!({ "email": "right@canary.example" });
    let missing = change(&app, None, body()).await;
    assert_eq!((missing.status, missing.code().as_str()), (428, "PRECONDITION_REQUIRED"));
    let stale = change(&app, Some("\"7\""), body()).await;
    assert_eq!((stale.status, stale.code().as_str()), (412, "PRECONDITION_FAILED"));
    let done = change(&app, Some("\"1\""), body()).await;
    assert_eq!((done.status, done.etag.as_deref()), (200, Some("\"2\"")));
    let expected =
        json!({ "success": true, "result_code": "0000", "data": { "accountId": "ACC0001" } });
    assert_eq!(done.json(), expected);
    let again = change(&app, Some("\"1\""), body()).await;
    assert_eq!(again.status, 412);
    let any = change(&app, Some("*"), body()).await;
    assert_eq!((any.status, any.etag.as_deref()), (200, Some("\"2\"")), "nothing to change");
    let malformed = change(&app, Some("1"), body()).await;
    assert_eq!((malformed.status, malformed.code().as_str()), (400, "INVALID_REQUEST"));
}

#[actix_web::test]
async fn a_body_that_contradicts_itself_is_refused_without_its_values() {
    let app = TestApp::open();
    register(&app, taro()).await;
    let bad = [
        json!({}),
        json!({ "email": null }),
        json!({ "email": "canary no address" }),
        json!({ "phone": "canary" }),
        json!({ "mailStopped": true }),
        json!({ "mailStopReason": "canary" }),
        json!({ "mailStopped": false, "mailStopReason": "canary" }),
        json!({ "mailStopped": "canary" }),
        json!({ "canary": 1 }),
        json!({ "externalIdentity": "canary" }),
        json!({ "mailStopped": true, "mailStopReason": "canary\u{0}" }),
        json!({ "mailStopped": true, "mailStopReason": "canary".repeat(100) }),
    ];
    for body in bad {
        let answer = change(&app, Some("*"), body.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "INVALID_REQUEST"), "{body}");
        assert!(!answer.text.contains("canary"), "{}", answer.text);
    }
    for id in ["search", ".", ".."] {
        let mut unreachable = taro();
        unreachable["personId"] = id.into();
        assert_eq!(register(&app, unreachable).await.status, 400, "{id}");
    }
    for body in [json!({}), json!({ "email": "a@b.jp", "phone": "+819012345678" })] {
        assert_eq!(search(&app, body).await.status, 400);
    }
    assert_eq!(get(&app, "/api/v1/persons/PER0001").await.etag.as_deref(), Some("\"1\""));
}

#[actix_web::test]
async fn a_person_is_found_by_one_exact_address() {
    let app = TestApp::open();
    register(&app, taro()).await;
    let mut second = taro();
    second["personId"] = "PER0002".into();
    second["accountId"] = "ACC0002".into();
    second["phone"] = "+819087654321".into();
    assert_eq!(register(&app, second).await.status, 201);
    let one = search(&app, json!({ "phone": "+81 90 8765 4321" })).await;
    assert_eq!((one.status, &one.json()["data"]["personId"]), (200, &"PER0002".into()));
    let several = search(&app, json!({ "email": "canary.taro@CANARY.example" })).await;
    assert_eq!((several.status, several.code().as_str()), (409, "PERSON_AMBIGUOUS"));
    let nobody = search(&app, json!({ "email": "Canary.taro@canary.example" })).await;
    assert_eq!((nobody.status, nobody.code().as_str()), (404, "PERSON_NOT_FOUND"));
}

#[actix_web::test]
async fn a_second_person_of_an_account_and_other_data_conflict() {
    let app = TestApp::open();
    register(&app, taro()).await;
    assert_eq!(register(&app, taro()).await.status, 200);
    for (field, value) in
        [("email", "other@b.jp"), ("accountId", "ACC0002"), ("personId", "PER0002")]
    {
        let mut other = taro();
        other[field] = value.into();
        let answer = register(&app, other).await;
        assert_eq!((answer.status, answer.code().as_str()), (409, "PERSON_CONFLICT"), "{field}");
    }
}

#[actix_web::test]
async fn without_sealed_stores_there_are_no_persons() {
    let app = TestApp::with(|state| state.persons = None);
    for answer in [register(&app, taro()).await, get(&app, "/api/v1/persons/PER0001").await] {
        assert_eq!((answer.status, answer.code().as_str()), (404, "NOT_FOUND"));
    }
}
