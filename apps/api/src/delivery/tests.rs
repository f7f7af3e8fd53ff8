//! Tests of the routes of the delivery watch.

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use madoguchi_domain::actor::Scope;
use madoguchi_domain::person::Registration;
use madoguchi_domain::port::PersonStore;
use madoguchi_testkit::samples;
use serde_json::Value;

use crate::test_app::{self, TestApp};

async fn send(app: &TestApp, request: TestRequest) -> (StatusCode, Vec<u8>) {
    let service = init_service(test_app::app(app.state.clone())).await;
    let response = call_service(&service, request.to_request()).await;
    (response.status(), read_body(response).await.to_vec())
}

fn report(message: &str) -> TestRequest {
    TestRequest::post()
        .uri("/api/v1/bounces")
        .insert_header(("acstkn", Scope::DeliveryWrite.as_str()))
        .insert_header(("content-type", "message/rfc822"))
        .set_payload(message.to_owned())
}

fn watch(query: &str) -> TestRequest {
    TestRequest::get()
        .uri(&format!("/api/v1/delivery-watch{query}"))
        .insert_header(("acstkn", Scope::DeliveryRead.as_str()))
}

fn code(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["error"]["error_code"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn what_is_no_report_of_ours_has_its_code() {
    let app = TestApp::open();
    let examples = crate::openapi::examples().unwrap();
    let message = examples["reportDelivery"]["request"].as_str().unwrap();
    for (message, status, expected) in [
        ("", 400, "REPORT_UNREADABLE"),
        ("Subject: canary\r\n\r\ncanary", 400, "REPORT_UNREADABLE"),
        (&message.replace("Status: ", "Status: canary"), 400, "REPORT_UNREADABLE"),
        (message, 404, "MAIL_NOT_FOUND"),
        (&message.replace("<0000", "<canary"), 404, "MAIL_NOT_FOUND"),
        (&"x".repeat(1024 * 1024 + 1), 413, "TOO_LARGE"),
    ] {
        let (answered, body) = send(&app, report(message)).await;
        assert_eq!((answered.as_u16(), &*code(&body)), (status, expected));
        assert!(!String::from_utf8_lossy(&body).contains("canary"));
    }
    let json = report("{}").insert_header(("content-type", "application/json"));
    assert_eq!(send(&app, json).await.0, 415);
}

#[actix_web::test]
async fn a_csv_has_the_cells_of_the_list() {
    let app = TestApp::open();
    for number in 1..=2 {
        let id = if number == 1 { "=1+1" } else { "PER0002" };
        let wish = Registration {
            id: madoguchi_domain::person::PersonId::parse(id).unwrap(),
            email: Some(samples::email("same@example.com")),
            ..samples::person_registration(number)
        };
        let change = samples::registers(&wish);
        PersonStore::commit(&app.store, &[change]).await.unwrap();
    }
    let csv = watch("?reason=SAME_EMAIL").insert_header(("accept", "text/csv"));
    let (status, body) = send(&app, csv).await;
    assert_eq!(status, 200);
    let text = String::from_utf8(body).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let columns = "personId,reason,lastResult,since,mailId,contactId,announcementId,otherPersonId";
    assert_eq!(lines.remove(0), columns);
    lines.sort_unstable();
    let since = samples::start();
    let expected = [("'=1+1", "PER0002"), ("PER0002", "'=1+1")]
        .map(|(person, other)| format!("{person},SAME_EMAIL,,{since},,,,{other}"));
    assert_eq!(lines, expected);
    for refused in ["?limit=1", "?cursor=x"] {
        let csv = watch(refused).insert_header(("accept", "text/csv"));
        assert_eq!(send(&app, csv).await.0, 400, "{refused}");
    }
    for refused in ["?reason=LATE", "?personId=", "?from=now", "?other=1", "?limit=201"] {
        assert_eq!(send(&app, watch(refused)).await.0, 400, "{refused}");
    }
}
