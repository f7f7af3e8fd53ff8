//! Tests that no answer is returned without its row in the audit log.

use madoguchi_application::{CallerError, ServiceError};
use madoguchi_domain::act::Act;
use madoguchi_domain::audit::Action;
use madoguchi_domain::port::LookupError;
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples;

use super::harness::{CallerHarness, TIME, asker};

#[tokio::test]
async fn every_question_has_one_row_that_says_what_came_of_it_and_of_nobody() {
    let harness = CallerHarness::open();
    let (context, account) = (samples::context_query(), samples::account_query());
    harness
        .service
        .context(&context, &samples::all_forwarded_headers(), asker())
        .await
        .expect("found");
    harness
        .service
        .owner(&account, &samples::all_forwarded_headers(), asker())
        .await
        .expect("found");
    harness.who().await;
    harness.callers.fails_all(Some(LookupError::NotFound));
    harness
        .service
        .owner(&account, &samples::all_forwarded_headers(), asker())
        .await
        .expect_err("not found");

    let rows = harness.rows().await;
    let reported: Vec<_> =
        rows.iter().map(|row| (row.entry.action.clone(), &*row.entry.detail)).collect();
    let expected = [
        (Action::CONTEXT_LOOKED_UP, "found"),
        (Action::ACCOUNT_LOOKED_UP, "found"),
        (Action::CALLER_LOOKED_UP, "context=fresh account=fresh"),
        (Action::ACCOUNT_LOOKED_UP, "not_found"),
    ];
    assert_eq!(reported, expected);
    let Act { by, correlation: fallback, .. } = asker();
    for row in rows {
        // The correlation id of the forwarded headers, if they have one.
        let (flow, correlation) = if row.entry.action == Action::CALLER_LOOKED_UP {
            (9, fallback.clone())
        } else {
            (1, samples::correlation("group-1"))
        };
        assert_eq!(row.entry.subject, samples::flow(flow).subject());
        assert_eq!((&row.entry.act.by, row.entry.act.correlation), (&by, correlation));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_is_not_answered() {
    let harness = CallerHarness::open();
    harness.store.fail_next(1, Fault::BeforeCommit);
    let context = harness
        .service
        .context(&samples::context_query(), &samples::all_forwarded_headers(), asker())
        .await;
    assert_eq!(context, Err(CallerError::Unrecorded(ServiceError::Unavailable)));
    harness.store.fail_next(1, Fault::BeforeCommit);
    assert_eq!(harness.who_within(TIME).await, Err(ServiceError::Unavailable));
    assert!(harness.who_within(TIME).await.is_ok(), "and then it is there again");
}
