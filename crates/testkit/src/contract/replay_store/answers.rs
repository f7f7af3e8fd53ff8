//! Checks of answers that are stored without a change, found and deleted.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::change::Committed;
use madoguchi_domain::idempotency::{KeyedRequest, Replay};
use madoguchi_domain::payload::Payload;

use super::{record, stored};
use crate::contract::race::race;
use crate::samples::{self, replay};

/// Each key has its own answer in its place, and reads back as it was.
pub async fn answers_are_found_by_their_keys_in_order(stores: UpgradeStores) {
    let odd = Payload::new(7, [("name", "山田 \"x\" \\ '; --"), ("", "")]);
    let odd = Replay { answer: odd, ..replay(2) };
    let many: Vec<Replay> = (3..300).map(replay).collect();
    let moved = record(&stores, &[&[replay(1), odd.clone()], many.as_slice()].concat()).await;
    assert_eq!(moved, vec![Committed::Moved; 299]);
    let asked = [many[296].clone(), replay(400), odd.clone(), replay(1), replay(401)];
    let keys = asked.each_ref().map(|it| it.request.key);
    let found = stores.platform.replays.find(&keys).await.expect("answers are found");
    assert_eq!(found, [Some(many[296].clone()), None, Some(odd), Some(replay(1)), None]);
    assert_eq!(stores.platform.replays.find(&[]).await, Ok(Vec::new()));
    assert_eq!(record(&stores, &[]).await, []);
}

/// A second answer is lost, and does not affect the others of its batch.
pub async fn a_key_has_one_answer(stores: UpgradeStores) {
    let other = Replay { answer: Payload::new(2, [("other", "")]), ..replay(1) };
    let (moved, lost) = (Committed::Moved, Committed::Lost);
    assert_eq!(record(&stores, &[replay(1)]).await, [moved]);
    let batch = [replay(2), other.clone(), replay(3), replay(2)];
    assert_eq!(record(&stores, &batch).await, [moved, lost, moved, lost]);
    assert_eq!(stored(&stores, &other).await, Some(replay(1)));
    assert_eq!(stored(&stores, &replay(3)).await, Some(replay(3)));
}

/// Of answers with one key at the same time, one is stored.
pub async fn of_twenty_raced_answers_one_is_stored(stores: UpgradeStores) {
    let runner = |number: u32| {
        let stores = stores.clone();
        let answer = Payload::new(1, []).with("number", number.to_string());
        let own = Replay { answer, ..replay(1) };
        let mut batch = vec![own.clone(), replay(2), replay(3)];
        if number.is_multiple_of(2) {
            batch.reverse();
        }
        async move {
            let answers = record(&stores, &batch).await;
            let at = batch.iter().position(|it| *it == own).expect("its own is in the batch");
            (own, answers[at])
        }
    };
    let answers = race((0..20).map(runner).collect()).await;
    let winners: Vec<_> = answers.iter().filter(|(_, it)| *it == Committed::Moved).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(stored(&stores, &replay(1)).await.as_ref(), Some(&winners[0].0));
}

/// Only answers to requests from before the time are deleted, and not more than asked.
pub async fn old_answers_are_deleted_oldest_first(stores: UpgradeStores) {
    let at = |number: u32| {
        let sample = replay(number);
        let request = KeyedRequest { at: samples::at(number.into()), ..sample.request };
        Replay { request, ..sample }
    };
    // Not in the order of their times.
    let all = [5, 2, 4, 1, 3].map(at);
    record(&stores, &all).await;
    let delete = |before: i64, limit| {
        let stores = stores.clone();
        async move { stores.platform.replays.delete_before(samples::at(before), limit).await }
    };
    assert_eq!(delete(1, 10).await, Ok(0));
    assert_eq!(delete(5, 2).await, Ok(2));
    let are_left = async |numbers: [u32; 5]| {
        for number in 1..=5 {
            let is_left = stored(&stores, &replay(number)).await.is_some();
            assert_eq!(is_left, numbers.contains(&number), "{number}");
        }
    };
    are_left([3, 4, 5, 5, 5]).await;
    assert_eq!(delete(5, 10).await, Ok(2));
    are_left([5; 5]).await;
    assert_eq!(record(&stores, &[at(1)]).await, [Committed::Moved], "the key is free again");
}
