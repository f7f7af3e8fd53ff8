//! The contract suite of [`EffectQueue`](madoguchi_domain::port::EffectQueue).

mod claims;
mod corrupt;
mod counters;
mod listing;
mod notices;
mod outcomes;
mod queues;
mod second_kind;
mod sweeps;

pub use claims::*;
pub use corrupt::*;
pub use counters::*;
pub use listing::*;
pub use outcomes::*;
pub use queues::*;
pub use second_kind::*;
pub use sweeps::*;

/// Runs the suite on each adapter: `effect_queue_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores).
#[macro_export]
macro_rules! effect_queue_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            effect_queue of effect_queue, of_stores [
                only_what_is_due_is_claimed_oldest_first_up_to_the_limit
                a_claim_raises_the_fence_and_is_durable
                a_claim_is_held_for_the_lease_of_its_policy
                what_is_not_planned_is_never_claimed
                twenty_claimers_never_share_an_effect
                an_outcome_under_the_newest_claim_is_written
                an_outcome_under_an_old_claim_only_leaves_evidence
                a_lapse_that_was_not_written_leaves_no_evidence
                an_outcome_is_written_once
                of_twenty_raced_outcomes_one_is_written
                a_confirmed_effect_makes_its_level_the_members
                a_rejected_effect_leaves_the_member_as_it_was
                one_fenced_out_outcome_does_not_hold_back_the_others
                counters_and_doubt_are_kept_through_every_turn
                overdue_is_what_lapsed_settled_or_is_proven_and_nothing_else
                a_lease_and_a_settle_time_are_good_to_their_end
                what_was_overdue_is_taken_up_once
                a_second_kind_needs_no_other_store
                a_second_kind_lapses_and_is_proven_late
                kinds_with_the_same_id_are_kept_apart
                effects_of_a_queue_are_sent_one_at_a_time
                a_queue_goes_on_after_every_end
                doubt_that_is_sent_again_keeps_its_place
                queues_of_two_kinds_are_independent
                an_effect_that_cannot_be_planned_loses_its_change
                every_settled_state_frees_its_key
                of_twenty_raced_plans_one_is_written
                a_follower_that_cannot_be_planned_holds_nothing_back
                a_registration_plans_its_effects
                a_consequence_without_its_member_is_corrupt
                a_fenced_out_consequence_needs_no_member
                a_proof_outlives_a_missing_member
                a_newer_order_is_left_to_newer_workers
                a_transition_plans_what_follows
                the_unsettled_of_a_kind_are_counted_by_state
                effects_are_listed_newest_id_first_by_every_filter
                an_effect_is_found_with_its_attempts
                what_waits_in_a_queue_takes_no_place_of_a_claim
                one_corrupt_outcome_leaves_nothing_of_its_batch
            ]
            $($adapters)+
        }
    };
}
