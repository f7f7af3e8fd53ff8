//! Calls an upstream over a real socket: what is sent, and what is read of the reply.
#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

use std::time::Duration;

use madoguchi_testkit::server::http_stub::{HttpStub, StubBehaviour, StubResponse};
use madoguchi_upstream::{Call, Charset, Connections, Failure, HttpUpstream, UpstreamSettings};

const SOON: Duration = Duration::from_secs(5);

fn upstream(url: String, connections: Connections) -> HttpUpstream {
    HttpUpstream::new(UpstreamSettings { connections, ..UpstreamSettings::new(url) }).unwrap()
}

fn call(path: &str) -> Call<'_> {
    Call { path, headers: &[("x-flow", "f-1"), ("password", "p")], body: b"{}", within: SOON }
}

async fn answer(upstream: &HttpUpstream, call: Call<'_>) -> Result<(u16, String), Failure> {
    let response = upstream.post(call).await?;
    Ok((response.status(), response.text().await?))
}

#[tokio::test]
async fn a_call_is_one_json_post_with_its_headers() {
    let stub = HttpStub::start().await.unwrap();
    stub.next(StubBehaviour::Respond(StubResponse::json(404, "[]")));
    let upstream = upstream(stub.url("/base/"), Connections::Fresh);
    assert_eq!(answer(&upstream, call("/itau/codigo")).await, Ok((404, "[]".to_owned())));
    let received = &stub.received()[0];
    assert_eq!((received.method(), received.path()), ("POST", "/base/itau/codigo"));
    assert_eq!(received.header("x-flow"), Some("f-1"));
    assert_eq!(received.header("content-type"), Some("application/json"));
    assert_eq!(received.body.as_deref(), Some(&b"{}"[..]));
}

#[tokio::test]
async fn a_reply_is_read_by_its_own_charset_or_ours() {
    let stub = HttpStub::start().await.unwrap();
    let settings =
        UpstreamSettings { charset: Charset::BIG5, ..UpstreamSettings::new(stub.url("")) };
    let upstream = HttpUpstream::new(settings).unwrap();
    for (content_type, body, text) in [
        ("application/json", &b"\xa5\xe6\xa9\xf6"[..], "交易"),
        ("application/json", "交易".as_bytes(), "交易"),
        ("application/json; charset=iso-8859-1", b"s\xe3o", "são"),
    ] {
        let response = StubResponse::new(200, body).with_header("content-type", content_type);
        stub.next(StubBehaviour::Respond(response));
        assert_eq!(
            answer(&upstream, call("/")).await,
            Ok((200, text.to_owned())),
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn without_a_path_the_address_stands_as_it_was_given() {
    let stub = HttpStub::start().await.unwrap();
    let upstream = upstream(stub.url("/da21/?a=b"), Connections::Fresh);
    answer(&upstream, call("")).await.unwrap();
    assert_eq!(stub.received()[0].path(), "/da21/?a=b");
}

#[tokio::test]
async fn a_connection_is_kept_only_when_that_was_wanted() {
    for (connections, expected) in [(Connections::Fresh, 3), (Connections::Kept, 1)] {
        let stub = HttpStub::start().await.unwrap();
        let upstream = upstream(stub.url(""), connections);
        for _ in 0..3 {
            stub.next(StubBehaviour::Respond(StubResponse::json(200, "{}")));
            answer(&upstream, call("/")).await.unwrap();
        }
        assert_eq!(stub.connections(), expected, "{connections:?}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_is_told_and_not_hidden_by_a_second_try() {
    let stub = HttpStub::start().await.unwrap();
    let upstream = upstream(stub.url(""), Connections::Kept);
    stub.next(StubBehaviour::Respond(StubResponse::json(200, "{}")));
    stub.next(StubBehaviour::Close);
    answer(&upstream, call("/")).await.unwrap();
    assert_eq!(answer(&upstream, call("/")).await, Err(Failure::Broken));
    assert_eq!(stub.received().len(), 2);
}

#[tokio::test]
async fn the_time_of_a_call_covers_the_reading_of_its_reply() {
    let stub = HttpStub::start().await.unwrap();
    let slow = StubResponse::json(200, "x".repeat(100));
    let pause = Duration::from_millis(20);
    stub.next(StubBehaviour::Dribble { response: slow, pause });
    let upstream = upstream(stub.url(""), Connections::Kept);
    let within = Duration::from_millis(300);
    let hasty = Call { within, ..call("/") };
    assert_eq!(answer(&upstream, hasty).await, Err(Failure::TimedOut));
}

#[tokio::test]
async fn what_no_header_may_hold_is_not_sent() {
    let stub = HttpStub::start().await.unwrap();
    let upstream = upstream(stub.url(""), Connections::Fresh);
    for headers in [&[("x-flow", "a\nb")], &[("x flow", "a")]] {
        assert_eq!(
            answer(&upstream, Call { headers, ..call("/") }).await,
            Err(Failure::Unsendable)
        );
    }
    assert_eq!(stub.connections(), 0);
    let printed = format!("{upstream:?} {:?}", call("/secret-path"));
    assert!(!printed.contains("secret") && !printed.contains("f-1"), "{printed}");
}
