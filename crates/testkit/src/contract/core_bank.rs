//! The contract suite of [`CoreBank`], which every adapter runs.
//!
//! An adapter that speaks HTTP implements
//! [`HttpBank`](crate::contract::core_bank_http::HttpBank) and runs `core_bank_http_contract!`,
//! which includes this suite. Another one implements a harness ([`CoreBankUnderTest`]) and adds one
//! line:
//!
//! ```text
//! core_bank_contract!(mine: open_mine()); // a future of a `CoreBankUnderTest`
//! ```
//!
//! The expression is evaluated for each check in an async function. The test crate needs `tokio`
//! with its macros.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{Doubt, Outcome, UpstreamCode, WhyNotSent};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::member::{Account, ArrangementId, MemberId};
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{
    Answer, CaseId, FinalCodes, Guarantee, LevelAnswer, SetLevel, TransactionId, TxnNo, classify,
};

use tokio::time::timeout;

use crate::samples;

/// An adapter with a scripted bank behind it.
#[async_trait]
pub trait CoreBankUnderTest: Send + Sync {
    /// The adapter.
    fn bank(&self) -> Arc<dyn CoreBank>;
    /// The time within which the adapter answers each call.
    fn limit(&self) -> Duration;
    /// What the bank guarantees for a repeated order. A bank that [dedupes](Guarantee::Dedupes)
    /// does so by the transaction id, so each order must carry it.
    fn guarantee(&self) -> Guarantee;
    /// Makes the bank apply the next order.
    async fn will_apply(&self);
    /// Makes the bank answer the next order with this code.
    async fn will_refuse(&self, code: &UpstreamCode);
    /// Makes the bank receive the next message and close the connection without an answer.
    async fn will_lose_the_connection(&self);
    /// Makes the bank receive the next message and say nothing.
    async fn will_be_silent(&self);
    /// Makes the bank unreachable from now on.
    async fn will_be_unreachable(&self);
    /// The orders that arrived at the bank, in order of arrival.
    async fn arrived(&self) -> Vec<ArrivedOrder>;
    /// Whether the adapter can ask for levels. If not, it must answer that and send nothing.
    fn inquires(&self) -> bool;
    /// Makes the bank show this level of the sample account in the next inquiry.
    async fn will_show(&self, level: Option<&AccountLevel>);
    /// The arrangements of the inquiries that arrived at the bank, in order of arrival.
    async fn inquired(&self) -> Vec<String>;
}

/// An order as it arrived at the bank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivedOrder {
    /// The account.
    pub arrangement: String,
    /// The level to set.
    pub level: String,
    /// The transaction id; `None` if the message has none.
    pub transaction_id: Option<String>,
}

impl ArrivedOrder {
    /// The order as it must arrive.
    #[must_use]
    pub fn of(order: &SetLevel) -> Self {
        Self {
            arrangement: order.arrangement.expose().to_owned(),
            level: order.level.as_str().to_owned(),
            transaction_id: Some(order.transaction_id.as_str().to_owned()),
        }
    }
}

/// The transaction id of most orders of the suite.
pub(crate) const ID: &str = "T1222222";

/// What a call may take above its limit on a busy machine.
const SLACK: Duration = Duration::from_secs(2);

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
pub(crate) fn correlation() -> CorrelationId {
    samples::correlation("call-1")
}

/// The code of refusals.
pub(crate) fn final_code() -> UpstreamCode {
    UpstreamCode::parse("E-CLOSED").expect("a code")
}

/// Final codes that list it.
pub(crate) fn finals() -> FinalCodes {
    FinalCodes::parse(vec![final_code()]).expect("final codes")
}

async fn send(under_test: &dyn CoreBankUnderTest, order: &SetLevel) -> Answer {
    let (bank, correlation) = (under_test.bank(), correlation());
    within(under_test.limit(), bank.set_level(order, &correlation)).await
}

/// The answer of a call, which must end within its limit.
pub(crate) async fn within<T>(limit: Duration, call: impl Future<Output = T>) -> T {
    timeout(limit + SLACK, call).await.expect("a call ends within its limit")
}

/// Exactly these orders arrived, each once and as it was given.
async fn assert_arrived(under_test: &dyn CoreBankUnderTest, orders: &[SetLevel]) {
    let arrived = under_test.arrived().await;
    // Of a bank that does not dedupe, either all messages have a place for the id, or none has.
    let has_ids = under_test.guarantee() == Guarantee::Dedupes
        || arrived.iter().any(|order| order.transaction_id.is_some());
    let expected = orders.iter().map(ArrivedOrder::of);
    let without_id = |order: ArrivedOrder| ArrivedOrder { transaction_id: None, ..order };
    let expected: Vec<_> =
        expected.map(|order| if has_ids { order } else { without_id(order) }).collect();
    assert_eq!(arrived, expected);
}

