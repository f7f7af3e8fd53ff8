//! Checks that a second kind of effect goes through planning, claims, withdrawal, doubt, setting
//! aside and consequences with the same worker, sweeper and store.

use std::sync::Arc;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    CancelReason, Doubt, Effect, EffectEvent, EffectStateName, Jitter, Ordering, Outcome,
    UnsettledEffects, UpstreamCode, WhyNotSent,
};
use madoguchi_domain::payload::Payload;
use madoguchi_domain::port::{EffectChange, Recorded};

use super::notices::{Notices, alone, id, ids, notice};
use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, at, claim, level, worker};

/// Every way of a notice, up to its end.
pub async fn a_second_kind_needs_no_other_store(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    driver.passed(1..=1).await;
    let mut effects: Vec<Effect> = (1..=6).map(alone).collect();
    effects[5].order.payload = Payload::new(7, []);
    assert_eq!(notices.plan(effects).await, Committed::Moved);
    let not_sent = || Outcome::NotSent(WhyNotSent::NoConnection);
    notices.script(2, [Outcome::Withdrawn(CancelReason::of("answered"))]);
    notices.script(3, [Outcome::Unknown(Doubt::ConnectionLost)]);
    notices.script(4, [not_sent(), not_sent()]);
    notices.script(5, [Outcome::NotSent(WhyNotSent::NotEncodable)]);

    assert_eq!(notices.step().await, 6);
    assert_eq!(driver.newest(1).await.member.level(), Some(&level("9Z")), "the consequence");
    notices.wait(3601);
    assert_eq!((notices.sweep().await, notices.step().await), (1, 1));
    assert_eq!((notices.sweep().await, notices.step().await), (0, 0));
    let expected: [(&str, &[&str]); 6] = [
        ("1", &["Sending", "Confirmed"]),
        ("2", &["Sending", "Cancelled"]),
        ("3", &["Sending", "Unknown", "Manual"]),
        ("4", &["Sending", "Planned", "Sending", "Rejected"]),
        ("5", &["Sending", "Manual"]),
        // It was delivered, and its payload does not say whose level it is.
        ("6", &["Sending", "Manual"]),
    ];
    let mut moved = notices.moves().await;
    for (number, states) in expected {
        // Rows of one moment may be in different streams, so that their order is not known.
        let (mut moved, mut states) = (moved.remove(number).unwrap_or_default(), states.to_vec());
        moved.sort();
        states.sort_unstable();
        assert_eq!(moved, states, "notice {number}");
    }
    let orders = driver.claim(&claim(1, 10, at(200))).await;
    assert_eq!(orders.len(), 1, "a claim of one kind takes no other");
}

/// A lease that lapsed leaves doubt, and the late answer of its worker is proof.
pub async fn a_second_kind_lapses_and_is_proven_late(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    driver.register(1..=1).await;
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let slow = notices.claim(10).await.remove(0);
    notices.wait(31);
    assert_eq!((notices.step().await, notices.sweep().await), (0, 1));
    let late = samples::answered_of(&slow, Outcome::Applied, at(232));
    assert_eq!(driver.record(&late).await, Recorded::FencedOut);
    assert_eq!(driver.newest(1).await.member.level(), None, "fenced out: no consequence");
    notices.wait(2);
    assert_eq!(notices.sweep().await, 1);
    assert_eq!(notices.moves_of(1).await, ["Sending", "Unknown", "Confirmed"]);
    assert_eq!(driver.newest(1).await.member.level(), Some(&level("9Z")));
}

