//! Checks that written data is read back, and that missing data is `None`.

use jiff::SignedDuration;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::upgrade::{
    Attempt, CaseId, CaseKey, CaseSnapshot, FoundCase, Lookup, QrTokenHash, Timeline,
};

use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id, found_case, member_id};

/// A case is found by its member, its id and its QR code, with the same snapshot.
pub async fn an_opened_case_reads_back_the_same_by_member_id_and_code(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=2).await;
    let opened = driver.ask(&samples::open(1)).await;
    let case = opened.case.clone().expect("a case was opened");
    let hash = driver.policy.qr.token(case.id, 1).hash();

    assert_eq!(driver.newest(1).await, opened);
    assert_eq!(driver.load(CaseKey::Id(case.id)).await, Some(opened.clone()));
    let scanned = FoundCase { scanned: Some(1), ..found_case(opened) };
    assert_eq!(driver.find(CaseKey::Scanned(hash)).await, Some(scanned));
    assert_eq!(
        driver.newest(2).await,
        CaseSnapshot::of(samples::member(2)),
        "nobody else has a case"
    );
}

/// Mixed and repeated lookups are answered in order, with `None` for missing data.
pub async fn absence_is_none_in_its_place_and_order_is_kept(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=2).await;
    driver.register(3..=3).await;
    let (one, two) = (driver.newest(1).await, driver.newest(2).await);
    let hash = driver.policy.qr.token(case_id(2), 1).hash();
    let scanned = FoundCase { scanned: Some(1), ..found_case(two.clone()) };
    let (one, two) = (found_case(one), found_case(two));
    let three = found_case(CaseSnapshot::of(samples::member(3)));
    let asked = [
        (CaseKey::NewestOf(member_id(9)), None),
        (CaseKey::Id(case_id(2)), Some(two.clone())),
        (CaseKey::NewestOf(member_id(1)), Some(one.clone())),
        (CaseKey::Id(case_id(9)), None),
        (CaseKey::Scanned(hash), Some(scanned)),
        (CaseKey::Scanned(QrTokenHash([9; 32])), None),
        (CaseKey::NewestOf(member_id(3)), Some(three)),
        (CaseKey::NewestOf(member_id(1)), Some(one)),
        (CaseKey::NewestOf(member_id(9)), None),
        (CaseKey::Id(case_id(2)), Some(two)),
    ];
    let (keys, expected): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    let lookups: Vec<_> = keys.into_iter().map(|key| Lookup { key, check: None }).collect();
    assert_eq!(driver.look_up(&lookups).await, expected);
}

/// The newest case is the one with the highest attempt, independent of clock and id.
pub async fn the_newest_case_is_the_one_with_the_highest_attempt(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    let first = CaseId::from_u128(u128::MAX);
    driver.ask(&samples::open_as(1, first)).await;
    let failed = driver.ask(&samples::verify(1, false)).await;
    let earlier = samples::asked_at(samples::open_as(1, case_id(0)), samples::at(-3600));
    let second = driver.ask(&earlier).await;

    assert_eq!(second.case.as_ref().map(|case| case.attempt), Some(Attempt(2)));
    assert_eq!(driver.newest(1).await, second);
    assert_eq!(driver.load(CaseKey::Id(first)).await, Some(failed), "the first is still there");
}

/// All times of a case, its effect and its history are stored to the microsecond.
pub async fn moments_keep_their_microseconds(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    let odd = |seconds, micros| samples::at(seconds) + SignedDuration::from_micros(micros);
    let moments = [odd(0, 123_456), odd(60, 1), odd(120, 999_999)];
    driver.ask(&samples::asked_at(samples::open(1), moments[0])).await;
    driver.ask(&samples::asked_at(samples::verify(1, true), moments[1])).await;
    let passed = driver.ask(&samples::asked_at(samples::decide(1, true), moments[2])).await;

    let found = driver.newest(1).await;
    assert_eq!(found, passed);
    assert_eq!(found.effect.map(|effect| effect.planned_at), Some(moments[2]));
    let history = driver.timeline(case_id(1)).await.history;
    assert_eq!(history.iter().map(|row| row.act.at()).collect::<Vec<_>>(), moments);
}

/// An empty list of lookups has an empty result; the timeline of a missing case is empty.
pub async fn nothing_asked_is_nothing_done(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=1).await;
    assert_eq!(driver.look_up(&[]).await, []);
    assert_eq!(driver.commit_all(&[]).await, []);
    assert_eq!(driver.timeline(case_id(9)).await, Timeline::default());
}
