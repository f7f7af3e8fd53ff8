//! Refuses a database that was used with other keys of the server.

use madoguchi_application::{ServerKeyCheck, ServerKeysError};
use madoguchi_domain::port::{AuditLog, ServerKeys};

use crate::settings::Settings;
use crate::system::system_act;

/// Fails if the database remembers keys that must stay, and these are others, unless they are about
/// to be accepted.
pub(super) async fn compare(
    remembered: &dyn ServerKeys,
    audit: &dyn AuditLog,
    settings: &Settings,
) -> anyhow::Result<()> {
    if !settings.accept_new_keys {
        check(remembered, audit, settings).compare().await.map_err(explained)?;
    }
    Ok(())
}

/// As [`compare`], and remembers the keys of a database that was not used before; with
/// `accept_new_keys`, also other keys than before.
pub(super) async fn remember(
    remembered: &dyn ServerKeys,
    audit: &dyn AuditLog,
    settings: &Settings,
) -> anyhow::Result<()> {
    let (accepts, act) = (settings.accept_new_keys, system_act("serve"));
    let found = check(remembered, audit, settings).remember(accepts, &act).await;
    let found = found.map_err(explained)?;
    for key in &found.new {
        let key = key.name.as_str();
        tracing::info!(key, "the database remembers this key from now on");
    }
    for (_, key) in found.changed {
        let key = key.name.as_str();
        if accepts {
            tracing::warn!(key, "another key than before was accepted, and is remembered now");
        } else {
            let why = "the code of an open case that is shown again is not recognised until it \
                       expires; give every node the same key, and start once with \
                       --accept-new-keys if it should stay";
            tracing::warn!(key, why, "this key is not the one that the database remembers");
        }
    }
    Ok(())
}

fn check<'a>(
    remembered: &'a dyn ServerKeys,
    audit: &'a dyn AuditLog,
    settings: &'a Settings,
) -> ServerKeyCheck<'a> {
    let (audit_key, configured) = (&settings.audit_key, &*settings.server_keys);
    ServerKeyCheck { remembered, audit, audit_key, configured }
}

fn explained(error: ServerKeysError) -> anyhow::Error {
    match error {
        ServerKeysError::Changed(keys) => {
            let keys: Vec<_> = keys.iter().map(|key| format!("secrets.{key}")).collect();
            anyhow::anyhow!(
                "{}: this database was used with another key. Configure the former key, or the \
                 database of this key. If it must change: docs/keys.md#keys-of-the-server says \
                 what is lost; then start once with serve --accept-new-keys",
                keys.join(" and ")
            )
        }
        ServerKeysError::Store(error) => anyhow::Error::new(error).context(
            "store.url: the keys of the server cannot be compared: see table server_key, and \
             docs/keys.md#keys-of-the-server",
        ),
    }
}
