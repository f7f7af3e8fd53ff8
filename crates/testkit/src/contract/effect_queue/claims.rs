//! Checks that an effect has one holder at a time.

use std::collections::HashSet;

use jiff::SignedDuration;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::effect::{
    Claim, Doubt, Effect, EffectEvent, EffectPolicy, EffectState, EffectStateName, Fence, Jitter,
    Outcome, UpstreamCode,
};
use madoguchi_domain::port::Recorded;
use madoguchi_domain::upgrade::Guarantee;

use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, at, case_id, claim, worker};

/// Effects due at `now` or before are claimed in order of due time; the rest are not.
pub async fn only_what_is_due_is_claimed_oldest_first_up_to_the_limit(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=5).await;
    for (number, due) in [(1, 125), (2, 121), (3, 124), (4, 122), (5, 900)] {
        driver.ask(&samples::asked_at(samples::decide(number, true), at(due))).await;
    }
    let just_before = at(900) - SignedDuration::from_micros(1);
    let rounds = [
        (2, at(200), vec![2, 4]),
        (10, at(200), vec![3, 1]),
        (10, just_before, vec![]),
        (10, at(900), vec![5]),
        (10, at(900), vec![]),
    ];
    for (limit, now, expected) in rounds {
        let claimed = driver.claim(&claim(1, limit, now)).await;
        let cases: Vec<_> = claimed.iter().map(samples::case_of).collect();
        assert_eq!(cases, expected.into_iter().map(case_id).collect::<Vec<_>>());
    }
}

/// A claim returns the effect as the transition table says, and the store holds the same.
pub async fn a_claim_raises_the_fence_and_is_durable(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=2).await;
    let planned = driver.effect(1).await;
    let moment = at(200) + SignedDuration::from_micros(7);
    let claimed = driver.claim(&claim(1, 2, moment)).await;

    let event = EffectEvent::Claimed(worker(1));
    let expected = planned.after(event, &EffectPolicy::standard(), moment, Jitter::FULL);
    let lease_until = moment + EffectPolicy::standard().lease;
    assert_eq!(Ok(&claimed[0]), expected.as_ref());
    assert_eq!(claimed[0].fence, Fence(1));
    assert_eq!(claimed[0].state, EffectState::Sending { worker: worker(1), lease_until });
    for (number, claimed) in (1..=2).zip(&claimed) {
        assert_eq!(driver.effect(number).await, *claimed);
    }
}

/// A claim is held for the lease of its kind's policy, and no longer.
pub async fn a_claim_is_held_for_the_lease_of_its_policy(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=1).await;
    let lease = SignedDuration::from_secs(7);
    let policy = EffectPolicy { lease, ..EffectPolicy::standard() };
    let claimed = driver.claim(&Claim { policy, ..claim(1, 1, at(200)) }).await.remove(0);
    let held = EffectState::Sending { worker: worker(1), lease_until: at(207) };
    assert_eq!((&claimed.state, driver.effect(1).await.state), (&held, held.clone()));
}

/// Applies `events` to the claimed effect.
async fn led(driver: &UpgradeDriver, mut effect: Effect, events: Vec<EffectEvent>) {
    let policy = Guarantee::None.policy(EffectPolicy::standard());
    for event in events {
        let change = samples::moved(&effect, event, &policy, at(400));
        assert_eq!(driver.record(&change).await, Recorded::Written);
        effect = change.write.after;
    }
}

/// An effect that was sent, is in doubt or has ended is never claimed.
pub async fn what_is_not_planned_is_never_claimed(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=5).await;
    let claimed = driver.claim(&claim(1, 5, at(200))).await;
    let code = UpstreamCode::parse("E-CLOSED").expect("the code parses");
    let unknown = EffectEvent::Answered(Outcome::Unknown(Doubt::TimedOut));
    let lives = [
        (vec![], EffectStateName::Sending),
        (vec![unknown.clone()], EffectStateName::Unknown),
        (vec![EffectEvent::Answered(Outcome::Applied)], EffectStateName::Confirmed),
        (vec![EffectEvent::Answered(Outcome::Refused(code))], EffectStateName::Rejected),
        (vec![unknown, EffectEvent::Settled], EffectStateName::Manual),
    ];
    for ((number, effect), (events, state)) in (1..).zip(claimed).zip(lives) {
        led(&driver, effect, events).await;
        assert_eq!(driver.effect(number).await.state.name(), state);
    }
    assert_eq!(driver.claim(&claim(2, 10, at(1_000_000))).await, []);
}

/// Twenty workers empty a queue of a hundred: each effect is claimed once, by one worker.
pub async fn twenty_claimers_never_share_an_effect(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.passed(1..=100).await;
    let runner = |number| {
        let driver = driver.clone();
        async move {
            let mut mine = Vec::new();
            loop {
                let more = driver.claim(&claim(number, 7, at(200))).await;
                if more.is_empty() {
                    return mine;
                }
                mine.extend(more);
                assert!(mine.len() <= 100, "nobody gets more than there is");
            }
        }
    };
    let mut claimed: Vec<Effect> = race((1..=20).map(runner).collect()).await.concat();
    // A worker that finds every row locked may stop early. Claim the rest.
    claimed.extend(driver.claim(&claim(21, 100, at(200))).await);

    assert_eq!(claimed.len(), 100);
    let cases: HashSet<_> = claimed.iter().map(samples::case_of).collect();
    assert_eq!(cases.len(), 100, "no effect twice");
    for effect in &claimed {
        assert_eq!(effect.fence, Fence(1));
    }
    for number in 1..=100 {
        let stored = driver.effect(number).await;
        assert!(claimed.contains(&stored), "its holder is the worker that got the claim");
    }
}
