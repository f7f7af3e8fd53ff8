//! Applications, and the pages of contacts that belong to them.

use std::sync::Arc;

use madoguchi_domain::Timestamp;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactEvent, ContactTypeName, Content};
use madoguchi_domain::retention::{
    DueQuery, DueScope, PurgeGround, RetainedContact, RetentionWrite,
};

use super::{
    LATE, RetentionUnderTest, answered, commit, content, deletion, page, person, placed, purge,
    retained,
};
use crate::contract::audit_rows;
use crate::contract::race::race_changes;
use crate::contract::replay_store::stores_its_answer;
use crate::samples::{
    self, application_id, at, completed, contact_content, contact_id, retention_act,
};

async fn find(
    store: &RetentionUnderTest,
    number: u32,
) -> Option<madoguchi_domain::retention::Application> {
    let found = store.retention.retention.application(&application_id(number)).await;
    found.expect("applications are read")
}

/// An application that no contact names is unknown; one of a deleted contact is known.
pub async fn an_application_exists_once_a_contact_names_it(store: RetentionUnderTest) {
    assert_eq!(find(&store, 1).await, None);
    store.contacts.added(vec![content()]).await;
    let known = find(&store, 1).await.expect("a contact names it");
    assert_eq!((known.id, known.completion), (application_id(1), None));
    store.contacts.acted(1, &ContactEvent::Delete, 5).await;
    assert!(find(&store, 1).await.is_some(), "a deleted contact names it, too");
    assert_eq!(find(&store, 2).await, None);
}

/// A completion reads back, is audited, and is never stored again.
pub async fn a_completion_is_stored_once(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    assert_eq!(commit(&store, &[completed(1, 10)]).await, [Committed::Moved]);
    assert_eq!(commit(&store, &[completed(1, 20)]).await, [Committed::Lost]);
    let completion = find(&store, 1).await.and_then(|it| it.completion);
    let completion = completion.expect("the completion is stored");
    let expected = retention_act(10);
    assert_eq!((completion.recorded.by, completion.recorded.at), (expected.by, at(10)));
    assert_eq!(completion.on.to_string(), "2026-01-05");
}

/// A key that has an answer makes it lost.
pub async fn a_completion_stores_its_answer(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    let write = async |changes: &[Change<RetentionWrite>]| commit(&store, changes).await[0];
    stores_its_answer(&store.retention, (1, &[completed(1, 10)]), write).await;
}

/// Of completions at the same moment one is written.
pub async fn of_twenty_raced_completions_one_is_written(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    let changes: Vec<_> = (1..=20).map(|seconds| completed(1, seconds)).collect();
    let commit = |change| {
        let retention = Arc::clone(&store.retention.retention);
        async move { retention.commit(&[change]).await.expect("retention is committed")[0] }
    };
    let results = race_changes(&store.retention, &changes, commit).await;
    assert_eq!(results.iter().filter(|it| **it == Committed::Moved).count(), 1);
}

/// Every fact that decides is in the page, in the order of addition.
pub async fn contacts_of_applications_are_paged_with_what_decides(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 3]).await;
    store.contacts.acted(2, &ContactEvent::AnswerByPhone, 5).await;
    let open = retained(&store, 1).await;
    assert_eq!((open.kept_until, open.is_answered, open.is_held), (None, false, false));
    assert_eq!(open.contact_type, ContactTypeName::ActionRequest);
    assert_eq!((open.application, open.created_at), (Some(application_id(1)), at(1)));
    assert_eq!((open.version, open.deleted_at, open.reported_at), (1, None, None));
    commit(&store, &[completed(1, 10)]).await;
    commit(&store, &[retained(&store, 3).await.report(&retention_act(20))]).await;
    placed(&store, person(), 30).await;
    let mut query = DueQuery { scope: DueScope::Kept, after: None, limit: 2 };
    let first = page(&store, &query).await;
    query.after = first.last().map(|it| it.position(query.scope));
    let second = page(&store, &query).await;
    let ids = |page: &[RetainedContact]| page.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(
        (ids(&first), ids(&second)),
        (vec![contact_id(1), contact_id(2)], vec![contact_id(3)])
    );
    // Two months after 5 January in Japan, to the end of that day.
    let kept_until: Timestamp = "2026-03-05T15:00:00Z".parse().expect("a time");
    assert!(
        first.iter().chain(&second).all(|it| it.is_held && it.kept_until == Some(kept_until)),
        "all are under the hold, and kept until the end of their last day"
    );
    assert_eq!((first[1].is_answered, first[1].version), (true, 2));
    assert_eq!(second[0].reported_at, Some(at(20)));
    // One that names no application is not in it.
    let other = Content { application: None, ..contact_content() };
    let add = samples::adds(contact_id(4), 1, other, 40);
    store.contacts.written(&add).await;
    let all = page(&store, &DueQuery { after: None, limit: 100, ..query }).await;
    assert_eq!(all.len(), 3);
    store.contacts.written(&samples::adds(contact_id(5), 1, content(), 50)).await;
    assert!(retained(&store, 5).await.is_held, "a hold covers later contacts too");
}

