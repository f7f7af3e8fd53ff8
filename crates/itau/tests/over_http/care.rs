//! Tests the bulkhead, the retries and the circuit breaker.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::caller::ForwardedHeaders;
use madoguchi_domain::effect::Jitter;
use madoguchi_domain::port::{
    AccountDirectory, CallerContexts, LookupError, MockIds, Unavailability,
};
use madoguchi_itau::{Itau, ItauSettings};
use madoguchi_testkit::samples;
use madoguchi_testkit::server::http_stub::{StubBehaviour, StubResponse};

use crate::harness::{LookupHarness, both};

async fn context(itau: &Itau) -> Result<(), LookupError> {
    let forwarded = ForwardedHeaders::of(samples::flow(1));
    itau.context(&samples::context_query(), &forwarded).await.map(drop)
}

async fn owner(itau: &Itau) -> Result<(), LookupError> {
    let forwarded = ForwardedHeaders::of(samples::flow(1));
    itau.owner(&samples::account_query(), &forwarded).await.map(drop)
}

const CIRCUIT_OPEN: Result<(), LookupError> =
    Err(LookupError::Unavailable(Unavailability::CircuitOpen));

fn careful(harness: &LookupHarness) -> Itau {
    let breaker = BreakerSettings::steady(3, SignedDuration::from_secs(30));
    harness.itau(ItauSettings { breaker, max_retries: 0, ..harness.settings() })
}

/// Fails as often as the breaker of `careful` allows before it opens.
async fn fails_three_times(harness: &LookupHarness, itau: &Itau) {
    harness.answers(503, "");
    for _ in 0..3 {
        context(itau).await.unwrap_err();
    }
}

#[tokio::test]
async fn after_failures_in_a_row_the_circuit_opens_for_one_kind_and_the_other_goes_on() {
    let harness = LookupHarness::open().await;
    let itau = careful(&harness);
    fails_three_times(&harness, &itau).await;
    harness.answers(200, "{}");
    assert_eq!(context(&itau).await, CIRCUIT_OPEN);
    assert_eq!(harness.stub.received().len(), 3, "nothing was sent");
    assert_eq!(owner(&itau).await, Ok(()));

    harness.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(context(&itau).await, Ok(()), "the probe");
    assert_eq!(context(&itau).await, Ok(()));
}

#[tokio::test]
async fn a_probe_goes_alone_and_one_that_was_given_up_is_followed_by_another() {
    let harness = LookupHarness::open().await;
    let itau = Arc::new(careful(&harness));
    fails_three_times(&harness, &itau).await;
    harness.clock.advance(SignedDuration::from_secs(31));
    harness.stub.from_now_on(StubBehaviour::Hang);
    let probe = tokio::spawn({
        let itau = Arc::clone(&itau);
        async move { context(&itau).await }
    });
    while harness.stub.received().len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(context(&itau).await, CIRCUIT_OPEN, "while the probe is out");
    probe.abort();
    probe.await.unwrap_err();
    harness.answers(200, "{}");
    assert_eq!(context(&itau).await, Ok(()), "the first caller has left, so another may ask");
}

