//! Tests that the bank is asked before an order is repeated, and what each answer permits.

use std::time::Duration;

use madoguchi_domain::effect::{Doubt, EffectPolicy, EffectStateName};
use madoguchi_domain::upgrade::Guarantee;
use madoguchi_testkit::fake::core_bank::Behaviour;
use madoguchi_testkit::samples;

use super::harness::WorkerHarness;

const LOST: Doubt = Doubt::TimedOut;

/// One member whose first order goes wrong like this, under a guarantee.
async fn doubted(lost: Behaviour, guarantee: Guarantee) -> WorkerHarness {
    let harness = WorkerHarness {
        policy: guarantee.policy(EffectPolicy::standard()),
        ..WorkerHarness::with_inquiries(1).await
    };
    harness.script(1, [lost]);
    harness.start_both();
    harness
}

fn evidence(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    rows.iter().map(|(outcome, detail)| ((*outcome).into(), (*detail).into())).collect()
}

#[tokio::test(start_paused = true)]
async fn an_order_that_the_bank_shows_applied_is_never_repeated() {
    for guarantee in [Guarantee::AbsoluteSet, Guarantee::Dedupes, Guarantee::None] {
        let harness = doubted(Behaviour::ApplyThenLose(LOST), guarantee).await;
        harness.wait(110).await;
        assert!(harness.bank.inquiries().is_empty(), "nothing is asked before the settle time");
        harness.wait(3600).await;
        assert_eq!(harness.moves(1).await, ["Sending", "Unknown", "Confirmed"]);
        assert_eq!(harness.line.calls().len(), 1);
        assert_eq!(harness.bank.inquiries().len(), 1);
        let seen = evidence(&[("unknown", "timed_out"), ("applied", "level_is_target")]);
        assert_eq!(harness.evidence(1).await, seen);
        let level = harness.driver.newest(1).await.member.confirmed;
        assert_eq!(level, Some(samples::level("1A")));
    }
}

#[tokio::test(start_paused = true)]
async fn another_level_permits_what_the_guarantee_permits() {
    for (guarantee, state, calls) in [
        (Guarantee::AbsoluteSet, EffectStateName::Confirmed, 2),
        (Guarantee::None, EffectStateName::Manual, 1),
    ] {
        let harness = doubted(Behaviour::Lose(LOST), guarantee).await;
        harness.bank.set(&samples::account(1).arrangement, Some(samples::level("0A")));
        harness.wait(3600).await;
        assert_eq!(harness.state(1).await, state);
        assert_eq!(harness.line.calls().len(), calls);
        let seen = evidence(&[("unknown", "timed_out"), ("unknown", "level_is_other")]);
        assert_eq!(harness.evidence(1).await[..2], seen);
        assert_eq!(harness.bank.inquiries().len(), 1, "what people look at is not asked about");
    }
}

#[tokio::test(start_paused = true)]
async fn an_inquiry_that_learns_nothing_changes_nothing() {
    let harness = doubted(Behaviour::ApplyThenLose(LOST), Guarantee::AbsoluteSet).await;
    harness.bank.lose_inquiries(&samples::account(1).arrangement, [Doubt::Status]);
    harness.wait(3600).await;
    assert_eq!(harness.line.calls().len(), 2);
    let seen = evidence(&[("unknown", "timed_out"), ("applied", "")]);
    assert_eq!(harness.evidence(1).await, seen, "the order was sent twice, no third time");
}

/// Members whose effects are `Unknown` and past their settle time, and a sweeper that is not
/// started.
async fn settled(members: u32) -> WorkerHarness {
    let harness = WorkerHarness::with_inquiries(members).await;
    for number in 1..=members {
        harness.script(number, [Behaviour::Lose(LOST)]);
    }
    while harness.worker(1).step().await > 0 {}
    harness.wait(200).await;
    harness
}

#[tokio::test(start_paused = true)]
async fn after_an_inquiry_that_learned_nothing_the_round_starts_none() {
    let harness = settled(40).await;
    for number in 1..=40 {
        harness.bank.lose_inquiries(&samples::account(number).arrangement, [LOST]);
    }
    let sweeper = harness.sweeper();
    let mut left = 40;
    for _ in 0..3 {
        assert_eq!(sweeper.sweep().await, Ok(left.min(16)));
        left -= left.min(16);
        assert_eq!(harness.bank.inquiries().len(), 40 - left);
    }
    assert_eq!(sweeper.sweep().await, Ok(0), "none was left out");
}

#[tokio::test(start_paused = true)]
async fn a_slow_bank_holds_up_no_lease_and_no_round_for_long() {
    let harness = settled(40).await;
    harness.driver.passed(41..=41).await;
    assert_eq!(harness.driver.claim(&samples::claim(9, 1, harness.now())).await.len(), 1);
    harness.wait(40).await;
    harness.line.hold_answers();
    let sweeper = harness.sweeper();
    let round = tokio::spawn(async move { sweeper.sweep().await });
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(harness.state(41).await, EffectStateName::Unknown, "the lapse did not wait");
    assert!(!round.is_finished());
    harness.line.release_answers();
    assert_eq!(round.await.expect("the sweeper does not panic"), Ok(17));
    assert_eq!(harness.bank.inquiries().len(), 16, "a call's time was over");
    assert_eq!(harness.line.most_at_once(), 16);
}
