//! The demo's journeys of an upgrade: the steps, and the checks of their result.

use std::time::Duration;

use madoguchi_client::{ApiAnswer, Done};
use serde_json::{Value, json};

use crate::world::{EsbMode, EsbOptions};
use crate::world_client::Journal;

use super::context::DemoContext;
use super::customer::Customer;
use super::walk::Walk;

/// Long enough for several sweeps: every planned effect would have been sent.
const TO_BE_SURE: Duration = Duration::from_millis(700);

/// The journeys of an upgrade.
#[derive(Debug, Clone, Copy)]
pub(super) enum Upgrade {
    Passed,
    LostAnswer,
    Refused,
    NotPassed,
    SaidTwice,
}

impl Upgrade {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Passed => "A customer passes, and the core bank raises the level",
            Self::LostAnswer => "The core bank raises the level, but its answer is lost",
            Self::Refused => "The core bank refuses finally",
            Self::NotPassed => "A customer does not pass",
            Self::SaidTwice => "The same verdict twice, then the opposite",
        }
    }

    pub(super) async fn walk(self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        let mut customer = Customer::register(demo).await?;
        walk.note("an operator registers a new member");
        let walked = match self {
            Self::Passed => passed(&mut customer, walk).await,
            Self::LostAnswer => lost_answer(&mut customer, walk, demo.esb).await,
            Self::Refused => refused(&mut customer, walk).await,
            Self::NotPassed => not_passed(&mut customer, walk).await,
            Self::SaidTwice => said_twice(&mut customer, walk).await,
        };
        let drawn = customer.draw(walk).await;
        walked.and(drawn)
    }
}

