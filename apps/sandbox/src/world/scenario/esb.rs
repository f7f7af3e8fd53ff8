//! The scenarios of the simulated ESB.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::wait::milliseconds;

/// The scenario names, for error messages.
pub(in crate::world) const KNOWN: &str = "ok, refused, unlisted_code, applied_then_cut, \
    cut, applied_late:<ms>, slow:<ms>, http_500, http_429, garbage, truncated, wrong_echo, huge";

/// How the bank treats an order. The table is in the documentation of `world`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::world) enum Scenario {
    #[default]
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
pub(in crate::world) enum EffectTiming {
    Never,
    BeforeAnswering,
    After(Duration),
}

/// The reply to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::world) enum Answer {
    Code(&'static str, &'static str),
    Nothing,
    Failure,
    TooMany,
    Garbage,
    Half,
    OtherEcho,
    Huge,
}

/// The bank's steps in a scenario, in this order: wait, set the level, answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::world) struct Plan {
    pub(in crate::world) wait: Duration,
    pub(in crate::world) timing: EffectTiming,
    pub(in crate::world) answer: Answer,
}

impl Scenario {
    /// Parses what [`Display`](fmt::Display) writes.
    pub(in crate::world) fn parse(text: &str) -> Result<Self, String> {
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
            _ => Err(format!("scenario: `{text}` is not known; the esb channel has {KNOWN}")),
        }
    }

    pub(in crate::world) const fn part(self) -> Plan {
        const SUCCESS: Answer = Answer::Code("200", "200{success}");
        let (timing, answer) = match self {
            Self::Ok | Self::Slow(_) => (EffectTiming::BeforeAnswering, SUCCESS),
            Self::Refused => (EffectTiming::Never, Answer::Code("E-REFUSED", "refused for good")),
            Self::UnlistedCode => {
                (EffectTiming::Never, Answer::Code("E-0001", "a code nobody lists"))
            }
            Self::AppliedThenCut => (EffectTiming::BeforeAnswering, Answer::Nothing),
            Self::Cut => (EffectTiming::Never, Answer::Nothing),
            Self::AppliedLate(ms) => {
                (EffectTiming::After(Duration::from_millis(ms)), Answer::Nothing)
            }
            Self::Http500 => (EffectTiming::Never, Answer::Failure),
            Self::Http429 => (EffectTiming::Never, Answer::TooMany),
            Self::Garbage => (EffectTiming::BeforeAnswering, Answer::Garbage),
            Self::Truncated => (EffectTiming::BeforeAnswering, Answer::Half),
            Self::WrongEcho => (EffectTiming::BeforeAnswering, Answer::OtherEcho),
            Self::Huge => (EffectTiming::BeforeAnswering, Answer::Huge),
        };
        let wait = if let Self::Slow(ms) = self { ms } else { 0 };
        Plan { wait: Duration::from_millis(wait), timing, answer }
    }
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
