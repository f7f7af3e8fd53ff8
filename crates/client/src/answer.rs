//! Answers of the server, and errors.

use std::fmt;
use std::marker::PhantomData;

use madoguchi_domain::field::reorders;
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer of any status, whose success has data of type `T`. It may be an error: see
/// [`data`](Self::data).
#[must_use = "the answer may be an error"]
pub struct ApiAnswer<T = Value> {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds, if the request may be repeated later.
    pub retry_after: Option<u64>,
    /// `ETag`, for `If-Match` of a change.
    pub etag: Option<String>,
    /// `Idempotency-Replayed`: whether it is the stored answer of an earlier request with the same
    /// key.
    pub is_replayed: bool,
    /// `x-replica-lag-ms`, if the list was read from a replica: how old it may be.
    pub replica_lag_ms: Option<u64>,
    /// `x-request-id`: names the request in the server's logs.
    pub request_id: Option<String>,
    /// The body, unchanged.
    pub body: String,
    data: PhantomData<fn() -> T>,
}

/// The data of a success that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Done {}

/// Stands for a body that is no data of this API: a picture, or the upstream system's document.
#[derive(Debug, Clone, Copy)]
pub enum Document {}

/// The answer is an error of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status} {code}: {message}{}", named_in_logs(*status, request_id.as_deref()))]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `error_code`, for programs; `docs/errors.md` lists all.
    pub code: String,
    /// `error_message`, for people.
    pub message: String,
    /// Seconds after which the same request may be repeated.
    pub retry_after: Option<u64>,
    /// The request's name in the server's logs.
    pub request_id: Option<String>,
}

/// The name of a request for which the server's logs say more.
fn named_in_logs(status: u16, request_id: Option<&str>) -> String {
    let id = request_id.filter(|_| status >= 500);
    id.map(|id| format!(" (x-request-id {id})")).unwrap_or_default()
}

/// Why a request has no data.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No whole answer came. The request may have taken effect.
    #[error("no whole answer came from the server; sending the same request again is safe")]
    NoAnswer(#[source] reqwest::Error),
    /// The answer is an error of the API.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The answer is not one of this API: another server or another version.
    #[error("an answer with status {0} is not one of this API: check the address and the version")]
    Unexpected(u16),
    /// The request cannot be written: a token or a header is not valid.
    #[error("the request cannot be written: check the token and the headers")]
    Malformed,
    /// The address is not a URL.
    #[error("the server's address must be a URL such as http://127.0.0.1:8080")]
    Address,
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
}

impl ClientError {
    /// Whether no connection could be opened, so that the request had no effect.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::NoAnswer(error) if error.is_connect())
    }
}

#[derive(Deserialize)]
struct Success<T> {
    data: T,
}

#[derive(Deserialize)]
struct Failure {
    error: Body,
}

#[derive(Deserialize)]
struct Body {
    error_code: String,
    error_message: String,
}

/// The gateway's own form of an error.
#[derive(Deserialize)]
struct GatewayFailure {
    code: String,
    message: String,
}

/// Without characters that a terminal would obey, or that would reorder the text around them.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || reorders(c) { ' ' } else { c }).collect()
}

impl<T> ApiAnswer<T> {
    pub(crate) async fn read(response: reqwest::Response) -> reqwest::Result<Self> {
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (retry_after, request_id) = (header("retry-after"), header("x-request-id"));
        Ok(Self {
            etag: header("etag"),
            replica_lag_ms: header("x-replica-lag-ms").and_then(|it| it.parse().ok()),
            is_replayed: header("idempotency-replayed").is_some_and(|it| it == "true"),
            status: response.status().as_u16(),
            retry_after: retry_after.and_then(|seconds| seconds.parse().ok()),
            request_id,
            body: response.text().await?,
            data: PhantomData,
        })
    }

    /// An answer with this content, for tests of code that reads answers.
    pub fn new(status: u16, retry_after: Option<u64>, body: impl Into<String>) -> Self {
        let body = body.into();
        let (etag, is_replayed, replica_lag_ms, request_id) = (None, false, None, None);
        Self {
            status,
            retry_after,
            etag,
            is_replayed,
            replica_lag_ms,
            request_id,
            body,
            data: PhantomData,
        }
    }

    /// The body as JSON; null if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The cursor of the next page, in the answer to a list; `None` on the last one.
    #[must_use]
    pub fn next(&self) -> Option<String> {
        self.json()["next"].as_str().map(str::to_owned)
    }

    /// The error code; empty if the answer is not an error of the API.
    #[must_use]
    pub fn code(&self) -> String {
        self.refusal().map(|refused| refused.code).unwrap_or_default()
    }

    /// The same answer, whose data is any JSON.
    pub fn untyped(self) -> ApiAnswer {
        let Self {
            status,
            retry_after,
            etag,
            is_replayed,
            replica_lag_ms,
            request_id,
            body,
            data: _,
        } = self;
        ApiAnswer {
            status,
            retry_after,
            etag,
            is_replayed,
            replica_lag_ms,
            request_id,
            body,
            data: PhantomData,
        }
    }

    fn is_success(&self) -> bool {
        StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success())
    }

    fn refusal(&self) -> Option<Refused> {
        if self.is_success() {
            return None;
        }
        let own = serde_json::from_str(&self.body)
            .map(|Failure { error }| (error.error_code, error.error_message));
        let (code, message) = own
            .or_else(|_| {
                serde_json::from_str(&self.body)
                    .map(|GatewayFailure { code, message }| (code, message))
            })
            .ok()?;
        let (retry_after, request_id) = (self.retry_after, self.request_id.clone());
        let [code, message] = [code, message].map(|text| shown(&text));
        Some(Refused { status: self.status, code, message, retry_after, request_id })
    }

    fn failure(&self) -> ClientError {
        self.refusal().map_or(ClientError::Unexpected(self.status), ClientError::Refused)
    }
}

impl<T: DeserializeOwned> ApiAnswer<T> {
    /// The data of a success.
    ///
    /// # Errors
    /// When the answer is an error, or not one of this API.
    pub fn data(&self) -> Result<T, ClientError> {
        if !self.is_success() {
            return Err(self.failure());
        }
        let read = serde_json::from_str(&self.body);
        read.map(|Success { data }| data).map_err(|_| ClientError::Unexpected(self.status))
    }
}

impl ApiAnswer<Document> {
    /// The body of a success, unchanged.
    ///
    /// # Errors
    /// When the answer is an error, or not one of this API.
    pub fn document(&self) -> Result<&str, ClientError> {
        if self.is_success() { Ok(&self.body) } else { Err(self.failure()) }
    }
}

/// The status, and an error's code and message: other bodies may hold personal data.
impl<T> fmt::Debug for ApiAnswer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.refusal() {
            Some(refused) => fmt::Display::fmt(&refused, f),
            None => write!(f, "{} (***)", self.status),
        }
    }
}

impl<T> Clone for ApiAnswer<T> {
    fn clone(&self) -> Self {
        Self {
            etag: self.etag.clone(),
            is_replayed: self.is_replayed,
            replica_lag_ms: self.replica_lag_ms,
            request_id: self.request_id.clone(),
            ..Self::new(self.status, self.retry_after, self.body.clone())
        }
    }
}

/// Equal if status and content are; the request id differs for each request.
impl<T> PartialEq for ApiAnswer<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.status, self.retry_after, &self.body)
            == (other.status, other.retry_after, &other.body)
    }
}

impl<T> Eq for ApiAnswer<T> {}
