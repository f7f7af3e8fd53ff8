//! The settings of an upstream system, validated before anything is sent.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::charset::Charset;

/// The maximum timeout of a call.
const LONGEST: Duration = Duration::from_secs(3600);

/// Whether connections are reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// Each call opens its own connection. Only then does a connect error prove that nothing was
    /// sent.
    #[default]
    Fresh,
    /// Connections are reused. For idempotent queries, which are safe to send twice.
    Kept,
}

/// PEM text that may hold a private key: `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(Vec<u8>);

impl Pem {
    /// Wraps the bytes of a PEM file; [`HttpUpstream::new`](crate::HttpUpstream::new) parses them.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pem(***)")
    }
}

/// How to call an upstream system. [`UpstreamSettings::new`] sets the defaults.
#[derive(Clone)]
pub struct UpstreamSettings {
    /// The URL: `https`, or `http` to a loopback address.
    pub url: String,
    /// The timeout of connecting, TLS included; 2 s by default. Must be below `timeout`, so that an
    /// unreachable upstream is reported as unreachable.
    pub connect_timeout: Duration,
    /// The timeout of a whole call; 10 s by default.
    pub timeout: Duration,
    /// The largest accepted reply, in bytes; 64 KiB by default.
    pub max_reply_bytes: usize,
    /// The charset of a reply that is not UTF-8 and declares none; UTF-8 by default. Invalid bytes
    /// become U+FFFD.
    pub charset: Charset,
    /// Certificates (PEM) of authorities that are trusted besides the system's.
    pub extra_roots: Option<Pem>,
    /// Our certificate chain and private key (PEM), for mutual TLS.
    pub identity: Option<Pem>,
    /// Whether `http` to another host is accepted; not by default.
    pub allow_plaintext: bool,
    /// Whether connections are reused; not by default.
    pub connections: Connections,
}

impl UpstreamSettings {
    /// The documented defaults for this URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            max_reply_bytes: 64 * 1024,
            charset: Charset::UTF_8,
            extra_roots: None,
            identity: None,
            allow_plaintext: false,
            connections: Connections::Fresh,
        }
    }

    /// The URL, if it and the limits are valid.
    pub(crate) fn checked_url(&self) -> Result<Url, InvalidUpstream> {
        let url = Url::parse(&self.url).map_err(|_| InvalidUpstream::Url)?;
        let anonymous = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !anonymous {
            return Err(InvalidUpstream::Url);
        }
        if url.scheme() == "http" && !self.allow_plaintext && !is_loopback(&url) {
            return Err(InvalidUpstream::Plaintext);
        }
        let patient = !self.connect_timeout.is_zero()
            && self.connect_timeout < self.timeout
            && self.timeout <= LONGEST;
        if !patient || self.max_reply_bytes == 0 {
            return Err(InvalidUpstream::Limits);
        }
        Ok(url)
    }
}

/// The URL is not printed: its path or query may hold secrets.
impl fmt::Debug for UpstreamSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpstreamSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("max_reply_bytes", &self.max_reply_bytes)
            .field("charset", &self.charset)
            .field("extra_roots", &self.extra_roots)
            .field("identity", &self.identity)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

/// Invalid settings. Each error names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUpstream {
    /// Correct the URL.
    #[error("url must be an http or https address without user and password")]
    Url,
    /// Use https, or set `allow_plaintext`.
    #[error("url must be https: its host is not this machine and allow_plaintext is not set")]
    Plaintext,
    /// Correct the limits.
    #[error(
        "connect_timeout and max_reply_bytes must be above 0, connect_timeout below timeout, \
         timeout at most an hour"
    )]
    Limits,
    /// Correct the certificates of the authorities, or our own certificate and key.
    #[error("{0} must be PEM: {1}")]
    Pem(&'static str, &'static str),
    /// Check the host: its certificates cannot be loaded, or key and certificate do not match.
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(url: &str) -> Result<(), String> {
        UpstreamSettings::new(url).checked_url().map(drop).map_err(|refused| format!("{refused:?}"))
    }

    #[test]
    fn plain_text_is_for_this_machine_only() {
        for url in [
            "https://upstream.bank.example/path",
            "http://127.0.0.1:8080/",
            "http://127.9.9.9/",
            "http://[::1]:1/path",
            "http://localhost/path",
        ] {
            assert_eq!(verdict(url), Ok(()), "{url}");
        }
        for url in [
            "http://upstream.bank.example/path",
            "http://10.0.0.1/",
            "http://[2001:db8::1]/",
            "http://localhost.bank.example/",
            "http://127.0.0.1.bank.example/",
        ] {
            assert_eq!(verdict(url), Err("Plaintext".into()), "{url}");
            let open = UpstreamSettings { allow_plaintext: true, ..UpstreamSettings::new(url) };
            assert!(open.checked_url().is_ok(), "{url}");
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for url in ["", "upstream", "ftp://127.0.0.1/", "file:///etc/passwd", "https://me:pw@bank/"]
        {
            assert_eq!(verdict(url), Err("Url".into()), "{url}");
        }
    }

    #[test]
    fn limits_that_cannot_work_are_refused() {
        let sane = UpstreamSettings::new("https://bank/");
        let zero = UpstreamSettings { connect_timeout: Duration::ZERO, ..sane.clone() };
        let late = UpstreamSettings { connect_timeout: sane.timeout, ..sane.clone() };
        let mute = UpstreamSettings { max_reply_bytes: 0, ..sane };
        let long =
            UpstreamSettings { timeout: Duration::MAX, ..UpstreamSettings::new("https://bank/") };
        for settings in [zero, late, mute, long] {
            assert!(matches!(settings.checked_url(), Err(InvalidUpstream::Limits)));
        }
    }

    #[test]
    fn settings_print_neither_keys_nor_the_address() {
        let settings = UpstreamSettings {
            identity: Some(Pem::new(b"canary-key".to_vec())),
            ..UpstreamSettings::new("https://bank/canary-path?canary")
        };
        assert!(!format!("{settings:?}").contains("canary"));
        assert!(format!("{settings:?}").contains("identity: Some(Pem(***))"));
    }
}
