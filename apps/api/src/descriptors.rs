//! File descriptors: as many as the configured connections need, or no start.

use anyhow::ensure;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::settings::Settings;

/// Files, databases of SQLite, listeners, the runtimes, calls upstream.
const OTHERS: usize = 256;
/// A connection whose place was given away is closed a moment later.
const CLOSING: usize = 256;

/// Raises the limit of this process as far as it needs to be.
pub(crate) fn provide(settings: &Settings) -> anyhow::Result<()> {
    let connections = settings.server.connections.max_connections;
    let needed = (connections + settings.store.connections + OTHERS + CLOSING) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= needed),
        "server.connections {connections} needs {needed} file descriptors, and this process may \
         open {}: raise the limit (ulimit -Hn, or LimitNOFILE= of its unit), or lower the key",
        maximum.unwrap_or_default()
    );
    Ok(setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum })?)
}
