//! The world's state, computed from its records in the same way while running and at a restart.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::scenario::{Scenarios, Setting};

/// One thing that happened in a system: the channel's own fields, and when.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Effect {
    #[serde(flatten)]
    pub(super) what: Value,
    pub(super) at: Timestamp,
}

/// An effect that a message causes at a later time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) id: u64,
    pub(super) due: Timestamp,
    pub(super) effect: Value,
}

/// One event, as one line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Record {
    /// A message arrived; without a key if it was malformed. Its effect, if any, is pending.
    Received {
        #[serde(default = "esb")]
        channel: String,
        key: Option<String>,
        entry: Box<RawValue>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pending: Option<Pending>,
    },
    /// The pending effect with this id was applied, with `once` unless an equal one was before. It
    /// is one record, so that a kill cannot apply it twice.
    Applied { id: u64, at: Timestamp, once: bool },
    /// A level was set, in a file without pending effects.
    Effect(Effect),
    /// A scenario was set.
    Scenario(Setting),
    /// The world was reset: earlier records are ignored.
    Forgotten,
}

/// The channel of a record that names none.
fn esb() -> String {
    "esb".to_owned()
}

/// The journal of one channel, oldest first.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub(super) received: Vec<Arc<RawValue>>,
    pub(super) effects: Vec<Arc<Effect>>,
}

/// The state of one channel.
#[derive(Debug, Default)]
struct ChannelState {
    scenarios: Scenarios,
    memory: Memory,
    applied: HashSet<Value>,
}

impl ChannelState {
    fn apply(&mut self, effect: Effect, once: bool) {
        if self.applied.insert(effect.what.clone()) || !once {
            self.memory.effects.push(Arc::new(effect));
        }
    }
}

/// The state of the world.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    channels: HashMap<String, ChannelState>,
    pending: BTreeMap<u64, (String, Pending)>,
    last_id: u64,
}

impl Ledger {
    /// Applies a record.
    pub(super) fn add(&mut self, record: Record) {
        match record {
            Record::Received { channel, key, entry, pending } => {
                let state = self.channel(&channel);
                state.memory.received.push(entry.into());
                if let Some(key) = key {
                    state.scenarios.spend(&key);
                }
                if let Some(pending) = pending {
                    self.last_id = self.last_id.max(pending.id);
                    self.pending.insert(pending.id, (channel, pending));
                }
            }
            Record::Applied { id, at, once } => {
                if let Some((channel, Pending { effect, .. })) = self.pending.remove(&id) {
                    self.channel(&channel).apply(Effect { what: effect, at }, once);
                }
            }
            Record::Effect(effect) => self.channel(&esb()).apply(effect, false),
            Record::Scenario(setting) => {
                self.channel(&setting.channel.clone()).scenarios.set(setting);
            }
            // Ids go on: an effect from before a reset must not apply one from after it.
            Record::Forgotten => *self = Self { last_id: self.last_id, ..Self::default() },
        }
    }

    /// The scenario of the next message with this key.
    pub(super) fn upcoming(&mut self, channel: &str, key: &str) -> &str {
        self.channel(channel).scenarios.upcoming(key)
    }

    /// The effects of a channel, oldest first.
    pub(super) fn applied(&mut self, channel: &str) -> &[Arc<Effect>] {
        &self.channel(channel).memory.effects
    }

    /// The effects that are not applied yet, by id and with their channel.
    pub(super) const fn pending(&self) -> &BTreeMap<u64, (String, Pending)> {
        &self.pending
    }

    /// An id for the next pending effect.
    pub(super) const fn next_id(&self) -> u64 {
        self.last_id + 1
    }

    /// The current journal of a channel.
    pub(super) fn memory(&mut self, channel: &str) -> Memory {
        self.channel(channel).memory.clone()
    }

    fn channel(&mut self, channel: &str) -> &mut ChannelState {
        self.channels.entry(channel.to_owned()).or_default()
    }
}
