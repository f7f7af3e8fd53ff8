//! Tests of the routes of retention.

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::contact::{ContactEvent, ContactKey, Content};
use madoguchi_domain::port::{ContactStore, PersonStore, RetentionStore};
use madoguchi_domain::retention::{DueQuery, DueScope};
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::{self, TestApp};

/// Contact 1 to person 1 names application 1.
async fn with_contact() -> TestApp {
    let app = TestApp::open();
    let person = samples::registers(&samples::person_registration(1));
    PersonStore::commit(&app.store, &[person]).await.unwrap();
    let application = Some(samples::application_id(1));
    let content = Content { application, ..samples::contact_content() };
    let change = samples::adds(samples::contact_id(1), 1, content, 0);
    ContactStore::commit(&app.store, &[change]).await.unwrap();
    app
}

async fn send(app: &TestApp, request: TestRequest) -> (StatusCode, String) {
    let service = init_service(test_app::app(app.state.clone())).await;
    let response = call_service(&service, request.to_request()).await;
    (response.status(), String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

async fn post(app: &TestApp, scope: Scope, path: &str, body: &Value) -> (u16, Value) {
    let request =
        TestRequest::post().uri(path).insert_header(("acstkn", scope.as_str())).set_json(body);
    let (status, body) = send(app, request).await;
    (status.as_u16(), serde_json::from_str(&body).unwrap())
}

fn get(scope: Scope, path: &str) -> TestRequest {
    TestRequest::get().uri(path).insert_header(("acstkn", scope.as_str()))
}

async fn complete(app: &TestApp, application: &str, at: &Value) -> (u16, Value) {
    let path = format!("/api/v1/applications/{application}/completion");
    post(app, Scope::ApplicationWrite, &path, &json!({ "completedAt": at })).await
}

fn code(answer: &Value) -> &str {
    answer["error"]["error_code"].as_str().unwrap_or_default()
}

#[actix_web::test]
async fn a_completion_is_recorded_once_by_its_day_in_japan() {
    let app = with_contact().await;
    let (status, answer) = complete(&app, "APP-0001", &json!("2026-01-05T00:30:00+09:00")).await;
    assert_eq!(status, 200);
    let expected = json!({ "applicationId": "APP-0001", "completedOn": "2026-01-05",
        "lastDayKept": "2026-03-05" });
    assert_eq!(answer["data"], expected);
    let again = complete(&app, "APP-0001", &json!("2026-01-04T23:59:59Z")).await;
    assert_eq!(again, (200, answer), "the same day in Japan");
    let (status, answer) = complete(&app, "APP-0001", &json!("2026-01-04T23:59:59+09:00")).await;
    assert_eq!((status, code(&answer)), (409, "COMPLETION_CONFLICT"));
}

#[actix_web::test]
async fn a_completion_that_cannot_be_says_why() {
    let app = with_contact().await;
    let (status, answer) = complete(&app, "APP-0002", &json!("2026-01-05T09:00:00+09:00")).await;
    assert_eq!((status, code(&answer)), (404, "APPLICATION_NOT_FOUND"));
    for (at, rule) in [
        (json!("2026-01-05T09:00:00"), "must be an RFC 3339 time"),
        (json!("2026-01-05"), "must be an RFC 3339 time"),
        (json!(1_767_571_200), "must be"),
        (json!(null), "is missing"),
        (json!("2026-01-05T18:05:01+09:00"), "must not be in the future"),
        (json!("1999-12-31T00:00:00Z"), "must be a time of the years 2000 to 2099"),
    ] {
        let (status, answer) = complete(&app, "APP-0001", &at).await;
        let message = answer["error"]["error_message"].as_str().unwrap();
        assert_eq!((status, code(&answer)), (400, "INVALID_REQUEST"), "{at}");
        assert!(message.contains("completedAt") && message.contains(rule), "{at}: {message}");
    }
    let long = "x".repeat(65);
    let (status, _) = complete(&app, &long, &json!("2026-01-05T09:00:00+09:00")).await;
    assert_eq!(status, 400);
}

#[actix_web::test]
async fn a_hold_names_one_subject_that_exists() {
    let app = with_contact().await;
    let place = async |body: Value| post(&app, Scope::Operator, "/api/v1/holds", &body).await;
    let reason = "canary";
    for body in [
        json!({ "reason": reason }),
        json!({ "reason": reason, "personId": "PER0001", "applicationId": "APP-0001" }),
        json!({ "reason": "", "personId": "PER0001" }),
        json!({ "reason": "x".repeat(501), "personId": "PER0001" }),
        json!({ "personId": "PER0001" }),
        json!({ "reason": reason, "personId": "PER0001", "until": "2030-01-01" }),
    ] {
        let (status, answer) = place(body).await;
        assert_eq!((status, code(&answer)), (400, "INVALID_REQUEST"));
        assert!(!answer.to_string().contains("canary"));
    }
    let (status, answer) = place(json!({ "reason": reason, "personId": "PER0002" })).await;
    assert_eq!((status, code(&answer)), (404, "PERSON_NOT_FOUND"));
    let (status, answer) = place(json!({ "reason": reason, "applicationId": "APP-0002" })).await;
    assert_eq!((status, code(&answer)), (404, "APPLICATION_NOT_FOUND"));
    let (status, answer) = place(json!({ "reason": reason, "applicationId": "APP-0001" })).await;
    assert_eq!(status, 201);
    assert_eq!(answer["data"]["contacts"], json!({ "kept": 1, "deleted": 0, "purged": 0 }));
}

#[actix_web::test]
async fn a_hold_is_listed_until_it_is_released() {
    let app = with_contact().await;
    let body = json!({ "reason": "訴訟", "personId": "PER0001" });
    let (_, placed) = post(&app, Scope::Operator, "/api/v1/holds", &body).await;
    let id = placed["data"]["holdId"].as_str().unwrap();
    let list = async |filters: &str| {
        let request = get(Scope::Operator, &format!("/api/v1/holds{filters}"));
        let (status, body) = send(&app, request).await;
        assert_eq!(status, 200, "{filters}");
        let body: Value = serde_json::from_str(&body).unwrap();
        body["data"].as_array().unwrap().clone()
    };
    let [hold] = &list("?inForce=true&personId=PER0001").await[..] else { panic!("one hold") };
    assert_eq!((hold["holdId"].as_str(), hold["reason"].as_str()), (Some(id), Some("訴訟")));
    assert_eq!(list("?applicationId=APP-0001").await, Vec::<Value>::new());
    for _ in 0..2 {
        let path = format!("/api/v1/holds/{id}/release");
        assert_eq!(post(&app, Scope::Operator, &path, &json!({})).await.0, 200);
    }
    assert_eq!(list("?inForce=true").await, Vec::<Value>::new());
    assert!(list("").await[0]["releasedAt"].is_string());
    let unknown = "/api/v1/holds/00000000-0000-0000-0000-000000000000/release";
    let (status, answer) = post(&app, Scope::Operator, unknown, &json!({})).await;
    assert_eq!((status, code(&answer)), (404, "HOLD_NOT_FOUND"));
    for refused in ["?inForce=false", "?personId=A&applicationId=B", "?limit=201", "?other=1"] {
        let request = get(Scope::Operator, &format!("/api/v1/holds{refused}"));
        assert_eq!(send(&app, request).await.0, 400, "{refused}");
    }
}

#[actix_web::test]
async fn what_is_unanswered_is_a_list_and_a_csv() {
    let app = with_contact().await;
    complete(&app, "APP-0001", &json!("2026-01-05T09:00:00+09:00")).await;
    let query = DueQuery { scope: DueScope::Kept, after: None, limit: 9 };
    let due = app.store.due(&query).await.unwrap().contacts;
    let report = due[0].report(&samples::retention_act(7));
    RetentionStore::commit(&app.store, &[report]).await.unwrap();
    let path = "/api/v1/retention/unanswered";
    let (_, list) = send(&app, get(Scope::ContactRead, path)).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list["data"][0]["contactId"], samples::contact_id(1).to_string());
    assert_eq!(list["data"][0]["keptUntil"], "2026-03-05T15:00:00Z");
    let csv = get(Scope::ContactRead, path).insert_header(("accept", "text/csv"));
    let (status, csv) = send(&app, csv).await;
    let id = samples::contact_id(1);
    let expected = format!(
        "contactId,personId,applicationId,keptUntil,reportedAt,isHeld\r\n\
         {id},PER0001,APP-0001,2026-03-05T15:00:00Z,2026-01-05T09:00:07Z,false\r\n"
    );
    assert_eq!((status.as_u16(), csv), (200, expected));
    let limited = get(Scope::ContactRead, &format!("{path}?limit=1"));
    assert_eq!(send(&app, limited.insert_header(("accept", "text/csv"))).await.0, 400);
    // With its answer it leaves the list.
    let contact = ContactStore::find(&app.store, &ContactKey::of(id)).await.unwrap().unwrap();
    let answer = samples::moves(&contact, &ContactEvent::AnswerByPhone, &samples::staff(2), 9);
    ContactStore::commit(&app.store, &[answer]).await.unwrap();
    let (_, list) = send(&app, get(Scope::ContactRead, path)).await;
    assert_eq!(serde_json::from_str::<Value>(&list).unwrap()["data"], json!([]));
}
