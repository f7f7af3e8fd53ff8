//! Passed cases without an effect: found, and given the one they always should have had.

use madoguchi_domain::core_bank::{EffectState, EffectStateName};
use madoguchi_testkit::fake_store::Fault;
use madoguchi_testkit::samples;

use super::hall::Hall;

/// A hall where member 1 was passed and the duty to tell the core bank was forgotten.
async fn with_an_orphan() -> Hall {
    let hall = Hall::open();
    hall.teller.verified(1..=1).await;
    hall.teller.orphan(1).await;
    hall
}

#[tokio::test(start_paused = true)]
async fn an_orphan_gets_the_effect_it_was_decided_with() {
    let hall = with_an_orphan().await;
    assert_eq!(hall.sweeper().adopt().await, Ok(1));
    let effect = hall.effect(1).await;
    let (case, level) = (samples::case_id(1), samples::level("1A"));
    let (transaction_id, _) = samples::policy().transaction_ids.derive(case, &level);
    assert_eq!(effect.order.transaction_id, transaction_id);
    assert_eq!(effect.state, EffectState::Planned { due: samples::at(200) });
    assert_eq!(hall.teller.newest(1).await.member.target, Some(level));
    assert_eq!(hall.sweeper().adopt().await, Ok(0), "it is no orphan any more");
}

#[tokio::test(start_paused = true)]
async fn who_has_an_effect_or_has_not_passed_is_no_orphan() {
    let hall = Hall::open();
    hall.teller.passed(1..=1).await;
    hall.teller.verified(2..=2).await;
    let before = hall.effect(1).await;
    assert_eq!(hall.sweeper().adopt().await, Ok(0));
    assert_eq!(hall.effect(1).await, before);
    assert_eq!(hall.teller.newest(2).await.effect, None);
}

#[tokio::test(start_paused = true)]
async fn an_orphan_reaches_the_core_bank_by_itself() {
    let hall = with_an_orphan().await;
    hall.start_both();
    hall.wait(5).await;
    assert_eq!(hall.state(1).await, EffectStateName::Confirmed);
    assert_eq!(hall.bank.applied().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_broke_off_is_made_once() {
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        let hall = with_an_orphan().await;
        hall.fake.fail_next(1, fault);
        assert!(hall.sweeper().adopt().await.is_err());
        assert!(hall.sweeper().adopt().await.is_ok());
        hall.start_both();
        hall.wait(5).await;
        assert_eq!(hall.state(1).await, EffectStateName::Confirmed);
        assert_eq!(hall.bank.applied().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_for_orphans_that_broke_off_does_not_wait_for_the_next_one() {
    let hall = with_an_orphan().await;
    hall.fake.fail_next(1, Fault::BeforeCommit);
    hall.start_sweeping();
    hall.wait(30).await;
    assert!(hall.teller.newest(1).await.effect.is_some());
}
