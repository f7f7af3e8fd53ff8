//! Tests that effects which are pending when the world stops are applied once after a restart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use madoguchi_sandbox::EsbMode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outside::Outside;

/// Stops a world that received an order under this scenario and has not applied it yet.
async fn stopped_after(scenario: &str) -> TempDir {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.set(json!({ "channel": "esb", "scenario": scenario, "times": 1 })).await;
    let answer = tokio::time::timeout(ms(100), outside.order()).await;
    assert!(answer.is_err() || answer.is_ok_and(|heard| heard.status.is_none()));
    assert_eq!(outside.effects().await, 0);
    outside.stop().await
}

async fn resume(data: TempDir) -> Outside {
    Outside::resume(data, EsbMode::AbsoluteSet).await
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The time between the first request and the only effect.
fn delay(journal: &Value) -> SignedDuration {
    let at = |list: &str| journal[list][0]["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(journal["effects"].as_array().unwrap().len(), 1);
    at("effects").duration_since(at("received"))
}

#[tokio::test]
async fn a_restarted_world_applies_a_pending_effect_when_due() {
    for scenario in ["applied_late:1000", "slow:1000"] {
        let outside = resume(stopped_after(scenario).await).await;
        assert_eq!(outside.effects().await, 0, "{scenario}");
        tokio::time::sleep(ms(1300)).await;
        let delay = delay(&outside.journal().await);
        assert!(delay >= SignedDuration::from_millis(1000), "{scenario}: {delay:?}");
        let outside = outside.restart(EsbMode::AbsoluteSet).await;
        assert_eq!(outside.effects().await, 1, "{scenario}: it is not applied again");
    }
}

#[tokio::test]
async fn an_overdue_effect_is_applied_at_the_start() {
    for scenario in ["applied_late:400", "slow:400"] {
        let data = stopped_after(scenario).await;
        tokio::time::sleep(ms(500)).await;
        let outside = resume(data).await;
        assert_eq!(outside.effects().await, 1, "{scenario}");
        assert_eq!(outside.order().await.code(), "200");
        assert_eq!(outside.effects().await, 2, "{scenario}: a later order has its own effect");
    }
}

#[tokio::test]
async fn a_reset_deletes_effects_pending_over_a_restart() {
    let outside = resume(stopped_after("applied_late:600").await).await;
    assert_eq!(outside.call("DELETE", "/world", "").await.status, Some(200));
    let outside = outside.restart(EsbMode::AbsoluteSet).await;
    tokio::time::sleep(ms(800)).await;
    assert_eq!(outside.journal().await, json!({ "received": [], "effects": [] }));
}

#[tokio::test]
async fn a_repeated_order_deduplicates_a_pending_effect() {
    let data = stopped_after("applied_late:400").await;
    let outside = Outside::resume(data, EsbMode::Dedupes).await;
    outside.order().await;
    tokio::time::sleep(ms(600)).await;
    assert_eq!(outside.effects().await, 1);
}

#[tokio::test]
async fn a_kill_during_a_write_applies_no_effect_twice() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.ordered_under("applied_late:1").await;
    outside.ordered_under("ok").await;
    outside.ordered_under("cut").await;
    let mut data = outside.stop().await;
    let path = data.path().join("world.jsonl");
    let whole = std::fs::read_to_string(&path).unwrap();
    for length in (0..=whole.len()).step_by(5) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let complete = whole[..length].matches('\n').count();
        let orders = whole.lines().take(complete).filter(|line| line.contains("\"pending\""));
        let outside = resume(data).await;
        assert_eq!(outside.effects().await, orders.count(), "after {length} bytes");
        data = outside.stop().await;
    }
}