#[tokio::test]
async fn what_the_downstream_says_clearly_is_no_failure_of_it() {
    let clear = [(200, "{}"), (400, "{}"), (401, "{}"), (403, "{}"), (404, "{}")];
    let failed = [(200, r#"{"code":"1"}"#), (500, r#"{"code":"1"}"#)];
    for (status, body) in clear.into_iter().chain(failed) {
        let harness = LookupHarness::open().await;
        let itau = careful(&harness);
        // Two failures, a clear reply, two failures: never three in a row.
        for _ in 0..2 {
            harness.answers(503, "");
            context(&itau).await.unwrap_err();
            context(&itau).await.unwrap_err();
            harness.answers(status, body);
            assert_ne!(context(&itau).await, CIRCUIT_OPEN, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn what_says_neither_leaves_the_count_as_it_is() {
    for (status, body) in [(200, "<html>"), (302, ""), (429, "")] {
        let harness = LookupHarness::open().await;
        let itau = careful(&harness);
        harness.answers(503, "");
        context(&itau).await.unwrap_err();
        context(&itau).await.unwrap_err();
        harness.answers(status, body);
        for _ in 0..5 {
            assert_ne!(context(&itau).await, CIRCUIT_OPEN, "{status}");
        }
        harness.answers(503, "");
        context(&itau).await.unwrap_err();
        assert_eq!(context(&itau).await, CIRCUIT_OPEN, "{status}: the third failure");
    }
}

#[tokio::test]
async fn a_probe_that_tells_nothing_is_followed_by_another_rest() {
    for (status, body) in [(200, "<html>"), (302, ""), (429, "")] {
        let harness = LookupHarness::open().await;
        let itau = careful(&harness);
        fails_three_times(&harness, &itau).await;
        harness.answers(status, body);
        for _ in 0..2 {
            harness.clock.advance(SignedDuration::from_secs(31));
            assert_ne!(context(&itau).await, CIRCUIT_OPEN, "{status}: the probe");
            assert_eq!(context(&itau).await, CIRCUIT_OPEN, "{status}");
        }
    }
}

#[tokio::test]
async fn replies_with_retry_after_in_a_row_open_the_circuit() {
    let harness = LookupHarness::open().await;
    let itau = careful(&harness);
    let rests = StubResponse::new(503, "").with_header("retry-after", "120");
    harness.stub.from_now_on(StubBehaviour::Respond(rests));
    for _ in 0..3 {
        assert_ne!(context(&itau).await, CIRCUIT_OPEN);
    }
    assert_eq!(context(&itau).await, CIRCUIT_OPEN);
}

#[tokio::test]
async fn silence_for_all_of_the_time_is_a_failure() {
    let harness = LookupHarness::open().await;
    let breaker = BreakerSettings::steady(2, SignedDuration::from_secs(30));
    let itau = harness.itau(ItauSettings { breaker, ..harness.settings() });
    harness.stub.from_now_on(StubBehaviour::Hang);
    for _ in 0..2 {
        let late = Err(LookupError::Unavailable(Unavailability::TimedOut));
        assert_eq!(context(&itau).await, late);
    }
    assert_eq!(context(&itau).await, CIRCUIT_OPEN);
}

#[tokio::test]
async fn a_lookup_counts_once_however_often_it_was_repeated_and_a_probe_is_not_repeated() {
    let harness = LookupHarness::open().await;
    let breaker = BreakerSettings::steady(3, SignedDuration::from_secs(30));
    let itau = harness.itau(ItauSettings { breaker, max_retries: 4, ..harness.settings() });
    harness.answers(503, "");
    for _ in 0..3 {
        assert_ne!(context(&itau).await, CIRCUIT_OPEN);
    }
    assert_eq!(context(&itau).await, CIRCUIT_OPEN);
    assert_eq!(harness.stub.received().len(), 15);
    harness.clock.advance(SignedDuration::from_secs(31));
    assert_ne!(context(&itau).await, CIRCUIT_OPEN);
    assert_eq!(harness.stub.received().len(), 16);
}

#[tokio::test]
async fn a_lookup_that_waited_here_for_most_of_its_time_says_nothing_of_the_other_side() {
    let harness = LookupHarness::open().await;
    let breaker = BreakerSettings::steady(1, SignedDuration::from_secs(30));
    let settings =
        ItauSettings { breaker, max_concurrent_calls: 1, max_retries: 0, ..harness.settings() };
    let itau = Arc::new(harness.itau(settings));
    // The first lookup takes 600 of 800 ms; the second has 200 ms left, too little for the reply.
    harness.stub.from_now_on(StubBehaviour::Late {
        wait: Duration::from_millis(600),
        response: StubResponse::json(200, "{}"),
    });
    for _ in 0..2 {
        let ask = || {
            let itau = Arc::clone(&itau);
            tokio::spawn(async move { context(&itau).await })
        };
        let (one, other) = (ask(), ask());
        let mut ends = [one.await.unwrap(), other.await.unwrap()];
        ends.sort_by_key(Result::is_err);
        let late = Err(LookupError::Unavailable(Unavailability::TimedOut));
        assert_eq!(ends, [Ok(()), late]);
    }
    assert_ne!(context(&itau).await, CIRCUIT_OPEN);
}

#[tokio::test]
async fn so_many_go_at_once_some_wait_and_the_rest_are_turned_away() {
    let harness = LookupHarness::open().await;
    let settings = ItauSettings {
        max_concurrent_calls: 2,
        max_queue: 3,
        max_retries: 0,
        ..harness.settings()
    };
    let itau = Arc::new(harness.itau(settings));
    harness.stub.from_now_on(StubBehaviour::Hang);
    let ask = || {
        let itau = Arc::clone(&itau);
        tokio::spawn(async move { context(&itau).await })
    };
    let within: Vec<_> = (0..5).map(|_| ask()).collect();
    while harness.stub.received().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let busy = Err(LookupError::Unavailable(Unavailability::Busy));
    for beyond in (0..15).map(|_| ask()).collect::<Vec<_>>() {
        assert_eq!(beyond.await.unwrap(), busy);
    }
    assert_eq!(harness.stub.received().len(), 2);
    for lookup in within {
        lookup.await.unwrap().unwrap_err();
    }
    harness.answers(200, "{}");
    assert_eq!(both(&itau).await, [Ok(()); 2], "and every place is free again");
}

#[tokio::test]
async fn repetitions_pause_twice_as_long_each_time_and_end() {
    let harness = LookupHarness::open().await;
    harness.stub.from_now_on(StubBehaviour::Respond(StubResponse::new(503, "")));
    let mut ids = MockIds::new();
    ids.expect_jitter().return_const(Jitter::FULL);
    let settings =
        ItauSettings { max_retries: 4, pause: Duration::from_millis(10), ..harness.settings() };
    let itau = Itau::new(settings, Arc::new(harness.clock.clone()), Arc::new(ids)).unwrap();
    let began = std::time::Instant::now();
    context(&itau).await.unwrap_err();
    assert_eq!(harness.stub.received().len(), 5);
    assert!(began.elapsed() >= Duration::from_millis(10 + 20 + 40 + 80));
}

#[tokio::test]
async fn a_pause_that_ends_too_late_is_not_begun() {
    let harness = LookupHarness::open().await;
    harness.stub.from_now_on(StubBehaviour::Respond(StubResponse::new(503, "")));
    let mut ids = MockIds::new();
    ids.expect_jitter().return_const(Jitter::FULL);
    let settings = ItauSettings { pause: Duration::from_secs(5), ..harness.settings() };
    let itau = Itau::new(settings, Arc::new(harness.clock.clone()), Arc::new(ids)).unwrap();
    let began = std::time::Instant::now();
    let status = Err(LookupError::Unavailable(Unavailability::Status));
    assert_eq!(context(&itau).await, status);
    assert_eq!(harness.stub.received().len(), 1);
    assert!(began.elapsed() < Duration::from_millis(700));
}
