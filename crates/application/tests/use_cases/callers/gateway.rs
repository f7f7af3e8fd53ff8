//! The gateway's two questions: encoded once, never remembered, refused as downstream refuses.

use madoguchi_application::CallerError;
use madoguchi_domain::caller::{ContextQuery, Encoded};
use madoguchi_domain::port::LookupError;
use madoguchi_testkit::downstream::full_passage;
use madoguchi_testkit::samples;

use super::counter::{Counter, MARIA, asker};

#[tokio::test]
async fn a_context_id_goes_on_encoded_and_marked_as_done() {
    let counter = Counter::open();
    let found = counter.desk.context(&samples::context_query(), &full_passage(), asker()).await;
    assert_eq!(found, Ok(samples::found_context()));
    let as_it_is =
        ContextQuery { encoded: Some(Encoded::as_it_is()), ..samples::context_of(MARIA) };
    let again = counter.desk.context(&as_it_is, &full_passage(), asker()).await;
    assert_eq!(again, Ok(samples::found_context()));
    for arrived in counter.callers.asked() {
        assert_eq!((arrived.asked.as_str(), arrived.with["encoded"].as_str()), (MARIA, "0"));
        assert_eq!(arrived.passage, full_passage());
    }
    assert_eq!(counter.callers.asked().len(), 2, "nothing is remembered");
}

#[tokio::test]
async fn an_owner_is_asked_for_as_the_query_stands() {
    let counter = Counter::open();
    for _ in 0..2 {
        let found = counter.desk.owner(&samples::account_query(), &full_passage(), asker()).await;
        assert_eq!(found, Ok(samples::found_owner()));
    }
    assert_eq!(counter.callers.asked().len(), 2, "nothing is remembered");
}

#[tokio::test]
async fn what_downstream_refuses_is_refused_with_its_reason() {
    let counter = Counter::open();
    for error in [LookupError::Refused, LookupError::Misconfigured, LookupError::Failed] {
        counter.callers.fails_all(Some(error));
        let (desk, passage) = (&counter.desk, full_passage());
        let context = desk.context(&samples::context_query(), &passage, asker()).await;
        assert_eq!(context, Err(CallerError::Lookup(error)));
        let owner = desk.owner(&samples::account_query(), &passage, asker()).await;
        assert_eq!(owner, Err(CallerError::Lookup(error)));
    }
}

#[tokio::test]
async fn a_flow_is_made_for_a_lookup_that_brought_none() {
    let counter = Counter::open();
    assert_ne!(counter.desk.flow(None), counter.desk.flow(None));
    let given = samples::flow(1);
    assert_eq!(counter.desk.flow(Some(given.clone())), given);
}
