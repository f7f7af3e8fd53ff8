//! Selects the scenario of a request: set per channel, for one key or for all, with a count.

pub(super) mod esb;
pub(super) mod lookup;
mod wait;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// The channel that a scenario applies to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Channel {
    #[default]
    Esb,
    Contextos,
    Codigo,
}

impl Channel {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "esb" => Ok(Self::Esb),
            "contextos" => Ok(Self::Contextos),
            "codigo" => Ok(Self::Codigo),
            _ => Err(format!(
                "channel: `{text}` is not known; the known channels are: esb, contextos, codigo"
            )),
        }
    }
}

/// A scenario to set, by channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "lowercase")]
pub(super) enum Setting {
    Esb(Order<esb::Scenario>),
    Contextos(Order<lookup::Scenario>),
    Codigo(Order<lookup::Scenario>),
}

/// Sets a scenario, for a key or for all, for a number of requests or until changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order<S> {
    pub(super) scenario: S,
    pub(super) key: Option<String>,
    pub(super) times: Option<u64>,
}

/// The active scenarios of one channel.
#[derive(Debug, Default)]
pub(super) struct Scenarios<S> {
    for_all: Option<ActiveScenario<S>>,
    for_key: HashMap<String, ActiveScenario<S>>,
}

#[derive(Debug, Clone, Copy)]
struct ActiveScenario<S> {
    scenario: S,
    left: Option<u64>,
}

impl<S> ActiveScenario<S> {
    /// The same scenario with one use fewer; `None` if it is used up.
    fn next(self) -> Option<Self> {
        match self.left {
            None => Some(self),
            Some(left) => Some(left.saturating_sub(1))
                .filter(|left| *left > 0)
                .map(|left| Self { left: Some(left), ..self }),
        }
    }
}

impl<S: Copy + Default> Scenarios<S> {
    /// Sets a scenario; replaces the previous one, even if it has uses left.
    pub(super) fn set(&mut self, order: Order<S>) {
        let active = ActiveScenario { scenario: order.scenario, left: order.times };
        match order.key {
            Some(key) => _ = self.for_key.insert(key, active),
            None => self.for_all = Some(active),
        }
    }

    /// The scenario of the next request with this key.
    pub(super) fn upcoming(&self, key: &str) -> S {
        let active = self.for_key.get(key).copied().or(self.for_all);
        active.map_or(S::default(), |active| active.scenario)
    }

    /// Counts one use of the scenario for this key.
    pub(super) fn spend(&mut self, key: &str) {
        match self.for_key.get(key).copied() {
            Some(active) => match active.next() {
                Some(next) => _ = self.for_key.insert(key.to_owned(), next),
                None => _ = self.for_key.remove(key),
            },
            None => self.for_all = self.for_all.and_then(ActiveScenario::next),
        }
    }
}

#[cfg(test)]
mod tests;
