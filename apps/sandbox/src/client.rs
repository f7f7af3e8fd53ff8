//! The HTTP client with which the sandbox calls the API and the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, redirect, retry};
use serde_json::Value;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
}

/// A response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    /// A client for the server at this address.
    pub(crate) fn new(base: String) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .retry(retry::never())
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .context("the HTTP client cannot be built")?;
        Ok(Self { http, base })
    }

    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::GET, token, path, None).await
    }

    pub(crate) async fn post(
        &self,
        token: &str,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        self.call(Method::POST, token, path, Some(body)).await
    }

    /// Sends a request. An empty token means none; an empty response body becomes null.
    pub(crate) async fn call(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let token = [("Acstkn", token)];
        let headers = if token[0].1.is_empty() { &[][..] } else { &token };
        self.call_with(method, headers, path, body).await
    }

    /// The same with chosen headers.
    pub(crate) async fn call_with(
        &self,
        method: Method,
        headers: &[(&str, &str)],
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let what = format!("{method} {path}");
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.with_context(|| format!("{what} got no answer"))?;
        let status = response.status().as_u16();
        let text = response.text().await.with_context(|| format!("{what} broke off"))?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        };
        Ok(Answer { status, body })
    }
}

impl Answer {
    /// `data` of a success; null otherwise.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// The string at this JSON pointer into `data`, or empty.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.data().pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// This answer if its status is one of these; otherwise an error.
    pub(crate) fn must_be(self, statuses: &[u16], what: &str) -> anyhow::Result<Self> {
        if !statuses.contains(&self.status) {
            bail!("{what}: expected {statuses:?}, got {} {}", self.status, self.body);
        }
        Ok(self)
    }
}

/// The URL of a server on this address, for a client on this machine.
pub(crate) fn url(addr: SocketAddr) -> String {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V4(_) | IpAddr::V6(_) => addr.ip(),
    };
    format!("http://{}", SocketAddr::new(ip, addr.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unspecified_address_is_reached_by_loopback() {
        assert_eq!(url("0.0.0.0:80".parse().unwrap()), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80".parse().unwrap()), "http://[::1]:80");
        assert_eq!(url("127.0.0.2:80".parse().unwrap()), "http://127.0.0.2:80");
    }
}
