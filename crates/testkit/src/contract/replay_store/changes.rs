//! Checks that a change and its answer are stored together or not at all.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::Replay;
use madoguchi_domain::member::NewMember;
use madoguchi_domain::upgrade::Write;

use super::{record, stored};
use crate::contract::audit_rows;
use crate::contract::race::race;
use crate::driver::upgrade::UpgradeDriver;
use crate::samples::{self, replay};

fn registers(member: u32, answer: u32) -> Change<NewMember> {
    let registration = samples::registration(samples::member(member));
    Change { replay: Some(replay(answer)), ..registration }
}

async fn verdict(driver: &UpgradeDriver, member: u32, answer: u32) -> Change<Write> {
    let change = driver.change(&samples::decide(member, true)).await;
    Change { replay: Some(replay(answer)), ..change }
}

async fn register(stores: &UpgradeStores, changes: &[Change<NewMember>]) -> Vec<Committed> {
    stores.members.commit(changes).await.expect("members are committed")
}

/// Every store that commits a change stores its answer.
pub async fn a_change_stores_its_answer(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=3).await;
    let batch = [verdict(&driver, 1, 1).await, verdict(&driver, 2, 2).await];
    let plain = driver.change(&samples::decide(3, true)).await;
    assert_eq!(driver.commit_all(&batch).await, [Committed::Moved; 2]);
    assert_eq!(driver.commit(&plain).await, Committed::Moved);
    assert_eq!(register(&stores, &[registers(9, 9)]).await, [Committed::Moved]);
    for number in [1, 2, 9] {
        assert_eq!(stored(&stores, &replay(number)).await, Some(replay(number)));
    }
}

/// It is lost with its rows, its effect and its audit row; the others of its batch are written.
pub async fn a_change_whose_key_is_taken_writes_nothing(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=3).await;
    let first = Replay { answer: samples::payload("first"), ..replay(2) };
    record(&stores, std::slice::from_ref(&first)).await;
    let before = (driver.newest(2).await, audit_rows::rows(&stores).await.len());
    let mut batch = Vec::new();
    for number in 1..=3 {
        batch.push(verdict(&driver, number, number).await);
    }
    let (moved, lost) = (Committed::Moved, Committed::Lost);
    assert_eq!(driver.commit_all(&batch).await, [moved, lost, moved]);
    assert_eq!(driver.newest(2).await, before.0);
    assert_eq!(stored(&stores, &replay(2)).await, Some(first));
    assert_eq!(driver.commit(&batch[1]).await, lost, "alone too");
    let wishes = [registers(8, 8), registers(9, 2), registers(10, 10)];
    assert_eq!(register(&stores, &wishes).await, [moved, lost, moved]);
    assert_eq!(stores.members.find(&samples::member_id(9)).await, Ok(None));
    assert_eq!(audit_rows::rows(&stores).await.len(), before.1 + 4);
}

/// The key of a lost change stays free.
pub async fn a_lost_change_stores_no_answer(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=1).await;
    let verdict = verdict(&driver, 1, 1).await;
    driver.ask(&samples::decide(1, false)).await;
    assert_eq!(driver.commit(&verdict).await, Committed::Lost);
    let taken = registers(1, 2);
    assert_eq!(register(&stores, &[taken, registers(2, 2)]).await[1], Committed::Moved);
    assert_eq!(stored(&stores, &replay(1)).await, None);
}

/// Changes of different records with one key at the same time: one is written.
pub async fn of_twenty_raced_changes_with_one_key_one_is_written(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    driver.verified(1..=10).await;
    let mut runners = Vec::new();
    for number in 1..=20 {
        let stores = stores.clone();
        let verdict = if number <= 10 { Some(verdict(&driver, number, 1).await) } else { None };
        runners.push(async move {
            let committed = match verdict {
                Some(verdict) => stores.upgrades.commit(&[verdict]).await,
                None => stores.members.commit(&[registers(100 + number, 1)]).await,
            };
            committed.expect("a change is committed or lost")[0]
        });
    }
    let answers = race(runners).await;
    assert_eq!(answers.iter().filter(|it| **it == Committed::Moved).count(), 1);
    let mut written = 0;
    for number in 1..=20 {
        let decided = number <= 10 && driver.newest(number).await.effect.is_some();
        let member = samples::member_id(100 + number);
        let registered = stores.members.find(&member).await.expect("members are read").is_some();
        written += usize::from(decided) + usize::from(registered);
    }
    assert_eq!(written, 1);
}
