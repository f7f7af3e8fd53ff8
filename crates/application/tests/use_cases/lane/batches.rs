//! Tests batches: what one batch decides, and that a caller may leave early.

use madoguchi_application::{GroupCommitSettings, ServiceError};
use madoguchi_domain::audit::Action;
use madoguchi_domain::upgrade::{CaseKey, EventName, Refusal, Request, StateName};
use madoguchi_testkit::contract::race::race;
use madoguchi_testkit::samples;
use madoguchi_testkit::samples::{decide, open, verify};
use tokio::time::Instant;

use super::{CONTRADICTION, stands};
use crate::lane_harness::LaneHarness;

#[tokio::test(start_paused = true)]
async fn a_request_alone_is_answered_at_once() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    let asked = Instant::now();
    let answer = lane_harness.ask(decide(1, true)).await;
    assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
    assert_eq!(asked.elapsed(), std::time::Duration::ZERO, "no time is spent on waiting");
    assert_eq!((lane_harness.store.loads(), lane_harness.store.commits()), (vec![1], vec![1]));
}

#[tokio::test(start_paused = true)]
async fn sixty_four_equal_verdicts_are_one_change_and_sixty_four_equal_answers() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    let answers = lane_harness.ask_together((0..64).map(|_| decide(1, true))).await;
    assert_eq!(lane_harness.store.loads(), [64], "all of them were one batch");
    let first = answers[0].expect("the verdict is taken");
    assert!(answers.iter().all(|one| *one == Ok(first)));
    let known = lane_harness.driver.newest(1).await;
    assert_eq!(known.case.map(|case| case.id), Some(first.case));
    assert!(known.effect.is_some());
    let whys = [EventName::Opened, EventName::Verified, EventName::Passed];
    assert_eq!(lane_harness.history(1).await, whys);
    assert_eq!(lane_harness.audited(Action::CASE_MOVED).await, 2);
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn verdicts_that_race_on_two_threads_are_one_change_too() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=1).await;
    let asks = (0..64).map(|_| {
        let lane = lane_harness.lane.clone();
        async move { lane.ask(decide(1, true), None).await }
    });
    let answers = race(asks.collect()).await;
    assert!(answers.iter().all(|one| *one == answers[0] && one.is_ok()));
    assert_eq!(lane_harness.history(1).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn of_opposite_verdicts_the_first_stands_and_every_other_is_a_contradiction() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=2).await;
    for (number, first) in [(1, true), (2, false)] {
        let verdicts: Vec<bool> = (0..64).map(|at| (at % 2 == 0) == first).collect();
        let asked = verdicts.iter().map(|passed| decide(number, *passed));
        let answers = lane_harness.ask_together(asked).await;
        let won = if first { StateName::CustomerSuccess } else { StateName::CustomerFailure };
        for (passed, answer) in verdicts.into_iter().zip(&answers) {
            let expected = if passed == first { Ok(won) } else { Err(CONTRADICTION) };
            assert_eq!(stands(answer), expected);
        }
        assert_eq!(lane_harness.history(number).await.len(), 3);
        assert_eq!(lane_harness.driver.newest(number).await.effect.is_some(), first);
    }
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 64);
}

#[tokio::test(start_paused = true)]
async fn different_members_share_one_load_and_one_commit() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=8).await;
    let asked = (1..=8).map(|number| decide(number, number % 2 == 0));
    let answers = lane_harness.ask_together(asked).await;
    assert_eq!((lane_harness.store.loads(), lane_harness.store.commits()), (vec![8], vec![8]));
    for (number, answer) in (1..=8).zip(answers) {
        let case = answer.expect("every verdict is taken").case;
        assert_eq!(case, samples::case_id(number), "each request gets its own case");
        assert_eq!(lane_harness.driver.newest(number).await.effect.is_some(), number % 2 == 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_others_are_loaded_shares_their_commit() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=3).await;
    let first = lane_harness.queue_behind_the_gate([decide(1, true)]).await;
    let late = [decide(2, true), decide(3, false), decide(2, true)];
    let late = lane_harness.queue_behind_the_gate(late).await;
    lane_harness.store.open_load_gate();
    let mut stood = Vec::new();
    for answer in first.into_iter().chain(late) {
        stood.push(stands(&answer.await.expect("the request is answered")));
    }
    let (passed, failed) = (Ok(StateName::CustomerSuccess), Ok(StateName::CustomerFailure));
    assert_eq!(stood, [passed, passed, failed, passed]);
    assert_eq!((lane_harness.store.loads(), lane_harness.store.commits()), (vec![1, 3], vec![3]));
}

