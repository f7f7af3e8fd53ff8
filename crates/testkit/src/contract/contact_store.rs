//! The contract suite of [`ContactStore`](madoguchi_domain::port::ContactStore).

mod adding;
mod four_eyes;
mod listing;
mod moving;

pub use adding::*;
pub use four_eyes::*;
pub use listing::*;
pub use moving::*;

use std::sync::Arc;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::ContactWrite;

use crate::contract::race::race_changes;
use crate::driver::contacts::ContactDriver;

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

/// The results of changes that are committed at the same moment, each in a call of its own.
async fn raced(driver: &ContactDriver, changes: &[Change<ContactWrite>]) -> Vec<Committed> {
    let commit = |change| {
        let contacts = Arc::clone(&driver.stores.contacts);
        async move { contacts.commit(&[change]).await.expect("changes are committed") }
    };
    race_changes(&driver.stores, changes, commit).await
}
