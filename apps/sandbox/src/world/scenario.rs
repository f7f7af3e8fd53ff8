//! Which scenario a request meets, and what each scenario makes the bank do and answer.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest wait a scenario may ask for, in milliseconds: ten minutes.
const LONGEST_MS: u64 = 600_000;

/// The scenarios as they are written, for messages.
pub(super) const KNOWN: &str = "ok, refused, unlisted_code, applied_then_cut, cut, \
    applied_late:<ms>, slow:<ms>, http_500, http_429, garbage, truncated, wrong_echo, huge";

/// How the bank treats an order. The table is in the documentation of the module above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) enum Scenario {
    Ok,
    Refused,
    UnlistedCode,
    AppliedThenCut,
    Cut,
    AppliedLate(u64),
    Slow(u64),
    Http500,
    Http429,
    Garbage,
    Truncated,
    WrongEcho,
    Huge,
}

/// When the level is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Never,
    BeforeAnswering,
    After(Duration),
}

/// What goes back to the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Code(&'static str, &'static str),
    Nothing,
    Failure,
    TooMany,
    Garbage,
    Half,
    OtherEcho,
    Huge,
}

/// What the bank does under a scenario, in this order: wait, act, answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) wait: Duration,
    pub(super) deed: Deed,
    pub(super) answer: Answer,
}

impl Scenario {
    /// Reads what [`Display`](fmt::Display) writes.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, wait) = match text.split_once(':') {
            Some((name, wait)) => (name, Some(wait)),
            None => (text, None),
        };
        let plain = |scenario| match wait {
            None => Ok(scenario),
            Some(_) => Err(format!("scenario: `{name}` takes no `:<ms>`")),
        };
        match name {
            "ok" => plain(Self::Ok),
            "refused" => plain(Self::Refused),
            "unlisted_code" => plain(Self::UnlistedCode),
            "applied_then_cut" => plain(Self::AppliedThenCut),
            "cut" => plain(Self::Cut),
            "applied_late" => milliseconds(name, wait).map(Self::AppliedLate),
            "slow" => milliseconds(name, wait).map(Self::Slow),
            "http_500" => plain(Self::Http500),
            "http_429" => plain(Self::Http429),
            "garbage" => plain(Self::Garbage),
            "truncated" => plain(Self::Truncated),
            "wrong_echo" => plain(Self::WrongEcho),
            "huge" => plain(Self::Huge),
            _ => Err(format!("scenario: `{text}` is not known; the esb channel plays {KNOWN}")),
        }
    }

    pub(super) const fn part(self) -> Part {
        const SUCCESS: Answer = Answer::Code("200", "200{success}");
        let (deed, answer) = match self {
            Self::Ok | Self::Slow(_) => (Deed::BeforeAnswering, SUCCESS),
            Self::Refused => (Deed::Never, Answer::Code("E-REFUSED", "refused for good")),
            Self::UnlistedCode => (Deed::Never, Answer::Code("E-0001", "a code nobody lists")),
            Self::AppliedThenCut => (Deed::BeforeAnswering, Answer::Nothing),
            Self::Cut => (Deed::Never, Answer::Nothing),
            Self::AppliedLate(ms) => (Deed::After(Duration::from_millis(ms)), Answer::Nothing),
            Self::Http500 => (Deed::Never, Answer::Failure),
            Self::Http429 => (Deed::Never, Answer::TooMany),
            Self::Garbage => (Deed::BeforeAnswering, Answer::Garbage),
            Self::Truncated => (Deed::BeforeAnswering, Answer::Half),
            Self::WrongEcho => (Deed::BeforeAnswering, Answer::OtherEcho),
            Self::Huge => (Deed::BeforeAnswering, Answer::Huge),
        };
        let wait = if let Self::Slow(ms) = self { ms } else { 0 };
        Part { wait: Duration::from_millis(wait), deed, answer }
    }
}

fn milliseconds(name: &str, text: Option<&str>) -> Result<u64, String> {
    text.and_then(|digits| digits.parse().ok())
        .filter(|ms| *ms <= LONGEST_MS)
        .ok_or_else(|| format!("scenario: write `{name}:<ms>` with 0 to {LONGEST_MS} milliseconds"))
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::UnlistedCode => "unlisted_code",
            Self::AppliedThenCut => "applied_then_cut",
            Self::Cut => "cut",
            Self::AppliedLate(ms) => return write!(f, "applied_late:{ms}"),
            Self::Slow(ms) => return write!(f, "slow:{ms}"),
            Self::Http500 => "http_500",
            Self::Http429 => "http_429",
            Self::Garbage => "garbage",
            Self::Truncated => "truncated",
            Self::WrongEcho => "wrong_echo",
            Self::Huge => "huge",
        };
        f.write_str(name)
    }
}

impl TryFrom<String> for Scenario {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Scenario> for String {
    fn from(scenario: Scenario) -> Self {
        scenario.to_string()
    }
}

/// Whose conversation a scenario is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Channel {
    Esb,
}

impl Channel {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "esb" => Ok(Self::Esb),
            _ => Err(format!("channel: `{text}` is not known; the known channels are: esb")),
        }
    }
}

/// One order to the world: play this, for a key or for all, so many times or until changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Setting {
    pub(super) channel: Channel,
    pub(super) scenario: Scenario,
    pub(super) key: Option<String>,
    pub(super) times: Option<u64>,
}

/// What is to be played on one channel.
#[derive(Debug, Default)]
pub(super) struct Script {
    for_all: Option<Turn>,
    for_key: HashMap<String, Turn>,
}

#[derive(Debug, Clone, Copy)]
struct Turn {
    scenario: Scenario,
    left: Option<u64>,
}

impl Turn {
    /// The turn after this one, if there is one.
    fn next(self) -> Option<Self> {
        match self.left {
            None => Some(self),
            Some(left) => Some(left.saturating_sub(1))
                .filter(|left| *left > 0)
                .map(|left| Self { left: Some(left), ..self }),
        }
    }
}

impl Script {
    /// From now on. What stood there before is replaced, whatever it still had to play.
    pub(super) fn set(&mut self, setting: Setting) {
        let turn = Turn { scenario: setting.scenario, left: setting.times };
        match setting.key {
            Some(key) => _ = self.for_key.insert(key, turn),
            None => self.for_all = Some(turn),
        }
    }

    /// What a request with this key would meet.
    pub(super) fn upcoming(&self, key: &str) -> Scenario {
        let turn = self.for_key.get(key).copied().or(self.for_all);
        turn.map_or(Scenario::Ok, |turn| turn.scenario)
    }

    /// A request with this key has met what was upcoming: count it.
    pub(super) fn spend(&mut self, key: &str) {
        match self.for_key.get(key).copied() {
            Some(turn) => match turn.next() {
                Some(next) => _ = self.for_key.insert(key.to_owned(), next),
                None => _ = self.for_key.remove(key),
            },
            None => self.for_all = self.for_all.and_then(Turn::next),
        }
    }
}

#[cfg(test)]
mod tests;
