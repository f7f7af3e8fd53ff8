//! The contract suite of [`CoreBank`], which every adapter runs.
//!
//! A new adapter implements a harness ([`CoreBankUnderTest`]) and adds one line:
//!
//! ```text
//! core_bank_contract!(fake: FakeBank::default(), esb: EsbOverStub::start().await);
//! ```
//!
//! The expression is evaluated for each check in an async function. The test crate needs `tokio`
//! with its macros.

use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, Outcome, UpstreamCode, WhyNotSent};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, MemberId};
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{
    Answer, CaseId, FinalCodes, LevelAnswer, SetLevel, TransactionId, TxnNo, classify,
};

use crate::samples;

/// An adapter with a scripted bank behind it.
#[async_trait]
pub trait CoreBankUnderTest: Send + Sync {
    /// The adapter.
    fn bank(&self) -> Arc<dyn CoreBank>;
    /// Makes the bank apply the next order.
    async fn will_apply(&self);
    /// Makes the bank answer the next order with this code.
    async fn will_refuse(&self, code: &UpstreamCode);
    /// Makes the bank receive the next message and close the connection without an answer.
    async fn will_lose_the_connection(&self);
    /// Makes the bank unreachable from now on.
    async fn will_be_unreachable(&self);
    /// The transaction ids of the orders that arrived at the bank, in order of arrival.
    async fn arrived(&self) -> Vec<String>;
    /// Whether the adapter can ask for levels. If not, it must answer that and send nothing.
    fn inquires(&self) -> bool;
    /// Makes the bank show this level of the sample account in the next inquiry.
    async fn will_show(&self, level: Option<&AccountLevel>);
    /// The arrangements of the inquiries that arrived at the bank, in order of arrival.
    async fn inquired(&self) -> Vec<String>;
}

/// An order for the sample account and level, with this transaction id.
///
/// # Panics
/// When it is not a transaction id.
#[must_use]
pub fn order(transaction_id: &str) -> SetLevel {
    let account = Account::parse("AA19337Z8L29", None).expect("an arrangement");
    SetLevel {
        case: CaseId::from_u128(1),
        member: MemberId::parse("MEM0001").expect("a member"),
        arrangement: account.arrangement,
        product: account.product,
        level: AccountLevel::parse("1A").expect("a level"),
        transaction_id: TransactionId::parse(transaction_id).expect("a transaction id"),
        txn_no: TxnNo::parse("DA2100001").expect("a number"),
    }
}

/// The id of the request that planned the sample order.
fn correlation() -> CorrelationId {
    samples::correlation("call-1")
}

/// A check of the contract.
pub async fn an_applied_order_is_applied(under_test: &dyn CoreBankUnderTest) {
    let order = order("T1222222");
    under_test.will_apply().await;
    let answer = under_test.bank().set_level(&order, &correlation()).await;
    assert_eq!(classify(&order, &answer, &FinalCodes::default()), Outcome::Applied);
    assert_eq!(under_test.arrived().await, ["T1222222"]);
}

/// A check of the contract.
pub async fn a_refused_order_is_refused_only_with_a_code_listed_as_final(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order("T1222222");
    let code = UpstreamCode::parse("E-CLOSED").expect("a code");
    under_test.will_refuse(&code).await;
    let answer = under_test.bank().set_level(&order, &correlation()).await;
    let finals = FinalCodes::parse(vec![code.clone()]).expect("final codes");
    assert_eq!(classify(&order, &answer, &finals), Outcome::Refused(code));
    let unlisted = classify(&order, &answer, &FinalCodes::default());
    assert_eq!(unlisted, Outcome::Unknown(Doubt::UnlistedCode));
    assert_eq!(under_test.arrived().await, ["T1222222"]);
}

/// A check of the contract.
pub async fn a_lost_connection_is_unknown_and_the_order_was_sent_exactly_once(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order("T1222222");
    under_test.will_lose_the_connection().await;
    let answer = under_test.bank().set_level(&order, &correlation()).await;
    assert_eq!(answer, Answer::Lost(Doubt::ConnectionLost));
    assert_eq!(under_test.arrived().await, ["T1222222"]);
}

