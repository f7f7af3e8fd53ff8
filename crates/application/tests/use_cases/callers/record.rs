//! No answer without its row in the audit trail.

use madoguchi_application::{CallerError, DeskError};
use madoguchi_domain::audit::{Action, Subject};
use madoguchi_domain::port::LookupError;
use madoguchi_testkit::downstream::full_passage;
use madoguchi_testkit::fake_store::Fault;
use madoguchi_testkit::samples;

use super::counter::{Counter, TIME, asker};

#[tokio::test]
async fn every_question_has_one_row_that_says_what_came_of_it_and_of_nobody() {
    let counter = Counter::open();
    let (context, account) = (samples::context_query(), samples::account_query());
    counter.desk.context(&context, &full_passage(), asker()).await.expect("found");
    counter.desk.owner(&account, &full_passage(), asker()).await.expect("found");
    counter.who().await;
    counter.callers.fails_all(Some(LookupError::NotFound));
    counter.desk.owner(&account, &full_passage(), asker()).await.expect_err("not found");

    let rows = counter.rows().await;
    let told: Vec<_> = rows.iter().map(|row| (row.entry.action, &*row.entry.detail)).collect();
    let expected = [
        (Action::ContextLookedUp, "found"),
        (Action::AccountLookedUp, "found"),
        (Action::CallerLookedUp, "context=fresh account=fresh"),
        (Action::AccountLookedUp, "not_found"),
    ];
    assert_eq!(told, expected);
    let (by, fallback) = asker();
    for row in rows {
        // The correlation id of the passage, where it has one.
        let (flow, correlation) = if row.entry.action == Action::CallerLookedUp {
            (9, fallback.clone())
        } else {
            (1, samples::correlation("group-1"))
        };
        assert_eq!(row.entry.subject, Subject::Lookup(samples::flow(flow)));
        assert_eq!((&row.entry.by, row.entry.correlation), (&by, correlation));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_is_not_answered() {
    let counter = Counter::open();
    counter.store.fail_next(1, Fault::BeforeCommit);
    let context = counter.desk.context(&samples::context_query(), &full_passage(), asker()).await;
    assert_eq!(context, Err(CallerError::Unrecorded(DeskError::Unavailable)));
    counter.store.fail_next(1, Fault::BeforeCommit);
    assert_eq!(counter.who_within(TIME).await, Err(DeskError::Unavailable));
    assert!(counter.who_within(TIME).await.is_ok(), "and then it is there again");
}
