//! What the world knows, as the sum of its records: living on and starting again add them up alike.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::da21::Order;
use super::scenario::{Scenario, Script, Setting};

/// One level that was really set at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Effect {
    #[serde(flatten)]
    pub(super) order: Order,
    pub(super) at: Timestamp,
}

/// One thing that happened, as one line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Record {
    /// A request came; the key is missing where it was not a DA21 message.
    Received { key: Option<String>, entry: Box<RawValue> },
    /// A level was set.
    Effect(Effect),
    /// A scenario was ordered.
    Scenario(Setting),
    /// Everything before this is forgotten.
    Forgotten,
}

/// What is remembered, oldest first.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub(super) received: Vec<Arc<RawValue>>,
    pub(super) effects: Vec<Arc<Effect>>,
}

/// The state of the world.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    script: Script,
    memory: Memory,
    carried_out: HashSet<Order>,
    age: u64,
}

impl Ledger {
    /// Adds what happened.
    pub(super) fn add(&mut self, record: Record) {
        match record {
            Record::Received { key, entry } => {
                self.memory.received.push(entry.into());
                if let Some(key) = key {
                    self.script.spend(&key);
                }
            }
            Record::Effect(effect) => {
                self.carried_out.insert(effect.order.clone());
                self.memory.effects.push(Arc::new(effect));
            }
            Record::Scenario(setting) => self.script.set(setting),
            Record::Forgotten => *self = Self { age: self.age + 1, ..Self::default() },
        }
    }

    /// The scenario that the next request with this key meets.
    pub(super) fn upcoming(&self, key: &str) -> Scenario {
        self.script.upcoming(key)
    }

    /// Says whether this very order was carried out before.
    pub(super) fn has_carried_out(&self, order: &Order) -> bool {
        self.carried_out.contains(order)
    }

    /// Changes whenever everything is forgotten: what was begun before must not end after.
    pub(super) const fn age(&self) -> u64 {
        self.age
    }

    /// What is remembered now.
    pub(super) fn memory(&self) -> Memory {
        self.memory.clone()
    }
}
