//! One lookup for everybody who waits, and a context kept as long as it says that it holds.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{Absence, Part};
use madoguchi_domain::caller::Passage;
use madoguchi_testkit::samples;

use super::counter::{Counter, MARIA, TIME, asker};

fn asked(counter: &Counter, id: &str) -> usize {
    counter.callers.asked().iter().filter(|arrived| arrived.asked == id).count()
}

#[tokio::test(start_paused = true)]
async fn twenty_who_ask_at_once_share_one_lookup_of_each_kind() {
    let counter = Arc::new(Counter::open());
    let account = samples::codigo_conta().expose().to_owned();
    counter.callers.is_slow(MARIA, Duration::from_millis(300));
    counter.callers.is_slow(&account, Duration::from_millis(300));
    let questions: Vec<_> = (0..20)
        .map(|_| {
            let counter = Arc::clone(&counter);
            tokio::spawn(async move { counter.who().await })
        })
        .collect();
    for question in questions {
        let who = question.await.expect("an answer");
        assert!(matches!(who.context, Part::Fresh(_)) && matches!(who.account, Part::Fresh(_)));
    }
    assert_eq!((asked(&counter, MARIA), asked(&counter, &account)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_was_found_with_one_consumers_key_is_nobody_elses() {
    let counter = Counter::open();
    counter.context_is(|context| context.expires_at = Some(samples::at(600)));
    let with = async |key: Option<&str>| {
        let api_key = key.map(samples::api_key);
        let passage = Passage { api_key, ..Passage::of(samples::flow(9)) };
        let query = samples::context_query();
        let who = counter.desk.who(&query, &passage, TIME, asker()).await.expect("an answer");
        matches!(who.context, Part::Cached(..))
    };
    for key in [None, Some("one"), Some("other")] {
        assert!(!with(key).await, "{key:?}");
        counter.clock.advance(SignedDuration::from_secs(1));
        assert!(with(key).await, "{key:?}");
    }
    assert_eq!(asked(&counter, MARIA), 3);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_that_could_be_read_nothing_is_kept() {
    let counter = Counter::open();
    for times in 1..=3 {
        let who = counter.who().await;
        assert!(matches!(who.context, Part::Fresh(_)), "{who:?}");
        assert_eq!(asked(&counter, MARIA), times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_is_kept_while_it_holds_and_an_owner_never() {
    let counter = Counter::open();
    counter.context_is(|context| context.expires_at = Some(samples::at(60)));
    assert!(matches!(counter.who().await.context, Part::Fresh(_)));
    counter.clock.advance(SignedDuration::from_secs(40));
    let who = counter.who().await;
    let Part::Cached(_, age) = who.context else { panic!("{:?}", who.context) };
    assert_eq!(age, SignedDuration::from_secs(40));
    assert!(matches!(who.account, Part::Fresh(_)));
    assert_eq!(asked(&counter, MARIA), 1);
    assert_eq!(asked(&counter, samples::codigo_conta().expose()), 2);

    counter.clock.advance(SignedDuration::from_secs(20));
    assert!(matches!(counter.who().await.context, Part::Fresh(_)), "it holds no more");
    assert_eq!(asked(&counter, MARIA), 2);
}

#[tokio::test(start_paused = true)]
async fn what_holds_no_more_when_it_comes_is_not_kept() {
    let counter = Counter::open();
    counter.context_is(|context| context.expires_at = Some(samples::at(-1)));
    for times in 1..=2 {
        assert!(matches!(counter.who().await.context, Part::Fresh(_)));
        assert_eq!(asked(&counter, MARIA), times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lookup_goes_on_when_nobody_waits_any_more_and_serves_who_asks_next() {
    let counter = Counter::open();
    counter.context_is(|context| context.expires_at = Some(samples::at(600)));
    counter.callers.is_slow(MARIA, Duration::from_secs(3));
    assert_eq!(counter.who().await.context, Part::Missing(Absence::Late));
    assert!(matches!(counter.who().await.context, Part::Fresh(_)), "joined it under way");
    assert_eq!(asked(&counter, MARIA), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_by_who_waits_and_by_nobody_after() {
    use madoguchi_domain::port::LookupError;

    let counter = Arc::new(Counter::open());
    counter.callers.is_slow(MARIA, Duration::from_millis(300));
    counter.callers.fails(MARIA, LookupError::Failed);
    let ask = || {
        let counter = Arc::clone(&counter);
        tokio::spawn(async move { counter.who().await.context })
    };
    let failed = Part::Missing(Absence::Failed(LookupError::Failed));
    for question in [ask(), ask()] {
        assert_eq!(question.await.expect("an answer"), failed);
    }
    assert_eq!(asked(&counter, MARIA), 1);
    counter.callers.is_well(MARIA);
    assert!(matches!(counter.who().await.context, Part::Fresh(_)));
}
