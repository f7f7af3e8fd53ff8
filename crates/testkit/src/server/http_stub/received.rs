//! A complete request, as hyper parsed it.

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::Incoming;
use hyper::http::request::Parts;

/// Maximum size of a body that is kept, in bytes.
const MAX_BODY: usize = 1 << 20;

/// A complete request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method, the path, the query and the headers.
    pub head: Parts,
    /// The body; `None` if it is larger than 1 MiB.
    pub body: Option<Bytes>,
}

impl Received {
    /// Reads the body of a request. `None` when the connection ends before the body.
    pub(super) async fn read(request: Request<Incoming>) -> Option<Self> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY).collect().await {
            Ok(collected) => Some(collected.to_bytes()),
            Err(error) if error.is::<LengthLimitError>() => None,
            Err(_) => return None,
        };
        Some(Self { head, body })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        self.head.method.as_str()
    }

    /// The path and the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri.path_and_query().map_or("", |path| path.as_str())
    }

    /// The first header with this name, ignoring case; `None` also if it is not ASCII text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; `null` if it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let body = self.body.as_deref().unwrap_or_default();
        serde_json::from_slice(body).unwrap_or_default()
    }
}
