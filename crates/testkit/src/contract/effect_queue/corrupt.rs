//! Checks that an effect whose consequence or order cannot be used holds back no other one, and
//! that its evidence is kept.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{Doubt, EffectEvent, Outcome};
use madoguchi_domain::payload::Payload;
use madoguchi_domain::port::{Recorded, StoreError};

use super::notices::{Notices, alone};
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, at, level};

/// A consequence that meets no row is an error, and nothing of its transition is written.
pub async fn a_consequence_without_its_member_is_corrupt(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let claimed = notices.claim(10).await.remove(0);
    let mut applied = samples::answered_of(&claimed, Outcome::Applied, at(201));
    let level = level("9Z");
    let member = samples::member_id(1);
    applied.write.consequence =
        Some(Consequence::LevelConfirmed { member, level, manually: false });
    let recorded = stores.platform.effects.record(std::slice::from_ref(&applied)).await;
    assert!(matches!(recorded, Err(StoreError::Corrupt(_))), "{recorded:?}");
    assert_eq!(notices.moves_of(1).await, ["Sending"]);
    driver.register(1..=1).await;
    assert_eq!(driver.record(&applied).await, Recorded::Written);
}

/// The outcomes of one call are written together: the caller writes them one by one then.
pub async fn one_corrupt_outcome_leaves_nothing_of_its_batch(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    assert_eq!(notices.plan(vec![alone(1), alone(2)]).await, Committed::Moved);
    let claimed = notices.claim(10).await;
    let good = samples::answered_of(&claimed[0], Outcome::Unknown(Doubt::TimedOut), at(201));
    let mut corrupt = samples::answered_of(&claimed[1], Outcome::Applied, at(201));
    let (member, level) = (samples::member_id(1), level("9Z"));
    corrupt.write.consequence =
        Some(Consequence::LevelConfirmed { member, level, manually: false });
    for batch in [[good.clone(), corrupt.clone()], [corrupt, good.clone()]] {
        let recorded = stores.platform.effects.record(&batch).await;
        assert!(matches!(recorded, Err(StoreError::Corrupt(_))), "{recorded:?}");
    }
    assert_eq!(stores.platform.effects.record(&[good]).await, Ok(vec![Recorded::Written]));
    assert_eq!(notices.moves_of(2).await, ["Sending"]);
}

/// A fenced-out outcome has no consequence: it leaves evidence, also without a member.
pub async fn a_fenced_out_consequence_needs_no_member(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let claimed = notices.claim(10).await.remove(0);
    let policy = &notices.delivery.policy;
    let lapsed = samples::moved(&claimed, EffectEvent::LeaseLapsed, policy, at(300));
    assert_eq!(driver.record(&lapsed).await, Recorded::Written);
    let mut late = samples::answered_of(&claimed, Outcome::Applied, at(301));
    let member = samples::member_id(1);
    late.write.consequence =
        Some(Consequence::LevelConfirmed { member, level: level("9Z"), manually: false });
    assert_eq!(driver.record(&late).await, Recorded::FencedOut);
}

/// A proof whose consequence is impossible moves the effect to `Manual` and is kept: when the
/// member is there again, the sweeper confirms the effect. Until then others are swept as usual.
pub async fn a_proof_outlives_a_missing_member(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    assert_eq!(notices.step().await, 1);
    assert_eq!(notices.moves_of(1).await, ["Sending", "Manual"]);
    assert_eq!(notices.plan(vec![alone(2)]).await, Committed::Moved);
    assert_eq!(notices.claim(10).await.len(), 1);
    notices.wait(1000);
    assert_eq!(notices.sweep().await, 1, "the lapsed one is moved");
    driver.register(1..=1).await;
    notices.sweep().await;
    assert_eq!(notices.moves_of(1).await, ["Sending", "Manual", "Confirmed"]);
}

/// An order that a later version planned is neither delivered nor swept by this one.
pub async fn a_newer_order_is_left_to_newer_workers(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let mut newer = alone(1);
    newer.order.payload = Payload::new(8, []);
    assert_eq!(notices.plan(vec![newer]).await, Committed::Moved);
    assert_eq!(notices.step().await, 1);
    assert_eq!(notices.moves_of(1).await, ["Sending", "Planned"]);
    notices.wait(1000);
    assert_eq!(notices.claim(10).await.len(), 1);
    notices.wait(1000);
    assert_eq!(notices.sweep().await, 0, "its lease is over");
}