fn is_plain_success(answer: &ApiAnswer<Done>) -> bool {
    (answer.status, answer.body.as_str()) == (200, r#"{"success":true,"data":{}}"#)
}

/// The numbers of requests and of effects that the bank has for this customer.
fn counts(bank: &Journal, customer: &Customer<'_>) -> (usize, usize) {
    let arrangement = &customer.arrangement;
    (bank.received(arrangement).len(), bank.acts(arrangement).len())
}

async fn say(customer: &Customer<'_>, passed: bool, walk: &mut Walk) -> anyhow::Result<()> {
    let answer = customer.decide(passed).await?;
    let claim = format!("verdict isPass={passed}: exactly the source's answer");
    walk.check(is_plain_success(&answer), &claim);
    if !is_plain_success(&answer) {
        walk.note(&format!("got {} {}", answer.status, answer.body));
    }
    Ok(())
}

async fn passed(customer: &mut Customer<'_>, walk: &mut Walk) -> anyhow::Result<()> {
    customer.come_to_verdict(walk).await?;
    say(customer, true, walk).await?;
    let settling = customer.settle().await?;
    walk.same(&*settling.case.state, "CustomerSuccess", "the case is CustomerSuccess");
    walk.same(settling.seen.last().map(String::as_str), Some("Confirmed"), "the bank confirmed");
    let bank = customer.at_bank().await?;
    let txn_id = "/body/ambody/AcctInfoModRq/ServiceHeader/TxnId";
    let is_da21 = |entry: &Value| entry.pointer(txn_id) == Some(&json!("DA21"));
    let requests = bank.received(&customer.arrangement);
    walk.check(requests.iter().any(is_da21), "the bank received DA21");
    walk.same(requests.len(), 1, "once");
    let effects = bank.acts(&customer.arrangement);
    walk.same(effects.len(), 1, "the bank set one level, once");
    let levels: Vec<&str> = effects.iter().map(|(level, _)| level.as_str()).collect();
    walk.same(levels, vec!["1A"], "to 1A");
    walk.same(&*customer.level().await?, "1A", "our record says 1A, confirmed");
    Ok(())
}

async fn lost_answer(
    customer: &mut Customer<'_>,
    walk: &mut Walk,
    esb: EsbOptions,
) -> anyhow::Result<()> {
    customer.play_once("applied_then_cut").await?;
    walk.note("the bank will set the level and drop the connection");
    customer.come_to_verdict(walk).await?;
    say(customer, true, walk).await?;
    let settling = customer.settle().await?;
    let in_doubt = settling.seen.iter().any(|state| state == "Unknown");
    walk.check(in_doubt, "without an answer the effect is Unknown, not failed");
    walk.check(settling.blocked_on.is_some(), "the case says what it is blocked on");
    walk.note(&format!("blocked on: {}", settling.blocked_on.as_deref().unwrap_or("nothing")));
    walk.same(settling.seen.last().map(String::as_str), Some("Confirmed"), "then Confirmed");
    walk.note(&settling.seen.join(" → "));
    let bank = customer.at_bank().await?;
    walk.same(
        bank.distinct(&customer.arrangement).len(),
        1,
        "one distinct (arrangement, level, transactionId)",
    );
    let (received, effects) = counts(&bank, customer);
    if esb.inquiry {
        let inquiries = bank.inquired(&customer.arrangement).len();
        walk.same(inquiries, 1, "the bank was asked for the level, once");
        walk.same((received, effects), (1, 1), "and showed it: the order was not repeated");
    } else {
        walk.same(received, 2, "the bank got it twice: the first answer was lost");
        match esb.mode {
            EsbMode::AbsoluteSet => walk.same(effects, 2, "each set the same level: harmless"),
            EsbMode::Dedupes => walk.same(effects, 1, "the bank applied it once"),
        }
    }
    walk.same(&*customer.level().await?, "1A", "our record says 1A, confirmed");
    Ok(())
}

async fn refused(customer: &mut Customer<'_>, walk: &mut Walk) -> anyhow::Result<()> {
    customer.play_once("refused").await?;
    walk.note("the bank will answer E-REFUSED, which is listed as final");
    let before = customer.level().await?;
    customer.come_to_verdict(walk).await?;
    say(customer, true, walk).await?;
    let settling = customer.settle().await?;
    walk.same(settling.seen.last().map(String::as_str), Some("Rejected"), "the effect is Rejected");
    let case = &*settling.case.state;
    walk.same(case, "CustomerSuccess", "the customer still passed: CustomerSuccess");
    walk.same(customer.level().await?, before, "our record has no level that the bank refused");
    tokio::time::sleep(TO_BE_SURE).await;
    let bank = customer.at_bank().await?;
    walk.same(counts(&bank, customer), (1, 0), "one request, no effect at the bank");
    Ok(())
}

async fn not_passed(customer: &mut Customer<'_>, walk: &mut Walk) -> anyhow::Result<()> {
    let before = customer.level().await?;
    customer.come_to_verdict(walk).await?;
    say(customer, false, walk).await?;
    let case = customer.read().await?;
    walk.same(&*case.state, "CustomerFailure", "the case is CustomerFailure");
    walk.same(case.core_bank, None, "there is no core-bank effect");
    walk.same(customer.level().await?, before, "the level is unchanged");
    tokio::time::sleep(TO_BE_SURE).await;
    let bank = customer.at_bank().await?;
    walk.same(counts(&bank, customer), (0, 0), "the bank received nothing");
    Ok(())
}

async fn said_twice(customer: &mut Customer<'_>, walk: &mut Walk) -> anyhow::Result<()> {
    customer.come_to_verdict(walk).await?;
    say(customer, true, walk).await?;
    say(customer, true, walk).await?;
    let opposite = customer.decide(false).await?;
    let expected = (409, "UPGRADE_CONTRADICTION");
    walk.same((opposite.status, &*opposite.code()), expected, "the opposite verdict is refused");
    let settling = customer.settle().await?;
    walk.same(settling.seen.last().map(String::as_str), Some("Confirmed"), "the bank confirmed");
    let case = &*settling.case.state;
    walk.same(case, "CustomerSuccess", "the first verdict remains: CustomerSuccess");
    let moves = customer.times_in("CustomerSuccess").await?;
    walk.same(moves, 1, "the case changed state once");
    let bank = customer.at_bank().await?;
    walk.same(counts(&bank, customer), (1, 1), "and the bank received one order");
    Ok(())
}
