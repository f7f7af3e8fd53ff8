//! Tests every upstream failure: the reported error and the number of requests.

use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::ApiKey;
use madoguchi_domain::port::{LookupError, Unavailability};
use madoguchi_domain::secret::Credentials;
use madoguchi_itau::{ACCOUNT_PATH, CONTEXT_PATH, InvalidItau, Itau, ItauSettings};
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::samples;
use madoguchi_testkit::server::http_stub::{HttpStub, StubBehaviour, StubResponse};

use crate::harness::{LookupHarness, both};

const fn unavailable(why: Unavailability) -> Result<(), LookupError> {
    Err(LookupError::Unavailable(why))
}

/// Looks both samples up in an upstream with this behaviour.
async fn looked_up(behaviour: StubBehaviour) -> ([Result<(), LookupError>; 2], usize) {
    let harness = LookupHarness::open().await;
    harness.stub.from_now_on(behaviour);
    let outcomes = both(&harness.itau(harness.settings())).await;
    (outcomes, harness.stub.received().len())
}

#[tokio::test]
async fn a_lookup_is_one_json_post_with_our_credentials_to_the_documented_path() {
    let harness = LookupHarness::open().await;
    harness.answers(200, "{}");
    let app_key = Some(ApiKey::parse("app-1").unwrap());
    let itau = harness.itau(ItauSettings { app_key, ..harness.settings() });
    assert_eq!(both(&itau).await, [Ok(()); 2]);
    let received = harness.stub.received();
    let paths: Vec<_> = received.iter().map(|it| (it.method(), it.path())).collect();
    assert_eq!(paths, [("POST", CONTEXT_PATH), ("POST", ACCOUNT_PATH)]);
    for request in &received {
        assert_eq!(request.header("userName"), Some("canary-user"));
        assert_eq!(request.header("password"), Some("canary-password"));
        assert_eq!(request.header("x-app-key"), Some("app-1"));
        assert_eq!(request.header("x-itau-correlationID"), None, "nothing is invented");
        assert_eq!(request.header("x-itau-apikey"), None);
    }
    assert_eq!(received[0].json(), serde_json::json!({ "contextId": "CTX-MARIA" }));
}

#[tokio::test]
async fn each_status_has_its_meaning_and_only_faults_are_asked_again() {
    let status = unavailable(Unavailability::Status);
    let busy = unavailable(Unavailability::Busy);
    for (code, outcome, asked) in [
        (400, Err(LookupError::Refused), 2),
        (401, Err(LookupError::Misconfigured), 2),
        (403, Err(LookupError::Misconfigured), 2),
        (404, Err(LookupError::NotFound), 2),
        (201, status, 2),
        (204, status, 2),
        (302, status, 2),
        (405, status, 2),
        (429, busy, 2),
        (408, status, 6),
        (500, status, 6),
        (502, status, 6),
        (503, status, 6),
    ] {
        let response = StubResponse::json(code, "{\"code\":\"0\"}");
        let (outcomes, received) = looked_up(StubBehaviour::Respond(response)).await;
        assert_eq!((outcomes, received), ([outcome; 2], asked), "{code}");
    }
}