/// A sweep and a proof of one kind do not touch an effect of another kind with the same id.
pub async fn kinds_with_the_same_id_are_kept_apart(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    driver.passed(1..=1).await;
    let arrangement = samples::account(1).arrangement;
    let same_key = notice(1, Ordering::OneLive, arrangement.expose());
    assert_eq!(same_key.order.key.id.0, samples::case_id(1).as_uuid());
    assert_eq!(notices.plan(vec![same_key]).await, Committed::Moved, "a key of another kind");
    let order = driver.claim(&claim(1, 10, at(200))).await.remove(0);
    let lapsed =
        samples::moved(&order, EffectEvent::LeaseLapsed, &notices.delivery.policy, at(240));
    assert_eq!(driver.record(&lapsed).await, Recorded::Written);
    assert_eq!(notices.step().await, 1);
    notices.wait(1000);
    assert_eq!(notices.sweep().await, 0, "the order is overdue, and not a notice");

    let overdue = stores.platform.effects.overdue(&samples::sweep(10, at(1200))).await;
    let overdue = overdue.expect("overdue effects are read");
    assert_eq!(overdue.len(), 1);
    assert!(!overdue[0].proven_applied, "the notice's proof is not the order's");
    assert_eq!(driver.timeline(samples::case_id(1)).await.evidence, []);
}

/// A key has one unsettled effect of a kind; an upstream id serves one effect; a change with an
/// effect that cannot be planned writes nothing.
pub async fn an_effect_that_cannot_be_planned_loses_its_change(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    UpgradeDriver::at(&stores).register(1..=1).await;
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let rows = audit_rows::rows(&stores).await.len();
    let same_key = notice(2, Ordering::OneLive, "key-1");
    let mut same_upstream_id = alone(3);
    same_upstream_id.order.upstream_id = alone(1).order.upstream_id;
    for effect in [alone(1), same_key.clone(), same_upstream_id] {
        assert_eq!(notices.plan(vec![alone(9), effect]).await, Committed::Lost);
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), rows);
    assert_eq!(notices.step().await, 1, "notice 9 was not planned");
    assert_eq!(notices.plan(vec![same_key]).await, Committed::Moved, "the first is settled");
}

/// After every end, not only after a confirmation.
pub async fn every_settled_state_frees_its_key(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    UpgradeDriver::at(&stores).register(1..=1).await;
    let with_key = |number| notice(number, Ordering::OneLive, "key");
    let refused = Outcome::Refused(UpstreamCode::parse("E-CLOSED").expect("the code parses"));
    let withdrawn = Outcome::Withdrawn(CancelReason::of("answered"));
    for (number, end) in (1..).zip([Outcome::Applied, refused, withdrawn]) {
        let (first, next) = (with_key(number), with_key(10 + number));
        assert_eq!(notices.plan(vec![first.clone()]).await, Committed::Moved);
        let claimed = notices.claim(1).await.remove(0);
        notices.answer(&claimed, end.clone(), 201).await;
        assert_eq!(notices.plan(vec![next]).await, Committed::Moved, "after {end:?}");
        assert_eq!(notices.step().await, 1);
        assert_eq!(notices.plan(vec![first]).await, Committed::Lost, "its id is taken for ever");
    }
}

/// Of one effect, of effects with one key, and of effects with one upstream id.
pub async fn of_twenty_raced_plans_one_is_written(stores: UpgradeStores) {
    let notices = Arc::new(Notices::over(&stores));
    UpgradeDriver::at(&stores).register(1..=1).await;
    let rivals: [fn(u32) -> Effect; 3] = [
        |_| alone(1),
        |number| notice(number, Ordering::OneLive, "key-2"),
        |number| {
            let mut effect = alone(100 + number);
            effect.order.upstream_id = alone(3).order.upstream_id;
            effect
        },
    ];
    for rival in rivals {
        let runner = |number| {
            let notices = Arc::clone(&notices);
            async move { notices.plan(vec![rival(number)]).await }
        };
        let answers = race((101..=120).map(runner).collect()).await;
        assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    }
    assert_eq!(notices.step().await, 3, "one of each is delivered");
}

/// A transition has happened, also if what follows from it cannot be planned.
pub async fn a_follower_that_cannot_be_planned_holds_nothing_back(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    assert_eq!(notices.plan((1..=3).map(alone).collect()).await, Committed::Moved);
    let claimed = notices.claim(10).await;
    let refused = || Outcome::Refused(UpstreamCode::parse("E").expect("the code parses"));
    let change = |effect: &Effect, effects| EffectChange {
        effects,
        ..samples::answered_of(effect, refused(), at(201))
    };
    let changes = [
        change(&claimed[0], vec![alone(4)]),
        change(&claimed[1], vec![alone(5), alone(1)]),
        change(&claimed[2], vec![alone(6)]),
    ];
    let recorded = stores.platform.effects.record(&changes).await;
    assert_eq!(recorded, Ok(vec![Recorded::Written; 3]));
    for number in ["1", "2", "3"] {
        let moves = notices.moves().await.remove(number).unwrap_or_default();
        assert!(moves.contains(&"Rejected".to_owned()), "notice {number}: {moves:?}");
    }
    assert_eq!(ids(&notices.claim(10).await), [id(4), id(6)]);
}

