//! The connection to one server, and requests of any kind.

use std::time::Duration;

use madoguchi_domain::redacted;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Url, retry};
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
    idempotency_key: Option<String>,
}

impl Client {
    /// A client of the server at this URL, without credentials.
    ///
    /// # Errors
    /// When that is not a URL, or TLS cannot be set up.
    pub fn new(base: &str) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .retry(retry::never())
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(ClientError::Setup)?;
        let (credentials, idempotency_key) = (Credentials::None, None);
        Ok(Self { http, base: checked(base)?, credentials, idempotency_key })
    }

    /// The server's URL.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The same client of a server at another URL.
    ///
    /// # Errors
    /// When that is not a URL.
    pub fn at(&self, base: &str) -> Result<Self, ClientError> {
        Ok(Self { base: checked(base)?, ..self.clone() })
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

    /// The same client, for one request that changes something and for its repetitions: the server
    /// acts once for each key, which is 1 to 255 visible ASCII characters, for example a UUID.
    ///
    /// ```no_run
    /// # async fn decide() -> Result<(), madoguchi_client::ClientError> {
    /// let client = madoguchi_client::Client::new("http://127.0.0.1:8080")?;
    /// let agent = client.with_token("dev-agent");
    /// let verdict = agent.with_idempotency_key("8e03978e-40d5-43dd-bc93-6894a57f9324");
    /// let mut answer = verdict.decide_newest("MEM0001", true).await;
    /// if answer.as_ref().is_err() {
    ///     answer = verdict.decide_newest("MEM0001", true).await; // acts once
    /// }
    /// # answer.map(drop)
    /// # }
    /// ```
    #[must_use]
    pub fn with_idempotency_key(&self, key: &str) -> Self {
        Self { idempotency_key: Some(key.to_owned()), ..self.clone() }
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
        let mut request = self.request(method, path)?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request).await
    }

    /// `POST` of a body of this media type, as it is.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn post_raw<T>(
        &self,
        path: &str,
        media: &str,
        body: Vec<u8>,
    ) -> Result<ApiAnswer<T>, ClientError> {
        let request = self.request(Method::POST, path)?;
        read(request.header(CONTENT_TYPE, media).body(body)).await
    }

    /// A request with the credentials and the idempotency key.
    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        match &self.credentials {
            Credentials::None => {}
            Credentials::Token(token) => request = request.header("Acstkn", secret(token)?),
            Credentials::User(name, password) => {
                request = request.header("userName", name).header("password", secret(password)?);
            }
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("Idempotency-Key", secret(key)?);
        }
        Ok(request)
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

async fn read<T>(request: RequestBuilder) -> Result<ApiAnswer<T>, ClientError> {
    let read = async { ApiAnswer::read(request.send().await?).await };
    read.await.map_err(|error| match error.is_builder() {
        true => ClientError::Malformed,
        // The URL may name a member.
        false => ClientError::NoAnswer(error.without_url()),
    })
}

/// A header value that no log of the HTTP library shows.
fn secret(text: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::Malformed)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL without a slash at its end.
fn checked(base: &str) -> Result<String, ClientError> {
    let url = Url::parse(base).map_err(|_| ClientError::Address)?;
    let is_http = ["http", "https"].contains(&url.scheme()) && url.has_host();
    let is_bare = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
    if is_http && is_bare {
        Ok(base.trim_end_matches('/').to_owned())
    } else {
        Err(ClientError::Address)
    }
}

/// A path segment with everything escaped that is not unreserved (RFC 3986).
///
/// # Errors
/// For text that a path cannot hold as a segment: URL parsers remove it.
pub(crate) fn segment(text: &str) -> Result<String, ClientError> {
    if ["", ".", ".."].contains(&text) {
        return Err(ClientError::Malformed);
    }
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    Ok(escaped)
}

/// A path with these parameters.
///
/// # Errors
/// As [`segment`], for values.
pub(crate) fn query(path: &str, parameters: &[(&str, &str)]) -> Result<String, ClientError> {
    let mut all = Vec::new();
    for (name, value) in parameters {
        all.push(format!("{name}={}", segment(value)?));
    }
    Ok(format!("{path}?{}", all.join("&")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_http_url_is_an_address() {
        for base in
            ["", "127.0.0.1:8080", "ftp://bank.example", "http://", "http://a:b@c", "http://c?d"]
        {
            assert!(matches!(Client::new(base), Err(ClientError::Address)), "{base}");
        }
        assert_eq!(Client::new("http://bank.example/").unwrap().base(), "http://bank.example");
    }

    #[test]
    fn a_segment_never_ends_its_path() {
        assert_eq!(segment("MEM-1_a.b~").unwrap(), "MEM-1_a.b~");
        assert_eq!(segment("a/../b?c#d é").unwrap(), "a%2F..%2Fb%3Fc%23d%20%C3%A9");
        for removed in ["", ".", ".."] {
            assert!(segment(removed).is_err(), "{removed}");
        }
    }

    #[tokio::test]
    async fn a_token_with_a_line_break_is_never_sent() {
        let client = Client::new("http://127.0.0.1:9").unwrap().with_token("a\nb");
        let error = client.get::<()>("/health/live").await.unwrap_err();
        assert!(matches!(error, ClientError::Malformed));
        assert!(format!("{client:?}").contains("Credentials(***)"));
    }
}
