//! The core bank's answers, and the one function that classifies them.

use crate::effect::{Doubt, Outcome, UpstreamCode, WhyNotSent};
use crate::field::InvalidField;

use super::order::SetLevel;

/// The return code (`RtrnCode`) that every code must equal for the order to count as applied.
pub const APPLIED_CODE: &str = "200";

/// The return codes that are a final refusal (`esb.final_codes`, empty by default).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FinalCodes(Vec<UpstreamCode>);

impl FinalCodes {
    /// A list of final codes.
    ///
    /// # Errors
    /// When `200` is one of them.
    pub fn parse(codes: Vec<UpstreamCode>) -> Result<Self, InvalidField> {
        if codes.iter().any(|code| code.as_str() == APPLIED_CODE) {
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

/// What an adapter observed when it sent an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A reply in the terms of DA21, which [`classify`] compares with the order.
    Replied(Reply),
    /// The bank's reply proves that it applied this order. For a bank whose replies have other
    /// terms than DA21's: its adapter says what proves it.
    Applied,
    /// The bank's reply says that it did not apply this order, with this code. It is final only if
    /// the code is listed.
    Refused(UpstreamCode),
    /// The order was provably not sent.
    NotSent(WhyNotSent),
    /// The order may have been sent, and no reply could be parsed.
    Lost(Doubt),
}

/// Classifies an answer to an order. Total; what is not proven is [`Outcome::Unknown`].
#[must_use]
pub fn classify(order: &SetLevel, answer: &Answer, finals: &FinalCodes) -> Outcome {
    let reply = match answer {
        Answer::Replied(reply) => reply,
        Answer::Applied => return Outcome::Applied,
        Answer::Refused(code) if finals.lists(code) => return Outcome::Refused(code.clone()),
        Answer::Refused(_) => return Outcome::Unknown(Doubt::UnlistedCode),
        Answer::NotSent(why) => return Outcome::NotSent(*why),
        Answer::Lost(doubt) => return Outcome::Unknown(*doubt),
    };
    if let Some(doubt) = doubt_about(order, reply) {
        return Outcome::Unknown(doubt);
    }
    let Some(first) = reply.codes.first() else {
        return Outcome::Unknown(Doubt::NoCode);
    };
    if reply.codes.iter().all(|code| code.as_str() == APPLIED_CODE) {
        Outcome::Applied
    } else if reply.codes.iter().all(|code| finals.lists(code)) {
        Outcome::Refused(first.clone())
    } else {
        Outcome::Unknown(Doubt::UnlistedCode)
    }
}

impl Reply {
    /// Whether the reply is the one to the message with this transaction id.
    pub(super) fn doubt(&self, transaction_id: &str) -> Option<Doubt> {
        if self.status != 200 {
            Some(Doubt::Status)
        } else if self.transaction_id.as_deref() != Some(transaction_id) {
            Some(Doubt::WrongTransaction)
        } else {
            None
        }
    }
}

/// Whether the reply belongs to this order.
fn doubt_about(order: &SetLevel, reply: &Reply) -> Option<Doubt> {
    let ours = |echo: &Option<String>, own: &str| echo.as_deref().is_none_or(|text| text == own);
    let doubt = reply.doubt(order.transaction_id.as_str());
    if doubt.is_some() {
        doubt
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
    use crate::level::AccountLevel;
    use crate::member::{Account, MemberId};
    use crate::secret::SecretKey;
    use crate::upgrade::{CaseId, TransactionIdScheme};

    fn order() -> SetLevel {
        let (case, level) = (CaseId::from_u128(1), AccountLevel::parse("1A").unwrap());
        let scheme = TransactionIdScheme::standard(SecretKey::parse(&[1; 32]).unwrap());
        let (transaction_id, txn_no) = scheme.derive(case, &level);
        let Account { arrangement, product } = Account::parse("AA19337Z8L29", None).unwrap();
        let member = MemberId::parse("M").unwrap();
        SetLevel { case, member, arrangement, product, level, transaction_id, txn_no }
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
    fn what_an_adapter_says_is_proven_needs_no_reply() {
        let finals = FinalCodes::parse(codes(&["E-CLOSED"])).unwrap();
        let [closed, other] = ["E-CLOSED", "E-OTHER"].map(|it| UpstreamCode::parse(it).unwrap());
        for (answer, expected) in [
            (Answer::Applied, Outcome::Applied),
            (Answer::Refused(closed.clone()), Outcome::Refused(closed)),
            (Answer::Refused(other), Outcome::Unknown(Doubt::UnlistedCode)),
        ] {
            assert_eq!(classify(&order(), &answer, &finals), expected);
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
