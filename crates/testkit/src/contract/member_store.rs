//! The contract suite of [`MemberStore`](madoguchi_domain::port::MemberStore).

mod reading;
mod registering;

pub use reading::*;
pub use registering::*;

/// Runs the suite on each adapter: `member_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores).
#[macro_export]
macro_rules! member_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            member_store of member_store, of_stores [
                registering_is_new_then_same_then_different
                an_arrangement_belongs_to_one_member
                a_batch_with_duplicates_inside_is_answered_in_order
                both_members_in_the_way_are_found
                same_is_the_member_as_it_stands_now
                three_hundred_register_at_once
                of_twenty_raced_registrations_one_is_new
                an_unknown_member_is_none
                odd_characters_survive
                ids_that_look_alike_are_different_members
                pages_have_each_member_once_and_no_other
            ]
            $($adapters)+
        }
    };
}
