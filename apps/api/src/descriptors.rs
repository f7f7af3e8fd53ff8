//! Makes sure that the process has the file descriptors that its configuration needs.

use anyhow::{Context, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::connection::MAX_CLOSING;
use crate::settings::Settings;

/// Descriptors for files, SQLite, listeners, the runtimes and monitoring connections.
const OTHERS: usize = 256;

/// Raises the limit of this process to what it needs, or fails.
pub(crate) fn provide(settings: &Settings) -> anyhow::Result<()> {
    let connections = settings.server.connections.max_connections;
    // Context and owner lookups have a bulkhead each.
    let lookups = settings.itau.as_ref().map_or(0, |itau| 2 * itau.adapter.max_concurrent_calls);
    let mails = settings.mail.as_ref().map_or(0, |mail| mail.max_concurrent_calls);
    let calls = settings.effects.max_concurrent_calls + mails + lookups;
    let pools = 1 + usize::from(settings.store.replica.is_some());
    let to_databases = pools * settings.store.pool.connections;
    let needed = (connections + to_databases + calls + OTHERS + MAX_CLOSING) as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= needed),
        "server.max_connections {connections} needs {needed} file descriptors, and this process \
         may open {}: raise the limit (ulimit -Hn, or LimitNOFILE= of its unit), or lower the key",
        maximum.unwrap_or_default()
    );
    let raised = Rlimit { current: Some(needed), maximum };
    setrlimit(Resource::Nofile, raised).context("the limit of file descriptors cannot be raised")
}
