//! The routes of effects over fakes: what they refuse, and what they show.

use actix_web::body::MessageBody;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use madoguchi_domain::effect::{EffectEvent, EffectKey, Evidence, Outcome};
use madoguchi_domain::port::{EffectQueue, Recorded};
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::{self, TestApp};

const OPERATOR: &str = "operator";
const SECOND: &str = "operator@second";

/// An app with one order in `Manual`.
async fn stuck() -> (TestApp, EffectKey) {
    let app = TestApp::open();
    let driver = UpgradeDriver::at(&app.store.stores());
    driver.passed(1..=1).await;
    let policy = samples::claim(1, 1, samples::at(300)).policy;
    let effect = app.store.claim(&samples::claim(1, 1, samples::at(300))).await.unwrap().remove(0);
    let change = samples::moved(&effect, EffectEvent::SetAside, &policy, samples::at(400));
    app.store.record(&[change]).await.unwrap();
    app.clock.advance(jiff::SignedDuration::from_secs(500));
    (app, effect.order.key)
}

/// The status and the body of the answer.
async fn send(app: &TestApp, request: TestRequest, token: &str) -> (u16, Value) {
    let service = init_service(test_app::app(app.state.clone())).await;
    let request = request.insert_header(("acstkn", token));
    let response = call_service(&service, request.to_request()).await;
    let status = response.status().as_u16();
    let body = read_body(response).await.try_into_bytes().unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

async fn get(app: &TestApp, path: &str) -> (u16, Value) {
    send(app, TestRequest::get().uri(path), OPERATOR).await
}

/// The status, and the error code or the data.
async fn post(app: &TestApp, token: &str, path: &str, body: Value) -> (u16, Value) {
    let (status, mut body) = send(app, TestRequest::post().uri(path).set_json(body), token).await;
    let inner = if status < 300 { body["data"].take() } else { body["error"]["error_code"].take() };
    (status, inner)
}

fn path(key: &EffectKey, rest: &str) -> String {
    format!("/api/v1/effects/{}/{}{rest}", key.kind, key.id)
}

fn rejected() -> Value {
    json!({ "outcome": "Rejected", "reason": "the bank refused it by telephone" })
}

#[actix_web::test]
async fn two_people_resolve_what_is_stuck() {
    let (app, key) = stuck().await;
    let (_, listed) = get(&app, "/api/v1/effects?state=Manual").await;
    assert_eq!(listed["data"][0]["blockedOn"]["what"], "MANUAL_REVIEW");
    let proposal = path(&key, "/resolution");
    let (status, proposed) = post(&app, OPERATOR, &proposal, rejected()).await;
    assert_eq!((status, &proposed["state"]), (201, &json!("PROPOSED")));
    let approval = path(&key, "/resolution/approval");
    let seen = json!({ "contentHash": proposed["contentHash"] });
    let own = post(&app, OPERATOR, &approval, seen.clone()).await;
    assert_eq!(own, (403, json!("FOUR_EYES")));
    let wrong = json!({ "contentHash": "0".repeat(64) });
    assert_eq!(post(&app, SECOND, &approval, wrong).await, (412, json!("CONTENT_MOVED")));
    assert_eq!(post(&app, SECOND, &approval, seen.clone()).await.0, 200);
    let (_, read) = get(&app, &path(&key, "")).await;
    let read = &read["data"];
    assert_eq!((&read["state"], &read["code"]), (&json!("Rejected"), &json!("resolved")));
    assert_eq!(read["resolution"], Value::Null);
    let steps: Vec<_> = read["timeline"].as_array().unwrap().iter().collect();
    assert_eq!((&steps[0]["state"], &steps[1]["state"]), (&json!("PROPOSED"), &json!("APPROVED")));
    // What is done is done.
    assert_eq!(post(&app, SECOND, &approval, seen).await, (409, json!("EFFECT_SETTLED")));
    let again = post(&app, OPERATOR, &proposal, rejected()).await;
    assert_eq!(again, (409, json!("EFFECT_SETTLED")));
}

/// A worker that had lost its claim reports after the proposal.
#[actix_web::test]
async fn a_late_proof_wins_over_people() {
    let (app, key) = stuck().await;
    let proposal = path(&key, "/resolution");
    let (_, proposed) = post(&app, OPERATOR, &proposal, rejected()).await;
    let mut sender = app.store.find(&key).await.unwrap().unwrap().effect;
    sender.fence.0 -= 1;
    let (worker, at) = (samples::worker(1), samples::at(450));
    let event = EffectEvent::ProvenApplied;
    let mut late = samples::moved(&sender, event, &samples::claim(1, 1, at).policy, at);
    late.write.evidence = Some(Evidence::of(&sender, worker, Outcome::Applied, at));
    assert_eq!(app.store.record(&[late]).await.unwrap(), [Recorded::FencedOut]);
    let seen = json!({ "contentHash": proposed["contentHash"] });
    let refused = post(&app, SECOND, &path(&key, "/resolution/approval"), seen).await;
    assert_eq!(refused, (409, json!("EFFECT_PROVEN")));
    let (_, read) = get(&app, &path(&key, "")).await;
    assert_eq!(read["data"]["isProven"], true);
}

#[actix_web::test]
async fn a_person_behind_a_back_office_is_the_same_person() {
    let (app, key) = stuck().await;
    let proposal = path(&key, "/resolution");
    let through = |path: &str, body: Value| {
        let request = TestRequest::post().uri(path).set_json(body);
        request.insert_header(("x-actor", "operator;Operator"))
    };
    let (status, proposed) = send(&app, through(&proposal, rejected()), "operator+delegate").await;
    assert_eq!(status, 201, "{proposed}");
    let seen = json!({ "contentHash": proposed["data"]["contentHash"] });
    let approval = path(&key, "/resolution/approval");
    let direct = post(&app, OPERATOR, &approval, seen.clone()).await;
    assert_eq!(direct, (403, json!("FOUR_EYES")));
    let (status, _) = send(&app, through(&approval, seen.clone()), "operator+delegate").await;
    assert_eq!(status, 403);
    // Without a person it is a program.
    let program = post(&app, "operator+delegate", &approval, seen).await;
    assert_eq!(program, (403, json!("FOUR_EYES")));
}

#[actix_web::test]
async fn one_proposal_is_open_and_can_be_withdrawn() {
    let (app, key) = stuck().await;
    let (proposal, withdrawal) = (path(&key, "/resolution"), path(&key, "/resolution/withdrawal"));
    let nothing = (404, json!("RESOLUTION_NOT_FOUND"));
    assert_eq!(post(&app, OPERATOR, &withdrawal, json!({})).await, nothing);
    assert_eq!(post(&app, OPERATOR, &proposal, rejected()).await.0, 201);
    let second = post(&app, SECOND, &proposal, rejected()).await;
    assert_eq!(second, (409, json!("RESOLUTION_PENDING")));
    let (_, inbox) = get(&app, "/api/v1/resolutions?state=PROPOSED").await;
    assert_eq!(inbox["data"][0]["reason"], rejected()["reason"]);
    assert_eq!(post(&app, SECOND, &withdrawal, json!({})).await.0, 200);
    assert_eq!(post(&app, SECOND, &withdrawal, json!({})).await, nothing);
    assert_eq!(post(&app, SECOND, &proposal, rejected()).await.0, 201);
}

#[actix_web::test]
async fn bad_input_is_named() {
    let (app, key) = stuck().await;
    let proposal = path(&key, "/resolution");
    let long = "x".repeat(1001);
    for (body, field) in [
        (json!({ "outcome": "Confirmed", "reason": "r" }), "evidence"),
        (json!({ "outcome": "Sent", "reason": "r" }), "outcome"),
        (json!({ "outcome": "Rejected" }), "reason"),
        (json!({ "outcome": "Rejected", "reason": "" }), "reason"),
        (json!({ "outcome": "Rejected", "reason": " " }), "reason"),
        (json!({ "outcome": "Rejected", "reason": long }), "reason"),
        (json!({ "outcome": "Rejected", "reason": "a\u{0}b" }), "reason"),
        (json!({ "outcome": "Rejected", "reason": "a\nb" }), "reason"),
        (json!({ "outcome": "Rejected", "reason": "r", "evidence": "" }), "evidence"),
        (json!({ "outcome": "Rejected", "reason": "r", "evidence": "a\u{202e}" }), "evidence"),
        (json!({ "outcome": "Rejected", "reason": "r", "evidence": long }), "evidence"),
        (json!({ "outcome": "Rejected", "reason": "r", "more": 1 }), "not one of"),
    ] {
        let request = TestRequest::post().uri(&proposal).set_json(&body);
        let (status, answer) = send(&app, request, OPERATOR).await;
        let message = answer["error"]["error_message"].as_str().unwrap();
        assert_eq!(status, 400, "{body}");
        assert!(message.contains(field) && !message.contains('\u{202e}'), "{message}");
    }
    for path in ["/api/v1/effects/SetLevel/x", "/api/v1/effects/Set-Level/x", &path(&key, "0")] {
        assert_eq!(get(&app, path).await.0, 404, "{path}");
    }
}

#[actix_web::test]
async fn lists_refuse_what_they_do_not_know() {
    let (app, key) = stuck().await;
    for query in [
        "state=StuckEffect",
        "kind=a-b",
        "subject=1",
        "from=yesterday",
        "cursor=AQ",
        "cursor=forged-cursor-of-another-list",
        "limit=0",
        "order=asc",
    ] {
        assert_eq!(get(&app, &format!("/api/v1/effects?{query}")).await.0, 400, "{query}");
    }
    for query in ["state=OPEN", "kind=SetLevel", "effectId=x", "cursor=AQ", "who=me"] {
        assert_eq!(get(&app, &format!("/api/v1/resolutions?{query}")).await.0, 400, "{query}");
    }
    let own = format!("/api/v1/effects?kind=SetLevel&subject={}&from=2026-01-05T09:00:00Z", key.id);
    assert_eq!(get(&app, &own).await.1["data"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_cursor_is_for_its_own_list_only() {
    let app = TestApp::open();
    let driver = UpgradeDriver::at(&app.store.stores());
    driver.passed(1..=3).await;
    let (_, first) = get(&app, "/api/v1/effects?limit=2").await;
    let cursor = first["next"].as_str().unwrap();
    let (status, rest) = get(&app, &format!("/api/v1/effects?limit=2&cursor={cursor}")).await;
    assert_eq!((status, rest["data"].as_array().unwrap().len()), (200, 1));
    assert_eq!(rest["next"], Value::Null);
    for other in ["effects?state=Planned&", "resolutions?"] {
        let foreign = format!("/api/v1/{other}cursor={cursor}");
        assert_eq!(get(&app, &foreign).await.0, 400, "{other}");
    }
}

#[actix_web::test]
async fn without_a_key_ring_effects_are_shown_and_not_resolved() {
    let (app, key) = stuck().await;
    let store = app.store.clone();
    let plain = TestApp::with(|state| {
        state.effects = std::sync::Arc::new(store);
        state.resolutions = None;
    });
    assert_eq!(get(&plain, &path(&key, "")).await.0, 200);
    assert_eq!(get(&plain, "/api/v1/effects").await.0, 200);
    let refused = post(&plain, OPERATOR, &path(&key, "/resolution"), rejected()).await;
    assert_eq!(refused, (404, json!("NOT_FOUND")));
    assert_eq!(get(&plain, "/api/v1/resolutions").await.0, 404);
}
