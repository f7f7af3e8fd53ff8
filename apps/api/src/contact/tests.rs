//! Tests the routes of contacts over the fake store, with a clock that a test sets.

use std::sync::Arc;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use jiff::SignedDuration;
use madoguchi_domain::contact::ContactPolicy;
use madoguchi_domain::port::Ids;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::{self, TestApp, contacts_by};

struct Answer {
    status: u16,
    media: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

/// Sends a request with a token of this scope.
async fn send(app: &TestApp, scope: &str, request: TestRequest) -> Answer {
    let app = init_service(test_app::app(app.state.clone())).await;
    let request = request.insert_header(("acstkn", scope)).to_request();
    let response = call_service(&app, request).await;
    let status = response.status().as_u16();
    let media = response.headers().get(CONTENT_TYPE).map(|media| media.to_str().unwrap());
    let media = media.unwrap_or_default().to_owned();
    let text = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    Answer { status, media, text }
}

async fn get(app: &TestApp, path: &str) -> Value {
    let answer = send(app, "contact.read", TestRequest::get().uri(path)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// An app whose approvals are due for a reminder after a day, and for escalation after three.
fn app_with_ages() -> TestApp {
    let hours = |hours| Some(SignedDuration::from_hours(hours));
    let policy = ContactPolicy {
        remind_after: hours(24),
        escalate_after: hours(72),
        ..samples::contact_policy()
    };
    let store = FakeStore::new(samples::audit_key());
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(9));
    let contacts = contacts_by(policy, &store.contact_stores(), &ids);
    let mut app = TestApp::with(|state| state.contacts = Some(contacts));
    app.store = store;
    app
}

/// Adds a contact for a person that is registered on the way; returns its id.
async fn added(app: &TestApp) -> String {
    let person = samples::registers(&samples::person_registration(1));
    madoguchi_domain::port::PersonStore::commit(&app.store, &[person]).await.unwrap();
    let body = json!({
        "personId": samples::person_id(1).expose(),
        "accountId": samples::account_id(1).expose(),
        "type": "NOTICE",
        "subject": "s",
        "body": "b",
        "sender": { "kind": "HUMAN", "name": "山田" },
    });
    let request = TestRequest::post().uri("/api/v1/contacts").set_json(body);
    let answer = send(app, "contact.write", request).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["data"]["contactId"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn the_inbox_flags_what_waits_too_long() {
    let app = app_with_ages();
    let first = added(&app).await;
    app.clock.advance(SignedDuration::from_hours(30));
    let second = added(&app).await;
    let ids = async |query: &str| -> Vec<String> {
        let list = get(&app, &format!("/api/v1/contacts?waiting={query}")).await;
        let list = list["data"].as_array().unwrap().iter();
        list.map(|it| it["contactId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids("ALL").await, [first.clone(), second.clone()], "the longest waiting first");
    assert_eq!(ids("REMINDER").await, std::slice::from_ref(&first));
    assert_eq!(ids("ESCALATION").await, Vec::<String>::new());
    let age = async |id: &str| {
        get(&app, &format!("/api/v1/contacts/{id}")).await["data"]["waiting"]["age"].clone()
    };
    assert_eq!((age(&first).await, age(&second).await), (json!("REMINDER"), json!("NEW")));
    app.clock.advance(SignedDuration::from_hours(42));
    assert_eq!(ids("ESCALATION").await, std::slice::from_ref(&first));
    assert_eq!(ids("REMINDER").await, [first.clone(), second.clone()], "and what is escalated");
    assert_eq!((age(&first).await, age(&second).await), (json!("ESCALATION"), json!("REMINDER")));
}

#[actix_web::test]
async fn a_list_is_csv_only_if_csv_is_preferred() {
    let app = app_with_ages();
    added(&app).await;
    let list = async |accept: &str, path: &str| {
        let request = TestRequest::get().uri(path).insert_header(("accept", accept));
        let answer = send(&app, "contact.read", request).await;
        (answer.status, answer.media)
    };
    let (csv, json) = ("text/csv; charset=utf-8", "application/json");
    for (accept, media) in [
        ("text/csv", csv),
        ("text/csv, */*;q=0.1", csv),
        ("application/json, text/csv;q=0.5", json),
        ("*/*", json),
        ("text/html", json),
        ("x", json),
    ] {
        assert_eq!(list(accept, "/api/v1/contacts").await, (200, media.to_owned()), "{accept}");
    }
    for refused in ["limit=5", "cursor=x"] {
        let (status, _) = list("text/csv", &format!("/api/v1/contacts?{refused}")).await;
        assert_eq!(status, 400, "{refused}");
    }
}

#[actix_web::test]
async fn an_export_of_several_pages_is_complete() {
    let app = app_with_ages();
    added(&app).await;
    for number in 1..=1_100 {
        let id = samples::contact_id(number);
        let change = samples::adds(id, 1, samples::contact_content(), i64::from(number));
        let committed = madoguchi_domain::port::ContactStore::commit(&app.store, &[change]).await;
        assert_eq!(committed, Ok(madoguchi_domain::change::Committed::Moved));
    }
    let request = TestRequest::get().uri("/api/v1/contacts").insert_header(("accept", "text/csv"));
    let answer = send(&app, "contact.read", request).await;
    assert_eq!(answer.text.split_terminator("\r\n").count(), 1 + 1_101);
    assert!(!answer.text.contains("山田"));
}
