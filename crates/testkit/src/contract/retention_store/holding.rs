//! Legal holds against deletions and purges.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactEvent;
use madoguchi_domain::retention::{DueQuery, DueScope, HoldSubject, PurgeGround, RetentionWrite};

use super::{
    LATE, RetentionUnderTest, answered, application, commit, completed, content, deletion, page,
    person, placed, purge, release,
};
use crate::contract::audit_rows;
use crate::samples::{application_id, at, held, person_id};

/// Under a hold nothing is deleted or purged; after its release it is.
async fn keeps_all(store: RetentionUnderTest, subject: HoldSubject, other: HoldSubject) {
    answered(&store).await;
    // Decided before, committed after the hold.
    let delete = deletion(&store, 1).await;
    placed(&store, other, 15).await;
    let hold = placed(&store, subject.clone(), 20).await;
    assert_eq!(commit(&store, std::slice::from_ref(&delete)).await, [Committed::Lost]);
    assert_eq!(release(&store, &hold, 30).await, Committed::Moved);
    assert_eq!(commit(&store, &[delete]).await, [Committed::Moved]);
    let purge = purge(&store, 1, PurgeGround::Deleted).await;
    let (first, second) =
        (placed(&store, subject.clone(), 40).await, placed(&store, subject, 41).await);
    assert_eq!(commit(&store, std::slice::from_ref(&purge)).await, [Committed::Lost]);
    assert_eq!(release(&store, &first, 50).await, Committed::Moved);
    let held = commit(&store, std::slice::from_ref(&purge)).await;
    assert_eq!(held, [Committed::Lost], "another hold is in force");
    assert_eq!(store.contacts.history(1).await.len(), 3, "what is held can still be read");
    assert_eq!(release(&store, &second, 60).await, Committed::Moved);
    assert_eq!(commit(&store, &[purge]).await, [Committed::Moved]);
}

/// A hold on the person keeps all contacts to it; one on another person does not.
pub async fn a_hold_on_the_person_keeps_all(store: RetentionUnderTest) {
    keeps_all(store, person(), HoldSubject::Person(person_id(2))).await;
}

/// A hold on the application keeps all contacts that name it; one on another does not.
pub async fn a_hold_on_the_application_keeps_all(store: RetentionUnderTest) {
    keeps_all(store, application(), HoldSubject::Application(application_id(2))).await;
}

/// Commits changes, three at the moment at which a hold is placed, in ten rounds: what is left of
/// `scope` when it is placed stays until it is released. The last change is never written.
async fn is_stopped(
    store: &RetentionUnderTest,
    changes: &[Change<RetentionWrite>],
    (scope, subject): (DueScope, HoldSubject),
) {
    let all = DueQuery { scope, after: None, limit: 100 };
    let (last, changes) = changes.split_last().expect("there are changes");
    let write = async |change: &Change<RetentionWrite>| {
        store.retention.retention.commit(std::slice::from_ref(change)).await
    };
    let before = audit_rows::heads(&store.retention).await;
    let mut results = Vec::new();
    for three in changes.chunks(3) {
        let [one, two, three] = three else { panic!("there are three of each round") };
        let (change, hold) = held(subject.clone(), 70);
        // Not by `placed`: what that reads would delay the look at what is left.
        let place = async {
            let placed = store.retention.holds.commit(&[change]).await;
            (placed, page(store, &all).await)
        };
        let (one, two, three, (placed, left)) =
            tokio::join!(write(one), write(two), write(three), place);
        assert_eq!(placed, Ok(vec![Committed::Moved]));
        for result in [one, two, three, write(last).await] {
            results.extend(result.expect("retention is committed"));
        }
        assert_eq!(results.pop(), Some(Committed::Lost), "a hold is in force");
        assert_eq!(page(store, &all).await, left, "what is left under a hold stays");
        assert!(left.iter().all(|it| it.is_held), "what is left is under the hold");
        assert_eq!(release(store, &hold, 80).await, Committed::Moved);
    }
    audit_rows::are_of(&store.retention, &before, changes, &results).await;
}

/// Deletions run while a hold is placed: none is written later, also of those that began earlier.
pub async fn a_hold_on_the_person_stops_deletions_that_run(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 31]).await;
    let mut changes = Vec::new();
    for number in 1..=31 {
        store.contacts.acted(number, &ContactEvent::AnswerByPhone, 50).await;
        changes.push(deletion(&store, number).await);
    }
    commit(&store, &[completed(1, 60)]).await;
    is_stopped(&store, &changes, (DueScope::Kept, person())).await;
}

/// Purges run while a hold is placed: none is written later, also of those that began earlier.
pub async fn a_hold_on_the_application_stops_purges_that_run(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 31]).await;
    let mut changes = Vec::new();
    for number in 1..=31 {
        store.contacts.acted(number, &ContactEvent::Delete, 50).await;
        changes.push(purge(&store, number, PurgeGround::Deleted).await);
    }
    is_stopped(&store, &changes, (DueScope::Deleted { by: at(LATE) }, application())).await;
}
