//! Tests each scenario of the simulated ESB.

use std::time::Duration;

use madoguchi_sandbox::{EsbMode, World};
use serde_json::{Value, json};

use crate::outside::{Outside, call, free_port};

const REQUEST: &str = include_str!("../da21_request.json");
const ARRANGEMENT: &str = "AA19337Z8L29";

#[tokio::test]
async fn ok_sets_the_level_echoes_the_order_and_journals_both() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let heard = outside.order().await;
    assert_eq!((heard.status, heard.code()), (Some(200), json!("200")));
    let reply = heard.json();
    assert_eq!(reply["amheader"]["TransactionID"], "T1222222");
    assert!(reply["amheader"]["RsTimestamp"].as_str().unwrap().ends_with("+08:00"));
    let customer = &reply["ambody"]["AcctInfoModRs"]["ServiceBody"]["CustInfo"];
    assert_eq!(customer["ArrngId"], ARRANGEMENT);
    assert_eq!(customer["AcctInfo"]["DgtlLvl"], "1A");

    let journal = outside.journal().await;
    let mut effect = journal["effects"][0].clone();
    assert!(effect["at"].take().is_string());
    let expected = json!({
        "arrangementId": ARRANGEMENT, "level": "1A", "transactionId": "T1222222", "at": null,
    });
    assert_eq!(effect, expected);
    let received = &journal["received"][0];
    assert_eq!(received["scenario"], "ok");
    assert_eq!(received["headers"]["acstkn"], "***");
    assert_eq!(received["headers"]["content-type"], "application/json");
    assert_eq!(received["body"], serde_json::from_str::<Value>(REQUEST).unwrap());
}

#[tokio::test]
async fn codes_other_than_success_set_nothing() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    assert_eq!(outside.ordered_under("refused").await.code(), "E-REFUSED");
    assert_eq!(outside.ordered_under("unlisted_code").await.code(), "E-0001");
    assert_eq!(outside.effects().await, 0);
}

#[tokio::test]
async fn http_failures_set_nothing() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    assert_eq!(outside.ordered_under("http_500").await.status, Some(500));
    let busy = outside.ordered_under("http_429").await;
    assert_eq!(busy.status, Some(429));
    assert!(busy.head.contains("retry-after: 1"));
    assert_eq!(outside.effects().await, 0);
}

#[tokio::test]
async fn cut_connections_carry_no_byte_and_differ_in_what_was_done() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    assert_eq!(outside.ordered_under("cut").await.status, None);
    assert_eq!(outside.effects().await, 0);
    assert_eq!(outside.ordered_under("applied_then_cut").await.status, None);
    assert_eq!(outside.effects().await, 1);
}

#[tokio::test]
async fn applied_late_cuts_at_once_and_sets_the_level_later() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    assert_eq!(outside.ordered_under("applied_late:400").await.status, None);
    assert_eq!(outside.effects().await, 0);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(outside.effects().await, 1);
}

#[tokio::test]
async fn what_is_late_does_not_outlive_being_forgotten() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.ordered_under("applied_late:200").await;
    assert_eq!(outside.call("DELETE", "/world", "").await.status, Some(200));
    tokio::time::sleep(Duration::from_millis(400)).await;
    let journal = outside.journal().await;
    assert_eq!(journal, json!({ "received": [], "effects": [] }));
    assert_eq!(outside.order().await.status, Some(200));
}

#[tokio::test]
async fn slow_waits_then_answers_as_ok() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.set(json!({ "channel": "esb", "scenario": "slow:300" })).await;
    let begun = std::time::Instant::now();
    assert_eq!(outside.order().await.code(), "200");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(outside.effects().await, 1);
}

#[tokio::test]
async fn slow_sets_the_level_even_if_the_caller_hung_up() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.set(json!({ "channel": "esb", "scenario": "slow:400" })).await;
    let impatient = tokio::time::timeout(Duration::from_millis(150), outside.order()).await;
    assert!(impatient.is_err());
    assert_eq!(outside.effects().await, 0);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(outside.effects().await, 1);
}

