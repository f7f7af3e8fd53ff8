//! Checks that re-wrapping replaces only what was read.

use madoguchi_domain::change::Committed;
use madoguchi_domain::port::Rewrapping;

use super::{DataKeysUnderTest, id, wrapped};
use crate::contract::race::race;

/// Only exactly what was read is replaced; an erased data key does not return.
pub async fn rewrapping_compares_what_is_stored(open: DataKeysUnderTest) {
    open.insert("kek-old", 1..=5);
    let to = |number| wrapped("kek-new", number + 100);
    let of = |number, from| Rewrapping { id: id(number), from, to: to(number) };
    let batch = [
        of(1, wrapped("kek-old", 1)),
        of(2, wrapped("kek-old", 99)),
        of(3, wrapped("kek-other", 3)),
        of(9, wrapped("kek-old", 9)),
        of(4, wrapped("kek-old", 4)),
        of(1, wrapped("kek-old", 1)),
    ];
    let (moved, lost) = (Committed::Moved, Committed::Lost);
    assert_eq!(open.rewrap(&batch).await, [moved, lost, lost, lost, moved, lost]);
    let old = |number| (id(number), wrapped("kek-old", number));
    let expected = [(id(1), to(1)), old(2), old(3), (id(4), to(4)), old(5)];
    assert_eq!(open.all().await, expected);
    assert_eq!(open.rewrap(&[]).await, []);
}

/// Of processes that re-wrap the same data keys at once, one moves each of them.
pub async fn of_twenty_raced_rewrappings_one_moves(open: DataKeysUnderTest) {
    open.insert("kek-old", 1..=10);
    let runner = |bytes: u8| {
        let open = open.clone();
        let mut batch: Vec<_> = (1..=10)
            .map(|number| {
                let (from, to) = (wrapped("kek-old", number), wrapped("kek-new", bytes));
                Rewrapping { id: id(number), from, to }
            })
            .collect();
        if bytes.is_multiple_of(2) {
            batch.reverse();
        }
        async move { (bytes, open.rewrap(&batch).await) }
    };
    let answers = race((100..120).map(runner).collect()).await;
    let moved = answers.iter().flat_map(|(_, answer)| answer);
    assert_eq!(moved.filter(|it| **it == Committed::Moved).count(), 10);
    for (id, stored) in open.all().await {
        let (_, answer) = answers.iter().find(|(it, _)| *it == stored.bytes[0]).expect("a winner");
        assert!(answer.contains(&Committed::Moved), "{id:?} was moved by who says so");
    }
}
