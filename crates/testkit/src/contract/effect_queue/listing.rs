//! Checks of what operators read of effects.

use std::cmp::Reverse;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::effect::{
    Doubt, EffectFilter, EffectQuery, EffectStateName, ListedEffect, Outcome,
};
use madoguchi_domain::mail::MailOrder;
use madoguchi_domain::upgrade::{CaseId, SetLevel};

use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{answered, at, claim};

/// By every filter, and page by page.
pub async fn effects_are_listed_newest_id_first_by_every_filter(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=3).await;
    let claimed = driver.claim(&claim(1, 1, at(600))).await.remove(0);
    driver.record(&answered(&claimed, Outcome::Applied, at(601))).await;
    let mut expected = Vec::new();
    for number in 1..=3 {
        expected.push(ListedEffect::from(&driver.effect(number).await));
    }
    expected.sort_by_key(|it| Reverse(it.key.id));
    let list = async |filter: &EffectFilter, after, limit| {
        let query = EffectQuery { filter: filter.clone(), after, limit };
        stores.platform.effects.list(&query).await.expect("effects are listed")
    };
    let plain = EffectFilter::default();
    assert_eq!(list(&plain, None, 9).await, expected);
    assert_eq!(list(&plain, None, 2).await, expected[..2]);
    assert_eq!(list(&plain, Some(expected[1].key.id.0), 9).await, expected[2..]);
    let filters = [
        EffectFilter { kind: Some(SetLevel::KIND), ..plain.clone() },
        EffectFilter { kind: Some(MailOrder::KIND), ..plain.clone() },
        EffectFilter { state: Some(EffectStateName::Planned), ..plain.clone() },
        EffectFilter { state: Some(EffectStateName::Confirmed), ..plain.clone() },
        EffectFilter { id: Some(expected[2].key.id), ..plain.clone() },
        EffectFilter { from: Some(at(601)), ..plain.clone() },
        EffectFilter { before: Some(at(601)), ..plain.clone() },
        EffectFilter { before: Some(at(100)), ..plain },
    ];
    for filter in filters {
        let matching: Vec<_> = expected.iter().filter(|it| filter.shows(it)).cloned().collect();
        assert_eq!(list(&filter, None, 9).await, matching, "{filter:?}");
    }
}

/// Oldest first; an unknown one is not found.
pub async fn an_effect_is_found_with_its_attempts(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let key = driver.effect(1).await.order.key;
    let doubt = Outcome::Unknown(Doubt::TimedOut);
    let first = driver.claim(&claim(1, 1, at(200))).await.remove(0);
    driver.record(&answered(&first, doubt.clone(), at(201))).await;
    let found = async || {
        let found = stores.platform.effects.find(&key).await.expect("effects are read");
        found.expect("it is stored")
    };
    assert!(!found().await.is_proven(), "a time-out proves nothing");
    driver.record(&answered(&first, Outcome::Applied, at(202))).await;
    let found = found().await;
    assert_eq!(found.effect, driver.effect(1).await);
    assert!(found.is_readable && found.is_proven(), "it is read with the proof");
    let outcomes: Vec<_> = found.attempts.iter().map(|it| it.outcome.clone()).collect();
    assert_eq!(outcomes, [doubt, Outcome::Applied]);
    let unknown = SetLevel::key(CaseId::from_u128(99));
    assert_eq!(stores.platform.effects.find(&unknown).await, Ok(None));
}
