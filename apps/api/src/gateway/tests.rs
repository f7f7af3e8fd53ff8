//! Tests the documented lookups: authentication, forwarded headers and each reply.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::audit::Action;
use madoguchi_domain::caller::DacRule;
use madoguchi_domain::port::{LookupError, PasswordVerifier, Unavailability, VerifierUnavailable};
use madoguchi_domain::secret::Credentials;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::app_state::{AppState, Callers};
use crate::test_app::{self, TestApp, USER};

const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

/// A call with valid credentials and this body.
fn call(path: &str, body: &str) -> TestRequest {
    let (user, password) = USER;
    anonymous(path, body).insert_header(("userName", user)).insert_header(("password", password))
}

fn anonymous(path: &str, body: &str) -> TestRequest {
    TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/json"))
        .set_payload(body.to_owned())
}

fn account() -> String {
    json!({ "codigo_conta": samples::codigo_conta().expose() }).to_string()
}

async fn answer(stage: &TestApp, request: TestRequest) -> (StatusCode, String) {
    let app = init_service(test_app::app(stage.state.clone())).await;
    let response = call_service(&app, request.to_request()).await;
    let status = response.status();
    (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
}

/// Checks an error reply in the documented form, with this status and a word of its message.
async fn assert_refused(stage: &TestApp, request: TestRequest, status: u16, word: &str) {
    let (got, body) = answer(stage, request).await;
    let read: Value = serde_json::from_str(&body).unwrap();
    let message = read["message"].as_str().unwrap();
    assert_eq!(body, json!({ "code": "1", "message": message }).to_string());
    assert_eq!(got.as_u16(), status, "{body}");
    assert!(message.contains(word), "{word} is not in {message}");
}

fn knowing_maria() -> TestApp {
    knowing_maria_with(|_| {})
}

fn knowing_maria_with(change: impl FnOnce(&mut AppState)) -> TestApp {
    let stage = TestApp::with(change);
    stage.callers.knows_context("Q1RYLU1BUklB", samples::found_context());
    stage.callers.knows_owner(samples::codigo_conta().expose(), samples::found_owner());
    stage
}

#[actix_web::test]
async fn what_is_found_goes_back_byte_for_byte() {
    let stage = knowing_maria();
    let found = answer(&stage, call(CONTEXTOS, r#"{"contextId":"CTX-MARIA"}"#)).await;
    assert_eq!(found, (StatusCode::OK, samples::CONTEXT_DOCUMENT.to_owned()));
    let more = r#"{"contextId":"Q1RYLU1BUklB","encoded":"0","unknown":[1]}"#;
    assert_eq!(answer(&stage, call(CONTEXTOS, more)).await.0, StatusCode::OK);
    let found = answer(&stage, call(CODIGO, &account())).await;
    assert_eq!(found, (StatusCode::OK, samples::OWNER_DOCUMENT.to_owned()));
}

#[actix_web::test]
async fn headers_pass_as_given_and_only_a_flow_is_made() {
    let stage = knowing_maria();
    let given = call(CODIGO, &account())
        .insert_header(("x-itau-flowID", "flow-1"))
        .insert_header(("X-ITAU-CORRELATIONID", "group-1"))
        .insert_header(("x-itau-apikey", "12323213"))
        .insert_header(("x-app-key", "not passed on"));
    answer(&stage, given).await;
    answer(&stage, call(CODIGO, &account())).await;
    let asked = stage.callers.asked();
    assert_eq!(asked[0].forwarded, samples::all_forwarded_headers());
    let bare = &asked[1].forwarded;
    assert_eq!((&bare.correlation, &bare.api_key), (&None, &None));
    assert!(uuid::Uuid::try_parse(bare.flow.as_str()).is_ok(), "{:?}", bare.flow);

    let rows = audit_rows::rows(&stage.store.stores()).await;
    assert_eq!(rows[0].entry.act.correlation.as_str(), "group-1");
    assert!(rows.iter().all(|row| row.entry.action == Action::ACCOUNT_LOOKED_UP));
    assert_eq!(rows[0].entry.act.by, samples::system());
}

#[actix_web::test]
async fn absent_unknown_and_wrong_are_one_answer_and_ask_nobody() {
    let stage = knowing_maria();
    let (user, password) = USER;
    let with = |name: &str, secret: &str| {
        let call = anonymous(CODIGO, &account());
        call.insert_header(("userName", name)).insert_header(("password", secret))
    };
    let first = answer(&stage, anonymous(CODIGO, &account())).await;
    assert_eq!(first.0, StatusCode::UNAUTHORIZED);
    let others = [
        anonymous(CODIGO, &account()).insert_header(("userName", user)),
        anonymous(CODIGO, &account()).insert_header(("password", password)),
        with("nobody", password),
        with(user, "wrong"),
        with("", ""),
        with(user, password).append_header(("password", password)),
        with(user, password).append_header(("userName", "other")),
        with(user, &"x".repeat(8192)),
        // Authentication comes before the body is parsed.
        anonymous(CODIGO, "{"),
        anonymous(CONTEXTOS, "{"),
    ];
    for other in others {
        assert_eq!(answer(&stage, other).await, first);
    }
    assert_eq!(stage.callers.asked(), []);
}

#[actix_web::test]
async fn a_malformed_request_is_400_and_names_the_field_but_not_its_value() {
    let stage = knowing_maria();
    let long = json!({ "contextId": "x".repeat(10_000) }).to_string();
    let plain = json!({ "contextId": "x".repeat(3073) }).to_string();
    let contexts = [
        ("{}", "contextId"),
        (r#"{"contextId":""}"#, "contextId"),
        (r#"{"contextId":7}"#, "contextId"),
        (r#"{"contextId":"canary\u0000"}"#, "contextId"),
        (r#"{"contextId":"a","encoded":0}"#, "encoded"),
        (r#"{"contextId":"a","contextId":"b"}"#, "twice"),
        ("[]", "object"),
        ("{", "JSON"),
        (&long, "contextId"),
        (&plain, "encoded"),
    ];
    for (body, word) in contexts {
        assert_refused(&stage, call(CONTEXTOS, body), 400, word).await;
    }
    let wrong =
        ["94****96@qq.com", "34134115000005206", "3413411500000520610", "341341150000052060"];
    let odd = ["３４１341150000052061", " 341341150000052061", ""];
    for text in wrong.into_iter().chain(odd) {
        let body = json!({ "codigo_conta": text }).to_string();
        let (_, said) = answer(&stage, call(CODIGO, &body)).await;
        assert!(text.is_empty() || !said.contains(text), "{said}");
        assert_refused(&stage, call(CODIGO, &body), 400, "codigo_conta").await;
    }
    let mut tipo: Value = serde_json::from_str(&account()).unwrap();
    tipo["tipo_estrutura"] = json!(7);
    assert_refused(&stage, call(CODIGO, &tipo.to_string()), 400, "tipo_estrutura").await;
    assert_eq!(stage.callers.asked(), []);
}

#[actix_web::test]
async fn a_header_twice_or_of_odd_or_endless_text_is_400() {
    let stage = knowing_maria();
    for name in ["x-itau-flowID", "x-itau-correlationID", "x-itau-apikey"] {
        let call = || call(CODIGO, &account());
        let odd = actix_web::http::header::HeaderValue::from_bytes(b"caf\xe9").unwrap();
        let name_of = actix_web::http::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        let bad = [
            call().append_header((name, "a")).append_header((name, "a")),
            call().insert_header((name_of, odd)),
            call().insert_header((name, "with space")),
            call().insert_header((name, "x".repeat(8192))),
        ];
        for request in bad {
            assert_refused(&stage, request, 400, name).await;
        }
    }
    assert_eq!(stage.callers.asked(), []);
}

#[actix_web::test]
async fn a_body_that_is_too_large_or_no_json_is_400_and_a_wrong_method_or_path_is_told() {
    let stage = knowing_maria();
    let huge = json!({ "contextId": "a", "more": "x".repeat(40_000) }).to_string();
    assert_refused(&stage, call(CONTEXTOS, &huge), 400, "32 KiB").await;
    let text = call(CONTEXTOS, "{}").insert_header(("content-type", "text/plain"));
    assert_refused(&stage, text, 400, "application/json").await;
    let get = TestRequest::get().uri(CONTEXTOS);
    assert_refused(&stage, get, 405, "method").await;
    for path in [
        "/apiaccess/rest/ccmessaging/v1/itau/contextos",
        "/apiaccess",
        "/apiaccess/",
        "/apiaccess/x",
    ] {
        assert_refused(&stage, call(path, "{}"), 404, "nothing").await;
    }
}

#[actix_web::test]
async fn each_downstream_failure_has_its_documented_status_in_our_own_words() {
    let stage = knowing_maria();
    for (error, status, word) in [
        (LookupError::Refused, 400, "malformed"),
        (LookupError::NotFound, 404, "Nothing is known"),
        (LookupError::Failed, 500, "failed"),
        (LookupError::Misconfigured, 500, "x-itau-apikey"),
        (LookupError::Unavailable(Unavailability::TimedOut), 500, "later"),
        (LookupError::Unavailable(Unavailability::Unreadable), 500, "later"),
    ] {
        stage.callers.fails_all(Some(error));
        assert_refused(&stage, call(CODIGO, &account()), status, word).await;
        assert_refused(&stage, call(CONTEXTOS, r#"{"contextId":"a"}"#), status, word).await;
    }
}

/// Rejects every login as busy.
struct Crowded;

#[async_trait]
impl PasswordVerifier for Crowded {
    async fn verify(&self, _: &Credentials) -> Result<Option<ActorRef>, VerifierUnavailable> {
        Err(VerifierUnavailable)
    }
}

/// Checks a rejection with `Retry-After`, and that nothing was looked up.
async fn assert_turned_away(stage: &TestApp, status: u16) {
    let app = init_service(test_app::app(stage.state.clone())).await;
    let response = call_service(&app, call(CODIGO, &account()).to_request()).await;
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers().get("retry-after").unwrap(), "1");
    assert_refused(stage, call(CODIGO, &account()), status, "again").await;
}

#[actix_web::test]
async fn a_refusal_for_load_has_retry_after_and_no_upstream_call() {
    for stage in [
        knowing_maria_with(|state| state.passwords = Some(Arc::new(Crowded))),
        knowing_maria_with(|state| state.places = Arc::new(Semaphore::new(0))),
    ] {
        assert_turned_away(&stage, 503).await;
        assert_eq!(stage.callers.asked(), []);
    }
}

#[actix_web::test]
async fn what_cannot_be_recorded_is_not_answered() {
    let stage = knowing_maria();
    stage.store.fail_next(2, Fault::BeforeCommit);
    assert_turned_away(&stage, 500).await;
    assert_eq!(answer(&stage, call(CODIGO, &account())).await.0, StatusCode::OK);
}

#[actix_web::test]
async fn without_users_there_is_no_gateway() {
    let stage = knowing_maria_with(|state| state.passwords = None);
    for path in [CODIGO, CONTEXTOS] {
        assert_refused(&stage, call(path, &account()), 404, "nothing").await;
    }
    assert_eq!(stage.callers.asked(), []);
}

#[actix_web::test]
async fn a_wrong_check_digit_passes_where_that_is_configured() {
    let wrong = json!({ "codigo_conta": "341341150000052060" }).to_string();
    let warns = |state: &mut AppState| {
        let callers = state.callers.take().unwrap();
        state.callers = Some(Callers { dac: DacRule::Warn, ..callers });
    };
    let stage = knowing_maria_with(warns);
    stage.callers.knows_owner("341341150000052060", samples::found_owner());
    assert_eq!(answer(&stage, call(CODIGO, &wrong)).await.0, StatusCode::OK);
    assert_refused(&knowing_maria(), call(CODIGO, &wrong), 400, "codigo_conta").await;
}
