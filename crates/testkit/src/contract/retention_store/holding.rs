//! Legal holds against deletions and purges.

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactEvent;
use madoguchi_domain::retention::{HoldSubject, PurgeGround, RetentionWrite};

use super::{
    RetentionUnderTest, answered, application, commit, completed, content, deletion, person,
    placed, purge, release,
};
use crate::samples::{application_id, person_id};

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

/// Deletions run while a hold is placed. Once it is placed, none is written any more.
pub async fn a_hold_that_is_placed_is_seen_by_every_later_commit(store: RetentionUnderTest) {
    const COUNT: u32 = 30;
    store.contacts.added(vec![content(); COUNT as usize]).await;
    let mut changes = Vec::new();
    for number in 1..=COUNT {
        store.contacts.acted(number, &ContactEvent::AnswerByPhone, 50).await;
        changes.push(deletion(&store, number).await);
    }
    commit(&store, &[completed(1, 60)]).await;
    let is_placed = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let order = std::sync::atomic::Ordering::SeqCst;
    let deletes = |changes: Vec<Change<RetentionWrite>>| {
        let (store, is_placed) = (store.clone(), std::sync::Arc::clone(&is_placed));
        tokio::spawn(async move {
            let (mut before, mut after) = (0, 0);
            for change in changes {
                let was_placed = is_placed.load(order);
                let moved = commit(&store, &[change]).await == [Committed::Moved];
                before += u32::from(moved && !was_placed);
                after += u32::from(moved && was_placed);
            }
            (before, after)
        })
    };
    let tasks: Vec<_> = changes.chunks(10).map(|it| deletes(it.to_vec())).collect();
    tokio::task::yield_now().await;
    placed(&store, person(), 70).await;
    is_placed.store(true, order);
    let mut deleted = 0;
    for task in tasks {
        let (before, after) = task.await.expect("the deletions end");
        assert_eq!(after, 0, "nothing is deleted under a hold");
        deleted += before;
    }
    let query = madoguchi_domain::retention::DueQuery {
        scope: madoguchi_domain::retention::DueScope::Kept,
        after: None,
        limit: 100,
    };
    let kept = super::page(&store, &query).await;
    assert_eq!(u32::try_from(kept.len()).expect("few") + deleted, COUNT);
    assert!(
        kept.iter().all(|it| it.is_held && it.application == Some(application_id(1))),
        "what is left is under the hold"
    );
}
