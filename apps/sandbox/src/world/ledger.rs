//! What the world knows, as the sum of its records: living on and starting again add them up alike.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::callers::Lookup;
use super::da21::Order;
use super::scenario::{Channel, Scenarios, Setting, esb, lookup};

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
    /// A request came; the key is missing where it was no message of its channel.
    Received {
        #[serde(default)]
        channel: Channel,
        key: Option<String>,
        entry: Box<RawValue>,
    },
    /// A level was set.
    Effect(Effect),
    /// A scenario was ordered.
    Scenario(Setting),
    /// Everything before this is forgotten.
    Forgotten,
}

/// What is remembered of one channel, oldest first. Only orders have effects.
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
    /// Adds what happened.
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

    /// The scenario that the next order with this key meets.
    pub(super) fn upcoming(&self, key: &str) -> esb::Scenario {
        self.esb.upcoming(key)
    }

    /// The scenario that the next lookup with this key meets.
    pub(super) fn upcoming_lookup(&self, kind: Lookup, key: &str) -> lookup::Scenario {
        match kind {
            Lookup::Context => self.contextos.upcoming(key),
            Lookup::Owner => self.codigo.upcoming(key),
        }
    }

    /// Says whether this very order was carried out before.
    pub(super) fn has_carried_out(&self, order: &Order) -> bool {
        self.carried_out.contains(order)
    }

    /// Changes whenever everything is forgotten: what was begun before must not end after.
    pub(super) const fn age(&self) -> u64 {
        self.age
    }

    /// What is remembered of a channel now.
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
