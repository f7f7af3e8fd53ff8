//! The core bank's answers, and the one function that classifies them.

use crate::field::{InvalidField, is_visible};
use crate::parsed_text::parsed_text;

use super::order::SetLevel;

parsed_text! {
    /// A return code (`RtrnCode`): 1 to 32 visible ASCII characters; anything else is not a code.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct UpstreamCode:
        "RtrnCode",
        "must be 1 to 32 visible ASCII characters",
        |text| is_visible(text, 32);
    /// The code as text.
    as_str
}

impl UpstreamCode {
    /// The code that every return code must equal for the order to count as applied.
    pub const APPLIED: &'static str = "200";
}

/// The return codes that are a final refusal (`esb.final_codes`, empty by default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FinalCodes(Vec<UpstreamCode>);

impl FinalCodes {
    /// A list of final codes.
    ///
    /// # Errors
    /// When `200` is one of them.
    pub fn parse(codes: Vec<UpstreamCode>) -> Result<Self, InvalidField> {
        if codes.iter().any(|code| code.as_str() == UpstreamCode::APPLIED) {
            return Err(InvalidField::new("final_codes", "must not list 200, which is success"));
        }
        Ok(Self(codes))
    }

    fn lists(&self, code: &UpstreamCode) -> bool {
        self.0.contains(code)
    }
}

/// A reply that could be parsed; not validated against the order yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// All return codes.
    pub codes: Vec<UpstreamCode>,
    /// The header's `TransactionID`.
    pub transaction_id: Option<String>,
    /// The echoed `ArrngId`.
    pub arrangement: Option<String>,
    /// The echoed `DgtlLvl`.
    pub level: Option<String>,
}

/// Why an order was provably not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyNotSent {
    /// No connection: name, route, handshake or TLS.
    NoConnection,
    /// The order could not be encoded as a message.
    NotEncodable,
    /// The claim's lease ended before the first byte: another worker may hold it.
    LeaseOver,
}

impl WhyNotSent {
    /// The text in evidence rows and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoConnection => "no_connection",
            Self::NotEncodable => "not_encodable",
            Self::LeaseOver => "lease_over",
        }
    }
}

/// Why it is not known whether an order was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The connection ended before a complete reply.
    ConnectionLost,
    /// No reply before the timeout.
    TimedOut,
    /// The reply exceeds the size limit.
    TooLarge,
    /// The reply is not the expected message.
    Unreadable,
    /// The reply has a field twice, with different values.
    Contradictory,
    /// An HTTP status other than 200.
    Status,
    /// No return code.
    NoCode,
    /// A return code that is neither success nor a final code.
    UnlistedCode,
    /// The reply has another transaction id, or none.
    WrongTransaction,
    /// The reply echoes another arrangement or level.
    WrongEcho,
    /// The sender did not report before its lease ended.
    LeaseLapsed,
}

impl Doubt {
    /// All doubts.
    pub const ALL: [Self; 11] = [
        Self::ConnectionLost,
        Self::TimedOut,
        Self::TooLarge,
        Self::Unreadable,
        Self::Contradictory,
        Self::Status,
        Self::NoCode,
        Self::UnlistedCode,
        Self::WrongTransaction,
        Self::WrongEcho,
        Self::LeaseLapsed,
    ];

    /// The text in evidence rows and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::Contradictory => "contradictory",
            Self::Status => "status",
            Self::NoCode => "no_code",
            Self::UnlistedCode => "unlisted_code",
            Self::WrongTransaction => "wrong_transaction",
            Self::WrongEcho => "wrong_echo",
            Self::LeaseLapsed => "lease_lapsed",
        }
    }
}

/// What an adapter observed when it sent an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reply that could be parsed.
    Replied(Reply),
    /// The order was provably not sent.
    NotSent(WhyNotSent),
    /// The order may have been sent, and no reply could be parsed.
    Lost(Doubt),
}

/// The meaning of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The bank has set the level.
    Applied,
    /// The bank refused; final.
    Refused(UpstreamCode),
    /// The order was not sent; a retry is safe.
    NotSent(WhyNotSent),
    /// It is not known whether the order was applied.
    Unknown(Doubt),
}

impl Outcome {
    /// The kind of outcome, for evidence rows and logs.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused(_) => "refused",
            Self::NotSent(_) => "not_sent",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The bank's code, the doubt, or why nothing was sent; never the bank's free text.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Applied => UpstreamCode::APPLIED,
            Self::Refused(code) => code.as_str(),
            Self::NotSent(why) => why.as_str(),
            Self::Unknown(doubt) => doubt.as_str(),
        }
    }
}

/// Classifies an answer to an order. Total; what is not proven is [`Outcome::Unknown`].
#[must_use]
pub fn classify(order: &SetLevel, answer: &Answer, finals: &FinalCodes) -> Outcome {
    let reply = match answer {
        Answer::Replied(reply) => reply,
        Answer::NotSent(why) => return Outcome::NotSent(*why),
        Answer::Lost(doubt) => return Outcome::Unknown(*doubt),
    };
    if let Some(doubt) = doubt_about(order, reply) {
        return Outcome::Unknown(doubt);
    }
    let Some(first) = reply.codes.first() else {
        return Outcome::Unknown(Doubt::NoCode);
    };
    if reply.codes.iter().all(|code| code.as_str() == UpstreamCode::APPLIED) {
        Outcome::Applied
    } else if reply.codes.iter().all(|code| finals.lists(code)) {
        Outcome::Refused(first.clone())
    } else {
        Outcome::Unknown(Doubt::UnlistedCode)
    }
}

