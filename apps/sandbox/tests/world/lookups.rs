//! Tests each scenario of the simulated lookups, and what the journal stores about a request.

use madoguchi_sandbox::EsbMode;
use serde_json::{Value, json};

use crate::outside::{Heard, Outside};

const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";
const CHANNELS: [&str; 2] = ["contextos", "codigo"];

async fn open() -> Outside {
    Outside::start(EsbMode::AbsoluteSet).await
}

/// Sends a lookup on this channel.
async fn ask(outside: &Outside, channel: &str, key: &str) -> Heard {
    let (path, field) =
        if channel == "codigo" { (CODIGO, "codigo_conta") } else { (CONTEXTOS, "contextId") };
    outside.call("POST", path, &json!({ field: key }).to_string()).await
}

async fn journal(outside: &Outside, channel: &str) -> Heard {
    outside.call("GET", &format!("/world/journal?channel={channel}"), "").await
}

/// Sends a lookup on this channel under this scenario.
async fn asked_under(channel: &str, scenario: &str) -> Heard {
    let outside = open().await;
    outside.set(json!({ "channel": channel, "scenario": scenario })).await;
    ask(&outside, channel, "CTX0001").await
}

#[tokio::test]
async fn ok_answers_the_sources_examples_and_the_ten_callers() {
    let outside = open().await;
    let example: Value = serde_json::from_str(include_str!("../contextos_reply.json")).unwrap();
    assert_eq!(ask(&outside, "contextos", "123123213").await.json(), example);
    let example: Value = serde_json::from_str(include_str!("../codigo_reply.json")).unwrap();
    assert_eq!(ask(&outside, "codigo", "341341150100098790").await.json(), example);
    let known = ask(&outside, "contextos", "Q1RYMDAwMQ==").await.json();
    assert_eq!((&known["code"], &known["payload"]["u_id"]), (&json!("0"), &json!("AUT")));
    let owner = ask(&outside, "codigo", "341341150000052061").await.json();
    assert_eq!(owner["data"]["nome_completo"], "Maria Silva");
}

#[tokio::test]
async fn each_refusal_has_its_status_and_code_1() {
    for channel in CHANNELS {
        for (scenario, status) in [("http_401", 401), ("http_404", 404)] {
            let heard = asked_under(channel, scenario).await;
            assert_eq!((heard.status, &heard.json()["code"]), (Some(status), &json!("1")));
        }
        let heard = asked_under(channel, "http_500").await;
        assert_eq!(heard.status, Some(500));
        assert!(serde_json::from_slice::<Value>(&heard.body).is_err());
    }
    for (channel, status) in [("contextos", 200), ("codigo", 500)] {
        let heard = asked_under(channel, "business_failure").await;
        assert_eq!((heard.status, &heard.json()["code"]), (Some(status), &json!("1")));
    }
}

#[tokio::test]
async fn garbage_and_half_an_answer_are_no_json() {
    for channel in CHANNELS {
        let garbage = asked_under(channel, "garbage").await;
        assert!(serde_json::from_slice::<Value>(&garbage.body).is_err());
        let half = asked_under(channel, "truncated").await;
        assert_eq!(half.body.len(), half.announced_length() / 2);
    }
}

#[tokio::test]
async fn the_other_shape_says_the_same() {
    let outside = open().await;
    for channel in CHANNELS {
        outside.set(json!({ "channel": channel, "scenario": "object_for_array" })).await;
    }
    let owner = ask(&outside, "codigo", "341341150000052061").await.json();
    assert_eq!(owner["data"]["telefones"]["numero"], "987654321");
    let context = ask(&outside, "contextos", "CTX0001").await.json();
    assert_eq!(context["payload"]["contexto"][0]["u_cpf"], "52998224725");
}

#[tokio::test]
async fn slow_waits_and_a_key_and_a_number_of_times_hold_here_too() {
    let outside = open().await;
    let slow = json!({ "channel": "codigo", "scenario": "slow:300", "key": "K", "times": 1 });
    outside.set(slow).await;
    let took = async |key: &str| {
        let began = std::time::Instant::now();
        assert_eq!(ask(&outside, "codigo", key).await.status, Some(200));
        began.elapsed().as_millis()
    };
    assert!(took("K").await >= 300, "it waits at least as long");
    outside
        .set(json!({ "channel": "codigo", "scenario": "http_404", "key": "K", "times": 1 }))
        .await;
    assert_eq!(ask(&outside, "codigo", "other").await.status, Some(200));
    assert_eq!(ask(&outside, "codigo", "K").await.status, Some(404));
    assert_eq!(ask(&outside, "codigo", "K").await.status, Some(200));
}

