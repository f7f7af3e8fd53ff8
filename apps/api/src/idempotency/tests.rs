//! Tests every route that takes an idempotency key, and keys that break the rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::actor::{ActorKind, Scope};
use madoguchi_domain::port::{TokenVerifier, VerifierUnavailable};
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::AccessToken;
use madoguchi_testkit::samples;
use serde_json::json;

use super::*;
use crate::problem::Code;
use crate::test_app::{self, TestApp};

const MEMBERS: &str = "/api/v1/members";

fn member(number: u32) -> String {
    json!({"memberId": format!("MEM{number}"), "arrangementId": format!("AA{number}")}).to_string()
}

/// A registration with these values of the header.
fn register(body: &str, keys: &[&[u8]]) -> TestRequest {
    let request = TestRequest::post().uri(MEMBERS).insert_header(("acstkn", "member.write"));
    let request = request.insert_header(("content-type", "application/json"));
    keys.iter().fold(request.set_payload(body.to_owned()), |request, key| {
        request.append_header((KEY, HeaderValue::from_bytes(key).unwrap()))
    })
}

struct Answer {
    status: u16,
    is_replayed: bool,
    retry_after: bool,
    body: String,
}

impl Answer {
    fn code(&self) -> (u16, String) {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        (self.status, body["error"]["error_code"].as_str().unwrap_or_default().to_owned())
    }

    async fn read(response: ServiceResponse) -> Self {
        let has = |name: &str| response.headers().contains_key(name);
        let (status, is_replayed) = (response.status().as_u16(), has("idempotency-replayed"));
        let retry_after = has("retry-after");
        let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Self { status, is_replayed, retry_after, body }
    }
}

/// Sends a request, a second after the one before.
async fn answer(app: &TestApp, request: TestRequest) -> Answer {
    app.clock.advance(SignedDuration::from_secs(1));
    let service = init_service(test_app::app(app.state.clone())).await;
    let response = call_service(&service, request.to_request()).await;
    Answer::read(response.map_into_boxed_body()).await
}

#[actix_web::test]
async fn keys_that_break_the_rule_are_refused_before_anything_is_done() {
    let app = TestApp::open();
    let long = vec![b'x'; 256];
    let one: [&[u8]; 8] = [b"", b"\"open", b" ", b"a b", b"\xe9", "鍵".as_bytes(), &long, b"\"\""];
    let mut bad: Vec<Vec<&[u8]>> = one.map(|key| vec![key]).to_vec();
    bad.push(vec![b"a", b"a"]);
    bad.push(vec![b"a", b""]);
    for keys in bad {
        let refused = answer(&app, register(&member(1), &keys)).await;
        assert_eq!(refused.code(), (400, Code::InvalidRequest.as_str().to_owned()), "{keys:?}");
        assert!(refused.body.contains("Idempotency-Key"), "{}", refused.body);
    }
    assert_eq!(answer(&app, register(&member(1), &[&long[..255]])).await.status, 201);
}

#[actix_web::test]
async fn a_key_may_be_a_quoted_string() {
    let app = TestApp::open();
    assert!(!answer(&app, register(&member(1), &[b"\"k-1\""])).await.is_replayed);
    assert!(answer(&app, register(&member(1), &[b" k-1 "])).await.is_replayed);
}

#[actix_web::test]
async fn a_key_with_another_request_is_refused() {
    let app = TestApp::open();
    assert_eq!(answer(&app, register(&member(1), &[b"k"])).await.status, 201);
    let spaced = format!("{} ", member(1));
    let reused = (422, Code::IdempotencyKeyReused.as_str().to_owned());
    let others = [
        register(&member(2), &[b"k"]),
        register(&spaced, &[b"k"]),
        register(&member(1), &[b"k"]).insert_header(("if-match", "\"1\"")),
        register(&member(1), &[b"k"]).uri("/api/v1/%6Dembers"),
    ];
    for other in others {
        assert_eq!(answer(&app, other).await.code(), reused);
    }
    let same = answer(&app, register(&member(1), &[b"k"])).await;
    assert_eq!((same.status, same.is_replayed), (201, true));
}

/// Knows one person, who loses the scope to register members.
#[derive(Debug, Default)]
struct Revocable(AtomicBool);

#[async_trait]
impl TokenVerifier for Revocable {
    async fn verify(&self, _: &AccessToken) -> Result<Option<Principal>, VerifierUnavailable> {
        let is_revoked = self.0.load(Ordering::SeqCst);
        let scope = if is_revoked { Scope::MemberRead } else { Scope::MemberWrite };
        let person = ActorRef::new("test", "agent", ActorKind::Human);
        Ok(Some(Principal::new(person, vec![scope])))
    }
}

#[actix_web::test]
async fn a_replay_is_authorised_anew() {
    let tokens = Arc::new(Revocable::default());
    let app = TestApp::with(|state| state.tokens = Arc::clone(&tokens) as _);
    assert_eq!(answer(&app, register(&member(1), &[b"k"])).await.status, 201);
    assert!(answer(&app, register(&member(1), &[b"k"])).await.is_replayed);
    tokens.0.store(true, Ordering::SeqCst);
    let refused = answer(&app, register(&member(1), &[b"k"])).await;
    assert_eq!((refused.code().0, refused.is_replayed), (403, false));
    tokens.0.store(false, Ordering::SeqCst);
    assert!(answer(&app, register(&member(1), &[b"k"])).await.is_replayed);
}

