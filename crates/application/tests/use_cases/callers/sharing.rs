//! Tests shared lookups, and the cache of contexts until they expire.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{Absence, Part};
use madoguchi_domain::caller::ForwardedHeaders;
use madoguchi_testkit::samples;

use super::harness::{CallerHarness, MARIA, TIME, asker};

fn asked(harness: &CallerHarness, id: &str) -> usize {
    harness.callers.asked().iter().filter(|arrived| arrived.asked == id).count()
}

#[tokio::test(start_paused = true)]
async fn twenty_who_ask_at_once_share_one_lookup_of_each_kind() {
    let harness = Arc::new(CallerHarness::open());
    let account = samples::codigo_conta().expose().to_owned();
    harness.callers.is_slow(MARIA, Duration::from_millis(300));
    harness.callers.is_slow(&account, Duration::from_millis(300));
    let questions: Vec<_> = (0..20)
        .map(|_| {
            let harness = Arc::clone(&harness);
            tokio::spawn(async move { harness.who().await })
        })
        .collect();
    for question in questions {
        let who = question.await.expect("an answer");
        assert!(matches!(who.context, Part::Fresh(_)) && matches!(who.account, Part::Fresh(_)));
    }
    assert_eq!((asked(&harness, MARIA), asked(&harness, &account)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_was_found_with_one_consumers_key_is_nobody_elses() {
    let harness = CallerHarness::open();
    harness.context_is(|context| context.expires_at = Some(samples::at(600)));
    let with = async |key: Option<&str>| {
        let api_key = key.map(samples::api_key);
        let forwarded = ForwardedHeaders { api_key, ..ForwardedHeaders::of(samples::flow(9)) };
        let query = samples::context_query();
        let who = harness.service.who(&query, &forwarded, TIME, asker()).await.expect("an answer");
        matches!(who.context, Part::Cached(..))
    };
    for key in [None, Some("one"), Some("other")] {
        assert!(!with(key).await, "{key:?}");
        harness.clock.advance(SignedDuration::from_secs(1));
        assert!(with(key).await, "{key:?}");
    }
    assert_eq!(asked(&harness, MARIA), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_that_could_be_read_nothing_is_kept() {
    let harness = CallerHarness::open();
    for times in 1..=3 {
        let who = harness.who().await;
        assert!(matches!(who.context, Part::Fresh(_)), "{who:?}");
        assert_eq!(asked(&harness, MARIA), times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_is_kept_while_it_holds_and_an_owner_never() {
    let harness = CallerHarness::open();
    harness.context_is(|context| context.expires_at = Some(samples::at(60)));
    assert!(matches!(harness.who().await.context, Part::Fresh(_)));
    harness.clock.advance(SignedDuration::from_secs(40));
    let who = harness.who().await;
    let Part::Cached(_, age) = who.context else { panic!("{:?}", who.context) };
    assert_eq!(age, SignedDuration::from_secs(40));
    assert!(matches!(who.account, Part::Fresh(_)));
    assert_eq!(asked(&harness, MARIA), 1);
    assert_eq!(asked(&harness, samples::codigo_conta().expose()), 2);

    harness.clock.advance(SignedDuration::from_secs(20));
    assert!(matches!(harness.who().await.context, Part::Fresh(_)), "it holds no more");
    assert_eq!(asked(&harness, MARIA), 2);
}

#[tokio::test(start_paused = true)]
async fn what_holds_no_more_when_it_comes_is_not_kept() {
    let harness = CallerHarness::open();
    harness.context_is(|context| context.expires_at = Some(samples::at(-1)));
    for times in 1..=2 {
        assert!(matches!(harness.who().await.context, Part::Fresh(_)));
        assert_eq!(asked(&harness, MARIA), times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_goes_on_when_nobody_waits_any_more_and_serves_who_asks_next() {
    let harness = CallerHarness::open();
    harness.context_is(|context| context.expires_at = Some(samples::at(600)));
    harness.callers.is_slow(MARIA, Duration::from_secs(3));
    assert_eq!(harness.who().await.context, Part::Missing(Absence::DeadlineExceeded));
    assert!(matches!(harness.who().await.context, Part::Fresh(_)), "joined it under way");
    assert_eq!(asked(&harness, MARIA), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_who_waits_and_by_nobody_after() {
    use madoguchi_domain::port::LookupError;

    let harness = Arc::new(CallerHarness::open());
    harness.callers.is_slow(MARIA, Duration::from_millis(300));
    harness.callers.fails(MARIA, LookupError::Failed);
    let ask = || {
        let harness = Arc::clone(&harness);
        tokio::spawn(async move { harness.who().await.context })
    };
    let failed = Part::Missing(Absence::Failed(LookupError::Failed));
    for question in [ask(), ask()] {
        assert_eq!(question.await.expect("an answer"), failed);
    }
    assert_eq!(asked(&harness, MARIA), 1);
    harness.callers.is_well(MARIA);
    assert!(matches!(harness.who().await.context, Part::Fresh(_)));
}
