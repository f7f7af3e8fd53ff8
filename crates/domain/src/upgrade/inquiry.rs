//! The inquiry for an account's level at the core bank, and what the answer proves.

use uuid::Uuid;

use crate::closed_set::closed_set;
use crate::effect::{Doubt, Effect, Inquired, Outcome, Proof};
use crate::level::AccountLevel;
use crate::member::{ArrangementId, Member};

use super::answer::{APPLIED_CODE, Answer, Reply};
use super::order::{SetLevel, TransactionId, TxnNo};
use super::transaction_ids::inquiry_ids;

/// One inquiry for an account's level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelInquiry {
    /// The account.
    pub arrangement: ArrangementId,
    /// The transaction id of this inquiry only.
    pub transaction_id: TransactionId,
    /// The message's number.
    pub txn_no: TxnNo,
}

impl LevelInquiry {
    /// A new inquiry; `unique` makes its ids.
    #[must_use]
    pub fn new(arrangement: ArrangementId, unique: Uuid) -> Self {
        let (transaction_id, txn_no) = inquiry_ids(unique);
        Self { arrangement, transaction_id, txn_no }
    }
}

/// What the core bank says an account's level is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LevelAnswer {
    /// The bank has no message that asks for a level, or it is not configured.
    NotSupported,
    /// The account's level; `None` if it has none.
    Level(Option<AccountLevel>),
    /// Nothing was learned.
    Unanswered(Doubt),
}

/// Interprets the bank's answer against an order. Total: only the order's own level is a proof. Any
/// other level proves nothing, since an order may still be applied until its settle time is over.
#[must_use]
pub fn interpret(order: &SetLevel, answer: &LevelAnswer) -> Inquired {
    match answer {
        LevelAnswer::Level(Some(level)) if *level == order.level => {
            Inquired::Answered(Outcome::Shown(Proof::LevelIsTarget))
        }
        LevelAnswer::Level(_) => Inquired::Answered(Outcome::Unknown(Doubt::LevelIsOther)),
        LevelAnswer::Unanswered(doubt) => Inquired::Unanswered(*doubt),
        LevelAnswer::NotSupported => Inquired::NotSupported,
    }
}

closed_set! {
    /// How our level of a member compares with the bank's.
    pub enum LevelVerdict {
        /// They are equal.
        Agrees = "agrees",
        /// They are not, and no order explains it.
        Differs = "differs",
        /// The bank shows the level of a passed verdict, whose order is not settled yet.
        InProgress = "in_progress",
        /// The bank did not say.
        NotAnswered = "not_answered",
    }
}

/// Compares a member's level with the bank's answer. `order` is the one of the newest case, if it
/// is planned: a settled one explains no other level.
#[must_use]
pub fn compare(member: &Member, order: Option<&Effect>, answer: &LevelAnswer) -> LevelVerdict {
    let is_settled = order.is_some_and(|order| order.state.name().is_settled());
    match answer {
        LevelAnswer::Level(level) if level.as_ref() == member.level() => LevelVerdict::Agrees,
        LevelAnswer::Level(level) if level.is_some() && *level == member.target && !is_settled => {
            LevelVerdict::InProgress
        }
        LevelAnswer::Level(_) => LevelVerdict::Differs,
        LevelAnswer::Unanswered(_) | LevelAnswer::NotSupported => LevelVerdict::NotAnswered,
    }
}

/// The level in the answer to an inquiry. Total; what is not proven is [`LevelAnswer::Unanswered`].
/// Unlike an order's echo, the inquiry's is required.
#[must_use]
pub fn level_in(inquiry: &LevelInquiry, answer: &Answer) -> LevelAnswer {
    let level = match answer {
        Answer::Replied(reply) => proven(inquiry, reply),
        // Answers to an order, not to an inquiry.
        Answer::Applied | Answer::Refused(_) => Err(Doubt::Unreadable),
        Answer::NotSent(_) => Err(Doubt::ConnectionLost),
        Answer::Lost(doubt) => Err(*doubt),
    };
    level.map_or_else(LevelAnswer::Unanswered, LevelAnswer::Level)
}

