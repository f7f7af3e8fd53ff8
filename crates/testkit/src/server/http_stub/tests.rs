//! Tests the server over raw connections.

use std::pin::pin;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

const POST: &str = "POST /a?b=c HTTP/1.1\r\nX-Flow: f-1\r\nContent-Length: 2\r\n\r\n{}";
const CHUNKED: &str = "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n";

fn ok() -> StubResponse {
    StubResponse::json(200, "{\"ok\":1}")
}

/// Sends these bytes and nothing more, and reads until the connection ends.
async fn exchange(stub: &HttpStub, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(stub.address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.map(|_| heard)
}

#[tokio::test]
async fn two_requests_on_one_connection_arrive_in_order() {
    let stub = HttpStub::start().await.unwrap();
    stub.next(StubBehaviour::Late { wait: Duration::from_millis(5), response: ok() });
    stub.next(StubBehaviour::Respond(ok().unmeasured()));
    let heard = exchange(&stub, &format!("{POST}{CHUNKED}")).await.unwrap();
    assert_eq!(heard.matches("{\"ok\":1}").count(), 2, "{heard}");
    assert_eq!(heard.matches("content-length: 8\r\n").count(), 1, "{heard}");
    let received = stub.received();
    let shown: Vec<_> = received.iter().map(|it| (it.method(), it.path(), it.json())).collect();
    let list = serde_json::json!([1, 2]);
    assert_eq!(shown, [("POST", "/a?b=c", serde_json::json!({})), ("POST", "/d", list)]);
    assert_eq!((received[0].header("x-flow"), received[1].header("x-flow")), (Some("f-1"), None));
    assert_eq!((stub.connections(), stub.unused()), (1, 0));
}

#[tokio::test]
async fn requests_together_are_answered_when_all_have_arrived() {
    let stub = HttpStub::start().await.unwrap();
    stub.from_now_on(StubBehaviour::together(2, StubBehaviour::Respond(ok().unmeasured())));
    let mut first = pin!(exchange(&stub, POST));
    let alone = tokio::time::timeout(Duration::from_millis(20), &mut first).await;
    assert!(alone.is_err(), "{alone:?}");
    for heard in <[_; 2]>::from(tokio::join!(first, exchange(&stub, POST))) {
        assert!(heard.unwrap().contains("{\"ok\":1}"));
    }
}

#[tokio::test]
async fn half_a_request_is_never_received() {
    let stub = HttpStub::start().await.unwrap();
    let halves = [POST, CHUNKED].into_iter().flat_map(|it| (0..it.len()).map(|end| &it[..end]));
    for half in halves {
        let mut stream = TcpStream::connect(stub.address).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        _ = stream.read_to_end(&mut Vec::new()).await;
        assert!(stub.received().is_empty(), "{half}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_told_apart() {
    let stub = HttpStub::start().await.unwrap();
    stub.from_now_on(StubBehaviour::Respond(ok().unmeasured()));
    for length in [1 << 20, (1 << 20) + 1] {
        let head = format!("PUT / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
        _ = exchange(&stub, &(head + &"x".repeat(length))).await;
    }
    let lengths = stub.received().into_iter().map(|it| it.body.map(|body| body.len()));
    assert_eq!(lengths.collect::<Vec<_>>(), [Some(1 << 20), None]);
}

#[tokio::test]
async fn what_is_not_one_response_ends_the_connection() {
    let head = "HTTP/1.1 200 Scripted\r\ncontent-type: application/json\r\n";
    let bad_header = ok().with_header("a name", "x");
    for (behaviour, expected) in [
        (StubBehaviour::Close, String::new()),
        (StubBehaviour::CloseUnread, String::new()),
        (StubBehaviour::Raw(b"HTTP/1.1 20".to_vec()), "HTTP/1.1 20".to_owned()),
        (
            StubBehaviour::Cut { response: ok(), after: 4 },
            format!("{head}content-length: 8\r\n\r\n{{\"ok"),
        ),
        (
            StubBehaviour::Dribble { response: ok(), pause: Duration::ZERO },
            format!("{head}content-length: 8\r\n\r\n{{\"ok\":1}}"),
        ),
        (StubBehaviour::Respond(ok().unmeasured()), format!("{head}\r\n{{\"ok\":1}}")),
        (
            StubBehaviour::Respond(bad_header),
            format!("{head}a name: x\r\ncontent-length: 8\r\n\r\n{{\"ok\":1}}"),
        ),
    ] {
        let stub = HttpStub::start().await.unwrap();
        let (shown, unread) =
            (format!("{behaviour:?}"), matches!(behaviour, StubBehaviour::CloseUnread));
        stub.next(behaviour);
        let heard = exchange(&stub, if unread { "" } else { POST }).await.unwrap();
        assert_eq!((heard, stub.received().len()), (expected, usize::from(!unread)), "{shown}");
    }
    let stub = HttpStub::start().await.unwrap();
    stub.next(StubBehaviour::Reset);
    let error = exchange(&stub, POST).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}
