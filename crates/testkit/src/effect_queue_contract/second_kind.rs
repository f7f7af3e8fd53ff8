//! Checks that a second kind of effect goes through planning, claims, withdrawal, doubt, setting
//! aside and consequences with the same worker, sweeper and store.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::{
    CancelReason, Doubt, Effect, EffectEvent, Jitter, Ordering, Outcome, Payload, UpstreamCode,
    WhyNotSent,
};
use madoguchi_domain::port::{EffectChange, Recorded};

use super::notices::{Notices, alone, id, notice};
use crate::audit_rows;
use crate::samples::{self, at, claim, level, worker};
use crate::upgrade_driver::UpgradeDriver;

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

/// Effects of one queue are sent one at a time, in the order of their planning; one that is not
/// settled holds back those behind it, and no other queue.
pub async fn effects_of_a_queue_are_sent_one_at_a_time(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
    let queued = |number, key| notice(number, Ordering::Queue, key);
    let effects = vec![queued(3, "a"), queued(1, "a"), queued(2, "a"), queued(4, "b")];
    assert_eq!(notices.plan(effects).await, Committed::Moved, "a queue holds more than one");
    let ids = |claimed: Vec<Effect>| {
        let mut ids: Vec<_> = claimed.iter().map(|effect| effect.order.key.id).collect();
        ids.sort_unstable();
        ids
    };
    let first = notices.claim(10).await;
    assert_eq!(ids(first.clone()), [id(1), id(4)]);
    assert_eq!(notices.claim(10).await, []);
    let refused = Outcome::Refused(UpstreamCode::parse("E").expect("the code parses"));
    for effect in first.iter().filter(|effect| effect.order.key.id == id(1)) {
        let settled = samples::answered_of(effect, refused.clone(), at(201));
        let recorded = stores.platform.effects.record(&[settled]).await;
        assert_eq!(recorded, Ok(vec![Recorded::Written]));
    }
    assert_eq!(ids(notices.claim(10).await), [id(2)], "the next in its queue");
}

/// A key has one unsettled effect of a kind; an upstream id serves one effect; a change with an
/// effect that cannot be planned writes nothing.
pub async fn an_effect_that_cannot_be_planned_loses_its_change(stores: UpgradeStores) {
    let notices = Notices::over(&stores);
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