fn proven(inquiry: &LevelInquiry, reply: &Reply) -> Result<Option<AccountLevel>, Doubt> {
    if let Some(doubt) = reply.doubt(inquiry.transaction_id.as_str()) {
        Err(doubt)
    } else if reply.arrangement.as_deref() != Some(inquiry.arrangement.expose()) {
        Err(Doubt::WrongEcho)
    } else if reply.codes.is_empty() {
        Err(Doubt::NoCode)
    } else if reply.codes.iter().any(|code| code.as_str() != APPLIED_CODE) {
        Err(Doubt::UnlistedCode)
    } else {
        match reply.level.as_deref() {
            Some("") => Ok(None),
            Some(level) => AccountLevel::parse(level).map(Some).map_err(|_| Doubt::Unreadable),
            None => Err(Doubt::Unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::effect::{EffectEvent, UpstreamCode, WhyNotSent};
    use crate::member::{Account, MemberId};
    use crate::upgrade::CaseId;

    fn level(text: &str) -> AccountLevel {
        AccountLevel::parse(text).unwrap()
    }

    fn order() -> SetLevel {
        let Account { arrangement, product } = Account::parse("AA19337Z8L29", None).unwrap();
        SetLevel {
            case: CaseId::from_u128(1),
            member: MemberId::parse("M").unwrap(),
            arrangement,
            product,
            level: level("1A"),
            transaction_id: TransactionId::parse("T1").unwrap(),
            txn_no: TxnNo::parse("DA211").unwrap(),
        }
    }

    fn inquiry() -> LevelInquiry {
        LevelInquiry::new(order().arrangement, Uuid::from_u128(1))
    }

    fn codes(list: &[&str]) -> Vec<UpstreamCode> {
        list.iter().map(|code| UpstreamCode::parse(code).unwrap()).collect()
    }

    fn good() -> Reply {
        Reply {
            status: 200,
            codes: codes(&["200"]),
            transaction_id: Some(format!("Q{}B", "A".repeat(25))),
            arrangement: Some("AA19337Z8L29".into()),
            level: Some("1A".into()),
        }
    }

    fn meaning(reply: Reply) -> LevelAnswer {
        level_in(&inquiry(), &Answer::Replied(reply))
    }

    #[test]
    fn only_the_whole_reply_shows_a_level() {
        assert_eq!(meaning(good()), LevelAnswer::Level(Some(level("1A"))));
        let empty = Reply { level: Some(String::new()), ..good() };
        assert_eq!(meaning(empty), LevelAnswer::Level(None));
        let doubted = [
            (Reply { status: 404, ..good() }, Doubt::Status),
            (Reply { codes: vec![], ..good() }, Doubt::NoCode),
            (Reply { codes: codes(&["200", "E1"]), ..good() }, Doubt::UnlistedCode),
            (Reply { transaction_id: None, ..good() }, Doubt::WrongTransaction),
            (Reply { transaction_id: Some("T1".into()), ..good() }, Doubt::WrongTransaction),
            (Reply { arrangement: None, ..good() }, Doubt::WrongEcho),
            (Reply { arrangement: Some("AA1".into()), ..good() }, Doubt::WrongEcho),
            (Reply { level: None, ..good() }, Doubt::Unreadable),
            (Reply { level: Some("1 A".into()), ..good() }, Doubt::Unreadable),
        ];
        for (reply, doubt) in doubted {
            assert_eq!(meaning(reply.clone()), LevelAnswer::Unanswered(doubt), "{reply:?}");
        }
        let lost = Answer::Lost(Doubt::TimedOut);
        let unsent = Answer::NotSent(WhyNotSent::NoConnection);
        for (answer, doubt) in [(lost, Doubt::TimedOut), (unsent, Doubt::ConnectionLost)] {
            assert_eq!(level_in(&inquiry(), &answer), LevelAnswer::Unanswered(doubt));
        }
    }

    #[test]
    fn every_bit_of_the_unique_number_is_in_the_ids() {
        let of = |number| LevelInquiry::new(order().arrangement, Uuid::from_u128(number));
        assert_eq!(of(0).txn_no.as_str(), "DA210000000000000000");
        for bit in 0..128 {
            assert_ne!(of(1 << bit).transaction_id, of(0).transaction_id);
        }
    }

    #[test]
    fn only_the_orders_own_level_is_a_proof() {
        let own = interpret(&order(), &LevelAnswer::Level(Some(level("1A"))));
        assert_eq!(own, Inquired::Answered(Outcome::Shown(Proof::LevelIsTarget)));
        assert_eq!(own.event(), EffectEvent::ProvenApplied);
        let other = Inquired::Answered(Outcome::Unknown(Doubt::LevelIsOther));
        for (answer, expected) in [
            (LevelAnswer::Level(None), other.clone()),
            (LevelAnswer::Level(Some(level("1a"))), other),
            (LevelAnswer::Unanswered(Doubt::Status), Inquired::Unanswered(Doubt::Status)),
            (LevelAnswer::NotSupported, Inquired::NotSupported),
        ] {
            let found = interpret(&order(), &answer);
            assert_eq!(found, expected);
            assert_eq!(found.event(), EffectEvent::Settled, "{answer:?} permits no more");
        }
    }

    #[test]
    fn a_level_that_an_order_explains_is_no_difference() {
        let account = Account::parse("AA19337Z8L29", None).unwrap();
        let plain = Member::new(MemberId::parse("M").unwrap(), account, Some(level("0A")));
        let ordered = Member { target: Some(level("1A")), ..plain.clone() };
        let raised = Member { confirmed: Some(level("1A")), ..plain.clone() };
        let shown = |text: &str| LevelAnswer::Level(Some(level(text)));
        let unanswered = LevelAnswer::Unanswered(Doubt::TimedOut);
        use LevelVerdict::{Agrees, Differs, InProgress, NotAnswered};
        for (member, answer, verdict) in [
            (&plain, shown("0A"), Agrees),
            (&plain, shown("1A"), Differs),
            (&plain, LevelAnswer::Level(None), Differs),
            (&ordered, shown("0A"), Agrees),
            (&ordered, shown("1A"), InProgress),
            (&ordered, shown("2A"), Differs),
            (&raised, shown("1A"), Agrees),
            (&raised, shown("0A"), Differs),
            (&raised, unanswered, NotAnswered),
            (&plain, LevelAnswer::NotSupported, NotAnswered),
        ] {
            assert_eq!(compare(member, None, &answer), verdict, "{answer:?}");
        }
    }

    proptest! {
        #[test]
        fn a_reply_with_any_one_part_changed_proves_no_target(
            part in 0_usize..5,
            status in 0_u16..1000,
            code in "[0-9A-Z-]{1,8}",
            text in "[0-9A-Z]{1,30}",
        ) {
            let mut reply = good();
            match part {
                0 => reply.status = status,
                1 => reply.codes.extend(codes(&[&code])),
                2 => reply.transaction_id = Some(text),
                3 => reply.arrangement = Some(text),
                _ => reply.level = Some(text),
            }
            let still_proves = reply == good() || part == 1 && code == "200";
            let found = interpret(&order(), &meaning(reply));
            prop_assert_eq!(found.event() == EffectEvent::ProvenApplied, still_proves);
        }
    }
}
