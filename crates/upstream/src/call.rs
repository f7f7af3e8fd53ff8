//! One call: one request, and the part of its reply that the caller reads.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Url};

use crate::charset::Charset;
use crate::settings::{InvalidUpstream, UpstreamSettings};

/// An external system and the HTTP client that reaches it.
pub struct HttpUpstream {
    settings: UpstreamSettings,
    url: Url,
    client: Client,
}

/// One JSON message to an upstream system.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The path that is appended to the upstream's address; starts with a slash, or is empty.
    pub path: &'a str,
    /// Headers besides `content-type`. Their values are never logged.
    pub headers: &'a [(&'static str, &'a str)],
    /// The message.
    pub body: &'a [u8],
    /// The timeout of the whole call, including reading the reply.
    pub within: Duration,
}

/// The head of a reply; its body is not read yet.
pub struct Response {
    inner: reqwest::Response,
    most: usize,
    charset: Charset,
}

/// Why there is no complete reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No connection was opened. With [`Fresh`](crate::Connections::Fresh) connections, nothing was
    /// sent.
    #[error("the upstream cannot be reached")]
    NotConnected,
    /// The connection ended before the reply was complete.
    #[error("the connection ended too early")]
    Broken,
    /// The timeout expired.
    #[error("the upstream did not answer in time")]
    TimedOut,
    /// The reply is larger than `max_reply_bytes`.
    #[error("the upstream's reply is too large")]
    TooLarge,
    /// A header has an invalid name or value, so there is no request. Nothing was sent.
    #[error("the request cannot be made")]
    Unsendable,
}

impl HttpUpstream {
    /// Creates a client for these settings. Nothing is sent yet.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn new(settings: UpstreamSettings) -> Result<Self, InvalidUpstream> {
        let (url, client) = settings.client()?;
        Ok(Self { settings, url, client })
    }

    /// The configured timeout of a whole call.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Posts a message exactly once and waits for the head of the reply.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn post(&self, call: Call<'_>) -> Result<Response, Failure> {
        let mut url = self.url.clone();
        if !call.path.is_empty() {
            url.set_path(&format!("{}{}", self.url.path().trim_end_matches('/'), call.path));
        }
        let request = self.client.post(url).headers(headers(call.headers)?);
        let request = request.body(call.body.to_vec()).timeout(call.within);
        let inner = request.send().await.map_err(|error| unanswered(&error))?;
        let UpstreamSettings { max_reply_bytes: most, charset, .. } = self.settings;
        Ok(Response { inner, most, charset })
    }
}

impl Response {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// Whether the reply has a `Retry-After` header.
    #[must_use]
    pub fn asks_to_come_again(&self) -> bool {
        self.inner.headers().contains_key(RETRY_AFTER)
    }

    /// Reads the body as text, see [`Charset::decode`].
    ///
    /// # Errors
    /// If the body is too large, incomplete, or not read before the timeout.
    pub async fn text(mut self) -> Result<String, Failure> {
        let body = self.body().await?;
        let content_type = self.inner.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        Ok(self.charset.decode(&body, content_type).into_owned())
    }

    async fn body(&mut self) -> Result<Vec<u8>, Failure> {
        if self.inner.content_length().is_some_and(|length| length > self.most as u64) {
            return Err(Failure::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = self.inner.chunk().await.map_err(|error| interrupted(&error))? {
            if chunk.len() > self.most - body.len() {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl fmt::Debug for HttpUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpUpstream").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("within", &self.within).finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status()).finish_non_exhaustive()
    }
}

fn headers(given: &[(&'static str, &str)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(given.len() + 1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in given {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Unsendable)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| Failure::Unsendable)?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Maps an error without a response. Only a connect error proves that there was no connection; a
/// call that timed out while connecting may have had one.
fn unanswered(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::NotConnected } else { interrupted(error) }
}

fn interrupted(error: &reqwest::Error) -> Failure {
    if error.is_timeout() { Failure::TimedOut } else { Failure::Broken }
}
