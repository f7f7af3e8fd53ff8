//! Tests that the simulated ESB answers inquiries with what it has really set, if it is asked to.

use madoguchi_sandbox::EsbMode;
use serde_json::{Value, json};

use crate::outside::{Heard, Outside};

const REQUEST: &str = include_str!("../da21_request.json");

/// The inquiry about the sample order's arrangement.
fn inquiry() -> String {
    let mut message: Value = serde_json::from_str(REQUEST).unwrap();
    message["amheader"]["OperationName"] = json!("AcctInfoInq");
    message["amheader"]["TransactionID"] = json!("Q1");
    let mut root = message["ambody"]["AcctInfoModRq"].take();
    root["ServiceHeader"]["TxnId"] = json!("DA21INQ");
    root["ServiceBody"]["CustInfo"] = json!({ "ArrngId": "AA19337Z8L29" });
    message["ambody"] = json!({ "AcctInfoInqRq": root });
    message.to_string()
}

async fn inquire(outside: &Outside) -> Heard {
    outside.call("POST", "/esb", &inquiry()).await
}

async fn shown(outside: &Outside) -> Value {
    let reply = inquire(outside).await.json();
    assert_eq!(reply["amheader"]["TransactionID"], "Q1");
    let body = &reply["ambody"]["AcctInfoInqRs"]["ServiceBody"];
    assert_eq!(body["RtrnStatCode"][0]["RtrnCode"], "200");
    assert_eq!(body["CustInfo"]["ArrngId"], "AA19337Z8L29");
    body["CustInfo"]["AcctInfo"]["DgtlLvl"].clone()
}

#[tokio::test]
async fn an_inquiry_shows_what_was_set_in_every_scenario_and_uses_none() {
    let outside = Outside::with_inquiries().await;
    assert_eq!(shown(&outside).await, "");
    outside.set(json!({ "channel": "esb", "scenario": "cut", "times": 1 })).await;
    assert_eq!(shown(&outside).await, "");
    assert_eq!(outside.order().await.status, None, "the scenario was left to the order");
    assert_eq!(shown(&outside).await, "");
    assert_eq!(outside.ordered_under("applied_then_cut").await.status, None);
    assert_eq!(shown(&outside).await, "1A");
    assert_eq!(outside.effects().await, 1);
    let journal = outside.journal().await;
    let scenarios = journal["received"].as_array().unwrap().iter().map(|it| &it["scenario"]);
    let expected = ["inquiry", "inquiry", "cut", "inquiry", "applied_then_cut", "inquiry"];
    assert_eq!(scenarios.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_pending_level_is_not_shown_before_it_is_set() {
    let outside = Outside::with_inquiries().await;
    assert_eq!(outside.ordered_under("applied_late:600").await.status, None);
    assert_eq!(shown(&outside).await, "");
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert_eq!(shown(&outside).await, "1A");
}

#[tokio::test]
async fn without_the_option_an_inquiry_is_malformed() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let heard = inquire(&outside).await;
    assert_eq!(heard.status, Some(400));
    assert!(heard.json()["error"].as_str().unwrap().contains("--esb-inquiry"));
    let journal = outside.journal().await;
    assert_eq!(journal["received"][0]["scenario"], "malformed");
}

#[tokio::test]
async fn an_inquiry_with_a_level_is_no_inquiry() {
    let outside = Outside::with_inquiries().await;
    let with_level =
        inquiry().replace("\"AA19337Z8L29\"", "\"A1\",\"AcctInfo\":{\"DgtlLvl\":\"1A\"}");
    let heard = outside.call("POST", "/esb", &with_level).await;
    assert_eq!(heard.status, Some(400));
    assert!(heard.json()["error"].as_str().unwrap().starts_with("DgtlLvl"));
}
