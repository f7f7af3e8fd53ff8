//! The suite of what is stored: it outlives a restart, and one damaged row spoils no other.
//!
//! Beside its ports, the suite needs a way to the data behind them.

use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_application::UpgradeStores;
use madoguchi_domain::audit::Action;
use madoguchi_domain::change::Committed;
use madoguchi_domain::effect::{Doubt, EffectKey, EffectStateName, Fence, Outcome};
use madoguchi_domain::port::StoreError;
use madoguchi_domain::upgrade::{self, CaseId, CaseKey, Lookup, SetLevel};

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, at, case_id, claim, member_id};

/// Damage to one row, as a faulty tool or an operator leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The state of a case contradicts its facts.
    CaseState(CaseId),
    /// The payload of an effect's order cannot be parsed.
    OrderPayload(EffectKey),
    /// The row of an effect is gone.
    EffectRow(EffectKey),
}

/// The data of a store under test, and the stores on it.
#[async_trait]
pub trait StoredData: Send + Sync {
    /// Opens the stores, anew each time, as after a restart.
    async fn open(&self) -> UpgradeStores;
    /// Damages a row, past the stores.
    async fn inject(&self, damage: &Damage);
}

/// Runs the suite on each adapter: `stored_data_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) of an
/// `Arc<dyn StoredData>`.
#[macro_export]
macro_rules! stored_data_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            stored_data of stored_data, of_stores [
                what_was_committed_is_there_after_a_restart
                a_case_that_cannot_be_parsed_is_corrupt_and_spoils_no_other
                an_order_that_cannot_be_parsed_is_set_aside_once
                an_order_in_progress_keeps_its_claim_and_its_fence
                an_order_that_was_sent_and_lost_is_not_planned_again
            ]
            $($adapters)+
        }
    };
}

/// Cases in each state, claims, outcomes, evidence and the audit log, which goes on.
pub async fn what_was_committed_is_there_after_a_restart(data: Arc<dyn StoredData>) {
    let driver = UpgradeDriver::at(&data.open().await);
    driver.opened(1..=1).await;
    driver.verified(2..=2).await;
    driver.passed(3..=6).await;
    let claimed = driver.claim(&claim(1, 3, at(200))).await;
    driver.record(&samples::answered(&claimed[0], Outcome::Applied, at(201))).await;
    let doubt = Outcome::Unknown(Doubt::TimedOut);
    driver.record(&samples::answered(&claimed[1], doubt, at(201))).await;
    let cases: Vec<_> = (1..=6).map(case_id).collect();
    let before = driver.snapshot(&cases).await;
    drop(driver);

    let driver = UpgradeDriver::at(&data.open().await);
    assert_eq!(driver.snapshot(&cases).await, before);
    let planned = driver.claim(&claim(2, 10, at(202))).await;
    assert_eq!(planned.len(), 1, "what was claimed before stays claimed");
    driver.ask(&samples::decide(2, true)).await;
    audit_rows::verify(&driver.stores).await;
}

/// It is never guessed at or left out, and nobody else waits for its repair.
pub async fn a_case_that_cannot_be_parsed_is_corrupt_and_spoils_no_other(
    data: Arc<dyn StoredData>,
) {
    let driver = UpgradeDriver::at(&data.open().await);
    driver.verified(1..=4).await;
    driver.orphan(3).await;
    driver.orphan(4).await;
    let healthy = driver.newest(2).await;
    data.inject(&Damage::CaseState(case_id(1))).await;
    data.inject(&Damage::CaseState(case_id(3))).await;
    let newest = |number| Lookup { key: CaseKey::NewestOf(member_id(number)), check: None };
    let by_id = Lookup { key: CaseKey::Id(case_id(1)), check: None };
    for asked in [vec![newest(1)], vec![by_id], vec![newest(2), newest(1)]] {
        let found = driver.stores.upgrades.load(&asked).await;
        assert!(matches!(found, Err(StoreError::Corrupt(_))), "{found:?}");
    }
    assert_eq!(driver.newest(2).await, healthy);
    let orphans = driver.stores.upgrades.orphans(10).await.expect("orphans are read");
    let orphans: Vec<_> = orphans.iter().filter_map(|it| Some(it.case.as_ref()?.id)).collect();
    assert_eq!(orphans, [case_id(4)]);
}

