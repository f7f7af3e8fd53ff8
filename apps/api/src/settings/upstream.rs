//! The configuration keys that every upstream HTTP system has.

use madoguchi_files::{read_public, read_secret};
use madoguchi_upstream::{Charset, Pem, UpstreamSettings};

use super::reader::{Section, value};

/// Reads the keys of an upstream over its defaults. A missing URL, described by `meaning`, is
/// recorded as a mistake and left empty until the whole configuration is refused.
pub(super) fn read_upstream(
    section: &mut Section<'_>,
    meaning: &str,
    defaults: UpstreamSettings,
) -> UpstreamSettings {
    let url = section.required("url", meaning, value::text);
    let allow_plaintext = section.or("allow_plaintext", false, value::boolean);
    let millis = |most| value::millis(1, most);
    let connect_timeout =
        section.or("connect_timeout_ms", defaults.connect_timeout, millis(60_000));
    let timeout = section.or("timeout_ms", defaults.timeout, millis(120_000));
    let bytes = section.optional("max_reply_bytes", value::whole(1024, 1 << 20));
    let max_reply_bytes = bytes.map_or(defaults.max_reply_bytes, |bytes| bytes as usize);
    let charset = section.or("charset", defaults.charset, value::parsed(Charset::parse));
    let extra_roots = section.optional("root_ca_file", |given| {
        let read = read_public(&value::path(given)?).map(Pem::new);
        read.map_err(|error| error.to_string())
    });
    let identity = section.optional("client_identity_file", |given| {
        let read = read_secret(&value::path(given)?).map(Pem::new);
        read.map_err(|error| error.to_string())
    });
    let upstream = UpstreamSettings {
        url: url.unwrap_or_default(),
        allow_plaintext,
        connect_timeout,
        timeout,
        max_reply_bytes,
        charset,
        extra_roots,
        identity,
        connections: defaults.connections,
    };
    if let (false, Err(error)) = (upstream.url.is_empty(), upstream.check()) {
        section.mistake_as_a_whole(error.to_string());
    }
    upstream
}
