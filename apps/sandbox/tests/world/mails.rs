//! Tests each scenario of the simulated mail server, and its journal.

use madoguchi_sandbox::EsbMode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::outside::Outside;

/// A whole conversation, and everything that came back.
async fn mail(outside: &Outside, to: &str) -> String {
    let mut stream = TcpStream::connect(outside.world.smtp_addr()).await.unwrap();
    let text = format!(
        "EHLO me\r\nAUTH PLAIN c2VjcmV0\r\nMAIL FROM:<us@b.jp>\r\nRCPT TO:<{to}>\r\nDATA\r\n\
         Message-ID: <1@b.jp>\r\nSubject: =?utf-8?B?44GT44KT44Gr44Gh44Gv?=\r\n\r\n\
         text\r\n.\r\nQUIT\r\n"
    );
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    // A reset is an end, too.
    _ = stream.read_to_end(&mut said).await;
    String::from_utf8_lossy(&said).into_owned()
}

async fn journal(outside: &Outside) -> Value {
    outside.call("GET", "/world/journal?channel=smtp", "").await.json()
}

#[tokio::test]
async fn each_scenario_accepts_and_answers_as_its_table_says() {
    for (scenario, accepted, said) in [
        ("ok", 1, "250 accepted\r\n221 bye\r\n"),
        ("slow:50", 1, "250 accepted\r\n221 bye\r\n"),
        ("reject_recipient", 0, "550 no such user"),
        ("defer", 0, "451 try again later"),
        // What a reset discards is not read.
        ("cut_before_data", 0, ""),
        ("cut_before_dot", 0, ""),
        ("cut_after_dot", 1, ""),
        ("garbage", 1, "502 Bad Gateway"),
    ] {
        let outside = Outside::start(EsbMode::AbsoluteSet).await;
        outside.set(json!({ "channel": "smtp", "scenario": scenario, "times": 1 })).await;
        let heard = mail(&outside, "c@d.jp").await;
        assert!(heard.contains(said), "{scenario}: {heard}");
        assert_eq!(said.is_empty(), !heard.ends_with("221 bye\r\n"), "{scenario}: {heard}");
        let journal = journal(&outside).await;
        let count = |name: &str| journal[name].as_array().map(Vec::len);
        assert_eq!((count("received"), count("effects")), (Some(1), Some(accepted)), "{scenario}");
        assert_eq!(journal["received"][0]["scenario"], scenario);
        assert!(mail(&outside, "c@d.jp").await.contains("250 accepted"), "{scenario} is used up");
    }
}

#[tokio::test]
async fn the_journal_names_a_mail_and_masks_the_login() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    mail(&outside, "c@d.jp").await;
    let outside = outside.restart(EsbMode::AbsoluteSet).await;
    let journal = journal(&outside).await;
    let effect = &journal["effects"][0];
    let expected = json!({ "messageId": "<1@b.jp>", "to": "c@d.jp", "subject": "こんにちは" });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(effect[name], *value);
    }
    assert_eq!(journal["received"][0]["login"], "***");
    assert!(!outside.file().contains("c2VjcmV0"));
}

#[tokio::test]
async fn a_scenario_for_a_recipient_is_for_nobody_else() {
    let outside = Outside::start(EsbMode::AbsoluteSet).await;
    let setting = json!({ "channel": "smtp", "scenario": "reject_recipient", "key": "c@d.jp" });
    outside.set(setting).await;
    assert!(mail(&outside, "c@d.jp").await.contains("550"));
    assert!(mail(&outside, "e@d.jp").await.contains("250 accepted"));
    let setting = json!({ "channel": "smtp", "scenario": "refused" });
    let refused = outside.call("PUT", "/world/scenario", &setting.to_string()).await;
    assert_eq!(refused.status, Some(400));
}
