//! Workers that sleep past their lease: fenced out, and yet what they saw is not lost.

use std::sync::Arc;

use madoguchi_domain::core_bank::{EffectStateName, Fence};
use madoguchi_domain::port::CoreBank;
use madoguchi_testkit::fake_core_bank::Behaviour;
use madoguchi_testkit::samples;

use super::bank::Line;
use super::hall::{FINAL, Hall, code};

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_the_lease_is_proof_and_not_an_outcome() {
    let hall = Hall::with_passed(1).await;
    hall.line.hold_answers();
    hall.start_both();
    hall.wait(40).await;
    let effect = hall.effect(1).await;
    assert_eq!((effect.state.name(), effect.fence), (EffectStateName::Unknown, Fence(2)));
    hall.line.release_answers();
    hall.wait(3).await;
    let known = hall.teller.newest(1).await;
    assert_eq!(known.member.level(), Some(&samples::level("1A")));
    assert_eq!(hall.moves(1).await, ["Sending", "Unknown", "Confirmed"]);
    let seen = [("unknown", "lease_lapsed"), ("applied", "200")];
    let seen = seen.map(|(outcome, detail)| (outcome.to_owned(), detail.to_owned()));
    assert_eq!(hall.evidence(1).await, seen);
    hall.wait(600).await;
    assert_eq!(hall.line.calls().len(), 1, "what is proven is not sent again");
}

/// A hall with one passed member, whose only worker makes one call at a time and hears no answer.
async fn with_a_call_that_hangs() -> Hall {
    let hall = Hall::with_passed(1).await;
    hall.line.hold_answers();
    let mut slow = hall.worker(1);
    slow.settings.calls = 1;
    hall.start(slow);
    hall.start_sweeping();
    hall
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_changes_nothing_that_another_worker_has_finished() {
    let hall = with_a_call_that_hangs().await;
    hall.wait(5).await;
    let mut quick = hall.worker(2);
    let line = Arc::new(Line::to(&hall.bank, &hall.clock));
    quick.bank = Arc::clone(&line) as Arc<dyn CoreBank>;
    hall.start(quick);
    hall.wait(160).await;
    let finished = hall.effect(1).await;
    assert_eq!(finished.state.name(), EffectStateName::Confirmed);
    hall.line.release_answers();
    hall.wait(10).await;
    assert_eq!(hall.effect(1).await, finished);
    let moves = ["Sending", "Unknown", "Planned", "Sending", "Confirmed"];
    assert_eq!(hall.moves(1).await, moves);
    assert_eq!(hall.evidence(1).await.len(), 3, "the late answer is kept");
    let (slow, quick) = (hall.line.calls(), line.calls());
    assert_eq!((slow.len(), quick.len()), (1, 1));
    assert_eq!(slow[0].1, quick[0].1, "the same act has the same ids");
    assert!(quick[0].0.duration_since(slow[0].0) >= hall.policy.settle);
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_comes_when_it_is_to_be_sent_again_is_proof_enough() {
    let hall = with_a_call_that_hangs().await;
    hall.wait(200).await;
    assert_eq!(hall.state(1).await, EffectStateName::Planned, "and nobody is there to send it");
    hall.line.release_answers();
    hall.wait(5).await;
    assert_eq!(hall.moves(1).await, ["Sending", "Unknown", "Planned", "Confirmed"]);
    hall.wait(600).await;
    assert_eq!(hall.line.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_refusal_refuses_nothing() {
    let hall = Hall::with_passed(1).await;
    hall.script(1, [Behaviour::Refuse(code(FINAL))]);
    hall.line.hold_answers();
    hall.start_both();
    hall.wait(40).await;
    hall.line.release_answers();
    hall.wait(10).await;
    assert_eq!(hall.state(1).await, EffectStateName::Unknown);
    assert!(hall.evidence(1).await.contains(&("refused".to_owned(), FINAL.to_owned())));
    hall.wait(200).await;
    assert_eq!(hall.state(1).await, EffectStateName::Confirmed);
}

#[tokio::test(start_paused = true)]
async fn who_wakes_with_less_left_than_a_call_may_last_does_not_send() {
    // Its lease is 30 s and a call may last 10 s.
    for asleep in [21, 30, 60] {
        let hall = Hall::with_passed(1).await;
        hall.queue.pause_after_the_next_claim(asleep);
        let worker = hall.start(hall.worker(1));
        tokio::task::yield_now().await;
        hall.stop.say();
        worker.await.expect("the worker ends in peace");
        assert_eq!(hall.line.calls(), [], "{asleep}");
        assert_eq!(hall.evidence(1).await, [("not_sent".into(), "lease_over".into())]);
        assert_eq!(hall.state(1).await, EffectStateName::Planned);
        assert_eq!(hall.effect(1).await.ambiguous, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_vanishes_leaves_its_work_to_the_next() {
    let hall = Hall::with_passed(3).await;
    hall.line.hold_answers();
    let vanished = hall.start(hall.worker(1));
    hall.wait(2).await;
    vanished.abort();
    hall.line.release_answers();
    hall.start(hall.worker(2));
    hall.start_sweeping();
    hall.wait(20).await;
    assert_eq!(hall.line.calls().len(), 3, "nobody takes over what may be under way");
    hall.wait(200).await;
    for number in 1..=3 {
        assert_eq!(hall.state(number).await, EffectStateName::Confirmed);
    }
    assert_eq!(hall.line.calls().len(), 6);
}
