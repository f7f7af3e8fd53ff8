//! Checks that the sweeper's work is derived from state: overdue effects and orphans only.

use jiff::SignedDuration;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::Timestamp;
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectPolicy, EffectStateName, Outcome, Overdue, Proof,
    UpstreamCode,
};
use madoguchi_domain::port::Recorded;
use madoguchi_domain::upgrade::Guarantee;

use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, answered, at, case_id, claim, moved, sweep};

const UNKNOWN: Outcome = Outcome::Unknown(Doubt::TimedOut);

/// Passes one more member and claims its effect at once.
async fn sending(driver: &UpgradeDriver, number: u32, now: Timestamp) -> Effect {
    driver.passed(number..=number).await;
    let claimed = driver.claim(&claim(number, 1, now)).await.remove(0);
    assert_eq!(samples::case_of(&claimed), case_id(number));
    claimed
}

/// Reports an outcome and returns the effect after it.
async fn reported(
    driver: &UpgradeDriver,
    effect: &Effect,
    outcome: Outcome,
    now: Timestamp,
) -> Effect {
    let change = answered(effect, outcome, now);
    assert_eq!(driver.record(&change).await, Recorded::Written);
    change.write.after
}

/// Applies one event without evidence, under `Guarantee::None`.
async fn taken_on(driver: &UpgradeDriver, effect: &Effect, event: EffectEvent, now: Timestamp) {
    let policy = Guarantee::None.policy(EffectPolicy::standard());
    let change = moved(effect, event, &policy, now);
    assert_eq!(driver.record(&change).await, Recorded::Written);
}

async fn overdue(stores: &UpgradeStores, now: Timestamp, limit: u32) -> Vec<Overdue> {
    let mut found = stores
        .platform
        .effects
        .overdue(&sweep(limit, now))
        .await
        .expect("overdue effects are read");
    found.sort_by_key(|overdue| samples::case_of(&overdue.effect));
    found
}

/// Under a claim that was lost, a proof arrives, and after it a doubt, which takes nothing back.
async fn proven_late(driver: &UpgradeDriver, effect: &Effect, proof: Outcome, now: Timestamp) {
    let second = SignedDuration::from_secs(1);
    for (outcome, at) in [(proof, now), (UNKNOWN, now + second)] {
        let late = answered(effect, outcome, at);
        assert_eq!(driver.record(&late).await, Recorded::FencedOut);
    }
}

/// Of effects in every state and of every age, six are overdue at second 400.
pub async fn overdue_is_what_lapsed_settled_or_is_proven_and_nothing_else(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    sending(&driver, 1, at(200)).await;
    sending(&driver, 2, at(390)).await;
    let settled = sending(&driver, 3, at(200)).await;
    reported(&driver, &settled, UNKNOWN, at(201)).await;
    let doubted = sending(&driver, 4, at(200)).await;
    reported(&driver, &doubted, UNKNOWN, at(390)).await;
    let shown = Outcome::Shown(Proof::LevelIsTarget);
    let slow = sending(&driver, 5, at(200)).await;
    taken_on(&driver, &slow, EffectEvent::LeaseLapsed, at(390)).await;
    proven_late(&driver, &slow, shown.clone(), at(391)).await;
    let confirmed = sending(&driver, 6, at(200)).await;
    reported(&driver, &confirmed, Outcome::Applied, at(201)).await;
    let rejected = sending(&driver, 7, at(200)).await;
    let code = UpstreamCode::parse("E-CLOSED").expect("the code parses");
    reported(&driver, &rejected, Outcome::Refused(code), at(201)).await;
    let manual = sending(&driver, 8, at(200)).await;
    let manual = reported(&driver, &manual, UNKNOWN, at(201)).await;
    taken_on(&driver, &manual, EffectEvent::Settled, at(330)).await;
    let obeyed = sending(&driver, 9, at(200)).await;
    taken_on(&driver, &obeyed, EffectEvent::LeaseLapsed, at(240)).await;
    proven_late(&driver, &obeyed, Outcome::Applied, at(241)).await;
    let again = sending(&driver, 11, at(200)).await;
    taken_on(&driver, &again, EffectEvent::LeaseLapsed, at(240)).await;
    let settled =
        moved(&driver.effect(11).await, EffectEvent::Settled, &EffectPolicy::standard(), at(390));
    assert_eq!(driver.record(&settled).await, Recorded::Written);
    proven_late(&driver, &again, Outcome::Applied, at(391)).await;
    let sent = sending(&driver, 12, at(200)).await;
    let lost = reported(&driver, &sent, UNKNOWN, at(201)).await;
    taken_on(&driver, &lost, EffectEvent::Settled, at(330)).await;
    proven_late(&driver, &sent, shown, at(391)).await;
    assert_eq!(driver.effect(12).await.state.name(), EffectStateName::Manual);
    driver.passed(10..=10).await;

    let mut expected = Vec::new();
    let proven = [(5, true), (9, true), (11, true), (12, true)];
    for (number, proven_applied) in [(1, false), (3, false)].into_iter().chain(proven) {
        expected.push(Overdue { effect: driver.effect(number).await, proven_applied });
    }
    assert_eq!(overdue(&stores, at(400), 100).await, expected);
    let some = overdue(&stores, at(400), 3).await;
    assert_eq!(some.len(), 3);
    assert!(some.iter().all(|found| expected.contains(found)), "a limit invents nothing");
    let claimed = driver.claim(&claim(2, 100, at(400))).await;
    let cases: Vec<_> = claimed.iter().map(samples::case_of).collect();
    assert_eq!(cases, [case_id(10)], "what is proven is not claimed");
}

/// An effect is overdue one microsecond after its lease or settle time ends, not one before.
pub async fn a_lease_and_a_settle_time_are_good_to_their_end(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let held = sending(&driver, 1, at(200)).await;
    let micro = SignedDuration::from_micros(1);
    for doubted in [false, true] {
        let effect =
            if doubted { reported(&driver, &held, UNKNOWN, at(201)).await } else { held.clone() };
        let end = effect.state.next_attempt_at().expect("it has an end");
        assert_eq!(overdue(&stores, end - micro, 10).await, []);
        let expected = Overdue { effect, proven_applied: false };
        assert_eq!(overdue(&stores, end + micro, 10).await, [expected]);
    }
}

/// Twenty sweepers decide on the same overdue effect: one decision is written.
pub async fn what_was_overdue_is_taken_up_once(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    sending(&driver, 1, at(200)).await;
    let found = overdue(&stores, at(300), 10).await.remove(0).effect;
    let lapsed = moved(&found, EffectEvent::LeaseLapsed, &EffectPolicy::standard(), at(300));
    let runner = |_| {
        let (driver, lapsed) = (driver.clone(), lapsed.clone());
        async move { driver.record(&lapsed).await }
    };
    let became = race((0..20).map(runner).collect()).await;
    let written = became.iter().filter(|became| **became == Recorded::Written).count();
    assert_eq!(written, 1);
    let after = driver.effect(1).await;
    assert_eq!(after, lapsed.write.after);
    assert_eq!((after.state.name(), after.ambiguous), (EffectStateName::Unknown, 1));
    assert_eq!(overdue(&stores, at(301), 10).await, [], "and it is not overdue any more");
}
