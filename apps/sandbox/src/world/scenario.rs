//! Selects the scenario of a message: set per channel, for one key or for all, with a count.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Maximum wait of a scenario, in milliseconds: ten minutes.
const LONGEST_MS: u64 = 600_000;

/// The scenarios of a channel.
pub(super) struct Known<S: 'static> {
    /// The start of the list in error messages, for example `lookups have`.
    pub(super) whose: &'static str,
    /// Each `name` or `name:<ms>`, with what it stands for.
    pub(super) forms: &'static [(&'static str, S)],
}

impl<S: Copy> Known<S> {
    /// What a scenario stands for, and its wait; a plain name waits for 0 ms.
    ///
    /// # Errors
    /// A message that starts with `scenario: ` and says what to write.
    pub(super) fn parse(&self, text: &str) -> Result<(S, Duration), String> {
        self.find(text).map(|(_, what, ms)| (what, Duration::from_millis(ms)))
    }

    /// The text that is written for a scenario.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(super) fn canonical(&self, text: &str) -> Result<String, String> {
        self.find(text).map(|(form, _, ms)| form.replace("<ms>", &ms.to_string()))
    }

    fn find(&self, text: &str) -> Result<(&'static str, S, u64), String> {
        let (name, wait) = match text.split_once(':') {
            Some((name, wait)) => (name, Some(wait)),
            None => (text, None),
        };
        for &(form, what) in self.forms {
            let waits = form.strip_suffix(":<ms>");
            if waits.unwrap_or(form) == name {
                return match (waits, wait) {
                    (Some(_), _) => milliseconds(name, wait).map(|ms| (form, what, ms)),
                    (None, None) => Ok((form, what, 0)),
                    (None, Some(_)) => Err(format!("scenario: `{name}` takes no `:<ms>`")),
                };
            }
        }
        let known: Vec<_> = self.forms.iter().map(|(form, _)| *form).collect();
        let (whose, known) = (self.whose, known.join(", "));
        Err(format!("scenario: `{text}` is not known; {whose} {known}"))
    }
}

fn milliseconds(name: &str, text: Option<&str>) -> Result<u64, String> {
    text.and_then(|digits| digits.parse().ok())
        .filter(|ms| *ms <= LONGEST_MS)
        .ok_or_else(|| format!("scenario: write `{name}:<ms>` with 0 to {LONGEST_MS} milliseconds"))
}

/// Sets a scenario of a channel, for a key or for all, for a number of messages or until changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) channel: String,
    pub(super) scenario: String,
    pub(super) key: Option<String>,
    pub(super) times: Option<u64>,
}

/// The active scenarios of one channel, by key; `None` is the one for all.
#[derive(Debug, Default)]
pub(super) struct Scenarios(HashMap<Option<String>, Setting>);

impl Scenarios {
    /// Sets a scenario; replaces the previous one, even if it has uses left.
    pub(super) fn set(&mut self, setting: Setting) {
        self.0.insert(setting.key.clone(), setting);
    }

    /// The scenario of the next message with this key.
    pub(super) fn upcoming(&self, key: &str) -> &str {
        self.0.get(&self.place(key)).map_or("ok", |active| &active.scenario)
    }

    /// Counts one use of the scenario for this key.
    pub(super) fn spend(&mut self, key: &str) {
        let place = self.place(key);
        if let Some(Setting { times: Some(left), .. }) = self.0.get_mut(&place) {
            *left = left.saturating_sub(1);
            if *left == 0 {
                self.0.remove(&place);
            }
        }
    }

    /// A scenario with a key has priority over the one for all.
    fn place(&self, key: &str) -> Option<String> {
        Some(key.to_owned()).filter(|_| self.0.contains_key(&Some(key.to_owned())))
    }
}

#[cfg(test)]
mod tests;