/// It moves to `Manual` with one audit row, people see it, and others are sent.
pub async fn an_order_that_cannot_be_parsed_is_set_aside_once(data: Arc<dyn StoredData>) {
    let driver = UpgradeDriver::at(&data.open().await);
    driver.passed(1..=2).await;
    let broken = SetLevel::key(case_id(1));
    data.inject(&Damage::OrderPayload(broken.clone())).await;
    let claimed = driver.claim(&claim(1, 10, at(200))).await;
    assert_eq!(claimed.iter().map(samples::case_of).collect::<Vec<_>>(), [case_id(2)]);
    assert_eq!(driver.claim(&claim(2, 10, at(201))).await, []);
    let effects = &driver.stores.platform.effects;
    for _ in 0..3 {
        assert_eq!(effects.overdue(&samples::sweep(10, at(202))).await, Ok(Vec::new()));
    }
    let found = effects.find(&broken).await.expect("effects are read").expect("it is stored");
    assert!(!found.is_readable, "its order is not made up");
    assert_eq!(found.effect.state.name(), EffectStateName::Manual);
    let rows = audit_rows::rows(&driver.stores).await;
    let moved = rows.iter().map(|row| &row.entry).filter(|it| it.action == Action::EFFECT_MOVED);
    assert_eq!(moved.filter(|it| it.detail == EffectStateName::Manual.as_str()).count(), 1);
}

/// It is set aside when its lease is over, and not before. Its next claim has a newer fence: the
/// worker of the old one may still answer.
pub async fn an_order_in_progress_keeps_its_claim_and_its_fence(data: Arc<dyn StoredData>) {
    let driver = UpgradeDriver::at(&data.open().await);
    driver.passed(1..=1).await;
    driver.claim(&claim(1, 1, at(200))).await;
    let key = SetLevel::key(case_id(1));
    data.inject(&Damage::OrderPayload(key.clone())).await;
    let effects = &driver.stores.platform.effects;
    for (now, state) in [(210, EffectStateName::Sending), (300, EffectStateName::Manual)] {
        assert_eq!(driver.claim(&claim(2, 10, at(now))).await, []);
        assert_eq!(effects.overdue(&samples::sweep(10, at(now))).await, Ok(Vec::new()));
        let found = effects.find(&key).await.expect("effects are read").expect("it is stored");
        assert_eq!((found.effect.state.name(), found.effect.fence), (state, Fence(1)), "{now}");
    }
}

/// Its evidence shows that it was sent; a passed case without both gets its order.
pub async fn an_order_that_was_sent_and_lost_is_not_planned_again(data: Arc<dyn StoredData>) {
    let driver = UpgradeDriver::at(&data.open().await);
    driver.passed(1..=2).await;
    let claimed = driver.claim(&claim(1, 10, at(200))).await;
    let first = claimed.iter().find(|it| samples::case_of(it) == case_id(1));
    let doubt = Outcome::Unknown(Doubt::TimedOut);
    let first = first.expect("the effect of case 1 is claimed");
    driver.record(&samples::answered(first, doubt, at(201))).await;
    for number in [1, 2] {
        data.inject(&Damage::EffectRow(SetLevel::key(case_id(number)))).await;
    }
    let orphans = driver.stores.upgrades.orphans(10).await.expect("orphans are read");
    let orphans: Vec<_> = orphans.iter().filter_map(|it| Some(it.case.as_ref()?.id)).collect();
    assert_eq!(orphans, [case_id(2)]);
    let act = samples::act("sweep", samples::system(), at(300));
    let orphan = driver.newest(2).await;
    let planned = upgrade::replan(&orphan, &driver.policy, &act).expect("it lacks its order");
    assert_eq!(driver.commit(&planned).await, Committed::Moved);
    let claimed = driver.claim(&claim(1, 10, at(301))).await;
    assert_eq!(claimed.iter().map(samples::case_of).collect::<Vec<_>>(), [case_id(2)]);
}