/// A registration plans its effects, and a lost one plans none.
pub async fn a_registration_plans_its_effects(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let change =
        |member, effects| Change { effects, ..samples::registration(samples::member(member)) };
    let changes = [
        change(1, vec![alone(1)]),
        change(1, vec![alone(2)]),
        change(3, vec![alone(3), alone(1)]),
        change(4, vec![alone(4)]),
    ];
    let committed = stores.members.commit(&changes).await.expect("members are registered");
    let (moved, lost) = (Committed::Moved, Committed::Lost);
    assert_eq!(committed, [moved, lost, lost, moved]);
    assert_eq!(stores.members.find(&samples::member_id(3)).await, Ok(None));
    assert_eq!(ids(&notices.claim(10).await), [id(1), id(4)]);
    assert_eq!(audit_rows::count(&stores, &changes[2].audit).await, 0);
}

/// A transition plans the effects that follow from it, and a fenced-out one plans none.
pub async fn a_transition_plans_what_follows(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    assert_eq!(notices.plan(vec![alone(1)]).await, Committed::Moved);
    let claimed = notices.claim(10).await.remove(0);
    let applied = samples::answered_of(&claimed, Outcome::Applied, at(201));
    let followed = EffectChange { effects: vec![alone(2)], ..applied.clone() };
    let again = EffectChange { effects: vec![alone(3)], ..applied };
    let record = async |change: EffectChange| {
        stores.platform.effects.record(&[change]).await.expect("outcomes are recorded")[0]
    };
    assert_eq!(record(followed).await, Recorded::Written);
    assert_eq!(record(again).await, Recorded::FencedOut);
    let next = notices.claim(10).await;
    assert_eq!(next.iter().map(|effect| effect.order.key.id).collect::<Vec<_>>(), [id(2)]);
    let expected = alone(2).change::<Consequence>(
        EffectEvent::Claimed(worker(1)),
        &notices.delivery.policy,
        &samples::act("round", samples::system(), at(200)),
        Jitter::FULL,
    );
    assert_eq!(Ok(&next[0]), expected.as_ref().map(|change| &change.write.after));
}

/// With the time of the oldest; what is settled and other kinds are left out.
pub async fn the_unsettled_of_a_kind_are_counted_by_state(stores: UpgradeStores) {
    let (driver, notices) = (UpgradeDriver::at(&stores), Notices::over(&stores));
    let kind = alone(1).order.key.kind;
    assert_eq!(stores.platform.effects.unsettled(&kind).await, Ok(Vec::new()));
    driver.passed(1..=1).await;
    assert_eq!(notices.plan((1..=8).map(alone).collect()).await, Committed::Moved);
    let claimed = notices.claim(6).await;
    let doubt = Outcome::Unknown(Doubt::TimedOut);
    let never = Outcome::NotSent(WhyNotSent::NotEncodable);
    for (effect, outcome) in claimed.iter().zip([Outcome::Applied, doubt.clone(), doubt, never]) {
        notices.answer(effect, outcome, 201).await;
    }
    let mut counted = stores.platform.effects.unsettled(&kind).await.expect("effects are counted");
    counted.sort_by_key(|it| it.oldest);
    let expected = [
        (EffectStateName::Unknown, 2, claimed[1].planned_at),
        (EffectStateName::Manual, 1, claimed[3].planned_at),
        (EffectStateName::Sending, 2, claimed[4].planned_at),
        (EffectStateName::Planned, 2, alone(7).planned_at),
    ];
    let expected = expected.map(|(state, count, oldest)| UnsettledEffects { state, count, oldest });
    assert_eq!(counted, expected);
}
