//! What an operator says about a upstream, and which of it is refused before anything is sent.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::Url;

use crate::charset::Charset;

/// The longest that a call may take.
const LONGEST: Duration = Duration::from_secs(3600);

/// Whether a connection carries more than one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connections {
    /// Each call has a connection of its own. Only then does a connect error prove that nothing
    /// was sent.
    #[default]
    Fresh,
    /// Connections are kept for the next call: for questions that may be asked twice.
    Kept,
}

/// PEM text that may hold a private key: `Debug` never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pem(Vec<u8>);

impl Pem {
    /// Takes the bytes of a PEM file; [`HttpUpstream::new`](crate::HttpUpstream::new) reads them.
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

/// How a upstream is reached. [`UpstreamSettings::new`] gives the defaults.
#[derive(Clone)]
pub struct UpstreamSettings {
    /// The address: `https`, or `http` to this machine.
    pub url: String,
    /// How long a connection, TLS included, may take; 2 s by default. It is below `timeout`, so
    /// that a upstream that cannot be reached is seen as such.
    pub connect_timeout: Duration,
    /// How long a whole call may take; 10 s by default.
    pub timeout: Duration,
    /// The largest reply that is read, in bytes; 64 KiB by default.
    pub max_reply_bytes: usize,
    /// How a reply is read that is not UTF-8 and declares no charset; UTF-8 by default, with
    /// U+FFFD for what is none.
    pub charset: Charset,
    /// Certificates (PEM) of authorities trusted beside those of the machine.
    pub extra_roots: Option<Pem>,
    /// Our certificate chain and private key (PEM), for a upstream that asks who calls.
    pub identity: Option<Pem>,
    /// Whether `http` to another machine is accepted; not by default.
    pub allow_plaintext: bool,
    /// Whether a connection carries more than one call; not by default.
    pub connections: Connections,
}

impl UpstreamSettings {
    /// The documented defaults for this address.
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

    /// The address, if we may send to it within sane limits.
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

/// The address is left out: its path or query may hold what is nobody's business.
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

/// Settings that cannot be used. Each names the setting, never its value.
#[derive(Debug, thiserror::Error)]
pub enum InvalidUpstream {
    /// Correct the address.
    #[error("url must be an http or https address without user and password")]
    Url,
    /// Use https, or say that plain text is acceptable.
    #[error("url must be https: its host is not this machine and allow_plaintext is not set")]
    Plaintext,
    /// Correct the limits.
    #[error(
        "connect_timeout and max_reply_bytes must be above 0, connect_timeout below timeout, \
         timeout at most an hour"
    )]
    Limits,
    /// Correct the certificates of the authorities or the certificate and key that are ours.
    #[error("{0} must be PEM: {1}")]
    Pem(&'static str, &'static str),
    /// Look at the machine: its certificates could not be loaded, or key and certificate differ.
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
