//! Tests calls in a person's name: who is recorded, and every header that is refused.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef, Scope};
use madoguchi_testkit::contract::audit_rows;
use serde_json::{Value, json};

use super::*;
use crate::test_app::{self, TestApp, USER};

/// The token with this scope, and with the one to delegate.
fn delegate(scope: Scope) -> String {
    format!("{}+delegate", scope.as_str())
}

/// Registers a member with this token and these values of the header; the answer's status and body.
async fn register(app: &TestApp, member: &str, token: &str, values: &[&[u8]]) -> (u16, Value) {
    let body = json!({ "memberId": member, "arrangementId": format!("AA{member}") });
    let mut request = TestRequest::post().uri("/api/v1/members").set_json(body);
    for value in values {
        let value = actix_web::http::header::HeaderValue::from_bytes(value).unwrap();
        request = request.append_header(("x-actor", value));
    }
    let app = init_service(test_app::app(app.state.clone())).await;
    let request = request.insert_header(("acstkn", token)).to_request();
    let response = call_service(&app, request).await;
    let status = response.status().as_u16();
    (status, serde_json::from_slice(&read_body(response).await).unwrap())
}

/// The acts of the audit log.
async fn acts(app: &TestApp) -> Vec<Act> {
    let rows = audit_rows::rows(&app.store.stores()).await;
    rows.into_iter().map(|row| row.entry.act).collect()
}

#[actix_web::test]
async fn one_person_is_one_actor_directly_and_through_another() {
    let app = TestApp::open();
    let (own, delegate) = (Scope::MemberWrite.as_str(), delegate(Scope::MemberWrite));
    let named = format!("{own};%E5%B1%B1%E7%94%B0%20Taro");
    let direct = register(&app, "M1", own, &[]).await;
    let delegated = register(&app, "M2", &delegate, &[named.as_bytes()]).await;
    let itself = register(&app, "M3", &delegate, &[]).await;
    assert_eq!([direct.0, delegated.0, itself.0], [201; 3]);
    let person = ActorRef::new("test", own, ActorKind::Human);
    let office = ActorRef::new("test", &delegate, ActorKind::System);
    let acts = acts(&app).await;
    let recorded: Vec<_> = acts.into_iter().map(|act| (act.by, act.through)).collect();
    let expected = [(person.clone(), None), (person, Some(office.clone())), (office, None)];
    assert_eq!(recorded, expected);
    audit_rows::verify(&app.store.stores()).await;
}

#[actix_web::test]
async fn a_delegate_has_the_scopes_of_its_token_only() {
    let app = TestApp::open();
    for (token, expected) in [
        (delegate(Scope::MemberRead), 403),
        (Scope::Delegate.as_str().to_owned(), 403),
        (delegate(Scope::MemberWrite), 201),
    ] {
        let (status, _) = register(&app, "M1", &token, &[b"agent-7;Ana"]).await;
        assert_eq!(status, expected, "{token}");
    }
}

#[actix_web::test]
async fn a_delegate_reveals_only_what_its_token_may() {
    let app = TestApp::open();
    for scope in [Scope::PersonRead, Scope::PersonReveal] {
        let request = TestRequest::get().uri("/api/v1/persons/PER1?reveal=true");
        let request = request.insert_header(("acstkn", delegate(scope)));
        let request = request.insert_header((HEADER, "agent-7;Ana")).to_request();
        let service = init_service(test_app::app(app.state.clone())).await;
        assert_eq!(call_service(&service, request).await.status().as_u16(), 403, "{scope:?}");
    }
}

#[actix_web::test]
async fn the_header_without_the_scope_is_forbidden() {
    let app = TestApp::open();
    for value in [&b"agent-7;Ana"[..], b"", b"nobody", b"\xff"] {
        let (status, body) = register(&app, "M1", "member.write", &[value]).await;
        assert_eq!((status, &body["error"]["error_code"]), (403, &json!("FORBIDDEN")));
    }
    assert_eq!(acts(&app).await, []);
}

