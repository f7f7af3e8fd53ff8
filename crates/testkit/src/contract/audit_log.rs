//! The contract suite of [`AuditLog`](madoguchi_domain::port::AuditLog).

mod chains;
mod pages;
mod rows;

pub use chains::*;
pub use pages::*;
pub use rows::*;

/// Runs the suite on each adapter: `audit_log_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores) whose audit log is
/// chained with [`samples::audit_key`](crate::samples::audit_key).
#[macro_export]
macro_rules! audit_log_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            audit_log of audit_log, of_stores [
                every_change_that_moved_has_one_row_and_a_lost_one_none
                claims_and_outcomes_have_one_row_fenced_out_ones_none
                what_changed_nothing_here_is_added_in_order
                rows_read_back_as_they_were_written
                through_whom_was_acted_is_in_the_audit_log_only
                pages_are_limited_and_continue_where_the_last_one_ended
                every_stream_verifies_from_its_beginning_to_its_head
                a_changed_through_breaks_the_chain
                twenty_writers_at_once_leave_whole_chains
            ]
            $($adapters)+
        }
    };
}
