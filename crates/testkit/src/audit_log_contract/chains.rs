//! Checks that every row is chained to the one before, whoever writes at the same time.

use madoguchi_application::Stores;
use madoguchi_domain::core_bank::Outcome;
use madoguchi_domain::port::Recorded;

use crate::race::race;
use crate::samples::{self, answered, at, claim};
use crate::teller::Teller;
use crate::trail;

/// Batches and single writes of all stores together form whole chains.
pub async fn every_stream_verifies_from_its_beginning_to_its_head(stores: Stores) {
    let teller = Teller::at(&stores);
    assert_eq!(trail::verify(&stores).await, 0, "an empty trail is whole");
    teller.passed(1..=30).await;
    teller.opened(31..=31).await;
    let contradiction = teller.change(&samples::decide(1, false)).await;
    teller.commit(&contradiction).await;
    for effect in teller.claim(&claim(1, 30, at(200))).await {
        let change = answered(&effect, Outcome::Applied, at(201));
        assert_eq!(teller.record(&change).await, Recorded::Written);
    }
    assert_eq!(trail::verify(&stores).await, 30 * 4 + 2 + 1 + 30 + 30);
}

/// Twenty writers at once, each with a life of its own: no row is missing and no chain broken.
pub async fn twenty_writers_at_once_leave_whole_chains(stores: Stores) {
    let teller = Teller::at(&stores);
    let runner = |number| {
        let teller = teller.clone();
        async move {
            teller.passed(number..=number).await;
            let wish = claim(number, 1, at(200));
            for effect in teller.claim(&wish).await {
                let change = answered(&effect, Outcome::Applied, at(201));
                assert_eq!(teller.record(&change).await, Recorded::Written);
            }
        }
    };
    race((1..=20).map(runner).collect()).await;
    let rest = teller.claim(&claim(21, 20, at(200))).await;
    let done = 20 - rest.len();
    assert_eq!(trail::verify(&stores).await, 20 * 4 + 20 + done);
}
