//! Tests requests with an idempotency key in the decision lane.

use madoguchi_application::{Answered, ServiceError};
use madoguchi_domain::upgrade::{GrantedCase, Refusal, Request, StateName};
use madoguchi_testkit::fake::fault_injecting_store::Between;
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples::{
    self, asked_at, decide, keyed, keyed_again, keyed_as, open, open_as, verify,
};

use super::CONTRADICTION;
use crate::lane_harness::LaneHarness;

type Reported = Result<Answered<GrantedCase>, ServiceError>;

/// The state in the answer, and whether it was replayed.
fn reported(answer: &Reported) -> Result<(StateName, bool), ServiceError> {
    answer.map(|it| (it.value.state, it.is_replayed))
}

const PASSED: StateName = StateName::CustomerSuccess;
const FAILED: StateName = StateName::CustomerFailure;

#[tokio::test(start_paused = true)]
async fn a_repeated_request_gets_the_stored_answer() {
    let lane = LaneHarness::open();
    lane.driver.register(1..=1).await;
    let first = lane.ask_with(open(1), keyed(1)).await.expect("a case is opened");
    assert!(first.value.opened && !first.is_replayed);
    lane.driver.ask(&verify(1, true)).await;
    let again = lane.ask_with(open_as(1, samples::case_id(50)), keyed_again(1)).await;
    assert_eq!(again, Ok(Answered { is_replayed: true, ..first }), "as it was then, code included");
    assert_eq!(lane.history(1).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_repetition_does_not_meet_a_newer_case() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=1).await;
    let first = lane.ask_with(decide(1, false), keyed(1)).await;
    assert_eq!(reported(&first), Ok((FAILED, false)));
    let second = asked_at(open_as(1, samples::case_id(51)), samples::at(300));
    lane.driver.ask(&second).await;
    let command = verify(2, true).command;
    lane.driver.ask(&Request { command, ..verify(1, true) }).await;
    let late = lane.ask_with(decide(1, false), keyed_again(1)).await;
    assert_eq!(reported(&late), Ok((FAILED, true)));
    let newer = lane.driver.newest(1).await.case.expect("there is a case");
    assert_eq!(newer.state.name(), StateName::EddaSuccess, "the newer case waits");
}

#[tokio::test(start_paused = true)]
async fn a_key_with_other_content_is_refused() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=2).await;
    lane.ask_with(decide(1, true), keyed(1)).await.expect("decided");
    let other = lane.ask_with(decide(2, true), keyed_as(1, "another body")).await;
    assert_eq!(other, Err(ServiceError::KeyReused));
    assert_eq!(lane.history(2).await.len(), 2, "nothing was decided");
    let own = lane.ask_with(decide(2, true), keyed_as(2, "another body")).await;
    assert_eq!(reported(&own), Ok((PASSED, false)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_change_is_stored_too() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=1).await;
    lane.ask(decide(1, true)).await.expect("decided");
    for (key, is_replayed) in [(keyed(1), false), (keyed_again(1), true)] {
        let answer = lane.ask_with(decide(1, true), key).await;
        assert_eq!(reported(&answer), Ok((PASSED, is_replayed)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_not_stored() {
    let lane = LaneHarness::open();
    lane.driver.opened(1..=1).await;
    let refused = lane.ask_with(decide(1, true), keyed(1)).await;
    assert_eq!(refused, Err(ServiceError::Refused(Refusal::NotVerified)));
    lane.driver.ask(&verify(1, true)).await;
    assert_eq!(reported(&lane.ask_with(decide(1, true), keyed(1)).await), Ok((PASSED, false)));
    // A contradiction writes an audit row, and its answer is decided anew each time.
    for _ in 0..2 {
        assert_eq!(lane.ask_with(decide(1, false), keyed(2)).await, Err(CONTRADICTION));
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_another_process_is_replayed() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=1).await;
    let by_another = Between::GrantedOnce(Box::new(decide(1, true)), keyed(1));
    lane.store.before_commits([by_another]);
    let ours = lane.ask_with(decide(1, true), keyed_again(1)).await;
    assert_eq!(reported(&ours), Ok((PASSED, true)));
    assert_eq!(lane.history(1).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_key_used_by_another_process_meanwhile_loses_the_change() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=2).await;
    let by_another = Between::GrantedOnce(Box::new(decide(1, true)), keyed(1));
    lane.store.before_commits([by_another]);
    let other = lane.ask_with(decide(2, true), keyed_as(1, "another body")).await;
    assert_eq!(other, Err(ServiceError::KeyReused));
    assert_eq!(lane.history(2).await.len(), 2, "its change was undone");
}

#[tokio::test(start_paused = true)]
async fn one_key_twice_in_a_batch_is_one_change() {
    let lane = LaneHarness::open();
    lane.driver.verified(1..=2).await;
    let both = tokio::join!(
        lane.ask_with(decide(1, true), keyed(1)),
        lane.ask_with(decide(1, true), keyed_again(1)),
    );
    assert_eq!(reported(&both.0), Ok((PASSED, false)));
    assert_eq!(reported(&both.1), Ok((PASSED, true)));
    assert_eq!(lane.history(1).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_broken_commit_leaves_both_or_none() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane = LaneHarness::open();
        lane.driver.verified(1..=1).await;
        lane.store.before_commits([Between::Broken(fault)]);
        let answer = lane.ask_with(decide(1, true), keyed(1)).await;
        assert_eq!(reported(&answer), Ok((PASSED, false)), "it was no repetition");
        assert_eq!(lane.history(1).await.len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_given_only_once_it_is_stored() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane = LaneHarness::open();
        lane.driver.verified(1..=1).await;
        lane.ask(decide(1, true)).await.expect("decided");
        lane.store.fake.fail_next(1, fault);
        let answer = lane.ask_with(decide(1, true), keyed(1)).await;
        assert_eq!(reported(&answer), Ok((PASSED, false)));
        lane.store.fake.fail_next(99, fault);
        let answer = lane.ask_with(decide(1, true), keyed(2)).await;
        let stored = fault == Fault::AfterCommit;
        let expected = if stored { Ok((PASSED, false)) } else { Err(ServiceError::Unavailable) };
        assert_eq!(reported(&answer), expected);
    }
}
