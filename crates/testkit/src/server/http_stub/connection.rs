//! Serves one connection with hyper, and writes what hyper would refuse to write.

use std::error::Error;
use std::future;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time;

use super::{Received, StubBehaviour, StubResponse};

/// Serves the requests of a connection until it ends; `answer` decides how to handle each of them.
///
/// `answer` gets complete requests only. Its future is dropped when the client disconnects.
pub async fn serve<A>(stream: TcpStream, answer: impl Fn(Received) -> A)
where
    A: Future<Output = StubBehaviour>,
{
    let answer = &answer;
    let service = service_fn(async move |request| {
        let request = Received::read(request).await.ok_or_else(Takeover::default)?;
        respond(answer(request.clone()).await, &request).await
    });
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let served = (&mut connection).await;
    // A client that disconnects early ends only its own connection, so other errors end here.
    let error = served.as_ref().err().and_then(Error::source);
    if let Some(takeover) = error.and_then(|error| error.downcast_ref::<Takeover>()) {
        _ = takeover.end(connection.into_parts().io.into_inner()).await;
    }
}

/// Makes hyper return the connection: the bytes that are written before the connection ends.
#[derive(Debug, Default, thiserror::Error)]
#[error("a behaviour takes the connection over")]
struct Takeover {
    bytes: Vec<u8>,
    /// The number of bytes that are written at once.
    at_once: usize,
    /// The pause after each byte that follows.
    pause: Option<Duration>,
    /// Ends with RST instead of FIN.
    reset: bool,
}

impl Takeover {
    fn writing(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    async fn end(&self, mut stream: TcpStream) -> io::Result<()> {
        let at_once = if self.pause.is_some() { self.at_once } else { self.bytes.len() };
        let (first, rest) = self.bytes.split_at(at_once.min(self.bytes.len()));
        stream.write_all(first).await?;
        for byte in rest.chunks(1) {
            stream.write_all(byte).await?;
            time::sleep(self.pause.unwrap_or_default()).await;
        }
        if self.reset { stream.set_zero_linger() } else { Ok(()) }
    }
}

async fn respond(
    behaviour: StubBehaviour,
    request: &Received,
) -> Result<Response<Full<Bytes>>, Takeover> {
    match behaviour {
        StubBehaviour::Respond(response) => whole(response),
        StubBehaviour::Compute(compute) => Box::pin(respond(compute(request), request)).await,
        StubBehaviour::Together(all, behaviour) => {
            all.wait().await;
            Box::pin(respond(*behaviour, request)).await
        }
        StubBehaviour::Late { wait, response } => {
            time::sleep(wait).await;
            whole(response)
        }
        StubBehaviour::Hang => future::pending().await,
        StubBehaviour::Close | StubBehaviour::CloseUnread => Err(Takeover::default()),
        StubBehaviour::Reset => Err(Takeover { reset: true, ..Takeover::default() }),
        StubBehaviour::Cut { response, after } => {
            let mut bytes = response.encode();
            bytes.truncate(bytes.len() - response.body.len().saturating_sub(after));
            Err(Takeover::writing(bytes))
        }
        StubBehaviour::Dribble { response, pause } => {
            Err(Takeover { pause: Some(pause), ..Takeover::writing(response.encode()) })
        }
        StubBehaviour::Trickle { response, pause } => {
            let bytes = response.encode();
            let at_once = bytes.len() - response.body.len();
            Err(Takeover { at_once, pause: Some(pause), ..Takeover::writing(bytes) })
        }
        StubBehaviour::Raw(bytes) => Err(Takeover::writing(bytes)),
    }
}

/// The response for hyper. Without its length, or with a head that hyper refuses, it takes over.
fn whole(response: StubResponse) -> Result<Response<Full<Bytes>>, Takeover> {
    let bytes = response.encode();
    let start = Response::builder().status(response.status);
    let headers = response.headers.iter();
    let head = headers.fold(start, |head, (name, value)| head.header(name, value));
    let built = head.body(Full::from(response.body));
    built.ok().filter(|_| response.measured).ok_or_else(|| Takeover::writing(bytes))
}
