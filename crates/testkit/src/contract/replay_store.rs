//! The contract suite of [`ReplayStore`](madoguchi_domain::port::ReplayStore), and of how the
//! stores of members and cases write the answer of a change.

mod answers;
mod changes;

pub use answers::*;
pub use changes::*;

use madoguchi_application::{PlatformStores, UpgradeStores};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::idempotency::Replay;

use crate::samples::{at, payload, replay};

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

/// Commits changes that belong together with the key of this number: first while it has another
/// answer, which loses them with all that they write, then while it is free, which stores theirs.
pub(super) async fn stores_its_answer<W: Clone>(
    stores: &(impl AsRef<PlatformStores> + Sync),
    (number, changes): (u32, &[Change<W>]),
    commit: impl AsyncFn(&[Change<W>]) -> Committed,
) {
    let replays = &stores.as_ref().replays;
    let first = Replay { answer: payload("first"), ..replay(number) };
    let stored = async || replays.find(&[first.request.key]).await.map(|mut it| it.remove(0));
    let mut changes = changes.to_vec();
    changes[0].replay = Some(replay(number));
    let recorded = replays.record(std::slice::from_ref(&first)).await;
    assert_eq!(recorded, Ok(vec![Committed::Moved]));
    assert_eq!(commit(&changes).await, Committed::Lost, "the key has an answer");
    assert_eq!(stored().await, Ok(Some(first.clone())), "the first answer stays");
    replays.delete_before(at(1), 9).await.expect("answers are deleted");
    assert_eq!(commit(&changes).await, Committed::Moved, "nothing was written, the key is free");
    assert_eq!(stored().await, Ok(changes[0].replay.clone()));
}

async fn record(stores: &UpgradeStores, replays: &[Replay]) -> Vec<Committed> {
    stores.platform.replays.record(replays).await.expect("answers are recorded")
}

/// The stored answer of the key of `replay`.
async fn stored(stores: &UpgradeStores, replay: &Replay) -> Option<Replay> {
    let found = stores.platform.replays.find(&[replay.request.key]).await;
    found.expect("answers are found").remove(0)
}
