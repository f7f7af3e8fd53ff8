//! Tests failing claims and records: no outcome is lost and nothing is done twice.

use madoguchi_domain::effect::{Doubt, EffectStateName};
use madoguchi_testkit::fake::core_bank::Behaviour;
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples;

use super::harness::WorkerHarness;

#[tokio::test(start_paused = true)]
async fn an_outcome_is_kept_until_the_store_has_taken_it() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.queue.break_records(5, Fault::BeforeCommit);
    harness.start_both();
    harness.wait(20).await;
    assert_eq!(harness.state(1).await, EffectStateName::Confirmed);
    assert_eq!(harness.line.calls().len(), 1);
    assert_eq!(harness.moves(1).await, ["Sending", "Confirmed"]);
    assert_eq!(harness.evidence(1).await, [("applied".into(), String::new())]);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_was_written_without_an_answer_is_not_written_twice() {
    let harness = WorkerHarness::with_passed(2).await;
    harness.script(2, [Behaviour::Lose(Doubt::TimedOut)]);
    harness.queue.break_records(5, Fault::AfterCommit);
    harness.start_both();
    harness.wait(20).await;
    assert_eq!(harness.moves(1).await, ["Sending", "Confirmed"]);
    assert_eq!(harness.moves(2).await, ["Sending", "Unknown"]);
    assert_eq!(harness.effect(2).await.ambiguous, 1);
    assert!(harness.evidence(1).await.iter().all(|(outcome, _)| outcome == "applied"));
    assert_eq!(harness.line.calls().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_the_store_takes_only_after_the_lease_is_still_proof() {
    let harness = WorkerHarness::with_passed(1).await;
    let worker = harness.start(harness.worker(1));
    harness.queue.break_records(34, Fault::BeforeCommit);
    harness.start_sweeping();
    harness.wait(60).await;
    assert_eq!(harness.state(1).await, EffectStateName::Confirmed);
    assert_eq!(harness.line.calls().len(), 1);
    assert!(!worker.is_finished());
}

#[tokio::test(start_paused = true)]
async fn an_outcome_whose_row_cannot_be_read_does_not_take_the_others_along() {
    let harness = WorkerHarness::with_passed(3).await;
    harness.queue.corrupt_records_of(samples::case_id(2));
    harness.start_both();
    harness.wait(10).await;
    for number in [1, 3] {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed, "member {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_outcomes_of_one_effect_are_never_written_together() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.script(1, [Behaviour::Unreachable]);
    // The first outcome is written but not acknowledged, so that the worker still holds it when the
    // second one arrives.
    harness.queue.break_records(1, Fault::AfterCommit);
    harness.queue.break_records(5, Fault::BeforeCommit);
    harness.start_both();
    harness.wait(20).await;
    assert_eq!(harness.moves(1).await, ["Sending", "Planned", "Sending", "Confirmed"]);
    assert!(!harness.queue.was_doubled());
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_broke_off_unwritten_is_made_again() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.queue.break_claims(3, Fault::BeforeCommit);
    harness.start_both();
    harness.wait(10).await;
    assert_eq!(harness.moves(1).await, ["Sending", "Confirmed"]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_nobody_knows_of_lapses_and_is_sent_once() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.queue.break_claims(1, Fault::AfterCommit);
    harness.start_both();
    harness.wait(25).await;
    assert_eq!(harness.state(1).await, EffectStateName::Sending);
    harness.wait(140).await;
    let moves = ["Sending", "Unknown", "Planned", "Sending", "Confirmed"];
    assert_eq!(harness.moves(1).await, moves);
    assert_eq!(harness.line.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_was_down_for_an_hour_changes_nothing_but_the_hour() {
    let harness = WorkerHarness::with_passed(3).await;
    harness.script(2, [Behaviour::Lose(Doubt::TimedOut)]);
    harness.start_both();
    harness.wait(1).await;
    harness.fake.set_down(true);
    harness.wait(3600).await;
    harness.fake.set_down(false);
    harness.wait(200).await;
    for number in [1, 3] {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed, "member {number}");
    }
    // One hour in state `Unknown` moves the effect to `Manual`.
    assert_eq!(harness.state(2).await, EffectStateName::Manual);
}
