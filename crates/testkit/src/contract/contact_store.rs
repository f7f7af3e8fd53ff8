//! The contract suite of [`ContactStore`](madoguchi_domain::port::ContactStore).

mod adding;
mod four_eyes;
mod listing;
mod moving;

pub use adding::*;
pub use four_eyes::*;
pub use listing::*;
pub use moving::*;

use madoguchi_application::ContactStores;
use madoguchi_domain::actor::ActorRef;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{
    Contact, ContactEvent, ContactFilter, ContactId, ContactKey, ContactOrder, ContactQuery,
    ContactVersion, ContactWrite,
};

use crate::samples;

/// Runs the suite on each adapter: `contact_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<ContactStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! contact_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            contact_store of contact_store, of_stores [
                what_was_added_reads_back
                a_contact_id_is_taken_once
                no_contact_is_found_and_it_has_no_history
                every_state_reads_back_with_its_facts
                a_contact_keeps_its_history_with_old_and_new
                of_twenty_raced_edits_one_is_written
                a_lost_change_of_a_contact_leaves_no_trace
                the_answer_to_a_request_is_stored_with_its_change
                changes_of_several_contacts_are_all_written_or_none
                of_twenty_raced_approvals_one_is_stored
                an_edit_and_its_approval_by_one_person_never_both_win
                everyone_who_wrote_content_reads_back_as_an_editor
                an_approver_may_edit_after_the_approval
                contacts_are_listed_newest_first
                every_filter_finds_what_it_names
                approvals_wait_in_the_order_of_their_last_edit
                a_customer_sees_what_became_visible_last_first
                a_contact_is_found_for_its_own_person_only
                pages_have_no_gaps_while_contacts_are_added
                a_policy_number_is_found_exactly_while_it_is_named
            ]
            $($adapters)+
        }
    };
}

/// Registers the persons with these sample ids.
async fn with_persons(stores: &ContactStores, count: u32) {
    let wishes = (1..=count).map(samples::person_registration);
    let changes: Vec<_> = wishes.map(|wish| samples::registers(&wish)).collect();
    let committed = stores.persons.commit(&changes).await.expect("persons are registered");
    assert!(committed.iter().all(|it| *it == Committed::Moved));
}

async fn commit(stores: &ContactStores, changes: &[Change<ContactWrite>]) -> Committed {
    stores.contacts.commit(changes).await.expect("changes are committed")
}

async fn find(stores: &ContactStores, id: ContactId) -> Option<Contact> {
    stores.contacts.find(&ContactKey::of(id)).await.expect("contacts are found")
}

/// The contact of this sample id.
async fn read(stores: &ContactStores, number: u32) -> Contact {
    find(stores, samples::contact_id(number)).await.expect("the contact is stored")
}

async fn history(stores: &ContactStores, number: u32) -> Vec<ContactVersion> {
    let history = stores.contacts.history(samples::contact_id(number)).await;
    history.expect("the history is read")
}

/// The first 100 contacts that match.
async fn list(stores: &ContactStores, filter: &ContactFilter) -> Vec<Contact> {
    list_by(stores, ContactOrder::NewestFirst, filter).await
}

/// The same in this order.
async fn list_by(
    stores: &ContactStores,
    order: ContactOrder,
    filter: &ContactFilter,
) -> Vec<Contact> {
    let query = ContactQuery { filter: filter.clone(), order, after: None, limit: 100 };
    stores.contacts.list(&query).await.expect("contacts are listed")
}

/// Commits a change that must not be lost, and reads the contact, which is as it was decided.
async fn written(stores: &ContactStores, change: &Change<ContactWrite>) -> Contact {
    assert_eq!(commit(stores, std::slice::from_ref(change)).await, Committed::Moved);
    let read = find(stores, change.write.contact().id).await;
    let read = read.expect("the contact is stored");
    assert_eq!(read, *change.write.contact());
    read
}

/// A draft for person 1 with the sample content.
async fn drafted(stores: &ContactStores, number: u32) -> Contact {
    let id = samples::contact_id(number);
    let change = samples::adds(id, 1, samples::contact_content(), i64::from(number));
    written(stores, &change).await
}

async fn moved(
    stores: &ContactStores,
    contact: &Contact,
    event: &ContactEvent,
    by: &ActorRef,
    seconds: i64,
) -> Contact {
    written(stores, &samples::moves(contact, event, by, seconds)).await
}