#[tokio::test]
async fn the_journal_keeps_questions_by_channel_without_credentials_and_over_a_restart() {
    let outside = open().await;
    ask(&outside, "contextos", "CTX0001").await;
    outside.call("POST", CODIGO, "{\"codigo_conta\":7}").await;
    let outside = outside.restart(EsbMode::AbsoluteSet).await;
    let journal = async |channel: &str| journal(&outside, channel).await.json();
    let contexts = journal("contextos").await;
    assert_eq!(contexts["received"][0]["body"]["contextId"], "CTX0001");
    assert_eq!(contexts["received"][0]["headers"]["acstkn"], "***");
    assert_eq!(contexts["effects"], json!([]));
    assert_eq!(journal("codigo").await["received"][0]["scenario"], "malformed");
    assert_eq!(journal("esb").await["received"], json!([]));
}

#[tokio::test]
async fn no_credential_of_a_lookup_stands_in_the_journal_or_in_its_file() {
    let outside = open().await;
    let names = ["userName", "password", "x-itau-apikey", "x-app-key"];
    let canaries: String = names.iter().map(|name| format!("{name}: CANARY-{name}\r\n")).collect();
    let headers = format!("{canaries}x-itau-flowID: flow-1\r\n");
    for (path, body) in
        [(CONTEXTOS, r#"{"contextId":"A"}"#), (CODIGO, r#"{"codigo_conta":"1"}"#), (CODIGO, "{")]
    {
        outside.post_with(path, &headers, body).await;
    }
    for (channel, count) in [("contextos", 1), ("codigo", 2)] {
        let heard = journal(&outside, channel).await;
        let shown = String::from_utf8(heard.body.clone()).unwrap();
        assert!(!shown.contains("CANARY"), "{shown}");
        let received = heard.json()["received"].take();
        assert_eq!(received.as_array().unwrap().len(), count);
        for entry in received.as_array().unwrap() {
            assert!(names.iter().all(|name| entry["headers"][name.to_lowercase()] == "***"));
            assert_eq!(entry["headers"]["x-itau-flowid"], "flow-1");
        }
    }
    let file = outside.file();
    assert!(file.contains("flow-1") && !file.contains("CANARY"), "{file}");
}

#[tokio::test]
async fn what_is_forgotten_is_out_of_the_file_too() {
    let outside = open().await;
    outside.set(json!({ "channel": "codigo", "scenario": "http_404" })).await;
    ask(&outside, "contextos", "CTX0001").await;
    assert_eq!(outside.call("DELETE", "/world", "").await.status, Some(200));
    assert_eq!(outside.file(), "");
    assert_eq!(ask(&outside, "codigo", "K").await.status, Some(200));
    let outside = outside.restart(EsbMode::AbsoluteSet).await;
    assert_eq!(journal(&outside, "contextos").await.json()["received"], json!([]));
    assert_eq!(journal(&outside, "codigo").await.json()["received"][0]["scenario"], "ok");
}

#[test]
fn the_sources_examples_are_the_same_bytes_wherever_they_are_kept() {
    let context = include_bytes!("../contextos_reply.json");
    let owner = include_bytes!("../codigo_reply.json");
    let others: [(&[u8], &[u8], &str); 4] = [
        (
            context,
            include_bytes!("../../../../crates/itau/tests/fixtures/contextos_reply.json"),
            "crates/itau/tests/fixtures/contextos_reply.json",
        ),
        (
            context,
            include_bytes!("../../../../crates/itau/fuzz/corpus/contextos_reply/read-source.json"),
            "crates/itau/fuzz/corpus/contextos_reply/read-source.json",
        ),
        (
            owner,
            include_bytes!("../../../../crates/itau/tests/fixtures/codigo_reply.json"),
            "crates/itau/tests/fixtures/codigo_reply.json",
        ),
        (
            owner,
            include_bytes!("../../../../crates/itau/fuzz/corpus/codigo_reply/read-source.json"),
            "crates/itau/fuzz/corpus/codigo_reply/read-source.json",
        ),
    ];
    for (ours, other, path) in others {
        assert!(ours == other, "{path} differs from the sandbox's");
    }
}
