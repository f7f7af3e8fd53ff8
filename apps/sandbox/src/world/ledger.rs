//! The world's state, computed from its records in the same way while running and at a restart.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::callers::Lookup;
use super::da21::Order;
use super::scenario::{Channel, Scenarios, Setting, esb, lookup};

/// One level that was set at the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Effect {
    #[serde(flatten)]
    pub(super) order: Order,
    pub(super) at: Timestamp,
}

/// One event, as one line of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Record {
    /// A request arrived; without a key if it was not a valid message of its channel.
    Received {
        #[serde(default)]
        channel: Channel,
        key: Option<String>,
        entry: Box<RawValue>,
    },
    /// A level was set.
    Effect(Effect),
    /// A scenario was set.
    Scenario(Setting),
    /// The world was reset: earlier records are ignored.
    Forgotten,
}

/// The journal of one channel, oldest first. Only ESB orders have effects.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub(super) received: Vec<Arc<RawValue>>,
    pub(super) effects: Vec<Arc<Effect>>,
}

/// The state of the world.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    esb: Scenarios<esb::Scenario>,
    contextos: Scenarios<lookup::Scenario>,
    codigo: Scenarios<lookup::Scenario>,
    orders: Memory,
    contexts: Memory,
    owners: Memory,
    carried_out: HashSet<Order>,
    age: u64,
}

impl Ledger {
    /// Applies a record.
    pub(super) fn add(&mut self, record: Record) {
        match record {
            Record::Received { channel, key, entry } => {
                self.remembered(channel).received.push(entry.into());
                match (channel, key) {
                    (Channel::Esb, Some(key)) => self.esb.spend(&key),
                    (Channel::Contextos, Some(key)) => self.contextos.spend(&key),
                    (Channel::Codigo, Some(key)) => self.codigo.spend(&key),
                    (_, None) => {}
                }
            }
            Record::Effect(effect) => {
                self.carried_out.insert(effect.order.clone());
                self.orders.effects.push(Arc::new(effect));
            }
            Record::Scenario(Setting::Esb(order)) => self.esb.set(order),
            Record::Scenario(Setting::Contextos(order)) => self.contextos.set(order),
            Record::Scenario(Setting::Codigo(order)) => self.codigo.set(order),
            Record::Forgotten => *self = Self { age: self.age + 1, ..Self::default() },
        }
    }

    /// The scenario of the next order with this key.
    pub(super) fn upcoming(&self, key: &str) -> esb::Scenario {
        self.esb.upcoming(key)
    }

    /// The scenario of the next lookup with this key.
    pub(super) fn upcoming_lookup(&self, kind: Lookup, key: &str) -> lookup::Scenario {
        match kind {
            Lookup::Context => self.contextos.upcoming(key),
            Lookup::Owner => self.codigo.upcoming(key),
        }
    }

    /// Whether this order was already executed.
    pub(super) fn has_carried_out(&self, order: &Order) -> bool {
        self.carried_out.contains(order)
    }

    /// Increases at every reset: work begun before a reset must have no effect after it.
    pub(super) const fn age(&self) -> u64 {
        self.age
    }

    /// The current journal of a channel.
    pub(super) fn memory(&self, channel: Channel) -> Memory {
        match channel {
            Channel::Esb => self.orders.clone(),
            Channel::Contextos => self.contexts.clone(),
            Channel::Codigo => self.owners.clone(),
        }
    }

    const fn remembered(&mut self, channel: Channel) -> &mut Memory {
        match channel {
            Channel::Esb => &mut self.orders,
            Channel::Contextos => &mut self.contexts,
            Channel::Codigo => &mut self.owners,
        }
    }
}