/// Whether the reply belongs to this order.
fn doubt_about(order: &SetLevel, reply: &Reply) -> Option<Doubt> {
    let ours = |echo: &Option<String>, own: &str| echo.as_deref().is_none_or(|text| text == own);
    if reply.status != 200 {
        Some(Doubt::Status)
    } else if reply.transaction_id.as_deref() != Some(order.transaction_id.as_str()) {
        Some(Doubt::WrongTransaction)
    } else if !ours(&reply.arrangement, order.arrangement.expose())
        || !ours(&reply.level, order.level.as_str())
    {
        Some(Doubt::WrongEcho)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core_bank::TransactionIdScheme;
    use crate::level::AccountLevel;
    use crate::member::Account;
    use crate::secret::SecretKey;
    use crate::upgrade::CaseId;

    fn order() -> SetLevel {
        let (case, level) = (CaseId::from_u128(1), AccountLevel::parse("1A").unwrap());
        let scheme = TransactionIdScheme::standard(SecretKey::parse(&[1; 32]).unwrap());
        let (transaction_id, txn_no) = scheme.derive(case, &level);
        let Account { arrangement, product } = Account::parse("AA19337Z8L29", None).unwrap();
        SetLevel { case, arrangement, product, level, transaction_id, txn_no }
    }

    fn codes(list: &[&str]) -> Vec<UpstreamCode> {
        list.iter().map(|code| UpstreamCode::parse(code).unwrap()).collect()
    }

    fn good() -> Reply {
        Reply {
            status: 200,
            codes: codes(&["200"]),
            transaction_id: Some(order().transaction_id.as_str().into()),
            arrangement: Some("AA19337Z8L29".into()),
            level: Some("1A".into()),
        }
    }

    fn meaning(reply: Reply) -> Outcome {
        let finals = FinalCodes::parse(codes(&["E-REFUSED", "E-CLOSED"])).unwrap();
        classify(&order(), &Answer::Replied(reply), &finals)
    }

    #[test]
    fn only_the_whole_proof_counts_as_applied() {
        assert_eq!(meaning(good()), Outcome::Applied);
        assert_eq!(meaning(Reply { arrangement: None, level: None, ..good() }), Outcome::Applied);
        assert_eq!(meaning(Reply { codes: codes(&["200", "200"]), ..good() }), Outcome::Applied);
        let doubted = [
            (Reply { status: 201, ..good() }, Doubt::Status),
            (Reply { status: 500, ..good() }, Doubt::Status),
            (Reply { codes: vec![], ..good() }, Doubt::NoCode),
            (Reply { codes: codes(&["200", "201"]), ..good() }, Doubt::UnlistedCode),
            (Reply { codes: codes(&["200", "E-REFUSED"]), ..good() }, Doubt::UnlistedCode),
            (Reply { transaction_id: None, ..good() }, Doubt::WrongTransaction),
            (Reply { transaction_id: Some("T1".into()), ..good() }, Doubt::WrongTransaction),
            (Reply { arrangement: Some("AA1".into()), ..good() }, Doubt::WrongEcho),
            (Reply { level: Some("2A".into()), ..good() }, Doubt::WrongEcho),
        ];
        for (reply, doubt) in doubted {
            assert_eq!(meaning(reply.clone()), Outcome::Unknown(doubt), "{reply:?}");
        }
    }

    #[test]
    fn only_listed_codes_refuse() {
        let refused = Reply { codes: codes(&["E-CLOSED", "E-REFUSED"]), ..good() };
        let code = UpstreamCode::parse("E-CLOSED").unwrap();
        assert_eq!(meaning(refused.clone()), Outcome::Refused(code));
        assert_eq!(
            classify(&order(), &Answer::Replied(refused), &FinalCodes::default()),
            Outcome::Unknown(Doubt::UnlistedCode)
        );
        assert!(FinalCodes::parse(codes(&["200"])).is_err());
    }

    proptest! {
        #[test]
        fn a_proof_with_any_one_part_changed_is_no_proof(
            part in 0_usize..5,
            status in 0_u16..1000,
            code in "[0-9A-Z-]{1,8}",
            text in "[0-9A-Z]{1,30}",
        ) {
            let proof = good();
            let mut reply = good();
            match part {
                0 => reply.status = status,
                1 => reply.codes.extend(codes(&[&code])),
                2 => reply.transaction_id = Some(text),
                3 => reply.arrangement = Some(text),
                _ => reply.level = Some(text),
            }
            let still_proves = reply == proof || part == 1 && code == "200";
            prop_assert_eq!(meaning(reply) == Outcome::Applied, still_proves);
        }
    }
}
