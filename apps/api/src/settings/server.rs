//! The configuration of the server's listeners and limits.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use toml::Value;

use super::reader::{Given, Section, value};
use crate::connection::{ConnectionLimits, ConnectionTimeouts, parse_network};

/// Listeners and limits of the server, as configured.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address of the API; port 0 picks a free port.
    pub listen: SocketAddr,
    /// Address of the metrics; port 0 picks a free port.
    pub admin: SocketAddr,
    /// Path prefix of `/IVRCheckUpgradeAccount`.
    pub source_prefix: String,
    /// Whether the API document and its page are served.
    pub api_page: bool,
    /// Number of HTTP worker threads.
    pub workers: usize,
    /// Limits on connections, and their timeouts.
    pub connections: ConnectionLimits,
    /// Maximum number of concurrent use cases; further requests are refused without any work.
    pub max_concurrent_requests: usize,
    /// How long a stopping server still accepts connections while readiness fails.
    pub drain_delay: Duration,
}

/// The source's own path.
pub(crate) const DEFAULT_SOURCE_PREFIX: &str = "/ap1/api/v1.0/UpgradeAccount";

impl ServerSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let address = |text: &str| {
            text.parse::<SocketAddr>().map_err(|_| "must be an address and port: 127.0.0.1:8080")
        };
        let default = SocketAddr::from(([127, 0, 0, 1], 8080));
        let listen = section.or("listen", default, value::parsed(address));
        let default = SocketAddr::from(([127, 0, 0, 1], 9464));
        let admin = section.or("admin_listen", default, value::parsed(address));
        let default = DEFAULT_SOURCE_PREFIX.to_owned();
        let source_prefix = section.or("source_prefix", default, value::parsed(prefix));
        let api_page = section.or("api_page", true, value::boolean);
        let workers = section.or("workers", 2, value::whole(1, 256)) as usize;
        let connections = read_limits(section);
        let max_concurrent_requests =
            section.or("max_concurrent_requests", 4096, value::whole(1, 100_000)) as usize;
        let default = Duration::from_secs(5);
        let drain_delay = section.or("drain_delay_ms", default, value::millis(0, 600_000));
        Some(Self {
            listen,
            admin,
            source_prefix,
            api_page,
            workers,
            connections,
            max_concurrent_requests,
            drain_delay,
        })
    }
}

fn prefix(text: &str) -> Result<String, &'static str> {
    let segment = |part: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
        !part.is_empty() && part.bytes().all(plain)
    };
    let fits = text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment));
    let ours = ["/api/v1", "/apiaccess", "/health", "/docs", "/openapi.json"]
        .iter()
        .any(|taken| text.starts_with(taken));
    (fits && !ours)
        .then(|| text.to_owned())
        .ok_or("must be /segments of letters, digits and ._~-, none of our own paths")
}

fn read_limits(section: &mut Section<'_>) -> ConnectionLimits {
    let max_connections = section.or("max_connections", 2000, value::whole(1, 100_000)) as usize;
    let limit = section.or("max_connections_per_address", 1000, value::whole(1, 100_000));
    let trusted_proxies = section.or("trusted_proxies", Vec::new(), networks);
    let mut millis = |key, default, least, most| {
        section.or(key, Duration::from_millis(default), value::millis(least, most))
    };
    let timeouts = ConnectionTimeouts {
        keep_alive: millis("keep_alive_timeout_ms", 75_000, 100, 3_600_000),
        head: millis("head_timeout_ms", 5_000, 100, 60_000),
        body: millis("body_timeout_ms", 10_000, 100, 30_000),
        write: millis("write_timeout_ms", 10_000, 100, 60_000),
    };
    ConnectionLimits { max_connections, max_per_address: limit as usize, trusted_proxies, timeouts }
}

fn networks(given: Given) -> Result<Vec<IpNet>, String> {
    let form = "must be a list of addresses or networks, for example [\"10.0.0.0/8\"]";
    let list = given.value.as_array().ok_or(form)?;
    let network = |one: &Value| parse_network(one.as_str()?);
    list.iter().map(network).collect::<Option<_>>().ok_or_else(|| form.into())
}
