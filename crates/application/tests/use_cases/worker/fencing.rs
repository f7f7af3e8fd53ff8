//! Tests workers that outlive their lease: they are fenced out, but their evidence is kept.

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_domain::effect::{EffectStateName, Fence};
use madoguchi_testkit::fake::core_bank::Behaviour;
use madoguchi_testkit::samples;

use super::bank::Line;
use super::harness::{FINAL, WorkerHarness, code};

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_lease_is_proof_and_not_an_outcome() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.line.hold_answers();
    harness.start_both();
    harness.wait(40).await;
    let effect = harness.effect(1).await;
    assert_eq!((effect.state.name(), effect.fence), (EffectStateName::Unknown, Fence(2)));
    harness.line.release_answers();
    harness.wait(3).await;
    let known = harness.driver.newest(1).await;
    assert_eq!(known.member.level(), Some(&samples::level("1A")));
    assert_eq!(harness.moves(1).await, ["Sending", "Unknown", "Confirmed"]);
    let seen = [("unknown", "lease_lapsed"), ("applied", "")];
    let seen = seen.map(|(outcome, detail)| (outcome.to_owned(), detail.to_owned()));
    assert_eq!(harness.evidence(1).await, seen);
    harness.wait(600).await;
    assert_eq!(harness.line.calls().len(), 1, "what is proven is not sent again");
}

/// A harness with one passed member, and one worker with one call at a time that gets no answer.
async fn with_a_call_that_hangs() -> WorkerHarness {
    let harness = WorkerHarness::with_passed(1).await;
    harness.line.hold_answers();
    let mut slow = harness.worker(1);
    slow.settings.calls = 1;
    harness.start(slow);
    harness.start_sweeping();
    harness
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_changes_nothing_that_another_worker_has_finished() {
    let harness = with_a_call_that_hangs().await;
    harness.wait(5).await;
    let mut quick = harness.worker(2);
    let line = Arc::new(Line::to(&harness.bank, &harness.clock));
    quick.delivery = harness.delivery_over(&line);
    harness.start(quick);
    harness.wait(160).await;
    let finished = harness.effect(1).await;
    assert_eq!(finished.state.name(), EffectStateName::Confirmed);
    harness.line.release_answers();
    harness.wait(10).await;
    assert_eq!(harness.effect(1).await, finished);
    let moves = ["Sending", "Unknown", "Planned", "Sending", "Confirmed"];
    assert_eq!(harness.moves(1).await, moves);
    assert_eq!(harness.evidence(1).await.len(), 3, "the late answer is kept");
    let (slow, quick) = (harness.line.calls(), line.calls());
    assert_eq!((slow.len(), quick.len()), (1, 1));
    assert_eq!(slow[0].1, quick[0].1, "the same act has the same ids");
    assert!(quick[0].0.duration_since(slow[0].0) >= harness.policy.settle);
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_comes_when_it_is_to_be_sent_again_is_proof_enough() {
    let harness = with_a_call_that_hangs().await;
    harness.wait(200).await;
    assert_eq!(harness.state(1).await, EffectStateName::Planned, "and nobody is there to send it");
    harness.line.release_answers();
    harness.wait(5).await;
    assert_eq!(harness.moves(1).await, ["Sending", "Unknown", "Planned", "Confirmed"]);
    harness.wait(600).await;
    assert_eq!(harness.line.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_refuses_nothing() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.script(1, [Behaviour::Refuse(code(FINAL))]);
    harness.line.hold_answers();
    harness.start_both();
    harness.wait(40).await;
    harness.line.release_answers();
    harness.wait(10).await;
    assert_eq!(harness.state(1).await, EffectStateName::Unknown);
    assert!(harness.evidence(1).await.contains(&("refused".to_owned(), FINAL.to_owned())));
    harness.wait(200).await;
    assert_eq!(harness.state(1).await, EffectStateName::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn who_wakes_with_less_left_than_a_call_may_last_does_not_send() {
    // The lease is 30 s and a call may last 10 s.
    for asleep in [21, 30, 60] {
        let harness = WorkerHarness::with_passed(1).await;
        let clock = harness.clock.clone();
        harness
            .queue
            .after_the_next_claim(move || clock.advance(SignedDuration::from_secs(asleep)));
        let worker = harness.start(harness.worker(1));
        tokio::task::yield_now().await;
        harness.stop.say();
        worker.await.expect("the worker ends without an error");
        assert_eq!(harness.line.calls(), [], "{asleep}");
        assert_eq!(harness.evidence(1).await, [("not_sent".into(), "lease_over".into())]);
        assert_eq!(harness.state(1).await, EffectStateName::Planned);
        assert_eq!(harness.effect(1).await.ambiguous, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_vanishes_leaves_its_work_to_the_next() {
    let harness = WorkerHarness::with_passed(3).await;
    harness.line.hold_answers();
    let vanished = harness.start(harness.worker(1));
    harness.wait(2).await;
    vanished.abort();
    harness.line.release_answers();
    harness.start(harness.worker(2));
    harness.start_sweeping();
    harness.wait(20).await;
    assert_eq!(harness.line.calls().len(), 3, "nobody takes over what may be under way");
    harness.wait(200).await;
    for number in 1..=3 {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed);
    }
    assert_eq!(harness.line.calls().len(), 6);
}