#[actix_web::test]
async fn a_malformed_header_is_refused_without_its_value() {
    let app = TestApp::open();
    let long_subject = format!("{};Ana", "s".repeat(129));
    let long_name = format!("canary;{}", "%E5%B1%B1".repeat(65));
    let bad: [&[u8]; 30] = [
        b"",
        b" ",
        b";",
        b"canary",
        b"canary;",
        b";canary",
        b"canary;Ana;Silva",
        b"canary;Ana Silva",
        b"canary;Ana%",
        b"canary;Ana%2",
        b"canary;Ana%zz",
        b"canary;Ana%+1",
        b"canary;%E5%B1",
        b"canary;%FF",
        b"canary;%C0%AF",
        b"canary;%00",
        b"canary;a%E2%80%AEb",
        b"canary;%20%20",
        "canary;山田".as_bytes(),
        b"canary\xff;Ana",
        b"can\tary;Ana",
        b"canary%2F7;Ana",
        b"canary%40bank.example;Ana",
        b"canary ;Ana",
        "canary\u{200b};Ana".as_bytes(),
        b"canary;SystemAdmin",
        b"canary;system%20ADMIN",
        b"canary;System%E2%80%8BAdmin",
        long_subject.as_bytes(),
        long_name.as_bytes(),
    ];
    let token = delegate(Scope::MemberWrite);
    for value in bad {
        let (status, body) = register(&app, "M1", &token, &[value]).await;
        let shown = String::from_utf8_lossy(value);
        assert_eq!((status, &body["error"]["error_code"]), (400, &json!("INVALID_REQUEST")));
        let message = body["error"]["error_message"].as_str().unwrap();
        assert!(message.starts_with("x-actor") && message.contains("must"), "{shown}: {message}");
        assert!(!message.contains("canary") && !message.contains("Ana"), "{message}");
        assert!(!message.contains("SystemAdmin"), "{message}");
    }
    let values: [&[u8]; 2] = [b"agent-7;Ana", b"agent-7;Ana"];
    let (status, body) = register(&app, "M1", &token, &values).await;
    let message = &body["error"]["error_message"];
    assert_eq!((status, message), (400, &json!("x-actor is given twice")));
    assert_eq!(acts(&app).await, []);
}

#[actix_web::test]
async fn subjects_and_names_are_taken_as_they_are() {
    let app = TestApp::open();
    let token = delegate(Scope::MemberWrite);
    let longest = format!("{};{}", "s".repeat(128), "%E5%B1%B1".repeat(64));
    let values = [
        ("agent/7%;Ana%20d'%C3%81vila", "agent/7%"),
        ("Agent 7 + 客;A+B%3B%25", "Agent 7 + 客"),
        (longest.as_str(), longest.split(';').next().unwrap()),
    ];
    for (number, (value, subject)) in values.into_iter().enumerate() {
        let (status, body) =
            register(&app, &format!("M{number}"), &token, &[value.as_bytes()]).await;
        assert_eq!(status, 201, "{body}");
        assert_eq!(&*acts(&app).await[number].by.subject, subject);
    }
    assert_eq!(decoded("A+B%3b%25%E5%B1%B1").as_deref(), Some("A+B;%山"));
}

#[actix_web::test]
async fn the_gateway_ignores_the_header() {
    let app = TestApp::open();
    let (user, password) = USER;
    let request = TestRequest::post()
        .uri("/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos")
        .insert_header(("userName", user))
        .insert_header(("password", password))
        .set_json(json!({ "contextId": "none" }));
    let send = async |request: TestRequest| {
        let app = init_service(test_app::app(app.state.clone())).await;
        call_service(&app, request.to_request()).await.status()
    };
    let with = TestRequest::post()
        .uri("/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos")
        .insert_header(("userName", user))
        .insert_header(("password", password))
        .insert_header(("x-actor", "malformed"))
        .set_json(json!({ "contextId": "none" }));
    assert_eq!(send(with).await, send(request).await);
    let acts = acts(&app).await;
    assert_eq!(acts.len(), 2);
    assert!(acts.iter().all(|act| act.by == madoguchi_testkit::samples::system()));
    assert!(acts.iter().all(|act| act.through.is_none()));
}
