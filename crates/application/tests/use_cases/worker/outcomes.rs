//! Tests the effect's state after each kind of answer.

use std::time::Duration;

use madoguchi_domain::effect::{Doubt, EffectPolicy, EffectState, EffectStateName};
use madoguchi_domain::upgrade::{Guarantee, Reply, SetLevel};
use madoguchi_testkit::fake::core_bank::Behaviour;
use madoguchi_testkit::samples;

use super::harness::{FINAL, WorkerHarness, code};

#[tokio::test(start_paused = true)]
async fn an_applied_order_is_confirmed_and_the_level_has_risen() {
    let harness = WorkerHarness::with_passed(1).await;
    let planned = harness.effect(1).await;
    harness.start_both();
    harness.wait(2).await;
    let known = harness.driver.newest(1).await;
    assert_eq!(known.member.level(), Some(&samples::level("1A")));
    assert_eq!(known.member.target, None);
    let order = SetLevel::parse(&planned.order).expect("the order parses");
    assert_eq!(harness.bank.applied(), [order]);
    assert_eq!(harness.line.carried(), [planned.correlation]);
    assert_eq!(harness.moves(1).await, ["Sending", "Confirmed"]);
    assert_eq!(harness.evidence(1).await, [("applied".into(), String::new())]);
    harness.wait(3600).await;
    assert_eq!(harness.line.calls().len(), 1, "what is done is not done again");
}

