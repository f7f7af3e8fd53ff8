//! Checks that only the holder of the newest fence writes an outcome, and that evidence is kept.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectPolicy, Evidence, Outcome, UpstreamCode, WhyNotSent,
};
use madoguchi_domain::member::Member;
use madoguchi_domain::port::{EffectChange, Recorded};

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{answered, at, case_id, case_of, claim, level, moved, worker};

fn refused() -> Outcome {
    Outcome::Refused(UpstreamCode::parse("E-CLOSED").expect("the code parses"))
}

fn seen(change: &EffectChange) -> Vec<Evidence> {
    change.write.evidence.iter().cloned().collect()
}

/// Passes members `1..=most` and claims all their effects, in member order.
async fn claimed(driver: &UpgradeDriver, most: u32) -> Vec<Effect> {
    driver.passed(1..=most).await;
    let mut effects = driver.claim(&claim(1, most, at(200))).await;
    assert_eq!(effects.len(), most as usize);
    effects.sort_by_key(case_of);
    effects
}

/// Every kind of outcome reads back as the table says, with its evidence and one audit row.
pub async fn an_outcome_under_the_newest_claim_is_written(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let not_sent = Outcome::NotSent(WhyNotSent::NoConnection);
    let outcomes = [Outcome::Applied, refused(), not_sent, Outcome::Unknown(Doubt::WrongEcho)];
    let effects = claimed(&driver, 4).await;
    for ((number, effect), outcome) in (1..).zip(effects).zip(outcomes) {
        let change = answered(&effect, outcome, at(205));
        assert_eq!(driver.record(&change).await, Recorded::Written);
        assert_eq!(driver.effect(number).await, change.write.after);
        assert_eq!(driver.timeline(case_id(number)).await.evidence, seen(&change));
        assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
    }
}

/// A late worker changes nothing, also while another worker is sending; its evidence is in the
/// timeline.
pub async fn an_outcome_under_an_old_claim_only_leaves_evidence(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let policy = EffectPolicy::standard();
    let slow = claimed(&driver, 1).await.remove(0);
    let lapsed = moved(&slow, EffectEvent::LeaseLapsed, &policy, at(240));
    assert_eq!(driver.record(&lapsed).await, Recorded::Written);
    let settled = moved(&lapsed.write.after, EffectEvent::Settled, &policy, at(400));
    assert_eq!(driver.record(&settled).await, Recorded::Written);
    let sending = driver.claim(&claim(2, 1, at(401))).await.remove(0);
    assert!(sending.fence > slow.fence, "every claim has a higher fence");

    let before = driver.snapshot(&[case_id(1)]).await;
    let late = [
        answered(&slow, Outcome::Applied, at(402)),
        answered(&slow, refused(), at(403)),
        answered(&slow, Outcome::NotSent(WhyNotSent::NotEncodable), at(404)),
    ];
    for change in &late {
        assert_eq!(driver.record(change).await, Recorded::FencedOut);
    }
    let after = driver.snapshot(&[case_id(1)]).await;
    assert_eq!((after.snapshots, after.trail), (before.snapshots, before.trail));
    assert_eq!(driver.effect(1).await, sending);
    assert_eq!(after.timelines[0].evidence, late.iter().flat_map(seen).collect::<Vec<_>>());
    assert_eq!(after.timelines[0].history, before.timelines[0].history);

    let newest = answered(&sending, Outcome::Applied, at(405));
    assert_eq!(driver.record(&newest).await, Recorded::Written);
    assert_eq!(driver.effect(1).await, newest.write.after);
}

/// Only the first report of a lapsed lease writes evidence.
pub async fn a_lapse_that_was_not_written_leaves_no_evidence(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let policy = EffectPolicy::standard();
    let effect = claimed(&driver, 1).await.remove(0);
    let evidence = Evidence::of(&effect, worker(1), Outcome::Unknown(Doubt::LeaseLapsed), at(240));
    let mut lapse = moved(&effect, EffectEvent::LeaseLapsed, &policy, at(240));
    lapse.write.evidence = Some(evidence.clone());
    assert_eq!(driver.record(&lapse).await, Recorded::Written);
    assert_eq!(driver.record(&lapse).await, Recorded::FencedOut);
    let timelines = driver.snapshot(&[case_id(1)]).await.timelines;
    assert_eq!(timelines[0].evidence, [evidence]);
}

/// The same outcome reported again is fenced out, because the state has changed.
pub async fn an_outcome_is_written_once(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let effect = claimed(&driver, 1).await.remove(0);
    let doubted = answered(&effect, Outcome::Unknown(Doubt::TimedOut), at(205));
    assert_eq!(driver.record(&doubted).await, Recorded::Written);
    let rows = audit_rows::rows(&stores).await.len();
    assert_eq!(driver.record(&doubted).await, Recorded::FencedOut);
    let applied = answered(&effect, Outcome::Applied, at(206));
    assert_eq!(driver.record(&applied).await, Recorded::FencedOut);

    let found = driver.newest(1).await;
    assert_eq!(found.effect, Some(doubted.write.after.clone()));
    assert_eq!(found.member.confirmed, None);
    assert_eq!(audit_rows::rows(&stores).await.len(), rows);
    let evidence = driver.timeline(case_id(1)).await.evidence;
    for change in [&doubted, &applied] {
        assert!(
            seen(change).iter().all(|seen| evidence.contains(seen)),
            "what the bank answered is kept, also what was fenced out"
        );
    }
}

