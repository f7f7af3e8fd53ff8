//! Checks that a check reference belongs to one case.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::upgrade::{
    CaseKey, CheckSource, Command, Lookup, Refusal, Request, StateName, Write,
};

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id, member_id, reference};

/// A check result for member `number` with the reference of member `lender`.
fn borrowed(number: u32, lender: u32) -> Request {
    borrowed_from(CheckSource::Edda, number, lender)
}

fn borrowed_from(source: CheckSource, number: u32, lender: u32) -> Request {
    let command = Command::Verify { source, reference: reference(lender), passed: true };
    Request { command, ..samples::verify(number, true) }
}

/// A lookup returns the case that has the reference, for any request and in any state.
pub async fn a_reference_held_by_a_case_is_reported(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=3).await;
    driver.ask(&samples::verify(1, true)).await;
    driver.ask(&samples::verify(2, false)).await;
    driver.ask(&samples::decide(1, true)).await;

    let (first, second) = (Some(case_id(1)), Some(case_id(2)));
    let (edda, va) = (CheckSource::Edda, CheckSource::Va);
    let asked = [
        (3, Some((edda, reference(1))), first),
        (1, Some((edda, reference(1))), first),
        (3, Some((va, reference(1))), None),
        (3, None, None),
        (1, Some((edda, reference(2))), second),
        (3, Some((edda, reference(3))), None),
    ];
    let (lookups, holders): (Vec<_>, Vec<_>) = asked
        .into_iter()
        .map(|(number, check, holder)| {
            (Lookup { key: CaseKey::NewestOf(member_id(number)), check }, holder)
        })
        .unzip();
    let found = driver.look_up(&lookups).await.into_iter();
    let reported: Vec<_> =
        found.map(|found| found.expect("the member is known").check_held_by).collect();
    assert_eq!(reported, holders);

    let refused = driver.decide(&borrowed(3, 1)).await;
    assert_eq!(refused.answer, Err(Refusal::VerificationContradiction));
    assert_eq!(refused.change.map(|change| change.write), Some(Write::Nothing));
}

/// A stale change with the reference of another case is lost.
pub async fn a_reference_is_not_taken_twice(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=3).await;
    let late = driver.change(&borrowed(2, 1)).await;
    let other_source = driver.change(&borrowed_from(CheckSource::Va, 3, 1)).await;
    driver.ask(&samples::verify(1, false)).await;

    let before = driver.snapshot(&[case_id(1), case_id(2)]).await;
    assert_eq!(driver.commit(&late).await, Committed::Lost);
    assert_eq!(driver.snapshot(&[case_id(1), case_id(2)]).await, before);
    assert_eq!(driver.commit(&other_source).await, Committed::Moved, "VA counts its own");
}

/// Of two changes with one reference in a batch, one is written; a third change is too.
pub async fn a_reference_is_not_taken_twice_in_one_batch(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=3).await;
    let changes = [
        driver.change(&borrowed(2, 1)).await,
        driver.change(&samples::verify(1, true)).await,
        driver.change(&samples::verify(3, true)).await,
    ];
    let became = driver.commit_all(&changes).await;
    let moved = |place: usize| became[place] == Committed::Moved;
    assert!(moved(0) != moved(1), "one of the two takes it: {became:?}");
    assert!(moved(2), "the third does not take it, and is written: {became:?}");
    for (place, number) in [2, 1, 3].into_iter().enumerate() {
        let case = driver.newest(number).await.case.expect("the case is there");
        assert_eq!(case.state.name() == StateName::EddaSuccess, moved(place));
    }
}

/// A known result under another reference takes it for good, and changes nothing else.
pub async fn a_repeated_result_takes_its_reference(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=3).await;
    driver.ask(&samples::verify(1, true)).await;
    driver.ask(&samples::decide(1, true)).await;
    let again =
        Command::Verify { source: CheckSource::Edda, reference: reference(9), passed: true };
    let again = Request { command: again, ..samples::verify(1, true) };
    let (change, late) = (driver.change(&again).await, driver.change(&borrowed(2, 9)).await);
    let before = driver.snapshot(&[case_id(1)]).await;
    assert_eq!(driver.commit(&change).await, Committed::Moved);

    let after = driver.snapshot(&[case_id(1)]).await;
    assert_eq!((after.snapshots, after.timelines), (before.snapshots, before.timelines));
    assert_eq!(audit_rows::count(&stores, &change.audit).await, 1);
    assert_eq!(driver.decide(&again).await.change, None, "once more is a replay");
    let other = driver.decide(&borrowed(3, 9)).await;
    assert_eq!(other.answer, Err(Refusal::VerificationContradiction));
    assert_eq!(driver.commit(&change).await, Committed::Lost);
    assert_eq!(driver.commit(&late).await, Committed::Lost, "decided before it was taken");
}
