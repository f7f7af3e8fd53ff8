//! Tests failing commits, unavailable stores and rows that cannot be parsed.

use std::time::Duration;

use madoguchi_application::{GroupCommitSettings, ServiceError};
use madoguchi_domain::audit::Action;
use madoguchi_domain::upgrade::{EventName, StateName};
use madoguchi_testkit::contract::stored_data::Damage;
use madoguchi_testkit::fake::fault_injecting_store::Between;
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples::{case_id, decide, open, verify};

use super::{CONTRADICTION, stands};
use crate::lane_harness::LaneHarness;

const PASSED: [EventName; 3] = [EventName::Opened, EventName::Verified, EventName::Passed];

#[tokio::test(start_paused = true)]
async fn a_commit_that_broke_off_is_found_out_before_anybody_is_told() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit, Fault::Panic] {
        for callers in [1, 8] {
            let lane_harness = LaneHarness::open();
            lane_harness.driver.verified(1..=callers).await;
            lane_harness.store.fake.fail_next(1, fault);
            let answers = lane_harness.ask_together((1..=callers).map(|n| decide(n, true))).await;
            for (number, answer) in (1..=callers).zip(answers) {
                assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess), "{fault:?}");
                assert_eq!(lane_harness.history(number).await, PASSED, "{fault:?}");
                assert!(lane_harness.driver.newest(number).await.effect.is_some());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_case_whose_opening_broke_off_was_opened_once_by_that_request() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane_harness = LaneHarness::open();
        lane_harness.driver.register(1..=1).await;
        lane_harness.store.fake.fail_next(1, fault);
        let standing = lane_harness.ask(open(1)).await.expect("a case is opened");
        assert!(standing.opened, "{fault:?}");
        assert_eq!(lane_harness.history(1).await, [EventName::Opened]);
    }
}

#[tokio::test(start_paused = true)]
async fn many_who_say_the_same_are_told_the_same_though_the_commit_broke_off() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane_harness = LaneHarness::open();
        lane_harness.driver.verified(1..=1).await;
        lane_harness.store.fake.fail_next(1, fault);
        let answers = lane_harness.ask_together((0..32).map(|at| decide(1, at % 2 == 0))).await;
        for (at, answer) in answers.iter().enumerate() {
            let said =
                if at % 2 == 0 { Ok(StateName::CustomerSuccess) } else { Err(CONTRADICTION) };
            assert_eq!(stands(answer), said, "{fault:?}");
        }
        assert_eq!(lane_harness.history(1).await, PASSED);
        assert!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await >= 16);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_takes_it_is_told_as_unavailable_and_asking_again_is_safe() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane_harness = LaneHarness::open();
        lane_harness.driver.verified(1..=1).await;
        lane_harness.store.break_off(Some(fault));
        let answer = lane_harness.ask(decide(1, true)).await;
        let expected = match fault {
            Fault::BeforeCommit | Fault::Panic => Err(ServiceError::Unavailable),
            Fault::AfterCommit => Ok(StateName::CustomerSuccess),
        };
        assert_eq!(stands(&answer), expected, "{fault:?}");
        let tried = lane_harness.store.commits().len();
        assert!((1..=6).contains(&tried), "nobody waits for ever");
        lane_harness.store.break_off(None);
        assert_eq!(
            stands(&lane_harness.ask(decide(1, true)).await),
            Ok(StateName::CustomerSuccess)
        );
        assert_eq!(lane_harness.history(1).await, PASSED);
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_breaks_off_is_tried_again_for_those_who_had_to_wait_for_it_too() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let lane_harness = LaneHarness::open();
        lane_harness.driver.register(1..=1).await;
        // The opening is durable; the check result that waited for it gets the fault.
        lane_harness.store.before_commits([Between::Nothing, Between::Broken(fault)]);
        let answers = lane_harness.ask_together([open(1), verify(1, true), decide(1, true)]).await;
        let stood: Vec<_> = answers.iter().map(stands).collect();
        let expected = [StateName::New, StateName::EddaSuccess, StateName::CustomerSuccess];
        assert_eq!(stood, expected.map(Ok), "{fault:?}");
        assert_eq!(lane_harness.history(1).await, PASSED);
    }
}

#[tokio::test(start_paused = true)]
async fn who_waited_behind_many_is_tried_as_often_as_who_came_first() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=1).await;
    lane_harness.store.before_commits([Between::Nothing, Between::Broken(Fault::BeforeCommit)]);
    let reports = (0..8).map(|_| verify(1, true));
    let answers = lane_harness.ask_together(reports.chain([decide(1, true)])).await;
    assert_eq!(lane_harness.store.loads()[0], 9, "all of them were one batch");
    assert!(answers[..8].iter().all(|one| stands(one) == Ok(StateName::EddaSuccess)));
    assert_eq!(stands(&answers[8]), Ok(StateName::CustomerSuccess));
    assert_eq!(lane_harness.history(1).await, PASSED);
}

