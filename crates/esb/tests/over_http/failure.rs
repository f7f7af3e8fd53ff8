//! Tests what this adapter reports of each upstream failure, beside the suite of every HTTP bank.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use madoguchi_domain::effect::{Doubt, Outcome};
use madoguchi_domain::port::CoreBank;
use madoguchi_domain::upgrade::{Answer, FinalCodes, Reply, classify};
use madoguchi_esb::{EsbSettings, UpstreamSettings};
use madoguchi_testkit::contract::core_bank::order;
use madoguchi_testkit::server::http_stub::{HttpStub, Received, StubBehaviour, StubResponse};

use crate::bank;

/// Longer than any reply takes on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);

/// Sends the sample order to a bank with this behaviour.
async fn sent_to(behaviour: StubBehaviour) -> (Answer, Vec<Received>) {
    sent_within(PATIENT, behaviour).await
}

async fn sent_within(timeout: Duration, behaviour: StubBehaviour) -> (Answer, Vec<Received>) {
    let stub = HttpStub::start().await.unwrap();
    stub.next(behaviour);
    let usual = EsbSettings::new(stub.url("/da21"));
    let upstream = UpstreamSettings { connect_timeout: timeout / 2, timeout, ..usual.upstream };
    let esb = bank::esb(EsbSettings { upstream, ..usual });
    let answer = esb.set_level(&order("T1222222"), &bank::correlation()).await;
    assert!(stub.connections() == 1, "one connection");
    (answer, stub.received())
}

async fn assert_lost(behaviour: StubBehaviour, doubt: Doubt) {
    let case = format!("{behaviour:?}");
    let timeout = if doubt == Doubt::TimedOut { Duration::from_millis(500) } else { PATIENT };
    let (answer, received) = sent_within(timeout, behaviour).await;
    assert_eq!(answer, Answer::Lost(doubt), "{case}");
    assert_eq!(received.len(), 1, "{case}");
}

async fn assert_applied(behaviour: StubBehaviour) {
    let (answer, received) = sent_to(behaviour).await;
    let meaning = classify(&order("T1222222"), &answer, &FinalCodes::default());
    assert_eq!((meaning, received.len()), (Outcome::Applied, 1));
}

#[tokio::test]
async fn an_order_is_one_json_post() {
    let (_, received) = sent_to(StubBehaviour::Respond(bank::applied())).await;
    assert_eq!((received[0].method(), received[0].path()), ("POST", "/da21"));
    assert_eq!(received[0].header("content-type"), Some("application/json"));
    let order = received[0].json();
    assert_eq!(order["amheader"]["RqTimestamp"], "2026-11-22T09:02:03.45+08:00");
}

#[tokio::test]
async fn a_connection_that_ends_too_early_is_lost_and_nothing_is_sent_again() {
    assert_lost(StubBehaviour::Close, Doubt::ConnectionLost).await;
    assert_lost(StubBehaviour::Reset, Doubt::ConnectionLost).await;
    assert_lost(StubBehaviour::Raw(b"HTTP/1.1 200".to_vec()), Doubt::ConnectionLost).await;
    assert_lost(StubBehaviour::Raw(b"220 mail.example ESMTP\r\n".to_vec()), Doubt::ConnectionLost)
        .await;
    for after in [0, 1, 40] {
        let response = bank::applied();
        assert_lost(StubBehaviour::Cut { response, after }, Doubt::ConnectionLost).await;
    }
}

#[tokio::test]
async fn silence_is_a_time_out_and_never_not_sent() {
    assert_lost(StubBehaviour::Hang, Doubt::TimedOut).await;
    let slow = |pause| StubBehaviour::Dribble { response: bank::applied(), pause };
    assert_lost(slow(Duration::from_millis(20)), Doubt::TimedOut).await;
}

#[tokio::test]
async fn a_reply_in_many_pieces_is_read() {
    assert_applied(StubBehaviour::Dribble { response: bank::applied(), pause: Duration::ZERO })
        .await;
    assert_applied(StubBehaviour::Respond(bank::applied().unmeasured())).await;
}

#[tokio::test]
async fn a_status_other_than_200_is_reported_alone_and_its_body_is_not_read() {
    for status in [201, 202, 204, 400, 401, 404, 408, 421, 429, 500, 502, 503, 504] {
        let endless = StubResponse { status, ..bank::applied() };
        let (answer, received) = sent_to(StubBehaviour::Cut { response: endless, after: 3 }).await;
        assert_eq!(answer, Answer::Replied(Reply { status, ..Reply::default() }));
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn a_reply_is_read_up_to_the_limit_and_not_a_byte_further() {
    let most = 64 * 1024;
    let padded = |length: usize| {
        let mut response = bank::applied();
        response.body.resize(length, b' ');
        response
    };
    for response in [padded(most), padded(most).unmeasured()] {
        assert_applied(StubBehaviour::Respond(response)).await;
    }
    for response in [padded(most + 1), padded(most + 1).unmeasured(), padded(most * 64)] {
        assert_lost(StubBehaviour::Respond(response), Doubt::TooLarge).await;
    }
    // The announced length alone is too large; the body is never sent.
    let response = padded(most + 1);
    assert_lost(StubBehaviour::Cut { response, after: 0 }, Doubt::TooLarge).await;
}

#[tokio::test]
async fn a_compressed_reply_is_not_asked_for_and_not_read() {
    let packed = StubResponse { body: vec![0x1f, 0x8b, 8, 0], ..bank::applied() };
    let packed = packed.with_header("content-encoding", "gzip");
    let (answer, received) = sent_to(StubBehaviour::Respond(packed)).await;
    assert_eq!(answer, Answer::Lost(Doubt::Unreadable));
    assert_eq!(received[0].header("accept-encoding"), None);
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_doubt_and_nothing_else() {
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    sent_to(StubBehaviour::Respond(bank::applied())).await;
    sent_to(StubBehaviour::Respond(StubResponse::json(200, "canary-body"))).await;
    drop(guard);
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("unreadable") && written.contains("status=200"), "{written}");
    for secret in ["AA19337Z8L29", "canary", "T1222222"] {
        assert!(!written.contains(secret), "{secret} in {written}");
    }
}
