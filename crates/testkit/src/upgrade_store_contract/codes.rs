//! Checks of QR codes: a fresh one voids the one before, which is still recognised.

use madoguchi_application::Stores;
use madoguchi_domain::port::Committed;
use madoguchi_domain::upgrade::{CaseKey, Dossier, QrTokenHash, Refusal, Request, Version, Write};

use crate::samples::{self, case_id};
use crate::teller::Teller;

fn hash(teller: &Teller, serial: u32) -> QrTokenHash {
    teller.policy.qr.token(case_id(1), serial).hash()
}

/// A case opened once more when its code has lapsed.
fn lapsed() -> Request {
    Request { at: samples::at(601), ..samples::open(1) }
}

/// The old code still leads to its case, with its own serial, and is refused there.
pub async fn a_fresh_code_voids_the_one_before(stores: Stores) {
    let teller = Teller::at(&stores);
    teller.opened(1..=1).await;
    let change = teller.change(&lapsed()).await;
    assert!(matches!(change.write, Write::ReissueQr { .. }));
    let fresh = teller.ask(&lapsed()).await;

    let found = teller.newest(1).await;
    assert_eq!(found, fresh);
    let case = found.case.as_ref().expect("the case is there");
    assert_eq!((case.qr, case.version), (teller.policy.qr.issue(2, samples::at(601)), Version(2)));
    for serial in [1, 2] {
        let scanned = Dossier { scanned: Some(serial), ..found.clone() };
        assert_eq!(teller.load(CaseKey::Scanned(hash(&teller, serial))).await, Some(scanned));
    }
    let scan = |serial| {
        let key = CaseKey::Scanned(hash(&teller, serial));
        Request { key, at: samples::at(620), ..samples::verify(1, true) }
    };
    assert_eq!(teller.decide(&scan(1)).await.answer, Err(Refusal::QrExpired));
    assert!(teller.decide(&scan(2)).await.answer.is_ok());
    let history = teller.timeline(case_id(1)).await.history;
    assert_eq!(history.len(), 1, "a fresh code is no transition");
}

/// Two fresh codes decided on one version: the second is lost, and no code of it is found.
pub async fn a_lost_fresh_code_leaves_the_one_before(stores: Stores) {
    let teller = Teller::at(&stores);
    teller.opened(1..=1).await;
    let later = Request { at: samples::at(700), ..lapsed() };
    let (first, second) = (teller.change(&lapsed()).await, teller.change(&later).await);
    let mut other = second.clone();
    let Write::ReissueQr { hash: its_hash, .. } = &mut other.write else {
        panic!("a lapsed code is issued again");
    };
    *its_hash = hash(&teller, 3);

    assert_eq!(teller.commit(&first).await, Committed::Moved);
    let stands = teller.newest(1).await;
    for lost in [second, other] {
        assert_eq!(teller.commit(&lost).await, Committed::Lost);
    }
    assert_eq!(teller.newest(1).await, stands);
    assert_eq!(teller.load(CaseKey::Scanned(hash(&teller, 3))).await, None);
}

/// A case that was checked meanwhile gets no fresh code, whatever version is expected.
pub async fn only_a_case_that_is_still_new_gets_a_fresh_code(stores: Stores) {
    let teller = Teller::at(&stores);
    teller.opened(1..=1).await;
    let mut change = teller.change(&lapsed()).await;
    let stands = teller.ask(&samples::verify(1, true)).await;
    let Write::ReissueQr { expected, .. } = &mut change.write else {
        panic!("a lapsed code is issued again");
    };
    *expected = Version(2);
    assert_eq!(teller.commit(&change).await, Committed::Lost);
    assert_eq!(teller.newest(1).await, stands);
    assert_eq!(teller.load(CaseKey::Scanned(hash(&teller, 2))).await, None);
}
