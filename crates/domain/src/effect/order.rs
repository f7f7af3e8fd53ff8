//! An effect's order as data: what every kind has, and the payload that only its system reads.

use crate::audit::Subject;
use crate::field::{is_plain, is_visible};
use crate::parsed_text::parsed_text;
use crate::payload::Payload;
use crate::redacted;

use super::key::EffectKey;

redacted!(OrderingKey);

parsed_text! {
    /// The order's permanent id at the other system, equal for every attempt and unique among all
    /// effects.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct UpstreamId:
        "upstreamId",
        "must be 1 to 128 visible ASCII characters",
        |text| is_visible(text, 128);
    /// The id as text.
    as_str
}

parsed_text! {
    /// What two effects of one kind must not change at the same time, for example an account.
    #[derive(Hash)]
    pub struct OrderingKey:
        "orderingKey",
        "must be 1 to 128 characters without control characters",
        |text| is_plain(text, 128);
    /// The key in clear: for the store, never for a log.
    expose
}

impl UpstreamId {
    /// The text of another parsed type, which keeps this rule too.
    pub(crate) fn from_parsed(text: &str) -> Self {
        debug_assert!(Self::parse(text).is_ok(), "the other type's rule is stricter");
        Self(text.to_owned())
    }
}

impl OrderingKey {
    /// The text of another parsed type, which keeps this rule too.
    pub(crate) fn from_parsed(text: &str) -> Self {
        debug_assert!(Self::parse(text).is_ok(), "the other type's rule is stricter");
        Self(text.to_owned())
    }
}

/// How effects of one kind with the same key follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ordering {
    /// At most one of them is unsettled: while one is, a second one cannot be planned.
    OneLive(OrderingKey),
    /// They are sent one at a time, in the order of their planning and then of their ids. One that
    /// may have been sent and is not settled holds back all others.
    Queue(OrderingKey),
}

impl Ordering {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &OrderingKey {
        match self {
            Self::OneLive(key) | Self::Queue(key) => key,
        }
    }

    /// The rule's text in the database.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::OneLive(_) => "one_live",
            Self::Queue(_) => "queue",
        }
    }

    /// Parses a rule's text.
    #[must_use]
    pub fn parse(rule: &str, key: OrderingKey) -> Option<Self> {
        match rule {
            "one_live" => Some(Self::OneLive(key)),
            "queue" => Some(Self::Queue(key)),
            _ => None,
        }
    }
}

/// An order to another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectOrder {
    /// Kind and id.
    pub key: EffectKey,
    /// The record that the order is about; audit rows name it.
    pub subject: Subject,
    /// Which other effects it must not overtake or run beside.
    pub ordering: Ordering,
    /// The order's id at the other system.
    pub upstream_id: UpstreamId,
    /// The content, in the format of its kind.
    pub payload: Payload,
}

impl EffectOrder {
    /// Stands for an order that cannot be parsed, so that its effect can be set aside. It is never
    /// sent or stored.
    #[must_use]
    pub fn unreadable(key: EffectKey, subject: Subject) -> Self {
        let text = || "unreadable".to_owned();
        Self {
            key,
            subject,
            ordering: Ordering::Queue(OrderingKey(text())),
            upstream_id: UpstreamId(text()),
            payload: Payload::new(0, []),
        }
    }
}
