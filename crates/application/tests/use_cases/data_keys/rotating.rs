//! Tests that a rotation re-wraps every data key that opens, and begins only when nodes follow.

use std::collections::BTreeMap;
use std::time::Duration;

use madoguchi_application::{RotationCounts, RotationError, data_keys_without_key};
use madoguchi_domain::key_ring::{KeyState, LaggingNode};
use madoguchi_domain::sealed::{DataKeyId, WrappedKey};
use madoguchi_testkit::fake::sealer::FakeSealer;
use madoguchi_testkit::fake::store::Fault;
use uuid::Uuid;

use super::harness::{Harness, held, key, node};

#[tokio::test]
async fn a_rotation_leaves_nothing_under_another_key() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..1101);
    harness.insert(&harness.new, 2000..2010);
    let mut seen = Vec::new();
    let rotated = harness.rotation(500, None).run(|counts| seen.push(*counts)).await;
    assert_eq!(rotated, Ok(RotationCounts { rewrapped: 1100, ..RotationCounts::default() }));
    assert_eq!(seen.iter().map(|it| it.left).collect::<Vec<_>>(), [1100, 600, 100, 0, 0]);
    assert_eq!(harness.counts().await, [("new".to_owned(), 1110)]);
    let findings = harness.findings(harness.new.retired()).await;
    assert_eq!((findings.examined, findings.unopened), (1110, Vec::new()));
    assert!(findings.without_key.is_empty());
    assert_eq!(harness.rotate().await, Ok(RotationCounts::default()), "the next start has no work");
}

#[tokio::test]
async fn a_rotation_that_broke_off_continues_with_the_rest() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..11);
    harness.store.fail_next(1, Fault::AfterCommit);
    let broken = harness.rotation(4, None).run(|_| {}).await;
    assert!(matches!(broken, Err(RotationError::Store(_))));
    let rotated = harness.rotation(4, None).run(|_| {}).await;
    assert_eq!(rotated.map(|counts| counts.rewrapped), Ok(6));
    assert_eq!(harness.counts().await, [("new".to_owned(), 10)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_rotations_at_once_share_the_work() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..2001);
    let one = harness.rotation(50, None);
    let other = harness.rotation(70, None);
    let start = |rotation: madoguchi_application::KeyRotation| {
        tokio::spawn(async move { rotation.run(|_| {}).await.unwrap().rewrapped })
    };
    let (one, other) = (start(one), start(other));
    assert_eq!(one.await.unwrap() + other.await.unwrap(), 2000);
    assert_eq!(harness.counts().await, [("new".to_owned(), 2000)]);
}

#[tokio::test]
async fn data_keys_that_do_not_open_are_left_and_counted() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..4);
    harness.insert(&FakeSealer::new("lost"), 10..12);
    let broken = (DataKeyId(Uuid::from_u128(20)), WrappedKey { key: key("old"), bytes: vec![0] });
    harness.store.insert_data_keys(std::slice::from_ref(&broken));
    assert_eq!(harness.rotate().await, Err(RotationError::Unopened(3)));
    let (lost, new, old) = (("lost".into(), 2), ("new".into(), 3), ("old".into(), 1));
    assert_eq!(harness.counts().await, [lost, new, old]);
    let findings = harness.findings(harness.new.clone()).await;
    assert_eq!((findings.examined, findings.unopened), (6, vec![broken.0]));
    assert_eq!(findings.without_key, BTreeMap::from([(key("lost"), 2)]));
}

#[tokio::test]
async fn a_rotation_begins_when_every_running_node_follows() {
    use KeyState::{Active, DecryptOnly};
    let harness = Harness::new();
    harness.insert(&harness.old, 1..3);
    let follows = [held("new", Active), held("old", DecryptOnly)];
    harness.report("follows", &follows, 0).await;
    harness.report("lacks", &[held("old", Active)], 0).await;
    let added = [held("old", Active), held("new", DecryptOnly)];
    harness.report("wraps", &added, 0).await;
    let Err(RotationError::Lagging(lagging)) = harness.rotate().await else {
        panic!("the rotation began")
    };
    let wraps = |name| LaggingNode::WrapsUnder { node: node(name), key: key("old") };
    let lacks = LaggingNode::Lacks { node: node("lacks"), key: key("new") };
    assert_eq!(lagging, [lacks, wraps("lacks"), wraps("wraps")]);
    assert_eq!(harness.counts().await, [("old".to_owned(), 2)]);
    harness.report("wraps", &follows, 1).await;
    harness.clock.set(madoguchi_testkit::samples::at(121));
    assert_eq!(harness.rotate().await.map(|it| it.rewrapped), Ok(2), "the other one has stopped");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_keeps_its_rate() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..101);
    let began = tokio::time::Instant::now();
    let rotated = harness.rotation(500, Some(20)).run(|_| {}).await;
    assert_eq!(rotated.map(|it| it.rewrapped), Ok(100));
    let lasted = began.elapsed();
    assert!((4..=6).contains(&lasted.as_secs()), "{lasted:?}");
    assert!(lasted < Duration::from_secs(6));
}

#[tokio::test]
async fn data_keys_under_a_missing_key_are_counted() {
    let harness = Harness::new();
    harness.insert(&harness.old, 1..3);
    harness.insert(&harness.new, 10..11);
    let without = async |held: &[_]| data_keys_without_key(&harness.store, held).await.unwrap();
    let both = [held("new", KeyState::Active), held("old", KeyState::DecryptOnly)];
    assert_eq!(without(&both).await, []);
    assert_eq!(without(&both[..1]).await, [(key("old"), 2)]);
    assert_eq!(without(&[]).await, [(key("new"), 1), (key("old"), 2)]);
    let mut index = held("old", KeyState::Active);
    index.kind = madoguchi_domain::key_ring::KeyKind::Index;
    assert_eq!(without(&[index]).await.len(), 2, "an index key opens nothing");
}