fn outcome(order: &SetLevel, answer: &Answer) -> Outcome {
    classify(order, answer, &FinalCodes::default())
}

/// Each order arrives once, with its own account, level and transaction id.
pub async fn an_applied_order_is_applied_as_it_was_given(under_test: &dyn CoreBankUnderTest) {
    let (first, mut second) = (order(ID), order("T1333333"));
    second.arrangement = ArrangementId::parse("AA19337Z8L30").expect("an arrangement");
    second.level = AccountLevel::parse("2B").expect("a level");
    for order in [&first, &second] {
        under_test.will_apply().await;
        let answer = send(under_test, order).await;
        assert_eq!(outcome(order, &answer), Outcome::Applied);
    }
    assert_arrived(under_test, &[first, second]).await;
}

/// A check of the contract.
pub async fn a_refused_order_is_refused_only_with_a_code_listed_as_final(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order(ID);
    let code = final_code();
    under_test.will_refuse(&code).await;
    let answer = send(under_test, &order).await;
    assert_eq!(classify(&order, &answer, &finals()), Outcome::Refused(code));
    assert_eq!(outcome(&order, &answer), Outcome::Unknown(Doubt::UnlistedCode));
    assert_arrived(under_test, &[order]).await;
}

/// A check of the contract.
pub async fn a_lost_connection_is_unknown_and_sends_the_order_once(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order(ID);
    under_test.will_lose_the_connection().await;
    let answer = send(under_test, &order).await;
    assert_eq!(answer, Answer::Lost(Doubt::ConnectionLost));
    assert_arrived(under_test, &[order]).await;
}

/// The bank may have applied what it did not confirm in time.
pub async fn silence_is_unknown_within_the_limit(under_test: &dyn CoreBankUnderTest) {
    let order = order(ID);
    under_test.will_be_silent().await;
    let answer = send(under_test, &order).await;
    assert_eq!(answer, Answer::Lost(Doubt::TimedOut));
    assert_arrived(under_test, &[order]).await;
}

/// A check of the contract.
pub async fn an_unreachable_bank_is_not_sent_and_nothing_arrived(
    under_test: &dyn CoreBankUnderTest,
) {
    under_test.will_be_unreachable().await;
    let answer = send(under_test, &order(ID)).await;
    assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection));
    assert_arrived(under_test, &[]).await;
}

/// The bank was reached once before: a connection that an adapter may have kept must not make
/// "not sent" a guess.
pub async fn a_bank_that_went_away_is_not_sent(under_test: &dyn CoreBankUnderTest) {
    let order_before = order(ID);
    under_test.will_apply().await;
    send(under_test, &order_before).await;
    under_test.will_be_unreachable().await;
    let answer = send(under_test, &order("T1333333")).await;
    assert_eq!(answer, Answer::NotSent(WhyNotSent::NoConnection));
    assert_arrived(under_test, &[order_before]).await;
}

/// A check of the contract.
pub async fn the_same_order_sent_twice_carries_the_same_transaction_id(
    under_test: &dyn CoreBankUnderTest,
) {
    let order = order(ID);
    under_test.will_lose_the_connection().await;
    send(under_test, &order).await;
    under_test.will_apply().await;
    let answer = send(under_test, &order).await;
    assert_eq!(outcome(&order, &answer), Outcome::Applied);
    assert_arrived(under_test, &[order.clone(), order]).await;
}

/// Asks for the level of the sample account.
async fn inquire(under_test: &dyn CoreBankUnderTest) -> LevelAnswer {
    let (bank, correlation) = (under_test.bank(), correlation());
    within(under_test.limit(), bank.inquire(&order(ID).arrangement, &correlation)).await
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
    assert_arrived(under_test, &[]).await;
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
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            core_bank of core_bank, of_bank [
                an_applied_order_is_applied_as_it_was_given
                a_refused_order_is_refused_only_with_a_code_listed_as_final
                a_lost_connection_is_unknown_and_sends_the_order_once
                silence_is_unknown_within_the_limit
                an_unreachable_bank_is_not_sent_and_nothing_arrived
                a_bank_that_went_away_is_not_sent
                the_same_order_sent_twice_carries_the_same_transaction_id
                an_inquiry_shows_the_banks_level
                an_inquiry_without_an_answer_shows_no_level
                an_unreachable_bank_shows_no_level
            ]
            $($adapters)+
        }
    };
}
