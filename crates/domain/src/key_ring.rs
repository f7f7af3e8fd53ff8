//! What a node says about its key ring: ids, kinds and states, and never a key.

use jiff::SignedDuration;

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::field::is_visible;
use crate::parsed_text::parsed_text;
use crate::sealed::KeyId;

closed_set! {
    /// What a key is for.
    pub enum KeyKind {
        /// Wraps data keys.
        KeyEncryption = "key_encryption",
        /// Computes blind indexes.
        Index = "index",
    }
}

closed_set! {
    /// What a node does with a key.
    pub enum KeyState {
        /// The one key of its kind for new values.
        Active = "active",
        /// Opens and finds older values.
        DecryptOnly = "decrypt_only",
    }
}

parsed_text! {
    /// The name of one running process. No other running process has it.
    #[derive(Debug, Hash, PartialOrd, Ord)]
    pub struct NodeId:
        "node",
        "must be 1 to 128 visible ASCII characters",
        |text| is_visible(text, 128);
    /// The name as text.
    as_str
}

/// A key of a key ring, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeldKey {
    /// What it is for.
    pub kind: KeyKind,
    /// Its id.
    pub id: KeyId,
    /// What the node does with it.
    pub state: KeyState,
}

/// A key that a node reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// The node.
    pub node: NodeId,
    /// The key.
    pub key: HeldKey,
    /// When the node reported it.
    pub at: Timestamp,
}

impl KeyReport {
    /// A node that has not reported for this long counts as stopped. It is longer than a few missed
    /// reports and a difference of clocks.
    pub const CURRENT_FOR: SignedDuration = SignedDuration::from_mins(2);
    /// Reports of stopped nodes are deleted after this time.
    pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

    /// Whether the node counts as running.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) <= Self::CURRENT_FOR
    }
}

/// Why data keys cannot be re-wrapped under a key yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LaggingNode {
    /// The node does not have the key: it could not open what is wrapped under it, and what it
    /// writes is not found under it.
    #[error("node {} does not have the key {key}", .node.as_str())]
    Lacks {
        /// The node.
        node: NodeId,
        /// The key that it lacks.
        key: KeyId,
    },
    /// The node indexes and searches under a key that this key ring does not have.
    #[error("node {} still uses the index key {key}, which is not here", .node.as_str())]
    IndexesUnder {
        /// The node.
        node: NodeId,
        /// The key that this key ring lacks.
        key: KeyId,
    },
    /// The node would wrap new data keys under another key.
    #[error("node {} still wraps under the key {key}", .node.as_str())]
    WrapsUnder {
        /// The node.
        node: NodeId,
        /// The key that is active there.
        key: KeyId,
    },
}

impl LaggingNode {
    const fn node(&self) -> &NodeId {
        match self {
            Self::Lacks { node, .. }
            | Self::IndexesUnder { node, .. }
            | Self::WrapsUnder { node, .. } => node,
        }
    }
}

/// The running nodes that lack the key-encryption key `active`, or where another one is active.
#[must_use]
pub fn lagging_nodes(reports: &[KeyReport], active: &KeyId, now: Timestamp) -> Vec<LaggingNode> {
    let mut lags = lacking_nodes(reports, KeyKind::KeyEncryption, active, now);
    let wraps = current(reports, KeyKind::KeyEncryption, now)
        .filter(|it| it.key.state == KeyState::Active && it.key.id != *active)
        .map(|it| LaggingNode::WrapsUnder { node: it.node.clone(), key: it.key.id.clone() });
    lags.extend(wraps);
    lags.sort_by(|one, other| one.node().cmp(other.node()));
    lags
}

/// The running nodes with keys of this kind that lack this one, in the order of their names.
#[must_use]
pub fn lacking_nodes(
    reports: &[KeyReport],
    kind: KeyKind,
    key: &KeyId,
    now: Timestamp,
) -> Vec<LaggingNode> {
    let mut nodes: Vec<_> = current(reports, kind, now).map(|it| &it.node).collect();
    nodes.sort();
    nodes.dedup();
    let has = |node: &&NodeId| {
        current(reports, kind, now).any(|it| it.node == **node && it.key.id == *key)
    };
    nodes.retain(|node| !has(node));
    nodes
        .into_iter()
        .map(|node| LaggingNode::Lacks { node: node.clone(), key: key.clone() })
        .collect()
}

