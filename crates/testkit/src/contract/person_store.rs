//! The contract suite of [`PersonStore`](madoguchi_domain::port::PersonStore).

mod finding;
mod registering;
mod updating;

pub use finding::*;
pub use registering::*;
pub use updating::*;

use std::sync::Arc;

use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::person::PersonWrite;

use crate::contract::race::race_changes;
use crate::driver::contacts::ContactDriver;

/// Runs the suite on each adapter: `person_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<ContactStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! person_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            person_store of person_store, of_stores [
                what_was_registered_reads_back
                an_id_and_a_unique_account_are_taken_once
                without_the_rule_an_account_has_several_persons
                a_person_whose_key_is_taken_is_not_registered
                of_twenty_raced_registrations_one_person_is_stored
                an_update_moves_the_person_and_keeps_its_history
                of_twenty_raced_updates_one_is_written
                a_lost_update_leaves_no_trace
                a_batch_of_changes_is_answered_in_order
                the_mail_setting_holds_for_all_persons_of_the_account
                a_person_is_found_by_its_present_addresses_only
                equal_addresses_of_several_persons_are_all_found
                addresses_are_not_patterns
                nobody_is_found_and_has_no_history
            ]
            $($adapters)+
        }
    };
}

/// The results of changes that are committed at the same moment, each in a call of its own.
pub(crate) async fn raced(
    driver: &ContactDriver,
    changes: &[Change<PersonWrite>],
) -> Vec<Committed> {
    let commit = |change| {
        let persons = Arc::clone(&driver.stores.persons);
        async move { persons.commit(&[change]).await.expect("changes are committed")[0] }
    };
    race_changes(&driver.stores, changes, commit).await
}