#[tokio::test(start_paused = true)]
async fn a_contradiction_is_not_told_before_its_trace_is_durable() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.passed(1..=1).await;
    lane_harness.store.fake.fail_next(1, Fault::BeforeCommit);
    let answers = lane_harness.ask_together([decide(1, true), decide(1, false)]).await;
    assert_eq!(lane_harness.store.loads()[0], 2, "both were one batch");
    assert_eq!(stands(&answers[0]), Ok(StateName::CustomerSuccess));
    assert_eq!(stands(&answers[1]), Err(CONTRADICTION));
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_is_told_to_all_and_forgotten_when_it_is_back() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=8).await;
    lane_harness.store.fake.set_down(true);
    let answers = lane_harness.ask_together((1..=8).map(|number| decide(number, true))).await;
    assert!(answers.iter().all(|one| *one == Err(ServiceError::Unavailable)));
    assert!(
        lane_harness.store.loads().len() < 8,
        "nobody asks a store that is down for each request"
    );
    lane_harness.store.fake.set_down(false);
    for number in 1..=8 {
        assert_eq!(lane_harness.history(number).await, PASSED[..2]);
    }
    let answers = lane_harness.ask_together((1..=8).map(|number| decide(number, true))).await;
    assert!(answers.iter().all(|one| stands(one) == Ok(StateName::CustomerSuccess)));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_read_fails_alone() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=8).await;
    lane_harness.store.fake.damage(&Damage::CaseState(case_id(3)));
    let answers = lane_harness.ask_together((1..=8).map(|number| decide(number, true))).await;
    assert_eq!(lane_harness.store.loads()[0], 8, "all of them were one batch");
    for (number, answer) in (1..=8).zip(&answers) {
        let healthy = Ok(StateName::CustomerSuccess);
        let expected = if number == 3 { Err(ServiceError::Corrupt) } else { healthy };
        assert_eq!(stands(answer), expected, "member {number}");
    }
    let history = lane_harness.driver.timeline(case_id(3)).await.history;
    assert_eq!(history.len(), 2, "nothing was decided on it");
}

#[tokio::test(start_paused = true)]
async fn who_is_late_and_cannot_be_loaded_does_not_fail_who_was_there() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=3).await;
    lane_harness.store.fake.damage(&Damage::CaseState(case_id(2)));
    let first = lane_harness.queue_behind_the_gate([decide(1, true)]).await;
    let late = lane_harness.queue_behind_the_gate([decide(2, true), decide(3, true)]).await;
    lane_harness.store.let_one_through();
    lane_harness.store.let_one_through();
    for answer in first {
        let answer = answer.await.expect("the request is answered");
        assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
    }
    assert_eq!(lane_harness.store.loads(), [1, 2, 2], "the late ones are tried again on their own");
    lane_harness.store.open_load_gate();
    let mut stood = Vec::new();
    for answer in late {
        stood.push(stands(&answer.await.expect("the request is answered")));
    }
    assert_eq!(stood, [Err(ServiceError::Corrupt), Ok(StateName::CustomerSuccess)]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_whose_commit_broke_off_wakes_the_worker_too() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    lane_harness.store.fake.fail_next(1, Fault::AfterCommit);
    let mut planned = lane_harness.planned.listen();
    assert!(lane_harness.ask(decide(1, true)).await.is_ok());
    let wake = tokio::time::timeout(Duration::from_secs(1), planned.next());
    assert!(wake.await.is_ok(), "the effect is durable, but nobody was notified");
}

/// Nothing that waited too long for a stuck store is decided once it is free, whether it waited for
/// its turn or for its load.
#[tokio::test(start_paused = true)]
async fn who_waited_too_long_behind_a_stuck_store_is_not_decided() {
    let lane_harness = LaneHarness::open();
    let max_wait = GroupCommitSettings::default().max_wait;
    lane_harness.driver.verified(1..=8).await;
    lane_harness.store.close_load_gate();
    let stuck = lane_harness.queue(decide(1, true));
    lane_harness.settle().await;
    let behind: Vec<_> = (2..=7).map(|number| lane_harness.queue(decide(number, true))).collect();
    lane_harness.settle().await;
    tokio::time::sleep(max_wait).await;
    let late = lane_harness.queue(decide(8, true));
    lane_harness.settle().await;
    lane_harness.store.open_load_gate();
    let answer = late.await.expect("the request is answered");
    assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
    for one in [stuck].into_iter().chain(behind) {
        let answer = one.await.expect("the request is answered");
        assert_eq!(answer, Err(ServiceError::Unavailable));
    }
    assert_eq!(lane_harness.store.loads(), [1, 1], "those that waited too long are not loaded");
    for number in 1..=7 {
        let undecided = [EventName::Opened, EventName::Verified];
        assert_eq!(lane_harness.history(number).await, undecided);
    }
    let again = lane_harness.ask(decide(2, true)).await;
    assert_eq!(stands(&again), Ok(StateName::CustomerSuccess));
}

/// When every attempt takes long, the batch ends with the wait of its requests, not with their
/// number: a request that is left out says nothing about the store.
#[tokio::test(start_paused = true)]
async fn a_batch_of_slow_failures_ends_when_its_requests_have_waited() {
    let lane_harness = LaneHarness::holding(GroupCommitSettings {
        max_wait: Duration::from_secs(4),
        ..GroupCommitSettings::default()
    });
    lane_harness.driver.verified(1..=8).await;
    lane_harness.store.slow_down_loads(Duration::from_millis(1500));
    for number in 1..=8 {
        lane_harness.store.fake.damage(&Damage::CaseState(case_id(number)));
    }
    let answers = lane_harness.ask_together((1..=8).map(|number| decide(number, true))).await;
    let corrupt = answers.iter().filter(|it| **it == Err(ServiceError::Corrupt)).count();
    assert_eq!((corrupt, lane_harness.store.loads().len()), (2, 3), "{answers:?}");
    assert!(answers[2..].iter().all(|it| *it == Err(ServiceError::Unavailable)));
}
