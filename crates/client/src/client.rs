//! The connection to one server, and requests of any kind.

use std::time::Duration;

use madoguchi_domain::redacted;
use reqwest::redirect::Policy;
use reqwest::retry;
use serde::Serialize;

use crate::answer::{ApiAnswer, ClientError};

pub use reqwest::Method;

/// Longer than the server works on a request before it answers 503.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Short, so that no connection is reused that the server has closed meanwhile.
const IDLE: Duration = Duration::from_secs(3);

redacted!(Credentials);

#[derive(Clone)]
enum Credentials {
    None,
    Token(String),
    User(String, String),
}

/// A client of one server. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    credentials: Credentials,
}

impl Client {
    /// A client of the server at this URL, without credentials.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(base: impl Into<String>) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .retry(retry::never())
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(ClientError::Setup)?;
        Ok(Self { http, base: base.into(), credentials: Credentials::None })
    }

    /// The server's URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same client of a server at another URL.
    #[must_use]
    pub fn at(&self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// The same client with this access token; an empty one means none.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        let credentials = match token {
            "" => Credentials::None,
            token => Credentials::Token(token.to_owned()),
        };
        Self { credentials, ..self.clone() }
    }

    /// The same client with a user name and a password of the gateway.
    #[must_use]
    pub fn with_user(&self, name: &str, password: &str) -> Self {
        let credentials = Credentials::User(name.to_owned(), password.to_owned());
        Self { credentials, ..self.clone() }
    }

    /// Sends a request of any kind: a path that starts with a slash, headers besides the
    /// credentials, and a JSON body if there is one.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn send<T>(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&(impl Serialize + Sync + ?Sized)>,
    ) -> Result<ApiAnswer<T>, ClientError> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        match &self.credentials {
            Credentials::None => {}
            Credentials::Token(token) => request = request.header("Acstkn", token),
            Credentials::User(name, password) => {
                request = request.header("userName", name).header("password", password);
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        // The URL of an error may name a member.
        let read = async { ApiAnswer::read(request.send().await?).await };
        read.await.map_err(|error| ClientError::NoAnswer(error.without_url()))
    }

    /// `GET` of a path.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn get<T>(&self, path: &str) -> Result<ApiAnswer<T>, ClientError> {
        self.send(Method::GET, path, &[], None::<&()>).await
    }

    /// `POST` of a JSON body.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn post<T>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
    ) -> Result<ApiAnswer<T>, ClientError> {
        self.send(Method::POST, path, &[], Some(body)).await
    }
}

/// A path segment with everything escaped that is not unreserved (RFC 3986).
pub(crate) fn segment(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped
}