#[tokio::test(start_paused = true)]
async fn a_listed_refusal_is_final_and_the_level_stays() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.script(1, [Behaviour::Refuse(code(FINAL))]);
    harness.start_both();
    harness.wait(3600).await;
    assert_eq!(harness.effect(1).await.state, EffectState::Rejected { code: code(FINAL) });
    assert_eq!(harness.driver.newest(1).await.member.level(), None);
    assert_eq!(harness.line.calls().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_bank_did_not_list_is_never_a_refusal() {
    let harness = WorkerHarness::with_passed(2).await;
    harness.script(1, [Behaviour::Refuse(code("E-BUSY"))]);
    harness.script(2, [Behaviour::Reply(Reply { status: 200, ..Reply::default() })]);
    harness.start_both();
    harness.wait(5).await;
    for number in [1, 2] {
        assert_eq!(harness.state(number).await, EffectStateName::Unknown);
    }
    harness.wait(200).await;
    for number in [1, 2] {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_after_the_settle_time_under_the_same_ids() {
    for lost in [Behaviour::Lose(Doubt::TimedOut), Behaviour::ApplyThenLose(Doubt::TimedOut)] {
        let harness = WorkerHarness::with_passed(1).await;
        harness.script(1, [lost]);
        harness.start_both();
        harness.wait(110).await;
        assert_eq!(harness.state(1).await, EffectStateName::Unknown);
        assert_eq!(harness.line.calls().len(), 1, "nothing is sent before the settle time is over");
        harness.wait(20).await;
        assert_eq!(
            harness.moves(1).await,
            ["Sending", "Unknown", "Planned", "Sending", "Confirmed"]
        );
        let calls = harness.line.calls();
        let [(first, order), (second, again)] = calls.as_slice() else {
            panic!("two calls, not {}", calls.len());
        };
        assert_eq!(order, again, "the same act has the same ids");
        assert!(second.duration_since(*first) >= EffectPolicy::standard().settle);
        assert_eq!(harness.effect(1).await.ambiguous, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_not_sent_waits_longer_each_time_and_does_not_count_as_unclear() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.script(1, std::iter::repeat_n(Behaviour::Unreachable, 40));
    harness.start_both();
    harness.wait(4 * 3600).await;
    let effect = harness.effect(1).await;
    assert_eq!(effect.state.name(), EffectStateName::Confirmed);
    assert_eq!((effect.ambiguous, effect.ambiguous_for.is_zero()), (0, true));
    assert_eq!(harness.bank.orders().len(), 1, "one order arrived");
    let calls = harness.line.calls();
    assert_eq!(calls.len(), 41);
    let late = calls[40].0.duration_since(calls[20].0);
    assert!(late > calls[20].0.duration_since(calls[0].0), "later tries are further apart");
}

#[tokio::test(start_paused = true)]
async fn people_look_at_what_stays_unknown() {
    let harness = WorkerHarness::with_passed(1).await;
    harness.script(1, std::iter::repeat_n(Behaviour::Lose(Doubt::TimedOut), 40));
    harness.start_both();
    harness.wait(2 * 3600).await;
    assert_eq!(harness.state(1).await, EffectStateName::Manual);
    assert_eq!(harness.line.calls().len(), 8, "the documented number of tries");
}

#[tokio::test(start_paused = true)]
async fn without_a_guarantee_nothing_is_ever_sent_twice() {
    let harness = WorkerHarness {
        policy: Guarantee::None.policy(EffectPolicy::standard()),
        ..WorkerHarness::with_passed(4).await
    };
    harness.script(1, [Behaviour::Lose(Doubt::TimedOut)]);
    harness.script(2, [Behaviour::ApplyThenLose(Doubt::ConnectionLost)]);
    harness.script(3, [Behaviour::Unreachable]);
    harness.start_both();
    harness.wait(2 * 3600).await;
    let expected = [
        EffectStateName::Manual,
        EffectStateName::Manual,
        EffectStateName::Confirmed,
        EffectStateName::Confirmed,
    ];
    for (number, state) in (1..=4).zip(expected) {
        assert_eq!(harness.state(number).await, state, "member {number}");
        let arrived = harness.bank.orders();
        let mine = arrived.iter().filter(|order| order.case == samples::case_id(number));
        assert_eq!(mine.count(), 1, "member {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_finished_does_not_hold_back_the_others() {
    let harness = WorkerHarness::with_passed(20).await;
    harness.script(7, std::iter::repeat_n(Behaviour::Lose(Doubt::TimedOut), 40));
    harness.start_both();
    harness.wait(5).await;
    for number in (1..=20).filter(|number| *number != 7) {
        assert_eq!(harness.state(number).await, EffectStateName::Confirmed, "member {number}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_are_made_at_once_than_allowed() {
    let harness = WorkerHarness::with_passed(50).await;
    harness.line.hold_answers();
    let mut worker = harness.worker(1);
    worker.settings.calls = 16;
    harness.start(worker);
    harness.wait(5).await;
    assert_eq!((harness.line.calls().len(), harness.line.most_at_once()), (16, 16));
    harness.line.release_answers();
    harness.wait(5).await;
    assert_eq!((harness.line.calls().len(), harness.line.most_at_once()), (50, 16));
}

#[tokio::test(start_paused = true)]
async fn two_workers_share_the_work_and_never_an_effect() {
    let harness = WorkerHarness::with_passed(50).await;
    harness.start(harness.worker(1));
    harness.start(harness.worker(2));
    harness.wait(20).await;
    let mut cases: Vec<_> = harness.bank.orders().into_iter().map(|order| order.case).collect();
    cases.sort_unstable();
    assert_eq!(cases, (1..=50).map(samples::case_id).collect::<Vec<_>>());
    for number in 1..=50 {
        assert_eq!(harness.moves(number).await, ["Sending", "Confirmed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_brings_work_forward_and_a_lost_one_loses_nothing() {
    for (woken, poll) in [(true, 3600), (false, 1)] {
        let harness = WorkerHarness::open();
        harness.driver.verified(1..=1).await;
        let mut worker = harness.worker(1);
        worker.settings.poll = Duration::from_secs(poll);
        harness.start(worker);
        harness.wait(5).await;
        harness.driver.ask(&samples::decide(1, true)).await;
        if woken {
            harness.planned.notify();
        }
        harness.wait(3).await;
        assert_eq!(harness.state(1).await, EffectStateName::Confirmed, "woken: {woken}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wake_up_is_heard_while_another_call_is_under_way() {
    let harness = WorkerHarness::open();
    harness.driver.passed(1..=1).await;
    harness.driver.verified(2..=2).await;
    let mut worker = harness.worker(1);
    worker.settings.poll = Duration::from_secs(3600);
    harness.line.hold_answers();
    harness.start(worker);
    harness.wait(2).await;
    harness.driver.ask(&samples::decide(2, true)).await;
    harness.planned.notify();
    harness.wait(2).await;
    assert_eq!(harness.line.calls().len(), 2, "fifteen more could be made");
}
