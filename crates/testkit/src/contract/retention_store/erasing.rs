//! Purges.

use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactEvent, ContactFilter};
use madoguchi_domain::port::DataKeyPage;
use madoguchi_domain::retention::{HeldContacts, PurgeGround, ReceiptQuery};
use madoguchi_domain::sealed::DataKeyId;

use super::{
    LATE, RetentionUnderTest, application, commit, completed, content, placed, purge, release,
    retained,
};
use crate::contract::audit_rows;
use crate::samples::{application_id, at, contact_id, moves, policy_number, retention_act, staff};

async fn has_key(store: &RetentionUnderTest, id: DataKeyId) -> bool {
    let page = DataKeyPage { not_under: None, after: None, limit: 1_000 };
    let keys = store.data_keys.page(&page).await.expect("data keys are read");
    keys.iter().any(|(key, _)| *key == id)
}

async fn indexes(store: &RetentionUnderTest) -> u64 {
    let counts = store.indexes.counts().await.expect("indexes are counted");
    counts.iter().map(|(_, count)| count).sum()
}

async fn found_by_policy_number(store: &RetentionUnderTest) -> usize {
    let filter = ContactFilter { policy_number: Some(policy_number(1)), ..Default::default() };
    store.contacts.list(&filter).await.len()
}

async fn covered(store: &RetentionUnderTest) -> HeldContacts {
    let covered = store.retention.holds.covered(&application()).await;
    covered.expect("it is counted").expect("the application is known")
}

/// Nothing opens it, nothing finds it; its receipt and the audit log stay, and so does the rest.
pub async fn a_purge_erases_what_opens_and_what_finds(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 2]).await;
    store.contacts.acted(1, &ContactEvent::Delete, 50).await;
    let key = store.contacts.contact(1).await.data_key;
    let before = indexes(&store).await;
    assert_eq!(found_by_policy_number(&store).await, 2);
    let change = purge(&store, 1, PurgeGround::Deleted).await;
    assert_eq!(commit(&store, std::slice::from_ref(&change)).await, [Committed::Moved]);
    assert!(!has_key(&store, key).await, "its data key is erased");
    assert!(indexes(&store).await < before, "its blind indexes are erased");
    assert_eq!(store.contacts.find(contact_id(1)).await, None);
    assert_eq!(found_by_policy_number(&store).await, 1);
    let whole = store.retention.retention.contacts(&[contact_id(1)]).await;
    assert_eq!(whole.expect("contacts are read"), []);
    assert_eq!(store.contacts.history(1).await, []);
    let query = ReceiptQuery {
        contact: Some(contact_id(1)),
        from: None,
        before: None,
        after: None,
        limit: 9,
    };
    let receipts = store.retention.reports.receipts(&query).await.expect("receipts are listed");
    let [receipt] = &receipts[..] else { panic!("one receipt") };
    assert_eq!((receipt.contact, receipt.data_key), (contact_id(1), key));
    assert_eq!(receipt.application, Some(application_id(1)));
    assert_eq!((receipt.ground, receipt.since), (PurgeGround::Deleted, at(50)));
    assert_eq!((receipt.purge_age, receipt.purged_at), (30, at(LATE)));
    assert_eq!(receipt.correlation, retention_act(LATE).correlation);
    audit_rows::verify(&store.retention).await;
    assert_eq!(covered(&store).await, HeldContacts { kept: 1, deleted: 0, purged: 1 });
    assert!(store.contacts.find(contact_id(2)).await.is_some(), "another contact is whole");
}

/// What nobody answered is deleted and purged in one.
pub async fn an_unanswered_contact_is_purged_with_its_deletion(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    commit(&store, &[completed(1, 10)]).await;
    let report = retained(&store, 1).await.report(&retention_act(20));
    assert_eq!(commit(&store, std::slice::from_ref(&report)).await, [Committed::Moved]);
    assert_eq!(commit(&store, &[report]).await, [Committed::Lost], "it is reported once");
    let change = purge(&store, 1, PurgeGround::Unanswered).await;
    let hold = placed(&store, application(), 30).await;
    assert_eq!(commit(&store, std::slice::from_ref(&change)).await, [Committed::Lost]);
    assert_eq!(release(&store, &hold, 40).await, Committed::Moved);
    assert_eq!(commit(&store, &[change]).await, [Committed::Moved]);
    assert_eq!(store.contacts.find(contact_id(1)).await, None);
    let waiting =
        store.contacts.stores.contacts.waiting(at(LATE), 10).await.expect("they are counted");
    assert_eq!(waiting.count, 0, "a purged draft waits for nobody");
    assert_eq!(covered(&store).await, HeldContacts { kept: 0, deleted: 0, purged: 1 });
}

/// One that was changed, or deleted, or purged meanwhile is lost.
pub async fn a_purge_is_of_its_version_and_ground(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    commit(&store, &[completed(1, 10)]).await;
    commit(&store, &[retained(&store, 1).await.report(&retention_act(20))]).await;
    let stale = purge(&store, 1, PurgeGround::Unanswered).await;
    store.contacts.acted(1, &ContactEvent::AnswerByPhone, 30).await;
    assert_eq!(commit(&store, &[stale]).await, [Committed::Lost], "it was answered");
    store.contacts.acted(1, &ContactEvent::Delete, 40).await;
    let change = purge(&store, 1, PurgeGround::Deleted).await;
    assert_eq!(commit(&store, std::slice::from_ref(&change)).await, [Committed::Moved]);
    assert_eq!(commit(&store, &[change]).await, [Committed::Lost], "it is purged once");
}

/// People who read it before the purge change nothing.
pub async fn a_stale_change_of_a_purged_contact_is_lost(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    commit(&store, &[completed(1, 10)]).await;
    commit(&store, &[retained(&store, 1).await.report(&retention_act(20))]).await;
    let before = store.contacts.contact(1).await;
    let stale = moves(&before, &ContactEvent::AnswerByPhone, &staff(2), 30);
    let change = purge(&store, 1, PurgeGround::Unanswered).await;
    assert_eq!(commit(&store, &[change]).await, [Committed::Moved]);
    assert_eq!(store.contacts.commit(&[stale]).await, Committed::Lost);
}

/// The rotation of index keys finds nothing of it any more.
pub async fn a_purged_contact_is_no_record_to_index(store: RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    store.contacts.acted(1, &ContactEvent::Delete, 50).await;
    let before = store.indexes.reindex(None, 100).await.expect("records are compared");
    let change = purge(&store, 1, PurgeGround::Deleted).await;
    commit(&store, &[change]).await;
    let indexed = indexes(&store).await;
    let after = store.indexes.reindex(None, 100).await.expect("records are compared");
    assert_eq!((after.records + 1, after.replaced), (before.records, 0));
    assert_eq!(indexes(&store).await, indexed);
}