/// Of twenty concurrent reports under one claim, one is written and all evidence is kept.
pub async fn of_twenty_raced_outcomes_one_is_written(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let effect = claimed(&driver, 1).await.remove(0);
    let report = |second: i64| {
        let applied = second % 2 == 0;
        let outcome = if applied { Outcome::Applied } else { refused() };
        answered(&effect, outcome, at(205 + second))
    };
    let changes: Vec<EffectChange> = (0..20).map(report).collect();
    let runner = |change: EffectChange| {
        let driver = driver.clone();
        async move { driver.record(&change).await }
    };
    let became = race(changes.iter().cloned().map(runner).collect()).await;

    let written = |place: &usize| became[*place] == Recorded::Written;
    let written: Vec<usize> = (0..20).filter(written).collect();
    assert_eq!(written.len(), 1, "exactly one is written");
    let winner = &changes[written[0]];
    let found = driver.newest(1).await;
    assert_eq!(found.effect.as_ref(), Some(&winner.write.after));
    assert_eq!(found.member.confirmed.is_some(), written[0].is_multiple_of(2));
    let evidence = driver.timeline(case_id(1)).await.evidence;
    assert_eq!(evidence.len(), 20);
    assert!(
        changes.iter().flat_map(seen).all(|seen| evidence.contains(&seen)),
        "what the bank answered is kept, also what was fenced out"
    );
    assert_eq!(audit_rows::count(&stores, &winner.audit).await, 1);
}

/// An applied outcome makes the target the member's level, and no other member's.
pub async fn a_confirmed_effect_makes_its_level_the_members(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let effects = claimed(&driver, 2).await;
    let before = driver.newest(1).await;
    assert_eq!(before.member.level(), None, "claimed is not confirmed");
    let applied = answered(&effects[0], Outcome::Applied, at(205));
    assert_eq!(driver.record(&applied).await, Recorded::Written);

    let raised = Member { confirmed: Some(level("1A")), target: None, ..before.member };
    let found = driver.newest(1).await;
    assert_eq!(found.member, raised);
    assert_eq!(found.case, before.case, "the case itself stays as it was");
    assert_eq!(stores.members.find(&raised.id).await, Ok(Some(raised)));
    let other = driver.newest(2).await.member;
    assert_eq!((other.level(), other.target.as_ref()), (None, Some(&level("1A"))));

    let doubted = answered(&effects[1], Outcome::Unknown(Doubt::TimedOut), at(205));
    assert_eq!(driver.record(&doubted).await, Recorded::Written);
    let event = EffectEvent::ProvenApplied;
    let proven = moved(&doubted.write.after, event, &EffectPolicy::standard(), at(206));
    assert_eq!(driver.record(&proven).await, Recorded::Written);
    assert_eq!(driver.newest(2).await.member.level(), Some(&level("1A")), "proof counts too");
}

/// A refused or unknown outcome does not change level and target.
pub async fn a_rejected_effect_leaves_the_member_as_it_was(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let effects = claimed(&driver, 3).await;
    let not_sent = Outcome::NotSent(WhyNotSent::NoConnection);
    let outcomes = [refused(), Outcome::Unknown(Doubt::TimedOut), not_sent];
    for ((number, effect), outcome) in (1..).zip(effects).zip(outcomes) {
        let before = driver.newest(number).await.member;
        let change = answered(&effect, outcome, at(205));
        assert_eq!(driver.record(&change).await, Recorded::Written);
        let found = driver.newest(number).await;
        assert_eq!((found.member.level(), &found.member), (None, &before));
        assert_eq!(found.effect, Some(change.write.after));
    }
}

/// Of ten outcomes in one call, two are late and eight are written.
pub async fn one_fenced_out_outcome_does_not_hold_back_the_others(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    let effects = claimed(&driver, 10).await;
    let late = [0, 6];
    for place in late {
        let event = EffectEvent::LeaseLapsed;
        let lapsed = moved(&effects[place], event, &EffectPolicy::standard(), at(240));
        assert_eq!(driver.record(&lapsed).await, Recorded::Written);
    }
    let report = |effect| answered(effect, Outcome::Applied, at(241));
    let changes: Vec<EffectChange> = effects.iter().map(report).collect();
    let became = stores.platform.effects.record(&changes).await.expect("outcomes are recorded");

    assert_eq!(became.len(), changes.len());
    for (place, (number, change)) in (1..).zip(&changes).enumerate() {
        let written = !late.contains(&place);
        let expected = if written { Recorded::Written } else { Recorded::FencedOut };
        assert_eq!(became[place], expected, "outcome {place}");
        let found = driver.newest(number).await;
        assert_eq!(found.effect.as_ref() == Some(&change.write.after), written);
        assert_eq!(found.member.confirmed.is_some(), written);
        assert_eq!(driver.timeline(case_id(number)).await.evidence, seen(change));
        assert_eq!(audit_rows::count(&stores, &change.audit).await, usize::from(written));
    }
    assert_eq!(stores.platform.effects.record(&[]).await, Ok(vec![]));
}
