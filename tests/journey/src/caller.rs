//! An HTTP client of the API, and its responses.

use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::Method;
use serde_json::{Value, json};

use crate::tokens;

/// The source's path for the agent's verdict.
pub const VERDICT: &str = "/ap1/api/v1.0/UpgradeAccount/IVRCheckUpgradeAccount";

/// The path of the caller lookup.
pub const CALLERS: &str = "/api/v1/callers";
/// The gateway's path for context lookups.
pub const CONTEXTOS: &str = "/apiaccess/rest/ccmessaging/v1/itau/ps7/contextos";
/// The gateway's path for owner lookups.
pub const CODIGO: &str = "/apiaccess/rest/ccmessaging/v1/itau/codigo";

const TIMEOUT: Duration = Duration::from_secs(30);
const IDLE: Duration = Duration::from_secs(3);

/// A client of one server, which may restart on another port.
#[derive(Debug)]
pub struct Caller {
    http: reqwest::Client,
    addr: RwLock<SocketAddr>,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, if present.
    pub retry_after: Option<String>,
    /// The body, unchanged.
    pub body: String,
}

impl Caller {
    /// A client of the server at this address.
    ///
    /// # Errors
    /// When no HTTP client can be built.
    pub fn new(addr: SocketAddr) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .retry(reqwest::retry::never())
            .redirect(reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            // Shorter than the server's keep-alive, so that no closed connection is reused.
            .pool_idle_timeout(IDLE)
            .build()
            .context("an HTTP client can be built")?;
        Ok(Self { http, addr: RwLock::new(addr) })
    }

    /// The server's current address.
    pub fn addr(&self) -> SocketAddr {
        *self.addr.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the server's new address.
    pub fn moved(&self, addr: SocketAddr) {
        *self.addr.write().unwrap_or_else(PoisonError::into_inner) = addr;
    }

    /// Sends a request; a null body means none.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: &str,
        body: &Value,
    ) -> reqwest::Result<HttpAnswer> {
        let token = [("Acstkn", token)];
        let headers = if token[0].1.is_empty() { &[][..] } else { &token };
        self.call_with(method, path, headers, body).await
    }

    /// The same with chosen headers.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> reqwest::Result<HttpAnswer> {
        let url = format!("http://{}{path}", self.addr());
        let mut request = self.http.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(HttpAnswer { status, retry_after, body: response.text().await? })
    }

    /// `GET`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn get(&self, path: &str, token: &str) -> reqwest::Result<HttpAnswer> {
        self.call(Method::GET, path, token, &Value::Null).await
    }

    /// `POST`.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn post(&self, path: &str, token: &str, body: &Value) -> reqwest::Result<HttpAnswer> {
        self.call(Method::POST, path, token, body).await
    }

    /// Calls the gateway as its user.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn gateway(&self, path: &str, body: &Value) -> reqwest::Result<HttpAnswer> {
        let (user, password) = tokens::GATEWAY;
        let headers = [("userName", user), ("password", password)];
        self.call_with(Method::POST, path, &headers, body).await
    }

    /// Looks up a caller with the default deadline.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn who(&self, context: &str) -> reqwest::Result<HttpAnswer> {
        self.post(CALLERS, tokens::CALLER, &json!({ "contextId": context })).await
    }

    /// Looks up a caller with this deadline, in milliseconds.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn who_within(&self, context: &str, millis: u32) -> reqwest::Result<HttpAnswer> {
        let millis = millis.to_string();
        let headers = [("Acstkn", tokens::CALLER), ("x-deadline-ms", millis.as_str())];
        let body = json!({ "contextId": context });
        self.call_with(Method::POST, CALLERS, &headers, &body).await
    }

    /// Sends the agent's verdict to the source's path.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn decide(&self, member: &str, passed: bool) -> reqwest::Result<HttpAnswer> {
        let body = json!({ "memberId": member, "isPass": passed });
        self.post(VERDICT, tokens::DECIDE, &body).await
    }

    /// Reports a verification of a case.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn verify(
        &self,
        case: &str,
        reference: &str,
        passed: bool,
    ) -> reqwest::Result<HttpAnswer> {
        let body = json!({ "source": "EDDA", "isPass": passed, "reference": reference });
        self.post(&format!("/api/v1/upgrades/{case}/verification"), tokens::VERIFY, &body).await
    }

    /// Opens a case.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn open(&self, member: &str) -> reqwest::Result<HttpAnswer> {
        self.post("/api/v1/upgrades", tokens::OPEN, &json!({ "memberId": member })).await
    }

    /// Registers a member.
    ///
    /// # Errors
    /// When no whole answer came.
    pub async fn register(&self, member: &str, arrangement: &str) -> reqwest::Result<HttpAnswer> {
        let body = json!({ "memberId": member, "arrangementId": arrangement });
        self.post("/api/v1/members", tokens::MEMBER_WRITE, &body).await
    }
}

impl HttpAnswer {
    /// The body as JSON; null if it is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// `data` of an answer that must be a success.
    ///
    /// # Errors
    /// When it is not a success.
    pub fn data(&self) -> anyhow::Result<Value> {
        let mut body = self.json();
        if !(200..300).contains(&self.status) || body["success"] != true {
            bail!("expected success, got {} {}", self.status, self.body);
        }
        Ok(body["data"].take())
    }

    /// The error code; empty if there is none.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["error"]["error_code"].as_str().unwrap_or_default().to_owned()
    }

    /// Whether this is an error with this status and code, in exactly the source's envelope.
    #[must_use]
    pub fn is_refusal(&self, status: u16, code: &str) -> bool {
        let message = self.json()["error"]["error_message"].clone();
        let said = message.as_str().is_some_and(|text| !text.is_empty());
        let error = format!("{{\"error_code\":\"{code}\",\"error_message\":{message}}}");
        let envelope = format!("{{\"success\":false,\"error\":{error}}}");
        said && self.status == status && self.body == envelope
    }
}
