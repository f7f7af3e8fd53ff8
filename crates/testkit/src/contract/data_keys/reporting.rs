//! Checks that the store holds the last report of each node.

use jiff::SignedDuration;
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyReport, KeyState, NodeId};

use super::{DataKeysUnderTest, key_id};
use crate::samples;

/// What a node reports replaces what it reported before, and nothing of another node.
pub async fn a_report_replaces_that_nodes_rows(open: DataKeysUnderTest) {
    use KeyState::{Active, DecryptOnly};
    let node = |name| NodeId::parse(name).expect("the name parses");
    let held = |kind, id, state| HeldKey { kind, id: key_id(id), state };
    let key = |id, state| held(KeyKind::KeyEncryption, id, state);
    let send = async |name, keys: &[HeldKey], at| {
        open.keys.report(&node(name), keys, samples::at(at)).await.expect("reported");
    };
    let report = |name, key, at| KeyReport { node: node(name), key, at: samples::at(at) };
    assert_eq!(open.reports().await, []);
    // The same id is an id of both kinds.
    let first = [key("k1", Active), key("k2", DecryptOnly), held(KeyKind::Index, "k1", Active)];
    send("a.1", &first, 1).await;
    send("A.1", &[key("k1", Active)], 2).await;
    let [k1, k2, index] = first;
    let other = report("A.1", key("k1", Active), 2);
    let all = [other.clone(), report("a.1", index, 1), report("a.1", k1, 1), report("a.1", k2, 1)];
    assert_eq!(open.reports().await, all);
    send("a.1", &[key("k2", Active)], 3).await;
    assert_eq!(open.reports().await, [other.clone(), report("a.1", key("k2", Active), 3)]);
    send("a.1", &[], 4).await;
    assert_eq!(open.reports().await, [other]);
}

/// A node that stopped without a word is forgotten after a day.
pub async fn old_reports_of_other_nodes_are_deleted(open: DataKeysUnderTest) {
    let [stopped, running] = ["stopped", "running"].map(|it| NodeId::parse(it).expect("a name"));
    let id = key_id("kek-1");
    let keys = [HeldKey { kind: KeyKind::KeyEncryption, id, state: KeyState::Active }];
    let kept = samples::start() + KeyReport::KEPT_FOR;
    let nodes =
        async || -> Vec<NodeId> { open.reports().await.into_iter().map(|it| it.node).collect() };
    open.keys.report(&stopped, &keys, samples::start()).await.expect("reported");
    open.keys.report(&running, &keys, kept).await.expect("reported");
    assert_eq!(nodes().await, [running.clone(), stopped]);
    let later = kept + SignedDuration::from_micros(1);
    open.keys.report(&running, &keys, later).await.expect("reported");
    assert_eq!(nodes().await, [running]);
}