/// The running nodes whose index keys are not those of this key ring.
#[must_use]
pub fn nodes_with_other_indexes(
    reports: &[KeyReport],
    held: &[HeldKey],
    now: Timestamp,
) -> Vec<LaggingNode> {
    let ours = held.iter().filter(|key| key.kind == KeyKind::Index);
    let lacking = ours.flat_map(|key| lacking_nodes(reports, KeyKind::Index, &key.id, now));
    let is_ours =
        |it: &&KeyReport| held.iter().any(|key| key.kind == KeyKind::Index && key.id == it.key.id);
    let others = current(reports, KeyKind::Index, now).filter(|it| !is_ours(it));
    let others = others
        .map(|it| LaggingNode::IndexesUnder { node: it.node.clone(), key: it.key.id.clone() });
    lacking.chain(others).collect()
}

fn current(
    reports: &[KeyReport],
    kind: KeyKind,
    now: Timestamp,
) -> impl Iterator<Item = &KeyReport> {
    reports.iter().filter(move |it| it.key.kind == kind && it.is_current(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn key(id: &str) -> KeyId {
        KeyId::parse(id).unwrap()
    }

    fn node(name: &str) -> NodeId {
        NodeId::parse(name).unwrap()
    }

    /// What `name` reported `ago` seconds before now.
    fn report(name: &str, id: &str, state: KeyState, ago: i64) -> KeyReport {
        let key = HeldKey { kind: KeyKind::KeyEncryption, id: key(id), state };
        KeyReport { node: node(name), key, at: NOW - SignedDuration::from_secs(ago) }
    }

    #[test]
    fn nodes_that_lack_the_key_or_use_another_lag() {
        use KeyState::{Active, DecryptOnly};
        let reports = [
            report("a", "new", Active, 0),
            report("b", "new", DecryptOnly, 120),
            report("c", "old", DecryptOnly, 1),
            report("b", "old", Active, 120),
            report("c", "other", Active, 1),
            report("a", "old", DecryptOnly, 0),
            report("stopped", "old", Active, 121),
            report("ahead", "old", DecryptOnly, -300),
        ];
        let expected = [
            LaggingNode::Lacks { node: node("ahead"), key: key("new") },
            LaggingNode::WrapsUnder { node: node("b"), key: key("old") },
            LaggingNode::Lacks { node: node("c"), key: key("new") },
            LaggingNode::WrapsUnder { node: node("c"), key: key("other") },
        ];
        assert_eq!(lagging_nodes(&reports, &key("new"), NOW), expected);
        assert_eq!(expected[2].to_string(), "node c does not have the key new");
        assert_eq!(lagging_nodes(&[], &key("new"), NOW), []);
    }

    #[test]
    fn an_index_key_is_no_key_encryption_key() {
        let mut index = report("a", "index", KeyState::Active, 0);
        index.key.kind = KeyKind::Index;
        let reports = [index, report("a", "new", KeyState::Active, 0)];
        assert_eq!(lagging_nodes(&reports, &key("new"), NOW), []);
        let lacks = LaggingNode::Lacks { node: node("a"), key: key("other") };
        assert_eq!(lacking_nodes(&reports, KeyKind::Index, &key("other"), NOW), [lacks]);
        assert_eq!(lacking_nodes(&reports, KeyKind::Index, &key("index"), NOW), []);
        let held = |id| HeldKey { kind: KeyKind::Index, id: key(id), state: KeyState::Active };
        let other = LaggingNode::IndexesUnder { node: node("a"), key: key("index") };
        let lacks = LaggingNode::Lacks { node: node("a"), key: key("new") };
        assert_eq!(nodes_with_other_indexes(&reports, &[held("new")], NOW), [lacks, other]);
        assert_eq!(nodes_with_other_indexes(&reports, &[held("index")], NOW), []);
    }
}
