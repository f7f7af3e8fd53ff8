//! Tests the caller lookup: the parts of its answer, its deadline and its errors.

use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::{self, TestApp};

fn question(body: &Value) -> TestRequest {
    let question =
        TestRequest::post().uri("/api/v1/callers").insert_header(("acstkn", "caller.read"));
    question.set_json(body)
}

fn maria() -> TestRequest {
    question(&json!({ "contextId": "CTX-MARIA" }))
}

async fn answer(stage: &TestApp, request: TestRequest) -> (u16, Value) {
    let app = init_service(test_app::app(stage.state.clone())).await;
    let response = call_service(&app, request.to_request()).await;
    (response.status().as_u16(), read_body_json(response).await)
}

fn knowing_maria() -> TestApp {
    let stage = TestApp::open();
    stage.callers.knows_context("Q1RYLU1BUklB", samples::found_context());
    stage.callers.knows_owner(samples::codigo_conta().expose(), samples::found_owner());
    stage
}

#[actix_web::test]
async fn both_parts_are_shown_with_numbers_masked() {
    let (status, body) = answer(&knowing_maria(), maria()).await;
    let expected = json!({ "success": true, "data": {
        "context": { "status": "fresh", "value": {
            "identification": "AUT", "cpf": "***.982.247-**", "branch": "1500",
            "account": "********", "segment": "PF", "option": "3", "number": "11987654321",
            "device": "Token", "deviceConfirmed": "S", "expiresAt": null,
        } },
        "account": { "status": "fresh", "value": {
            "codigoConta": "341341********2061", "isCaller": true, "name": "Maria Silva",
            "socialName": null, "tradeName": null, "person": "natural",
            "taxId": "***.982.247-**", "identified": "Identificado", "branch": "1500",
            "account": "******", "openedOn": null, "emails": [], "phones": [],
            "managers": [{
                "user": "GER01", "email": null, "segment": null, "platform": null, "role": null,
                "skillQueue": "FILA-7", "phones": [{
                    "country": "55", "area": "11", "number": "40041234", "extension": "12",
                    "mobile": null, "main": null,
                }],
            }],
        } },
    } });
    assert_eq!((status, body), (200, expected));
}

#[actix_web::test]
async fn what_is_late_is_missing_and_says_so() {
    let stage = knowing_maria();
    stage.callers.is_slow(samples::codigo_conta().expose(), Duration::from_secs(30));
    let hasty = maria().insert_header(("x-deadline-ms", "300"));
    let (status, body) = answer(&stage, hasty).await;
    assert_eq!((status, &body["data"]["context"]["status"]), (200, &json!("fresh")));
    assert_eq!(
        body["data"]["account"],
        json!({ "status": "missing", "reason": "deadline_exceeded" })
    );
}

#[actix_web::test]
async fn the_headers_of_a_flow_pass_here_too() {
    let stage = knowing_maria();
    let with = maria()
        .insert_header(("x-itau-flowID", "flow-1"))
        .insert_header(("x-itau-correlationID", "group-1"))
        .insert_header(("x-itau-apikey", "12323213"));
    answer(&stage, with).await;
    let asked = stage.callers.asked();
    assert_eq!(asked.len(), 2);
    for question in asked {
        assert_eq!(question.forwarded, samples::all_forwarded_headers());
    }
    let rows = madoguchi_testkit::contract::audit_rows::rows(&stage.store.stores()).await;
    let ids: Vec<_> = rows.iter().map(|row| row.entry.act.correlation.as_str()).collect();
    assert_eq!(ids, ["group-1"]);
}

#[actix_web::test]
async fn a_deadline_or_a_body_that_is_none_is_refused() {
    let stage = knowing_maria();
    for deadline in ["0", "199", "10001", "-1", "1e3", "2 s", "99999999999999999999"] {
        let (status, body) =
            answer(&stage, maria().insert_header(("x-deadline-ms", deadline))).await;
        let message = body["error"]["error_message"].as_str().unwrap();
        assert_eq!((status, message.starts_with("x-deadline-ms")), (400, true), "{deadline}");
    }
    let twice =
        maria().append_header(("x-deadline-ms", "500")).append_header(("x-deadline-ms", "500"));
    assert_eq!(answer(&stage, twice).await.0, 400);
    let flow = maria().insert_header(("x-itau-flowID", "with space"));
    assert_eq!(answer(&stage, flow).await.0, 400);
    for body in [json!({}), json!({ "contextId": "" }), json!({ "contextId": "a", "b": 1 })] {
        let (status, answer) = answer(&stage, question(&body)).await;
        assert_eq!((status, &answer["error"]["error_code"]), (400, &json!("INVALID_REQUEST")));
    }
    assert_eq!(stage.callers.asked(), []);
}
