//! Every failure of the core bank, and the state in which each must end.

use std::sync::Arc;

use anyhow::ensure;
use madoguchi_journey::caller::is_refusal;
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;
use serde_json::{Value, json};

on_both_databases!(
    an_order_whose_answer_went_wrong_once_ends_confirmed_with_one_act,
    an_order_that_is_refused_for_good_is_rejected_and_the_level_stays,
    an_order_that_stays_unclear_ends_in_manual_and_blocks_no_other,
);

/// A scenario used once, and whether the first answer is already certain.
const ONCE: [(&str, bool); 12] = [
    ("ok", true),
    ("slow:300", true),
    ("slow:2200", false),
    ("unlisted_code", false),
    ("applied_then_cut", false),
    ("cut", false),
    ("applied_late:600", false),
    ("http_500", false),
    ("http_429", false),
    ("garbage", false),
    ("truncated", false),
    ("wrong_echo", false),
];

async fn an_order_whose_answer_went_wrong_once_ends_confirmed_with_one_act(
    store: Store,
) -> anyhow::Result<()> {
    let system = Arc::new(TestSystem::own(store, Vec::new()).await?);
    let mut scenarios = ONCE.to_vec();
    scenarios.push(("huge", false));
    all_at_once(scenarios, move |(scenario, certain)| {
        let system = Arc::clone(&system);
        async move { ends_confirmed(&system, scenario, certain).await }
    })
    .await
    .map(drop)
}

async fn ends_confirmed(system: &TestSystem, scenario: &str, certain: bool) -> anyhow::Result<()> {
    let customer = Customer::verified(system).await?;
    system.world.play(scenario, &customer.arrangement, Some(1)).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    let case = customer.settled(system).await?;
    let timeline = customer.timeline(system).await?;
    ensure!(case["coreBank"]["state"] == "Confirmed", "{scenario}: {case} {timeline}");
    ensure!(case["level"] == "1A", "{scenario}: {case}");
    let journal = system.world.journal().await?;
    let distinct = journal.distinct(&customer.arrangement);
    ensure!(distinct.len() == 1, "{scenario}: {distinct:?}");
    let received = journal.received(&customer.arrangement);
    ensure!(received.len() == if certain { 1 } else { 2 }, "{scenario}: {received:?}");
    let doubts = timeline.as_array().cloned().unwrap_or_default();
    let doubts = doubts.iter().filter(|seen| seen["outcome"] == "unknown").count();
    ensure!(doubts == usize::from(!certain), "{scenario}: {timeline}");
    same_but_for_the_time(received);
    Ok(())
}

/// A retry sends the same message; only its time differs.
fn same_but_for_the_time(received: &[Value]) {
    let timeless = |entry: &Value| {
        let mut body = entry["body"].clone();
        body["amheader"]["RqTimestamp"].take();
        body
    };
    for entry in received {
        assert_eq!(timeless(entry), timeless(&received[0]));
    }
}

async fn an_order_that_is_refused_for_good_is_rejected_and_the_level_stays(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    system.world.play("refused", &customer.arrangement, None).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    let case = customer.settled(&system).await?;
    assert_eq!(case["state"], "CustomerSuccess");
    let at_bank = (&case["coreBank"]["state"], &case["coreBank"]["code"]);
    assert_eq!(at_bank, (&json!("Rejected"), &json!("E-REFUSED")));
    assert_eq!((&case["level"], &case["blockedOn"]), (&json!(""), &Value::Null));
    assert_eq!(customer.level(&system).await?, "");
    let journal = system.world.journal().await?;
    assert_eq!(journal.received(&customer.arrangement).len(), 1);
    assert!(journal.acts(&customer.arrangement).is_empty());
    // The bank's answer is final for the case, not for the customer.
    let again = system.caller.open(&customer.member).await?;
    assert_eq!(again.status, 201, "{}", again.body);
    Ok(())
}

async fn an_order_that_stays_unclear_ends_in_manual_and_blocks_no_other(
    store: Store,
) -> anyhow::Result<()> {
    let changed = vec![("EFFECTS__AMBIGUOUS_TRIES", "2".to_owned())];
    let system = TestSystem::own(store, changed).await?;
    let (stuck, other) = (Customer::verified(&system).await?, Customer::verified(&system).await?);
    system.world.play("cut", &stuck.arrangement, None).await?;
    system.caller.decide(&stuck.member, true).await?.data()?;
    system.caller.decide(&other.member, true).await?.data()?;
    assert_eq!(other.settled(&system).await?["coreBank"]["state"], "Confirmed");
    let case = stuck.settled(&system).await?;
    assert_eq!(case["coreBank"]["state"], "Manual", "{case}");
    assert_eq!(case["coreBank"]["claims"].as_u64().map(|sent| sent >= 2), Some(true), "{case}");
    assert_eq!((&case["level"], &case["targetLevel"]), (&json!(""), &json!("1A")));
    assert_eq!(case["blockedOn"]["what"], "MANUAL_REVIEW");
    let journal = system.world.journal().await?;
    assert_eq!(journal.received(&stuck.arrangement).len(), 2);
    assert!(journal.acts(&stuck.arrangement).is_empty());
    let refused = system.caller.open(&stuck.member).await?;
    assert!(is_refusal(&refused, 409, "UPGRADE_IN_PROGRESS"), "{refused:?}");
    Ok(())
}
