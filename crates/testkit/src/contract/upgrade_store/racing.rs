//! Checks that of concurrent changes one is written and the others are reported as lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use madoguchi_application::UpgradeStores;
use madoguchi_domain::audit::AuditEntry;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::upgrade::{
    Attempt, CaseKey, Command, Request, SetLevel, StateName, Version, Write,
};
use tokio::task::JoinHandle;

use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, case_id};

const RUNNERS: u32 = 20;

/// Commits each change in its own task, all at the same time.
async fn raced(driver: &UpgradeDriver, changes: Vec<Change<Write>>) -> Vec<Committed> {
    let commit = |change: Change<Write>| {
        let driver = driver.clone();
        async move { driver.commit(&change).await }
    };
    race(changes.into_iter().map(commit).collect()).await
}

/// The index of the written change.
fn winner(became: &[Committed]) -> usize {
    let moved = |place: &usize| became[*place] == Committed::Moved;
    let winners: Vec<usize> = (0..became.len()).filter(moved).collect();
    assert_eq!(winners.len(), 1, "exactly one moves");
    winners[0]
}

/// The second of two verdicts decided on one version is lost, in both orders.
pub async fn of_two_changes_on_one_version_one_moves(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=2).await;
    for (number, passed) in [(1, true), (2, false)] {
        let first = driver.change(&samples::decide(number, passed)).await;
        let second = driver.change(&samples::decide(number, !passed)).await;
        assert_eq!(driver.commit(&first).await, Committed::Moved);
        let before = driver.newest(number).await;
        assert_eq!(driver.commit(&second).await, Committed::Lost);
        assert_eq!(driver.newest(number).await, before);
        assert_eq!(before.effect.is_some(), passed);
    }
}

/// A change is lost if only the state or only the version matches.
pub async fn a_change_moves_only_the_state_and_version_it_was_decided_on(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=1).await;
    let mut verified = driver.change(&samples::verify(1, true)).await;
    let late = samples::asked_at(samples::open(1), samples::at(601));
    driver.ask(&late).await;
    let before = driver.snapshot(&[case_id(1)]).await;
    assert_eq!(driver.commit(&verified).await, Committed::Lost, "its code was issued again");

    let Write::Move { after, from, .. } = &mut verified.write else {
        panic!("a verification moves its case");
    };
    (after.version, *from) = (Version(3), StateName::EddaSuccess);
    assert_eq!(driver.commit(&verified).await, Committed::Lost, "it is in another state");
    assert_eq!(driver.snapshot(&[case_id(1)]).await, before);
}

/// An opening is lost while a case is open, or when its attempt number exists.
pub async fn an_opening_is_lost_to_an_open_case_and_to_a_taken_attempt(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    let slow = driver.change(&samples::open_as(1, case_id(101))).await;
    driver.ask(&samples::open(1)).await;
    let mut second = slow.clone();
    let Write::Open { case, .. } = &mut second.write else {
        panic!("an opening opens");
    };
    case.attempt = Attempt(2);

    let before = driver.snapshot(&[case_id(1), case_id(101)]).await;
    assert_eq!(driver.commit(&second).await, Committed::Lost, "a new case is open");
    assert_eq!(driver.snapshot(&[case_id(1), case_id(101)]).await, before);
    driver.ask(&samples::verify(1, true)).await;
    assert_eq!(driver.commit(&second).await, Committed::Lost, "a verified case is open");
    driver.ask(&samples::decide(1, false)).await;
    let before = driver.snapshot(&[case_id(1), case_id(101)]).await;
    assert_eq!(driver.commit(&slow).await, Committed::Lost, "the first attempt is taken");
    assert_eq!(driver.snapshot(&[case_id(1), case_id(101)]).await, before);
    assert_eq!(driver.commit(&second).await, Committed::Moved);
}

/// Of twenty concurrent verdicts, half of them opposite, one is written with only its own rows.
pub async fn of_twenty_raced_changes_on_one_version_one_moves(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=1).await;
    let rows = audit_rows::rows(&stores).await.len();
    let (pass, fail) = (samples::decide(1, true), samples::decide(1, false));
    let (pass, fail) = (driver.change(&pass).await, driver.change(&fail).await);
    let changes = (0..RUNNERS).map(|n| if n % 2 == 0 { pass.clone() } else { fail.clone() });
    let passed = winner(&raced(&driver, changes.collect()).await).is_multiple_of(2);

    let found = driver.newest(1).await;
    let state = if passed { StateName::CustomerSuccess } else { StateName::CustomerFailure };
    assert_eq!(found.case.map(|case| case.state.name()), Some(state));
    assert_eq!((found.effect.is_some(), found.member.target.is_some()), (passed, passed));
    let history = driver.timeline(case_id(1)).await.history;
    assert_eq!(history.iter().map(|row| row.to).collect::<Vec<_>>()[2..], [state]);
    assert_eq!(audit_rows::rows(&stores).await.len(), rows + 1);
}

