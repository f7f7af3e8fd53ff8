//! The contract suite of [`RetentionStore`](madoguchi_domain::port::RetentionStore).

mod completing;
mod erasing;
mod holding;

pub use completing::*;
pub use erasing::*;
pub use holding::*;

use std::sync::Arc;

use jiff::SignedDuration;
use madoguchi_application::RetentionStores;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactEvent, ContactId, Content};
use madoguchi_domain::port::{BlindIndexes, DataKeys};
use madoguchi_domain::redacted;
use madoguchi_domain::retention::{
    DueQuery, DueScope, HoldSubject, HoldWrite, LegalHold, PurgeGround, RetainedContact,
    RetentionPolicy, RetentionWrite,
};
use uuid::Uuid;

use crate::contract::audit_rows;
use crate::driver::contacts::ContactDriver;
use crate::samples::{
    application_id, at, completed, contact_content, contact_id, held, person_id, policy_number,
    retention_act,
};

redacted!(RetentionUnderTest);

/// The stores under test, on one database.
#[derive(Clone)]
pub struct RetentionUnderTest {
    /// Persons and contacts.
    pub contacts: ContactDriver,
    /// Retention and legal holds.
    pub retention: RetentionStores,
    /// The data keys, of which a purge erases one.
    pub data_keys: Arc<dyn DataKeys>,
    /// The blind indexes, of which a purge erases those of its contact.
    pub indexes: Arc<dyn BlindIndexes>,
}

/// Runs the suite on each adapter: `retention_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of
/// [`TestStores<RetentionUnderTest>`](crate::contract::TestStores).
#[macro_export]
macro_rules! retention_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            retention_store of retention_store, of_stores [
                an_application_exists_once_a_contact_names_it
                a_completion_is_stored_once
                a_completion_stores_its_answer
                of_twenty_raced_completions_one_is_written
                contacts_of_applications_are_paged_with_what_decides
                deleted_contacts_are_paged_until_they_are_purged
                a_deletion_is_of_its_version
                a_lost_change_affects_no_other
                a_purge_erases_what_opens_and_what_finds
                an_unanswered_contact_is_purged_with_its_deletion
                a_purge_is_of_its_version_and_ground
                a_stale_change_of_a_purged_contact_is_lost
                a_purged_contact_is_no_record_to_index
                a_hold_on_the_person_keeps_all
                a_hold_on_the_application_keeps_all
                a_hold_on_the_person_stops_deletions_that_run
                a_hold_on_the_application_stops_purges_that_run
            ]
            $($adapters)+
        }
    };
}

/// So many seconds are two months and more: every retention and purge age here is over.
pub(crate) const LATE: i64 = 200 * 86_400;

const POLICY: RetentionPolicy =
    RetentionPolicy { report_before: SignedDuration::ZERO, purge_age: Some(30) };

/// The content of a request about application 1, with a policy number.
pub(crate) fn content() -> Content {
    Content {
        application: Some(application_id(1)),
        policy_number: Some(policy_number(1)),
        ..contact_content()
    }
}

/// Contact 1 of application 1, which completed, answered by phone.
async fn answered(store: &RetentionUnderTest) {
    store.contacts.added(vec![content()]).await;
    store.contacts.acted(1, &ContactEvent::AnswerByPhone, 5).await;
    assert_eq!(commit(store, &[completed(1, 10)]).await, [Committed::Moved]);
}

pub(crate) async fn commit(
    store: &RetentionUnderTest,
    changes: &[Change<RetentionWrite>],
) -> Vec<Committed> {
    let before = audit_rows::heads(&store.retention).await;
    let committed = store.retention.retention.commit(changes).await;
    let committed = committed.expect("retention is committed");
    audit_rows::are_of(&store.retention, &before, changes, &committed).await;
    committed
}

/// Commits a change of a legal hold.
pub(crate) async fn commit_hold(
    store: &RetentionUnderTest,
    change: &Change<HoldWrite>,
) -> Committed {
    let (before, changes) =
        (audit_rows::heads(&store.retention).await, std::slice::from_ref(change));
    let committed = store.retention.holds.commit(changes).await.expect("holds are committed");
    audit_rows::are_of(&store.retention, &before, changes, &committed).await;
    committed[0]
}

async fn page(store: &RetentionUnderTest, query: &DueQuery) -> Vec<RetainedContact> {
    store.retention.retention.due(query).await.expect("contacts are paged").contacts
}

/// A contact as retention sees it.
pub(crate) async fn retained(store: &RetentionUnderTest, number: u32) -> RetainedContact {
    for scope in [DueScope::Kept, DueScope::Deleted { by: at(LATE) }] {
        let all = page(store, &DueQuery { scope, after: None, limit: 100 }).await;
        if let Some(found) = all.into_iter().find(|it| it.id == contact_id(number)) {
            return found;
        }
    }
    panic!("contact {number} is retained")
}

/// The change by which retention deletes a contact as it is.
async fn deletion(store: &RetentionUnderTest, number: u32) -> Change<RetentionWrite> {
    let id: ContactId = contact_id(number);
    let whole = store.retention.retention.contacts(&[id]).await.expect("contacts are read");
    let version = Uuid::from_u128(u128::from(number) << 64 | 77);
    let change = RetentionWrite::delete(&whole[0], version, &retention_act(LATE));
    change.expect("it is not deleted")
}

/// The change that purges a contact as it is.
pub(crate) async fn purge(
    store: &RetentionUnderTest,
    number: u32,
    ground: PurgeGround,
) -> Change<RetentionWrite> {
    let found = retained(store, number).await;
    let change = found.purge(ground, &POLICY, &retention_act(LATE));
    change.expect("it has a ground")
}

pub(crate) async fn placed(
    store: &RetentionUnderTest,
    subject: HoldSubject,
    seconds: i64,
) -> LegalHold {
    let (change, hold) = held(subject, seconds);
    assert_eq!(commit_hold(store, &change).await, Committed::Moved);
    hold
}

pub(crate) async fn release(
    store: &RetentionUnderTest,
    hold: &LegalHold,
    seconds: i64,
) -> Committed {
    let (change, _) = hold.release(&retention_act(seconds)).expect("it is in force");
    commit_hold(store, &change).await
}

fn person() -> HoldSubject {
    HoldSubject::Person(person_id(1))
}

fn application() -> HoldSubject {
    HoldSubject::Application(application_id(1))
}