#[tokio::test]
async fn unreadable_answers_follow_a_level_that_was_set() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let garbage = outside.ordered_under("garbage").await;
    assert_eq!(garbage.status, Some(200));
    assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());

    let whole = outside.ordered_under("ok").await.body.len();
    let truncated = outside.ordered_under("truncated").await;
    assert_eq!(truncated.status, Some(200));
    assert_eq!((truncated.announced_length(), truncated.body.len()), (whole, whole / 2));

    let huge = outside.ordered_under("huge").await;
    assert!(huge.body.len() > 4_000_000);
    assert_eq!(huge.code(), "200");

    let wrong = outside.ordered_under("wrong_echo").await.json();
    let customer = &wrong["ambody"]["AcctInfoModRs"]["ServiceBody"]["CustInfo"];
    assert_ne!(customer["ArrngId"], ARRANGEMENT);
    assert_eq!(wrong["amheader"]["TransactionID"], "T1222222");
    assert_eq!(outside.effects().await, 5);
}

#[tokio::test]
async fn what_is_no_da21_request_is_received_and_nothing_more() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    outside.set(json!({ "channel": "esb", "scenario": "cut", "times": 1 })).await;
    let large = "x".repeat(2 << 20);
    for body in ["{", "{}", "[1]", large.as_str()] {
        let heard = outside.call("POST", "/esb", body).await;
        assert!(heard.status == Some(400) || body.len() > 10, "{body:.10}");
    }
    let journal = outside.journal().await;
    let received = journal["received"].as_array().unwrap();
    assert!(received.iter().all(|entry| entry["scenario"] == "malformed"));
    assert_eq!((received.len(), &received[0]["body"]), (4, &json!("{")));
    assert_eq!(journal["effects"], json!([]));
    assert_eq!(outside.order().await.status, None, "no malformed request used the cut up");
}

#[tokio::test]
async fn a_repeat_is_one_more_effect_or_none_as_the_mode_says() {
    for (mode, effects) in [(EsbMode::AbsoluteSet, 3), (EsbMode::Dedupes, 1)] {
        let outside = Outside::start(mode).await;
        outside.ordered_under("applied_then_cut").await;
        assert_eq!(outside.ordered_under("ok").await.code(), "200");
        assert_eq!(outside.order().await.code(), "200");
        assert_eq!(outside.effects().await, effects, "{mode:?}");
    }
}

#[tokio::test]
async fn state_survives_a_restart() {
    let outside = Outside::start(EsbMode::Dedupes).await;
    outside.order().await;
    let setting = json!({ "channel": "esb", "scenario": "cut", "key": ARRANGEMENT, "times": 2 });
    outside.set(setting).await;
    outside.order().await;
    let before = outside.journal().await;
    let outside = outside.restart(EsbMode::Dedupes).await;
    assert_eq!(outside.journal().await, before);
    assert_eq!(outside.order().await.status, None, "one cut was left");
    assert_eq!(outside.order().await.code(), "200");
    assert_eq!(outside.effects().await, 1, "the first effect is not forgotten");
}

#[tokio::test]
async fn two_worlds_do_not_share_a_directory() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let second = World::start(free_port(), outside.data.path(), EsbMode::AbsoluteSet.into()).await;
    assert!(second.unwrap_err().to_string().contains("another --data"));
}

#[tokio::test]
async fn bad_control_calls_name_the_field_and_bad_paths_the_good_ones() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let refusals = [
        ("PUT", "/world/scenario", r#"{"channel":"fax","scenario":"ok"}"#, 400, "channel"),
        ("PUT", "/world/scenario", r#"{"channel":"esb","scenario":"no"}"#, 400, "scenario"),
        ("PUT", "/world/scenario", "nonsense", 400, "JSON object"),
        ("GET", "/world/journal?channel=fax", "", 400, "known channels are: esb"),
        ("GET", "/world/journal", "", 400, "channel"),
        ("GET", "/", "", 404, "POST /esb"),
        ("GET", "/esb", "", 404, "DELETE /world"),
    ];
    for (method, path, body, status, part) in refusals {
        let heard = outside.call(method, path, body).await;
        assert_eq!(heard.status, Some(status), "{method} {path} {body}");
        let message = heard.json()["error"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_each_journaled_once() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let addr = outside.world.addr();
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..300 {
        let body = REQUEST.replace("T1222222", &format!("T{number}"));
        calls.spawn(async move { call(addr, "POST", "/esb", &body).await.status });
    }
    for status in calls.join_all().await {
        assert_eq!(status, Some(200));
    }
    let before = outside.journal().await;
    assert_eq!(before["received"].as_array().unwrap().len(), 300);
    assert_eq!(before["effects"].as_array().unwrap().len(), 300);
    let outside = outside.restart(EsbMode::AbsoluteSet).await;
    assert_eq!(outside.journal().await, before);
}
