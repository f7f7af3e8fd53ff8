//! The configuration keys that every upstream HTTP system has.

use std::time::Duration;

use super::hidden::Hidden;
use super::reader::{Section, value};
use crate::wiring::{Charset, check_upstream, read_secret};

/// One upstream HTTP system, as configured.
#[derive(Debug, Clone)]
pub struct UpstreamSection {
    /// Its address.
    pub url: String,
    /// Whether plain HTTP to another machine is allowed.
    pub allow_plaintext: bool,
    /// Timeout for connecting.
    pub connect_timeout: Duration,
    /// Timeout for a call, including the connection.
    pub timeout: Duration,
    /// Maximum size of a reply, in bytes.
    pub max_reply_bytes: u32,
    /// Charset of a reply that is not UTF-8 and declares none.
    pub charset: Charset,
    /// Extra root certificates to trust, in PEM.
    pub extra_roots: Option<Vec<u8>>,
    /// Our client certificate and key, in PEM.
    pub identity: Option<Hidden<Vec<u8>>>,
}

/// Defaults for a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct UpstreamDefaults {
    pub(super) connect_timeout: Duration,
    pub(super) timeout: Duration,
    pub(super) max_reply_bytes: u32,
    pub(super) charset: Charset,
}

impl UpstreamSection {
    /// Reads the keys of an upstream. A missing URL, described by `meaning`, is recorded as a
    /// mistake and left empty until the whole configuration is refused.
    pub(super) fn read(
        section: &mut Section<'_>,
        meaning: &str,
        defaults: UpstreamDefaults,
    ) -> Self {
        let url = section.required("url", meaning, value::text);
        let allow_plaintext = section.or("allow_plaintext", false, value::boolean);
        let millis = |most| value::millis(1, most);
        let connect_timeout =
            section.or("connect_timeout_ms", defaults.connect_timeout, millis(60_000));
        let timeout = section.or("timeout_ms", defaults.timeout, millis(120_000));
        let bytes = value::whole(1024, 1 << 20);
        let max_reply_bytes = section.or("max_reply_bytes", defaults.max_reply_bytes, bytes);
        let charset = section.or("charset", defaults.charset, value::parsed(Charset::parse));
        let extra_roots = section.optional("root_ca_file", |given| {
            let path = value::path(given)?;
            std::fs::read(&path).map_err(|_| format!("cannot be read: {}", path.display()))
        });
        let identity = section.optional("client_identity_file", |given| {
            read_secret(&value::path(given)?).map(Hidden)
        });
        let upstream = Self {
            url: url.unwrap_or_default(),
            allow_plaintext,
            connect_timeout,
            timeout,
            max_reply_bytes,
            charset,
            extra_roots,
            identity,
        };
        if let (false, Err(what)) = (upstream.url.is_empty(), check_upstream(&upstream)) {
            section.mistake_as_a_whole(what);
        }
        upstream
    }
}
