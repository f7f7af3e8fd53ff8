//! Tests changes by another process between this lane's load and commit.

use madoguchi_application::ServiceError;
use madoguchi_domain::audit::Action;
use madoguchi_domain::upgrade::{EventName, Refusal, Request, StateName};
use madoguchi_testkit::fake::fault_injecting_store::Between;
use madoguchi_testkit::samples::{self, decide, open, open_as, verify};

use super::{CONTRADICTION, stands};
use crate::lane_harness::LaneHarness;

fn granted(request: Request) -> Between {
    Between::Granted(Box::new(request))
}

#[tokio::test(start_paused = true)]
async fn the_same_verdict_by_another_process_is_the_same_answer() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    lane_harness.store.before_commits([granted(decide(1, true))]);
    let reported = lane_harness.ask(decide(1, true)).await;
    assert_eq!(stands(&reported), Ok(StateName::CustomerSuccess));
    assert_eq!(lane_harness.history(1).await.len(), 3, "one of them moved the case");
    assert_eq!(lane_harness.audited(Action::CASE_MOVED).await, 2);
}

#[tokio::test(start_paused = true)]
async fn the_opposite_verdict_by_another_process_is_a_contradiction() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    lane_harness.store.before_commits([granted(decide(1, false))]);
    let reported = lane_harness.ask(decide(1, true)).await;
    assert_eq!(stands(&reported), Err(CONTRADICTION));
    assert_eq!(lane_harness.driver.newest(1).await.effect, None);
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 1);
}

#[tokio::test(start_paused = true)]
async fn only_who_was_told_of_a_contradiction_leaves_a_trace_of_one() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    lane_harness.store.before_commits([granted(decide(1, false))]);
    let reported = lane_harness.ask_together([decide(1, true), decide(1, false)]).await;
    let stood: Vec<_> = reported.iter().map(stands).collect();
    assert_eq!(stood, [Err(CONTRADICTION), Ok(StateName::CustomerFailure)]);
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_case_that_another_process_opened_is_found() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.register(1..=1).await;
    lane_harness.store.before_commits([granted(open_as(1, samples::case_id(77)))]);
    let standing = lane_harness.ask(open(1)).await.expect("the open case is found");
    assert_eq!((standing.case, standing.opened), (samples::case_id(77), false));
}

#[tokio::test(start_paused = true)]
async fn a_code_that_another_process_replaced_is_replaced_once() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=1).await;
    let late = samples::asked_at(open(1), samples::at(700));
    lane_harness.store.before_commits([granted(late.clone())]);
    let standing = lane_harness.ask(late).await.expect("the case is found");
    assert_eq!(standing.qr.map(|qr| qr.serial), Some(2));
    assert_eq!(lane_harness.audited(Action::QR_REISSUED).await, 1);
}

#[tokio::test(start_paused = true)]
async fn who_loses_does_not_take_the_others_of_the_batch_along() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=3).await;
    lane_harness.store.before_commits([granted(decide(2, false))]);
    let reported = lane_harness.ask_together((1..=3).map(|number| decide(number, true))).await;
    let stood: Vec<_> = reported.iter().map(stands).collect();
    let passed = Ok(StateName::CustomerSuccess);
    assert_eq!(stood, [passed, Err(CONTRADICTION), passed]);
    assert_eq!(lane_harness.store.loads(), [3, 1], "only the loser is loaded again");
}

#[tokio::test(start_paused = true)]
async fn those_who_rest_on_a_lost_change_are_decided_again_with_it() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=1).await;
    lane_harness.store.before_commits([granted(verify(1, false))]);
    let reported = lane_harness.ask_together([verify(1, true), decide(1, true), open(1)]).await;
    let stood: Vec<_> = reported.iter().map(stands).collect();
    let contradiction = Err(ServiceError::Refused(Refusal::VerificationContradiction));
    let unverified = Err(ServiceError::Refused(Refusal::NotVerified));
    assert_eq!(stood[..2], [contradiction, unverified]);
    assert_eq!(lane_harness.history(1).await.first(), Some(&EventName::Opened));
}

#[tokio::test(start_paused = true)]
async fn who_never_stops_losing_is_told_to_come_back() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=2).await;
    lane_harness.store.lose_everything();
    let reported =
        lane_harness.ask_together([decide(1, true), decide(1, true), decide(2, false)]).await;
    assert!(reported.iter().all(|one| *one == Err(ServiceError::Unavailable)));
    assert!(lane_harness.store.commits().len() <= 10, "the lane is not held up for ever");
}