#[tokio::test]
async fn a_failure_that_the_downstream_owns_up_to_is_not_asked_again() {
    for status in [200, 500] {
        let response = StubResponse::json(status, r#"{"code":"1","message":"canary"}"#);
        let (outcomes, received) = looked_up(StubBehaviour::Respond(response)).await;
        assert_eq!((outcomes, received), ([Err(LookupError::Failed); 2], 2), "{status}");
    }
}

#[tokio::test]
async fn a_reply_with_retry_after_is_not_retried_at_once() {
    for status in [500, 503] {
        let response =
            StubResponse::json(status, r#"{"code":"1"}"#).with_header("retry-after", "1");
        let (outcomes, received) = looked_up(StubBehaviour::Respond(response)).await;
        assert_eq!((outcomes, received), ([unavailable(Unavailability::Status); 2], 2), "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_too_early_is_asked_again() {
    let broken = unavailable(Unavailability::Unreadable);
    let response = || StubResponse::json(200, samples::CONTEXT_DOCUMENT);
    for behaviour in [
        StubBehaviour::Close,
        StubBehaviour::Reset,
        StubBehaviour::Cut { response: response(), after: 5 },
        StubBehaviour::Raw(b"HTTP/1.1 200".to_vec()),
        StubBehaviour::Raw(b"220 mail.example ESMTP\r\n".to_vec()),
    ] {
        let shown = format!("{behaviour:?}");
        let (outcomes, received) = looked_up(behaviour).await;
        assert_eq!((outcomes, received), ([broken; 2], 6), "{shown}");
    }
}

#[tokio::test]
async fn silence_ends_with_the_time_of_the_whole_lookup() {
    let dribble = StubBehaviour::Dribble {
        response: StubResponse::json(200, samples::CONTEXT_DOCUMENT),
        pause: Duration::from_millis(20),
    };
    for behaviour in [StubBehaviour::Hang, dribble] {
        let shown = format!("{behaviour:?}");
        let (outcomes, received) = looked_up(behaviour).await;
        let late = [unavailable(Unavailability::TimedOut); 2];
        assert_eq!((outcomes, received), (late, 2), "{shown}: no time was left to ask again");
    }
}

#[tokio::test]
async fn one_lost_answer_is_made_good_by_the_next() {
    let harness = LookupHarness::open().await;
    harness.answers(200, "{}");
    harness.stub.next(StubBehaviour::Close);
    harness.stub.next(StubBehaviour::Respond(StubResponse::new(503, "")));
    assert_eq!(both(&harness.itau(harness.settings())).await, [Ok(()); 2]);
    assert_eq!(harness.stub.received().len(), 4);
}

#[tokio::test]
async fn a_reply_is_read_up_to_256_kib_and_not_a_byte_further() {
    let padded = |length: usize| {
        let mut response = StubResponse::json(200, "{}");
        response.body.resize(length, b' ');
        response
    };
    let most = 256 * 1024;
    let (outcomes, _) = looked_up(StubBehaviour::Respond(padded(most))).await;
    assert_eq!(outcomes, [Ok(()); 2]);
    for response in [padded(most + 1), padded(most + 1).unmeasured(), padded(300 * 1024)] {
        let (outcomes, asked) = looked_up(StubBehaviour::Respond(response)).await;
        assert_eq!((outcomes, asked), ([unavailable(Unavailability::Unreadable); 2], 2));
    }
}

#[tokio::test]
async fn a_fault_with_too_large_a_page_is_a_fault() {
    let mut page = StubResponse::new(500, "");
    page.body.resize(300 * 1024, b' ');
    let (outcomes, asked) = looked_up(StubBehaviour::Respond(page)).await;
    assert_eq!((outcomes, asked), ([unavailable(Unavailability::Status); 2], 6));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_our_credentials() {
    let elsewhere = HttpStub::start().await.unwrap();
    let response = StubResponse::new(307, "").with_header("location", &elsewhere.url("/"));
    let (outcomes, _) = looked_up(StubBehaviour::Respond(response)).await;
    assert_eq!(outcomes, [unavailable(Unavailability::Status); 2]);
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn settings_that_cannot_be_used_are_refused_by_name() {
    let make = |settings: ItauSettings| {
        let clock = std::sync::Arc::new(ManualClock::default());
        Itau::new(settings, clock, std::sync::Arc::new(SeededIds::new(1))).unwrap_err()
    };
    let usual = || ItauSettings::new("https://itau.example", Credentials::new("u", "p"));
    let far = ItauSettings::new("http://itau.example", Credentials::new("u", "p"));
    assert!(matches!(make(far), InvalidItau::Upstream(_)));
    for credentials in [Credentials::new("", "p"), Credentials::new("u", "pass word")] {
        let reported = make(ItauSettings { credentials, ..usual() });
        assert!(matches!(reported, InvalidItau::Credentials));
    }
    let resting = BreakerSettings::steady;
    for settings in [
        ItauSettings { max_concurrent_calls: 0, ..usual() },
        ItauSettings { max_concurrent_calls: usize::MAX, ..usual() },
        ItauSettings { max_queue: usize::MAX, ..usual() },
        ItauSettings { pause: Duration::MAX, ..usual() },
        ItauSettings { breaker: resting(0, SignedDuration::from_secs(1)), ..usual() },
        ItauSettings { breaker: resting(1, SignedDuration::ZERO), ..usual() },
        ItauSettings { breaker: resting(1, SignedDuration::MAX), ..usual() },
        ItauSettings {
            breaker: BreakerSettings { longest: SignedDuration::ZERO, ..usual().breaker },
            ..usual()
        },
    ] {
        assert!(matches!(make(settings), InvalidItau::Limits(_)));
    }
}