/// Of twenty concurrent openings for one member, one is written; the others leave no rows.
pub async fn twenty_raced_openings_give_one_case(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.register(1..=1).await;
    let mut changes = Vec::new();
    for number in 0..RUNNERS {
        changes.push(driver.change(&samples::open_as(1, case_id(100 + number))).await);
    }
    let won = winner(&raced(&driver, changes.clone()).await);

    let found = driver.newest(1).await;
    assert_eq!(found.case.map(|case| Some(case.id)), Some(changes[won].write.case()));
    for (place, change) in changes.iter().enumerate() {
        let id = change.write.case().expect("an opening is about a case");
        let there = driver.load(CaseKey::Id(id)).await.is_some();
        assert_eq!(there, place == won);
        assert_eq!(driver.timeline(id).await.history.len(), usize::from(there));
    }
    assert_eq!(audit_rows::rows(&stores).await.len(), 2, "one registration, one opening");
}

/// Twenty cases report one reference concurrently: it belongs to one of them.
pub async fn of_twenty_raced_cases_one_takes_a_reference(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.opened(1..=RUNNERS).await;
    let Command::Verify { source, reference, .. } = samples::verify(1, true).command else {
        panic!("a verification verifies");
    };
    let mut changes = Vec::new();
    for number in 1..=RUNNERS {
        let (reference, passed) = (reference.clone(), number % 2 == 0);
        let command = Command::Verify { source, reference, passed };
        changes.push(driver.change(&Request { command, ..samples::verify(number, true) }).await);
    }
    let won = winner(&raced(&driver, changes).await);
    for (place, number) in (1..=RUNNERS).enumerate() {
        let case = driver.newest(number).await.case.expect("the case is there");
        assert_eq!(case.state.check().is_some(), place == won);
    }
}

/// One member after the other is passed. Readers on other connections see each change whole, or
/// nothing of it: whichever of its rows they see first, the others are there.
pub async fn nobody_sees_half_a_change(stores: UpgradeStores) {
    const MEMBERS: u32 = 40;
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=MEMBERS).await;
    let (looks, newest) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(1)));
    let watch = |_| {
        let (driver, looks, newest) = (driver.clone(), Arc::clone(&looks), Arc::clone(&newest));
        tokio::spawn(async move {
            loop {
                match newest.load(Ordering::Acquire) {
                    0 => return,
                    number => assert_whole(&driver, number).await,
                }
                looks.fetch_add(1, Ordering::AcqRel);
            }
        })
    };
    let watchers: Vec<_> = (0..3).map(watch).collect();
    for number in 1..=MEMBERS {
        newest.store(number, Ordering::Release);
        let before = looks.load(Ordering::Acquire);
        while looks.load(Ordering::Acquire) == before
            && !watchers.iter().any(JoinHandle::is_finished)
        {
            tokio::task::yield_now().await;
        }
        let verdict = driver.change(&samples::decide(number, true)).await;
        let change = Change { replay: Some(samples::replay(number)), ..verdict };
        assert_eq!(driver.commit(&change).await, Committed::Moved);
    }
    newest.store(0, Ordering::Release);
    for watcher in watchers {
        watcher.await.expect("each change was whole");
    }
}

/// Every other row of the verdict is read before and after its case.
async fn assert_whole(driver: &UpgradeDriver, number: u32) {
    let before = rows_of_verdict(driver, number).await;
    let found = driver.newest(number).await;
    let state = found.case.map(|case| case.state.name());
    let passed = state == Some(StateName::CustomerSuccess);
    assert_eq!((found.effect.is_some(), found.member.target.is_some()), (passed, passed));
    let after = rows_of_verdict(driver, number).await;
    assert!(passed || before == [false; 4], "{before:?} without the case");
    assert!(!passed || after == [true; 4], "the case with {after:?}");
}

/// Whether its effect, history row, audit row and stored answer are found.
async fn rows_of_verdict(driver: &UpgradeDriver, number: u32) -> [bool; 4] {
    let (id, platform) = (case_id(number), &driver.stores.platform);
    let effect = platform.effects.find(&SetLevel::key(id)).await.expect("effects are read");
    let history = driver.timeline(id).await.history.len() == 3;
    let is_its = |it: &AuditEntry| {
        it.subject == id.subject() && it.detail == StateName::CustomerSuccess.as_str()
    };
    let audit = audit_rows::rows(&driver.stores).await.iter().any(|row| is_its(&row.entry));
    let replay = platform.replays.find(&[samples::keyed(number).key]).await;
    [effect.is_some(), history, audit, replay.expect("answers are read")[0].is_some()]
}
