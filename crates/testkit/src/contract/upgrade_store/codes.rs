//! Checks QR codes: a new one voids the one before, which is still recognised.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::upgrade::{
    CaseKey, FoundCase, QrTokenHash, Refusal, Request, Version, Write,
};

use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id, found_case};

fn hash(driver: &UpgradeDriver, serial: u32) -> QrTokenHash {
    driver.policy.qr.token(case_id(1), serial).hash()
}

/// A case opened again after its code expired.
fn lapsed() -> Request {
    samples::asked_at(samples::open(1), samples::at(601))
}

/// The old code still finds its case, with its own serial, and is refused.
pub async fn a_fresh_code_voids_the_one_before(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=1).await;
    let change = driver.change(&lapsed()).await;
    assert!(matches!(change.write, Write::ReissueQr { .. }));
    let fresh = driver.ask(&lapsed()).await;

    let found = driver.newest(1).await;
    assert_eq!(found, fresh);
    let case = found.case.as_ref().expect("the case is there");
    assert_eq!((case.qr, case.version), (driver.policy.qr.issue(2, samples::at(601)), Version(2)));
    for serial in [1, 2] {
        let scanned = FoundCase { scanned: Some(serial), ..found_case(found.clone()) };
        assert_eq!(driver.find(CaseKey::Scanned(hash(&driver, serial))).await, Some(scanned));
    }
    let scan = |serial| {
        let key = CaseKey::Scanned(hash(&driver, serial));
        Request { key, ..samples::asked_at(samples::verify(1, true), samples::at(620)) }
    };
    assert_eq!(driver.decide(&scan(1)).await.answer, Err(Refusal::QrExpired));
    assert!(driver.decide(&scan(2)).await.answer.is_ok(), "the fresh code is accepted");
    let history = driver.timeline(case_id(1)).await.history;
    assert_eq!(history.len(), 1, "a fresh code is no transition");
}

/// Of two new codes decided on one version, the second is lost and cannot be found.
pub async fn a_lost_fresh_code_leaves_the_one_before(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=1).await;
    let later = samples::asked_at(lapsed(), samples::at(700));
    let (first, second) = (driver.change(&lapsed()).await, driver.change(&later).await);
    let mut other = second.clone();
    let Write::ReissueQr { hash: its_hash, .. } = &mut other.write else {
        panic!("a lapsed code is issued again");
    };
    *its_hash = hash(&driver, 3);

    assert_eq!(driver.commit(&first).await, Committed::Moved);
    let before = driver.newest(1).await;
    for lost in [second, other] {
        assert_eq!(driver.commit(&lost).await, Committed::Lost);
    }
    assert_eq!(driver.newest(1).await, before);
    assert_eq!(driver.load(CaseKey::Scanned(hash(&driver, 3))).await, None);
}

/// A case that was checked meanwhile gets no new code, whatever version is expected.
pub async fn only_a_case_that_is_still_new_gets_a_fresh_code(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=1).await;
    let mut change = driver.change(&lapsed()).await;
    let before = driver.ask(&samples::verify(1, true)).await;
    let Write::ReissueQr { expected, .. } = &mut change.write else {
        panic!("a lapsed code is issued again");
    };
    *expected = Version(2);
    assert_eq!(driver.commit(&change).await, Committed::Lost);
    assert_eq!(driver.newest(1).await, before);
    assert_eq!(driver.load(CaseKey::Scanned(hash(&driver, 2))).await, None);
}

/// A code belongs to one case and serial for good, also if two cases draw the same one.
pub async fn a_code_is_issued_once(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=2).await;
    let taken = driver.policy.qr.token(case_id(2), 1).hash();
    let (before, other) = (driver.newest(1).await, driver.newest(2).await);
    let mut change = driver.change(&lapsed()).await;
    let Write::ReissueQr { hash, .. } = &mut change.write else {
        panic!("a lapsed code is issued again");
    };
    *hash = taken;
    assert_eq!(driver.commit(&change).await, Committed::Lost);
    assert_eq!(driver.newest(1).await, before);
    let scanned = FoundCase { scanned: Some(1), ..found_case(other) };
    assert_eq!(driver.find(CaseKey::Scanned(taken)).await, Some(scanned));
}