/// Those deleted until a moment, in the order of their deletion; a purged one is in no page.
pub async fn deleted_contacts_are_paged_until_they_are_purged(store: RetentionUnderTest) {
    let of_no_application = Content { application: None, ..content() };
    store.contacts.added(vec![content(), content(), of_no_application]).await;
    store.contacts.acted(3, &ContactEvent::Delete, 50).await;
    store.contacts.acted(1, &ContactEvent::Delete, 60).await;
    let deleted =
        |seconds| DueQuery { scope: DueScope::Deleted { by: at(seconds) }, after: None, limit: 1 };
    let ids = |page: &[RetainedContact]| page.iter().map(|it| it.id).collect::<Vec<_>>();
    assert_eq!(page(&store, &deleted(49)).await, []);
    let first = page(&store, &deleted(60)).await;
    assert_eq!(ids(&first), [contact_id(3)]);
    let after = first.last().map(|it| it.position(deleted(60).scope));
    let second = page(&store, &DueQuery { after, ..deleted(60) }).await;
    assert_eq!(ids(&second), [contact_id(1)]);
    assert_eq!(page(&store, &DueQuery { after, ..deleted(59) }).await, []);
    let change = purge(&store, 3, PurgeGround::Deleted).await;
    assert_eq!(commit(&store, &[change]).await, [Committed::Moved]);
    assert_eq!(ids(&page(&store, &deleted(LATE)).await), [contact_id(1)]);
}

/// The deletion is a version of its own, and audited; one of a former version is lost.
pub async fn a_deletion_is_of_its_version(store: RetentionUnderTest) {
    answered(&store).await;
    let change = deletion(&store, 1).await;
    assert_eq!(commit(&store, std::slice::from_ref(&change)).await, [Committed::Moved]);
    assert_eq!(commit(&store, std::slice::from_ref(&change)).await, [Committed::Lost]);
    let contact = store.contacts.contact(1).await;
    let deleted = contact.deleted.expect("it is deleted");
    assert_eq!((deleted.at, deleted.by), (at(LATE), retention_act(LATE).by));
    assert_eq!(store.contacts.history(1).await.len(), 3);
}

/// The others of a call are written, in any order.
pub async fn a_lost_change_affects_no_other(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 3]).await;
    for number in 1..=3 {
        store.contacts.acted(number, &ContactEvent::AnswerByPhone, 5).await;
    }
    let mut changes = Vec::new();
    for number in 1..=3 {
        changes.push(deletion(&store, number).await);
    }
    store.contacts.acted(2, &ContactEvent::Delete, 6).await;
    let expected = [Committed::Moved, Committed::Lost, Committed::Moved];
    assert_eq!(commit(&store, &changes).await, expected);
    for (number, seconds) in [(1, LATE), (2, 6), (3, LATE)] {
        let contact = store.contacts.contact(number).await;
        assert_eq!(contact.deleted.map(|it| it.at), Some(at(seconds)), "contact {number}");
    }
    audit_rows::verify(&store.retention).await;
}
