//! The contract suite of [`UpgradeStore`](madoguchi_domain::port::UpgradeStore).

mod batches;
mod codes;
mod moving;
mod planning;
mod racing;
mod reading;
mod references;

pub use batches::*;
pub use codes::*;
pub use moving::*;
pub use planning::*;
pub use racing::*;
pub use reading::*;
pub use references::*;

/// Runs the suite on each adapter: `upgrade_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores).
#[macro_export]
macro_rules! upgrade_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            upgrade_store of upgrade_store, of_stores [
                an_opened_case_reads_back_the_same_by_member_id_and_code
                absence_is_none_in_its_place_and_order_is_kept
                the_newest_case_is_the_one_with_the_highest_attempt
                moments_keep_their_microseconds
                nothing_asked_is_nothing_done
                every_state_reads_back_with_its_facts
                history_is_written_once_and_in_order
                a_passed_verdict_writes_case_effect_and_target_together
                a_lost_change_writes_nothing_at_all
                a_contradiction_writes_its_audit_row_and_nothing_else
                nobody_sees_half_a_change
                of_two_changes_on_one_version_one_moves
                a_change_moves_only_the_state_and_version_it_was_decided_on
                an_opening_is_lost_to_an_open_case_and_to_a_taken_attempt
                of_twenty_raced_changes_on_one_version_one_moves
                twenty_raced_openings_give_one_case
                of_twenty_raced_cases_one_takes_a_reference
                a_fresh_code_voids_the_one_before
                a_lost_fresh_code_leaves_the_one_before
                only_a_case_that_is_still_new_gets_a_fresh_code
                a_code_is_issued_once
                a_reference_held_by_a_case_is_reported
                a_reference_is_not_taken_twice
                a_reference_is_not_taken_twice_in_one_batch
                a_repeated_result_takes_its_reference
                orphans_are_passed_cases_without_an_effect_and_nothing_else
                an_orphan_gets_its_effect_once
                of_twenty_raced_sweepers_one_plans_an_orphan
                an_arrangement_has_one_unsettled_effect
                a_transaction_id_serves_one_case
                a_lost_change_does_not_hold_back_the_others
                of_two_openings_in_one_batch_one_moves
                all_kinds_of_changes_commit_together
                a_batch_of_256_commits
            ]
            $($adapters)+
        }
    };
}