#[tokio::test(start_paused = true)]
async fn who_comes_late_is_not_told_what_was_true_before() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=1).await;
    lane_harness.driver.verified(2..=3).await;
    let early = lane_harness.queue_behind_the_gate([decide(1, true), decide(3, true)]).await;
    let other = lane_harness.queue_behind_the_gate([decide(2, true)]).await;
    // Member 1's first request is decided on an open case; then another process verifies it.
    lane_harness.store.let_one_through();
    lane_harness.settle().await;
    lane_harness.driver.ask(&verify(1, true)).await;
    let late = lane_harness.queue_behind_the_gate([decide(1, true)]).await;
    lane_harness.store.open_load_gate();
    let mut stood = Vec::new();
    for answer in early.into_iter().chain(other).chain(late) {
        stood.push(stands(&answer.await.expect("the request is answered")));
    }
    let passed = Ok(StateName::CustomerSuccess);
    assert_eq!(stood, [Err(ServiceError::Refused(Refusal::NotVerified)), passed, passed, passed]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_lets_in_who_is_late_three_times_and_takes_no_more_than_it_may() {
    for (max_batch, commits) in [(256, vec![4, 1]), (3, vec![3, 2])] {
        let lane_harness = LaneHarness::holding(GroupCommitSettings {
            max_batch,
            ..GroupCommitSettings::default()
        });
        lane_harness.driver.verified(1..=5).await;
        let mut queued = Vec::new();
        for number in 1..=5 {
            queued.extend(lane_harness.queue_behind_the_gate([decide(number, true)]).await);
            if number > 1 {
                lane_harness.store.let_one_through();
                lane_harness.settle().await;
            }
        }
        lane_harness.store.open_load_gate();
        for answer in queued {
            let answer = answer.await.expect("the request is answered");
            assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
        }
        assert_eq!(lane_harness.store.commits(), commits);
    }
}

#[tokio::test(start_paused = true)]
async fn commands_of_one_member_are_taken_in_their_order() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.register(1..=2).await;
    let asked = [open(1), open(2), verify(1, true), decide(1, true), verify(2, false)];
    let answers = lane_harness.ask_together(asked).await;
    assert_eq!(lane_harness.store.loads()[0], 5, "all of them were one batch");
    let stood: Vec<_> = answers.iter().map(stands).collect();
    let expected = [
        Ok(StateName::New),
        Ok(StateName::New),
        Ok(StateName::EddaSuccess),
        Ok(StateName::CustomerSuccess),
        Ok(StateName::EddaFailure),
    ];
    assert_eq!(stood, expected);
    let opened = answers.iter().map(|one| one.as_ref().is_ok_and(|standing| standing.opened));
    assert_eq!(opened.collect::<Vec<_>>(), [true, true, false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_case_named_by_member_by_id_and_by_code_is_one_case_in_a_batch() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=1).await;
    let id = samples::case_id(1);
    let code = samples::policy().qr.token(id, 1).hash();
    let asked = [
        Request { key: CaseKey::Scanned(code), ..verify(1, true) },
        Request { key: CaseKey::Id(id), ..decide(1, true) },
        decide(1, true),
        Request { key: CaseKey::Id(id), ..decide(1, false) },
    ];
    let answers = lane_harness.ask_together(asked).await;
    let stood: Vec<_> = answers.iter().map(stands).collect();
    let passed = Ok(StateName::CustomerSuccess);
    assert_eq!(stood, [Ok(StateName::EddaSuccess), passed, passed, Err(CONTRADICTION)]);
    assert_eq!(lane_harness.history(1).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_does_not_hold_back_who_is_not() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.register(1..=1).await;
    lane_harness.driver.verified(2..=2).await;
    lane_harness.driver.opened(3..=3).await;
    let answers = lane_harness
        .ask_together([decide(9, true), decide(1, true), decide(2, true), decide(3, true)])
        .await;
    let stood: Vec<_> = answers.iter().map(stands).collect();
    let refused = |refusal| Err(ServiceError::Refused(refusal));
    let expected = [
        refused(Refusal::MemberNotFound),
        refused(Refusal::CaseNotFound),
        Ok(StateName::CustomerSuccess),
        refused(Refusal::NotVerified),
    ];
    assert_eq!(stood, expected);
}

#[tokio::test(start_paused = true)]
async fn one_report_for_two_members_belongs_to_the_first() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.opened(1..=2).await;
    let stolen = Request { key: open(2).key, ..verify(1, true) };
    let answers = lane_harness.ask_together([verify(1, true), stolen]).await;
    assert_eq!(stands(&answers[0]), Ok(StateName::EddaSuccess));
    let refused = ServiceError::Refused(Refusal::VerificationContradiction);
    assert_eq!(stands(&answers[1]), Err(refused));
    assert_eq!(lane_harness.audited(Action::CONTRADICTION_REFUSED).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_before_any_work() {
    let settings = GroupCommitSettings { max_batch: 1, queue_capacity: 2, ..Default::default() };
    let lane_harness = LaneHarness::holding(settings);
    lane_harness.driver.verified(1..=4).await;
    lane_harness.store.close_load_gate();
    let working = lane_harness.queue(decide(1, true));
    tokio::task::yield_now().await;
    let waiting = [lane_harness.queue(decide(2, true)), lane_harness.queue(decide(3, true))];
    tokio::task::yield_now().await;
    assert_eq!(lane_harness.ask(decide(4, true)).await, Err(ServiceError::Overloaded));
    lane_harness.store.open_load_gate();
    for held in [working].into_iter().chain(waiting) {
        let answer = held.await.expect("the request is answered");
        assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
    }
    assert_eq!(lane_harness.history(4).await, [EventName::Opened, EventName::Verified]);
    assert_eq!(lane_harness.store.loads(), [1, 1, 1], "the refused one never reached the store");
    let answer = lane_harness.ask(decide(4, true)).await;
    assert_eq!(stands(&answer), Ok(StateName::CustomerSuccess));
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_made_for_callers_who_have_left() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=3).await;
    lane_harness.store.close_load_gate();
    let left: Vec<_> = (1..=3).map(|number| lane_harness.queue(decide(number, true))).collect();
    tokio::task::yield_now().await;
    left.iter().for_each(tokio::task::JoinHandle::abort);
    lane_harness.store.open_load_gate();
    for one in left {
        assert!(one.await.is_err(), "nobody waited for an answer");
    }
    assert!(lane_harness.ask(decide(3, true)).await.is_ok(), "the lane goes on");
    for number in 1..=3 {
        assert_eq!(lane_harness.history(number).await.last(), Some(&EventName::Passed));
    }
}

#[tokio::test(start_paused = true)]
async fn when_nobody_can_ask_any_more_the_lane_finishes_what_waits_and_ends() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.verified(1..=3).await;
    lane_harness.store.close_load_gate();
    let waiting: Vec<_> = (1..=3).map(|number| lane_harness.queue(decide(number, true))).collect();
    tokio::task::yield_now().await;
    let LaneHarness { store, lane, task, .. } = lane_harness;
    drop(lane);
    store.open_load_gate();
    for one in waiting {
        assert!(one.await.expect("the request is answered").is_ok());
    }
    task.await.expect("the lane ends without an error");
}

#[tokio::test(start_paused = true)]
async fn only_a_planned_effect_wakes_the_worker() {
    let lane_harness = LaneHarness::open();
    lane_harness.driver.register(1..=2).await;
    let mut planned = lane_harness.planned.listen();
    let wakes = [
        (open(1), false),
        (verify(1, true), false),
        (decide(1, true), true),
        (decide(1, true), false),
        (open(2), false),
        (verify(2, true), false),
        (decide(2, false), false),
    ];
    for (request, expected) in wakes {
        assert!(lane_harness.ask(request).await.is_ok());
        let second = std::time::Duration::from_secs(1);
        let woken = tokio::time::timeout(second, planned.next()).await.is_ok();
        assert_eq!(woken, expected);
    }
}
