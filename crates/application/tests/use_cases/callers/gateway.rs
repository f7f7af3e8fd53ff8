//! Tests the gateway's two lookups: encoded once, never cached, errors passed on unchanged.

use madoguchi_application::CallerError;
use madoguchi_domain::caller::{ContextQuery, Encoded};
use madoguchi_domain::port::LookupError;
use madoguchi_testkit::samples;

use super::harness::{CallerHarness, MARIA, asker};

#[tokio::test]
async fn a_context_id_goes_on_encoded_and_marked_as_done() {
    let harness = CallerHarness::open();
    let found = harness
        .service
        .context(&samples::context_query(), &samples::all_forwarded_headers(), asker())
        .await;
    assert_eq!(found, Ok(samples::found_context()));
    let as_it_is =
        ContextQuery { encoded: Some(Encoded::as_it_is()), ..samples::context_of(MARIA) };
    let again =
        harness.service.context(&as_it_is, &samples::all_forwarded_headers(), asker()).await;
    assert_eq!(again, Ok(samples::found_context()));
    for arrived in harness.callers.asked() {
        assert_eq!((arrived.asked.as_str(), arrived.with["encoded"].as_str()), (MARIA, "0"));
        assert_eq!(arrived.forwarded, samples::all_forwarded_headers());
    }
    assert_eq!(harness.callers.asked().len(), 2, "nothing is remembered");
}

#[tokio::test]
async fn an_owner_is_asked_for_as_the_query_stands() {
    let harness = CallerHarness::open();
    for _ in 0..2 {
        let found = harness
            .service
            .owner(&samples::account_query(), &samples::all_forwarded_headers(), asker())
            .await;
        assert_eq!(found, Ok(samples::found_owner()));
    }
    assert_eq!(harness.callers.asked().len(), 2, "nothing is remembered");
}

#[tokio::test]
async fn what_downstream_refuses_is_refused_with_its_reason() {
    let harness = CallerHarness::open();
    for error in [LookupError::Refused, LookupError::Misconfigured, LookupError::Failed] {
        harness.callers.fails_all(Some(error));
        let (service, forwarded) = (&harness.service, samples::all_forwarded_headers());
        let context = service.context(&samples::context_query(), &forwarded, asker()).await;
        assert_eq!(context, Err(CallerError::Lookup(error)));
        let owner = service.owner(&samples::account_query(), &forwarded, asker()).await;
        assert_eq!(owner, Err(CallerError::Lookup(error)));
    }
}

#[tokio::test]
async fn a_flow_is_made_for_a_lookup_that_brought_none() {
    let harness = CallerHarness::open();
    assert_ne!(harness.service.flow(None), harness.service.flow(None));
    let given = samples::flow(1);
    assert_eq!(harness.service.flow(Some(given.clone())), given);
}