#[actix_web::test]
async fn one_person_has_one_key_directly_and_through_another() {
    let app = TestApp::open();
    let through = |actor: &'static str, key: &[u8]| {
        let request = register(&member(1), &[key]).insert_header((ACTOR, actor));
        request.insert_header(("acstkn", "member.write+delegate"))
    };
    assert_eq!(answer(&app, register(&member(1), &[b"k"])).await.status, 201);
    let same_person = answer(&app, through("member.write;Ana", b"k")).await;
    assert_eq!(same_person.code().1, Code::IdempotencyKeyReused.as_str(), "another request");
    let other_person = answer(&app, through("agent-7;Ana", b"k")).await;
    assert_eq!((other_person.status, other_person.is_replayed), (200, false), "another key");
    for is_replayed in [false, true] {
        let own = answer(&app, through("member.write;Ana", b"l")).await;
        assert_eq!((own.status, own.is_replayed), (200, is_replayed));
    }
}

#[actix_web::test]
async fn a_key_that_is_running_here_is_refused_for_now() {
    let app = TestApp::open();
    let request = register(&member(1), &[b"k"]).to_http_request();
    let by = ActorRef::new("test", "member.write", ActorKind::Human);
    let at = Timestamp::UNIX_EPOCH;
    let key = app.state.idempotency.of(&request, b"", &by, at).unwrap().unwrap().key;
    let running = app.state.idempotency.running.begin(key);
    let refused = answer(&app, register(&member(1), &[b"k"])).await;
    assert_eq!(refused.code(), (409, Code::IdempotencyInProgress.as_str().to_owned()));
    assert!(refused.retry_after && running.is_some());
    drop(running);
    assert_eq!(answer(&app, register(&member(1), &[b"k"])).await.status, 201);
}

#[actix_web::test]
async fn sixty_four_requests_with_one_key_register_once() {
    let TestApp { state, store, .. } = TestApp::open();
    let app = init_service(test_app::app(state)).await;
    let calls = (0..64).map(|_| call_service(&app, register(&member(1), &[b"k"]).to_request()));
    let mut created = 0;
    for response in futures_util::future::join_all(calls).await {
        let answer = Answer::read(response.map_into_boxed_body()).await;
        match answer.status {
            201 => created += u32::from(!answer.is_replayed),
            status => assert_eq!((status, answer.retry_after), (409, true), "{}", answer.body),
        }
    }
    assert_eq!(created, 1);
    let rows = madoguchi_testkit::contract::audit_rows::rows(&store.stores()).await;
    assert_eq!(rows.len(), 1, "one change");
}

#[actix_web::test]
async fn routes_that_only_read_ignore_a_key() {
    let app = TestApp::open();
    let request = || {
        let request = TestRequest::post().uri("/api/v1/persons/search");
        let request = request.insert_header(("acstkn", "person.read"));
        request.insert_header((KEY, "k")).set_json(json!({"email": "a@b.example"}))
    };
    for _ in 0..2 {
        let absent = answer(&app, request()).await;
        assert_eq!((absent.status, absent.is_replayed), (404, false));
    }
    let stored = app.state.idempotency.of(
        &request().to_http_request(),
        b"",
        &ActorRef::new("test", "person.read", ActorKind::Human),
        Timestamp::UNIX_EPOCH,
    );
    let key = stored.unwrap().unwrap().key;
    assert_eq!(app.store.stores().platform.replays.find(&[key]).await, Ok(vec![None]));
}

#[test]
fn a_fingerprint_covers_all_that_a_repetition_repeats() {
    let idempotency = Idempotency::new(samples::audit_key());
    let request = || TestRequest::post().uri("/a").insert_header((KEY, "k"));
    let fingerprint = |request: TestRequest, body: &[u8]| {
        let by = ActorRef::new("test", "s", ActorKind::Human);
        let of = idempotency.of(&request.to_http_request(), body, &by, Timestamp::UNIX_EPOCH);
        of.unwrap().unwrap().fingerprint
    };
    let first = fingerprint(request(), b"{}");
    assert_eq!(fingerprint(request().insert_header(("accept", "x")), b"{}"), first);
    let actor = || request().append_header(("x-actor", "p;n"));
    let others = [
        fingerprint(request().method(Method::PUT), b"{}"),
        fingerprint(request().uri("/b"), b"{}"),
        fingerprint(request().insert_header((IF_MATCH, "*")), b"{}"),
        fingerprint(actor(), b"{}"),
        fingerprint(actor().append_header(("x-actor", "p;n")), b"{}"),
        fingerprint(request(), b"{} "),
    ];
    for (number, other) in others.iter().enumerate() {
        assert_ne!(*other, first, "{number}");
        assert!(!others[..number].contains(other), "{number}");
    }
}
