//! The contract suite of [`HoldStore`](madoguchi_domain::port::HoldStore).

use std::sync::Arc;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactEvent;
use madoguchi_domain::retention::{
    HeldContacts, HoldFilter, HoldId, HoldQuery, HoldSubject, HoldWrite, LegalHold,
};
use uuid::Uuid;

use crate::contract::audit_rows;
use crate::contract::race::race_changes;
use crate::contract::replay_store::stores_its_answer;
use crate::contract::retention_store::{
    RetentionUnderTest, commit, commit_hold, content, placed, release,
};
use crate::samples::{application_id, completed, held, person_id, retention_act};

/// Runs the suite on each adapter: `hold_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of
/// [`TestStores<RetentionUnderTest>`](crate::contract::TestStores).
#[macro_export]
macro_rules! hold_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            hold_store of hold_store, of_stores [
                a_hold_reads_back_and_is_released_once
                a_change_of_a_hold_stores_its_answer
                of_twenty_raced_releases_one_is_written
                holds_are_listed_newest_first_by_every_filter
                what_a_hold_covers_is_counted
            ]
            $($adapters)+
        }
    };
}

async fn read(store: &RetentionUnderTest, id: HoldId) -> Option<LegalHold> {
    store.retention.holds.find(id).await.expect("holds are read")
}

/// It reads back with its reason, is audited, and is released once.
pub async fn a_hold_reads_back_and_is_released_once(store: RetentionUnderTest) {
    assert_eq!(read(&store, HoldId(Uuid::from_u128(7))).await, None);
    let (change, hold) = held(HoldSubject::Person(person_id(1)), 10);
    assert_eq!(commit_hold(&store, &change).await, Committed::Moved);
    assert_eq!(read(&store, hold.id).await, Some(hold.clone()));
    assert_eq!(release(&store, &hold, 20).await, Committed::Moved);
    assert_eq!(release(&store, &hold, 30).await, Committed::Lost);
    let released = read(&store, hold.id).await.expect("it stays");
    assert_eq!(released, LegalHold { released: Some((&retention_act(20)).into()), ..hold });
    assert_eq!(released.release(&retention_act(40)), None);
    audit_rows::verify(&store.retention).await;
}

/// A hold and its release; a key that has an answer makes them lost.
pub async fn a_change_of_a_hold_stores_its_answer(store: RetentionUnderTest) {
    let commit = async |changes: &[Change<HoldWrite>]| commit_hold(&store, &changes[0]).await;
    let (placed, hold) = held(HoldSubject::Person(person_id(1)), 10);
    stores_its_answer(&store.retention, (1, &[placed]), commit).await;
    let (released, _) = hold.release(&retention_act(20)).expect("it is in force");
    stores_its_answer(&store.retention, (2, &[released]), commit).await;
}

/// Of releases at the same moment one is written.
pub async fn of_twenty_raced_releases_one_is_written(store: RetentionUnderTest) {
    let hold = placed(&store, HoldSubject::Application(application_id(1)), 10).await;
    let release = |seconds| hold.release(&retention_act(seconds)).expect("it is in force").0;
    let changes: Vec<_> = (20..40).map(release).collect();
    let commit = |change| {
        let holds = Arc::clone(&store.retention.holds);
        async move { holds.commit(&[change]).await.expect("holds are committed")[0] }
    };
    let results = race_changes(&store.retention, &changes, commit).await;
    assert_eq!(results.iter().filter(|it| **it == Committed::Moved).count(), 1);
}

/// By what they cover and by whether they are in force, page by page.
pub async fn holds_are_listed_newest_first_by_every_filter(store: RetentionUnderTest) {
    let person = HoldSubject::Person(person_id(1));
    let application = HoldSubject::Application(application_id(1));
    let first = placed(&store, person.clone(), 10).await;
    let second = placed(&store, application.clone(), 20).await;
    let third = placed(&store, person.clone(), 30).await;
    assert_eq!(release(&store, &first, 40).await, Committed::Moved);
    let list = async |filter: HoldFilter, after: Option<&LegalHold>, limit| {
        let query = HoldQuery { filter, after: after.map(LegalHold::position), limit };
        let found = store.retention.holds.list(&query).await.expect("holds are listed");
        found.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    let all = HoldFilter::default();
    assert_eq!(list(all.clone(), None, 10).await, [third.id, second.id, first.id]);
    assert_eq!(list(all.clone(), None, 2).await, [third.id, second.id]);
    assert_eq!(list(all, Some(&second), 2).await, [first.id]);
    let of =
        |subject: &HoldSubject, in_force| HoldFilter { subject: Some(subject.clone()), in_force };
    assert_eq!(list(of(&person, false), None, 10).await, [third.id, first.id]);
    assert_eq!(list(of(&person, true), None, 10).await, [third.id]);
    assert_eq!(list(of(&application, true), None, 10).await, [second.id]);
    let other = HoldSubject::Application(application_id(2));
    assert_eq!(list(of(&other, false), None, 10).await, []);
}

/// Kept and deleted contacts; a subject that nobody knows is none.
pub async fn what_a_hold_covers_is_counted(store: RetentionUnderTest) {
    let subjects = [HoldSubject::Person(person_id(1)), HoldSubject::Application(application_id(1))];
    for subject in &subjects {
        let covered = store.retention.holds.covered(subject).await;
        assert_eq!(covered.expect("it is counted"), None);
    }
    store.contacts.added(vec![content(); 3]).await;
    store.contacts.acted(2, &ContactEvent::Delete, 5).await;
    for subject in &subjects {
        let covered = store.retention.holds.covered(subject).await.expect("it is counted");
        assert_eq!(covered, Some(HeldContacts { kept: 2, deleted: 1, purged: 0 }));
    }
    // Contacts named it once, and may name it again.
    commit(&store, &[completed(2, 20)]).await;
    let empty = store.retention.holds.covered(&HoldSubject::Application(application_id(2))).await;
    assert_eq!(empty.expect("it is counted"), Some(HeldContacts::default()));
}
