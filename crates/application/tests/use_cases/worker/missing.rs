//! Tests that passed cases without an effect are found and get the same effect as at the verdict.

use madoguchi_domain::effect::{EffectState, EffectStateName};
use madoguchi_testkit::fake::store::Fault;
use madoguchi_testkit::samples;

use super::harness::WorkerHarness;

/// A harness where member 1 has passed and has no core-bank effect.
async fn with_an_orphan() -> WorkerHarness {
    let harness = WorkerHarness::open();
    harness.driver.verified(1..=1).await;
    harness.driver.orphan(1).await;
    harness
}

#[tokio::test(start_paused = true)]
async fn an_orphan_gets_the_effect_it_was_decided_with() {
    let harness = with_an_orphan().await;
    assert_eq!(harness.sweeper().plan_missing().await, Ok(1));
    let effect = harness.effect(1).await;
    let (case, level) = (samples::case_id(1), samples::level("1A"));
    let (transaction_id, _) = samples::policy().transaction_ids.derive(case, &level);
    assert_eq!(effect.order.upstream_id.as_str(), transaction_id.as_str());
    assert_eq!(effect.state, EffectState::Planned { due: samples::at(200) });
    assert_eq!(harness.driver.newest(1).await.member.target, Some(level));
    assert_eq!(harness.sweeper().plan_missing().await, Ok(0), "it is no orphan any more");
}

#[tokio::test(start_paused = true)]
async fn who_has_an_effect_or_has_not_passed_is_no_orphan() {
    let harness = WorkerHarness::open();
    harness.driver.passed(1..=1).await;
    harness.driver.verified(2..=2).await;
    let before = harness.effect(1).await;
    assert_eq!(harness.sweeper().plan_missing().await, Ok(0));
    assert_eq!(harness.effect(1).await, before);
    assert_eq!(harness.driver.newest(2).await.effect, None);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_reaches_the_core_bank_by_itself() {
    let harness = with_an_orphan().await;
    harness.start_both();
    harness.wait(5).await;
    assert_eq!(harness.state(1).await, EffectStateName::Confirmed);
    assert_eq!(harness.bank.applied().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_broke_off_is_made_once() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let harness = with_an_orphan().await;
        harness.fake.fail_next(1, fault);
        assert!(harness.sweeper().plan_missing().await.is_err());
        assert!(harness.sweeper().plan_missing().await.is_ok());
        harness.start_both();
        harness.wait(5).await;
        assert_eq!(harness.state(1).await, EffectStateName::Confirmed);
        assert_eq!(harness.bank.applied().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_for_orphans_that_broke_off_does_not_wait_for_the_next_one() {
    let harness = with_an_orphan().await;
    harness.fake.fail_next(1, Fault::BeforeCommit);
    harness.start_sweeping();
    harness.wait(30).await;
    assert!(harness.driver.newest(1).await.effect.is_some());
}
