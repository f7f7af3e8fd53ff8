//! The contract suite of [`RetentionReports`](madoguchi_domain::port::RetentionReports).

use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactEvent, ContactId};
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::retention::{PurgeGround, ReceiptQuery, UnansweredQuery};

use crate::contract::retention_store::{
    LATE, RetentionUnderTest, commit, content, purge, retained,
};
use crate::samples::{application_id, at, completed, contact_id, person_id, retention_act};

/// Runs the suite on each adapter: `retention_reports_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of
/// [`TestStores<RetentionUnderTest>`](crate::contract::TestStores).
#[macro_export]
macro_rules! retention_reports_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            retention_reports of retention_reports, of_stores [
                what_is_unanswered_is_listed_by_every_filter
                what_is_answered_or_deleted_leaves_the_list
                receipts_are_listed_newest_first_by_every_filter
            ]
            $($adapters)+
        }
    };
}

const ALL: UnansweredQuery = UnansweredQuery {
    person: None,
    application: None,
    from: None,
    before: None,
    after: None,
    limit: 10,
};

async fn unanswered(store: &RetentionUnderTest, query: UnansweredQuery) -> Vec<ContactId> {
    let found = store.retention.reports.unanswered(&query).await.expect("reports are listed");
    found.into_iter().map(|it| it.id).collect()
}

/// Three contacts of application 1, reported at 20, 30 and 40 seconds.
async fn three_reported(store: &RetentionUnderTest) {
    store.contacts.added(vec![content(); 3]).await;
    commit(store, &[completed(1, 10)]).await;
    for number in 1..=3 {
        let act = retention_act(10 + 10 * i64::from(number));
        let change = retained(store, number).await.report(&act);
        assert_eq!(commit(store, &[change]).await, [Committed::Moved]);
    }
}

/// The last reported first, page by page.
pub async fn what_is_unanswered_is_listed_by_every_filter(store: RetentionUnderTest) {
    three_reported(&store).await;
    let [one, two, three] = [1, 2, 3].map(contact_id);
    let all = store.retention.reports.unanswered(&ALL).await.expect("reports are listed");
    assert_eq!(all.len(), 3);
    assert_eq!((all[0].id, all[0].reported_at), (three, Some(at(40))));
    assert!(all[0].kept_until.is_some(), "the end of its retention is shown");
    let after = Some(ListPosition { at: at(40), id: three.0 });
    assert_eq!(unanswered(&store, UnansweredQuery { limit: 1, ..ALL }).await, [three]);
    assert_eq!(unanswered(&store, UnansweredQuery { after, ..ALL }).await, [two, one]);
    let (from, before) = (Some(at(30)), Some(at(40)));
    assert_eq!(unanswered(&store, UnansweredQuery { from, before, ..ALL }).await, [two]);
    for (number, count) in [(1, 3), (2, 0)] {
        let person = Some(person_id(number));
        assert_eq!(unanswered(&store, UnansweredQuery { person, ..ALL }).await.len(), count);
        let application = Some(application_id(number));
        assert_eq!(unanswered(&store, UnansweredQuery { application, ..ALL }).await.len(), count);
    }
}

/// Only what still waits is listed.
pub async fn what_is_answered_or_deleted_leaves_the_list(store: RetentionUnderTest) {
    three_reported(&store).await;
    store.contacts.acted(1, &ContactEvent::AnswerByPhone, 50).await;
    store.contacts.acted(2, &ContactEvent::Delete, 60).await;
    assert_eq!(unanswered(&store, ALL).await, [contact_id(3)]);
    let change = purge(&store, 3, PurgeGround::Unanswered).await;
    assert_eq!(commit(&store, &[change]).await, [Committed::Moved]);
    assert_eq!(unanswered(&store, ALL).await, []);
}

/// By contact and time, page by page.
pub async fn receipts_are_listed_newest_first_by_every_filter(store: RetentionUnderTest) {
    store.contacts.added(vec![content(); 3]).await;
    for number in 1..=3 {
        store.contacts.acted(number, &ContactEvent::Delete, 50).await;
        let change = purge(&store, number, PurgeGround::Deleted).await;
        assert_eq!(commit(&store, &[change]).await, [Committed::Moved]);
    }
    let all = ReceiptQuery { contact: None, from: None, before: None, after: None, limit: 2 };
    let list = async |query: &ReceiptQuery| {
        let found = store.retention.reports.receipts(query).await.expect("receipts are listed");
        found.into_iter().map(|it| it.contact).collect::<Vec<_>>()
    };
    assert_eq!(list(&all).await, [contact_id(3), contact_id(2)]);
    let after = Some(ListPosition { at: at(LATE), id: contact_id(2).0 });
    assert_eq!(list(&ReceiptQuery { after, ..all.clone() }).await, [contact_id(1)]);
    let contact = Some(contact_id(2));
    assert_eq!(list(&ReceiptQuery { contact, ..all.clone() }).await, [contact_id(2)]);
    let from = Some(at(LATE));
    assert_eq!(list(&ReceiptQuery { from, ..all.clone() }).await.len(), 2);
    assert_eq!(list(&ReceiptQuery { before: from, ..all }).await, []);
}
