//! The behaviours of the stub server for a request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;

use super::Received;

/// How to handle one request. It was read completely unless the variant says otherwise. Only
/// `Respond`, `Compute`, `Together` and `Late` leave the connection open, if the length of the body
/// is sent.
#[derive(Clone)]
pub enum StubBehaviour {
    /// Answer.
    Respond(StubResponse),
    /// Compute the behaviour from the request; see [`StubBehaviour::compute`].
    Compute(Arc<dyn Fn(&Received) -> Self + Send + Sync>),
    /// Behave like this when enough requests have arrived; see [`StubBehaviour::together`].
    Together(Arc<Barrier>, Box<Self>),
    /// Close without an answer.
    Close,
    /// Close a new connection without reading anything from it.
    CloseUnread,
    /// Answer nothing and reset the connection (RST instead of FIN).
    Reset,
    /// Send the full `content-length`, then the first `after` bytes of the body, then close.
    Cut {
        /// The answer to truncate.
        response: StubResponse,
        /// Number of body bytes sent; 0 closes after the head.
        after: usize,
    },
    /// Answer byte by byte.
    Dribble {
        /// The answer.
        response: StubResponse,
        /// The pause after each byte.
        pause: Duration,
    },
    /// Answer with the head at once, and with the body byte by byte.
    Trickle {
        /// The answer.
        response: StubResponse,
        /// The pause after each byte of the body.
        pause: Duration,
    },
    /// Answer after a delay.
    Late {
        /// The delay.
        wait: Duration,
        /// The answer.
        response: StubResponse,
    },
    /// Send these bytes, HTTP or not, and close.
    Raw(Vec<u8>),
    /// Never answer and never close.
    Hang,
}

impl StubBehaviour {
    /// An answer that depends on the request.
    pub fn compute(answer: impl Fn(&Received) -> StubResponse + Send + Sync + 'static) -> Self {
        Self::Compute(Arc::new(move |request| Self::Respond(answer(request))))
    }

    /// A behaviour that begins when `count` requests have arrived.
    #[must_use]
    pub fn together(count: usize, behaviour: Self) -> Self {
        Self::Together(Arc::new(Barrier::new(count)), Box::new(behaviour))
    }
}

impl fmt::Debug for StubBehaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, response) = match self {
            Self::Respond(response) => ("Respond", Some(response)),
            Self::Compute(_) => ("Compute", None),
            Self::Together(..) => ("Together", None),
            Self::Close => ("Close", None),
            Self::CloseUnread => ("CloseUnread", None),
            Self::Reset => ("Reset", None),
            Self::Cut { response, .. } => ("Cut", Some(response)),
            Self::Dribble { response, .. } => ("Dribble", Some(response)),
            Self::Trickle { response, .. } => ("Trickle", Some(response)),
            Self::Late { response, .. } => ("Late", Some(response)),
            Self::Raw(_) => ("Raw", None),
            Self::Hang => ("Hang", None),
        };
        f.write_str(name)?;
        response.map_or(Ok(()), |response| write!(f, " {}", response.status))
    }
}

/// An HTTP response.
#[derive(Debug, Clone)]
pub struct StubResponse {
    /// The status.
    pub status: u16,
    /// The headers without `content-length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether `content-length` is sent. If not, closing the connection ends the body.
    pub measured: bool,
}

impl StubResponse {
    /// A response without extra headers.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), measured: true }
    }

    /// A JSON response; `body` is sent unchanged.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, body).with_header("content-type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Omits `content-length`.
    #[must_use]
    pub fn unmeasured(self) -> Self {
        Self { measured: false, ..self }
    }

    /// The response as it is sent.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Scripted\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if self.measured {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}
