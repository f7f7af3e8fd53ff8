//! The contract suite of [`ReplayStore`](madoguchi_domain::port::ReplayStore), and of how the
//! stores of members and cases write the answer of a change.

mod answers;
mod changes;

pub use answers::*;
pub use changes::*;

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::Replay;

/// Runs the suite on each adapter: `replay_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores`](crate::contract::TestStores).
#[macro_export]
macro_rules! replay_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            replay_store of replay_store, of_stores [
                answers_are_found_by_their_keys_in_order
                a_key_has_one_answer
                of_twenty_raced_answers_one_is_stored
                old_answers_are_deleted_oldest_first
                a_change_stores_its_answer
                a_change_whose_key_is_taken_writes_nothing
                a_lost_change_stores_no_answer
                of_twenty_raced_changes_with_one_key_one_is_written
            ]
            $($adapters)+
        }
    };
}

async fn record(stores: &UpgradeStores, replays: &[Replay]) -> Vec<Committed> {
    stores.platform.replays.record(replays).await.expect("answers are recorded")
}

/// The stored answer of the key of `replay`.
async fn stored(stores: &UpgradeStores, replay: &Replay) -> Option<Replay> {
    let found = stores.platform.replays.find(&[replay.request.key]).await;
    found.expect("answers are found").remove(0)
}
