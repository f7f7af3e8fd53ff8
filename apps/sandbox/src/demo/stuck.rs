//! The demo's journey of an order that is stuck: found, explained, and resolved by two people.

use std::time::{Duration, Instant};

use anyhow::ensure;
use madoguchi_client::{ApiAnswer, Client, EffectDetail, ProposeResolution, ResolutionReceipt};

use crate::tokens;

use super::context::DemoContext;
use super::customer::Customer;
use super::walk::Walk;

pub(super) const TITLE: &str = "An order is stuck, and two people resolve it";

const KIND: &str = "SetLevel";
const UNTIL_STUCK: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Long enough for several sweeps: what the machine still had would have been sent.
const TO_BE_SURE: Duration = Duration::from_millis(700);

pub(super) async fn walk(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let mut customer = Customer::register(demo).await?;
    customer.play("cut").await?;
    walk.note("the bank will drop every order without an answer");
    customer.come_to_verdict(walk).await?;
    customer.decide(true).await?.data()?;
    let [one, other] = [tokens::OPERATOR, tokens::OPERATOR_2].map(|token| demo.as_user(token));
    let walked = resolve(&customer, (&one, &other), walk).await;
    let drawn = customer.draw(walk).await;
    walked.and(drawn)
}

async fn resolve(
    customer: &Customer<'_>,
    (one, other): (&Client, &Client),
    walk: &mut Walk,
) -> anyhow::Result<()> {
    let id = customer.case();
    let found = one.effects(&[("kind", KIND), ("subject", id)]).await?.data()?;
    walk.same(found.len(), 1, "an operator finds the order");
    let proposed = proposed(one, id).await?;
    walk.same(proposed.status, 201, "and proposes to send it again, once the bank is repaired");
    let detail = one.effect(KIND, id).await?.data()?;
    walk.same(&*detail.effect.state, "Manual", "people have it: nothing is sent meanwhile");
    let waits = detail.effect.blocked_on.as_ref().map(|it| &*it.what);
    walk.same(waits, Some("MANUAL_REVIEW"), "and the order says what it waits for");
    customer.play("ok").await?;
    walk.note("the bank is repaired");
    let before = customer.at_bank().await?.received(&customer.arrangement).len();
    tokio::time::sleep(TO_BE_SURE).await;
    let after = customer.at_bank().await?.received(&customer.arrangement).len();
    walk.same(after, before, "still nothing is sent before a second person agrees");
    let hash = shown(&detail)?;
    let own = one.approve_resolution(KIND, id, &hash).await?;
    walk.same((own.status, &*own.code()), (403, "FOUR_EYES"), "the same person cannot approve it");
    let approved = other.approve_resolution(KIND, id, &hash).await?;
    walk.same(approved.status, 200, "another operator reads it and approves");
    let settling = customer.settle().await?;
    walk.same(settling.seen.last().map(String::as_str), Some("Confirmed"), "the bank confirms");
    let distinct = customer.at_bank().await?.distinct(&customer.arrangement).len();
    walk.same(distinct, 1, "under the same transaction id");
    walk.same(&*customer.level().await?, "1A", "our record says 1A");
    Ok(())
}

/// Proposes to send the order again, as soon as its outcome is unknown for long enough.
async fn proposed(operator: &Client, id: &str) -> anyhow::Result<ApiAnswer<ResolutionReceipt>> {
    let proposal = ProposeResolution {
        outcome: "Planned".to_owned(),
        reason: "the bank was down, and is repaired".to_owned(),
        evidence: None,
    };
    let deadline = Instant::now() + UNTIL_STUCK;
    loop {
        let answer = operator.propose_resolution(KIND, id, &proposal).await?;
        if answer.code() != "EFFECT_IN_PROGRESS" {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "the order is worked on for too long");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

fn shown(detail: &EffectDetail) -> anyhow::Result<String> {
    let open = detail.resolution.as_ref();
    let hash = open.map(|it| it.content_hash.clone());
    hash.ok_or_else(|| anyhow::anyhow!("the effect shows no open resolution"))
}