/// A check of the contract.
pub async fn an_unreachable_bank_is_not_sent_and_nothing_arrived(
    under_test: &dyn CoreBankUnderTest,
) {
    under_test.will_be_unreachable().await;
    let answer = under_test.bank().set_level(&order("T1222222"), &correlation()).await;
    assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection));
    assert!(under_test.arrived().await.is_empty());
}

/// The bank was reached once before: a connection that an adapter may have kept must not make
/// "not sent" a guess.
pub async fn a_bank_that_went_away_is_not_sent(under_test: &dyn CoreBankUnderTest) {
    under_test.will_apply().await;
    let bank = under_test.bank();
    bank.set_level(&order("T1222222"), &correlation()).await;
    under_test.will_be_unreachable().await;
    let answer = bank.set_level(&order("T1333333"), &correlation()).await;
    assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection));
    assert_eq!(under_test.arrived().await, ["T1222222"]);
}

/// A check of the contract.
pub async fn the_same_order_sent_twice_carries_the_same_transaction_id(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order("T1222222");
    under_test.will_lose_the_connection().await;
    under_test.bank().set_level(&order, &correlation()).await;
    under_test.will_apply().await;
    let answer = under_test.bank().set_level(&order, &correlation()).await;
    assert_eq!(classify(&order, &answer, &FinalCodes::default()), Outcome::Applied);
    assert_eq!(under_test.arrived().await, ["T1222222", "T1222222"]);
}

/// Asks for the level of the sample account.
async fn inquire(under_test: &dyn CoreBankUnderTest) -> LevelAnswer {
    under_test.bank().inquire(&order("T1222222").arrangement, &correlation()).await
}

/// An inquiry is one message about the arrangement, and never an order.
pub async fn an_inquiry_shows_the_banks_level(under_test: &dyn CoreBankUnderTest) {
    let mut expected = Vec::new();
    for level in [Some("2A"), None, Some("1A")] {
        let level = level.map(|text| AccountLevel::parse(text).expect("a level"));
        under_test.will_show(level.as_ref()).await;
        let answer = if under_test.inquires() {
            expected.push("AA19337Z8L29");
            LevelAnswer::Level(level)
        } else {
            LevelAnswer::NotSupported
        };
        assert_eq!(inquire(under_test).await, answer);
        assert_eq!(under_test.inquired().await, expected);
    }
    assert!(under_test.arrived().await.is_empty());
}

/// A check of the contract.
pub async fn an_inquiry_without_an_answer_shows_no_level(under_test: &dyn CoreBankUnderTest) {
    under_test.will_lose_the_connection().await;
    assert_eq!(inquire(under_test).await, without_an_answer(under_test));
    assert_eq!(under_test.inquired().await.len(), usize::from(under_test.inquires()));
}

/// A check of the contract.
pub async fn an_unreachable_bank_shows_no_level(under_test: &dyn CoreBankUnderTest) {
    under_test.will_be_unreachable().await;
    assert_eq!(inquire(under_test).await, without_an_answer(under_test));
}

fn without_an_answer(under_test: &dyn CoreBankUnderTest) -> LevelAnswer {
    if under_test.inquires() {
        LevelAnswer::Unanswered(Doubt::ConnectionLost)
    } else {
        LevelAnswer::NotSupported
    }
}

/// Runs every check against each adapter, in a module of the given name.
#[macro_export]
macro_rules! core_bank_contract {
    ($($name:ident: $under_test:expr),+ $(,)?) => {
        $(
            mod $name {
                use super::*;

                $crate::core_bank_contract! {
                    @checks $under_test =>
                    an_applied_order_is_applied,
                    a_refused_order_is_refused_only_with_a_code_listed_as_final,
                    a_lost_connection_is_unknown_and_the_order_was_sent_exactly_once,
                    an_unreachable_bank_is_not_sent_and_nothing_arrived,
                    a_bank_that_went_away_is_not_sent,
                    the_same_order_sent_twice_carries_the_same_transaction_id,
                    an_inquiry_shows_the_banks_level,
                    an_inquiry_without_an_answer_shows_no_level,
                    an_unreachable_bank_shows_no_level,
                }
            }
        )+
    };
    (@checks $under_test:expr => $($check:ident,)+) => {
        $(
            #[::tokio::test]
            async fn $check() {
                let under_test = $under_test;
                $crate::contract::core_bank::$check(&under_test).await;
            }
        )+
    };
}
