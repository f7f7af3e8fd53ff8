//! The outcome of an attempt to deliver an effect.

use std::borrow::Cow;

use crate::Timestamp;
use crate::closed_set::closed_set;
use crate::field::is_visible;
use crate::parsed_text::parsed_text;

parsed_text! {
    /// The other system's code for its answer: 1 to 32 visible ASCII characters.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct UpstreamCode:
        "code",
        "must be 1 to 32 visible ASCII characters",
        |text| is_visible(text, 32);
    /// The code as text.
    as_str
}

impl UpstreamCode {
    /// Our own code for an order that could not be sent for too long.
    pub const GAVE_UP: &'static str = "gave_up";
    /// Our own code for an order that two people rejected.
    pub const RESOLVED: &'static str = "resolved";

    pub(super) fn gave_up() -> Self {
        Self(Self::GAVE_UP.to_owned())
    }

    pub(super) fn resolved() -> Self {
        Self(Self::RESOLVED.to_owned())
    }
}

closed_set! {
    /// Why an order was provably not sent.
    pub enum WhyNotSent {
        /// No connection, or it ended before the order was complete: name, route, TLS, login.
        NoConnection = "no_connection",
        /// The other system answered that it takes the order later.
        Deferred = "deferred",
        /// Whether the order may still be sent could not be found out.
        NotChecked = "not_checked",
        /// The order could not be encoded as a message.
        NotEncodable = "not_encodable",
        /// The claim's lease ended before the first byte: another worker may hold it.
        LeaseOver = "lease_over",
        /// The order's format is newer than this worker: another one can send it.
        NotSupported = "not_supported",
    }
}

impl WhyNotSent {
    /// Whether the attempt counts towards giving up the order.
    pub(super) const fn was_tried(self) -> bool {
        match self {
            Self::NoConnection | Self::Deferred | Self::NotChecked => true,
            Self::NotEncodable | Self::LeaseOver | Self::NotSupported => false,
        }
    }
}

closed_set! {
    /// Why it is not known whether an order was applied.
    pub enum Doubt {
        /// The connection ended before a complete reply.
        ConnectionLost = "connection_lost",
        /// No reply before the timeout.
        TimedOut = "timed_out",
        /// The reply exceeds the size limit.
        TooLarge = "too_large",
        /// The reply is not the expected message.
        Unreadable = "unreadable",
        /// The reply has a field twice, with different values.
        Contradictory = "contradictory",
        /// A status that proves nothing.
        Status = "status",
        /// No return code.
        NoCode = "no_code",
        /// A return code that is neither success nor a final code.
        UnlistedCode = "unlisted_code",
        /// The reply has another order's id, or none.
        WrongTransaction = "wrong_transaction",
        /// The reply echoes other values than the order's.
        WrongEcho = "wrong_echo",
        /// The sender did not report before its lease ended.
        LeaseLapsed = "lease_lapsed",
        /// Asked later, the other system showed another level than the order's.
        LevelIsOther = "level_is_other",
    }
}

closed_set! {
    /// What the other system showed when it was asked, as proof that an order was applied.
    pub enum Proof {
        /// The level is the order's.
        LevelIsTarget = "level_is_target",
    }
}

/// Why an order is withdrawn before it is sent. The system that owns the kind defines its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CancelReason(Cow<'static, str>);

impl CancelReason {
    /// The reason of this name: 1 to 32 visible ASCII characters.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_code(name), "1 to 32 visible ASCII characters");
        Self(Cow::Borrowed(name))
    }

    /// Parses the text that [`as_str`](Self::as_str) returns.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        is_code(text).then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// The text on the wire and in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_code(text: &str) -> bool {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_graphic() {
            return false;
        }
        at += 1;
    }
    1 <= at && at <= 32
}

/// What an attempt to deliver an effect proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other system has applied the order.
    Applied,
    /// Asked later, the other system showed that the order was applied.
    Shown(Proof),
    /// The other system refused; final.
    Refused(UpstreamCode),
    /// The order was not sent; a retry is safe.
    NotSent(WhyNotSent),
    /// The order was not sent, because it is due later now: at this time.
    NotDue(Timestamp),
    /// It is not known whether the order was applied.
    Unknown(Doubt),
    /// The order was not sent and must not be sent any more.
    Withdrawn(CancelReason),
}

impl Outcome {
    /// The text of outcomes that [prove](Self::proves_applied) that the order was applied.
    pub const APPLIED: &'static str = "applied";

    /// Whether it proves that the order was applied.
    #[must_use]
    pub const fn proves_applied(&self) -> bool {
        matches!(self, Self::Applied | Self::Shown(_))
    }

    /// The kind of outcome, for evidence rows, metrics and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Applied | Self::Shown(_) => Self::APPLIED,
            Self::Refused(_) => "refused",
            Self::NotSent(_) => "not_sent",
            Self::NotDue(_) => "not_due",
            Self::Unknown(_) => "unknown",
            Self::Withdrawn(_) => "withdrawn",
        }
    }

    /// The code, the proof, the doubt, the reason or the time; never the other system's free text.
    #[must_use]
    pub fn detail(&self) -> Cow<'_, str> {
        match self {
            Self::Applied => "".into(),
            Self::Shown(proof) => proof.as_str().into(),
            Self::Refused(code) => code.as_str().into(),
            Self::NotSent(why) => why.as_str().into(),
            Self::NotDue(until) => until.to_string().into(),
            Self::Unknown(doubt) => doubt.as_str().into(),
            Self::Withdrawn(reason) => reason.as_str().into(),
        }
    }

    /// Parses the texts that [`as_str`](Self::as_str) and [`detail`](Self::detail) return.
    #[must_use]
    pub fn parse(outcome: &str, detail: &str) -> Option<Self> {
        match outcome {
            Self::APPLIED if detail.is_empty() => Some(Self::Applied),
            Self::APPLIED => Proof::parse(detail).map(Self::Shown),
            "refused" => UpstreamCode::parse(detail).ok().map(Self::Refused),
            "not_sent" => WhyNotSent::parse(detail).map(Self::NotSent),
            "not_due" => detail.parse().ok().map(Self::NotDue),
            "unknown" => Doubt::parse(detail).map(Self::Unknown),
            "withdrawn" => CancelReason::parse(detail).map(Self::Withdrawn),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_parsed_from_their_texts() {
        let code = UpstreamCode::parse("E-CLOSED").unwrap();
        let mut outcomes = vec![
            Outcome::Applied,
            Outcome::Refused(code),
            Outcome::Withdrawn(CancelReason::of("answered")),
            Outcome::NotDue(Timestamp::from_microsecond(1_234_567).unwrap()),
        ];
        outcomes.extend(WhyNotSent::ALL.map(Outcome::NotSent));
        outcomes.extend(Doubt::ALL.map(Outcome::Unknown));
        outcomes.extend(Proof::ALL.map(Outcome::Shown));
        for outcome in outcomes {
            let parsed = Outcome::parse(outcome.as_str(), &outcome.detail());
            let is_proof = outcome.as_str() == Outcome::APPLIED;
            assert_eq!(outcome.proves_applied(), is_proof, "{outcome:?}");
            assert_eq!(parsed, Some(outcome));
        }
        let broken = [("", ""), ("refused", ""), ("unknown", "no such doubt"), ("applied", "so")];
        for (outcome, detail) in broken {
            assert_eq!(Outcome::parse(outcome, detail), None);
        }
    }
}
