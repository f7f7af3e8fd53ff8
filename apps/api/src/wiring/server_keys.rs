//! Refuses a database that was used with other keys of the server.

use madoguchi_application::{ServerKeysError, compare_server_keys, remember_server_keys};
use madoguchi_domain::port::ServerKeys;

use crate::settings::Settings;
use crate::system::system_act;

/// Fails if the database remembers keys that must stay, and these are others.
pub(super) async fn compare(store: &dyn ServerKeys, settings: &Settings) -> anyhow::Result<()> {
    compare_server_keys(store, &settings.server_keys).await.map_err(explained)?;
    Ok(())
}

/// As [`compare`], and remembers the keys of a database that was not used before; with
/// `accept_new_keys`, also other keys than before.
pub(super) async fn remember(store: &dyn ServerKeys, settings: &Settings) -> anyhow::Result<()> {
    let (keys, accepts) = (&settings.server_keys, settings.accept_new_keys);
    let act = system_act("serve");
    let found = remember_server_keys(store, keys, accepts, &act).await.map_err(explained)?;
    for (_, key) in found.other {
        let key = key.name.as_str();
        if accepts {
            tracing::warn!(key, "another key than before was accepted, and is remembered now");
        } else {
            let why = "open cases cannot show their code again until it expires; give every node \
                       the same key, and start once with --accept-new-keys if it should stay";
            tracing::warn!(key, why, "this key is not the one that the database remembers");
        }
    }
    Ok(())
}

fn explained(error: ServerKeysError) -> anyhow::Error {
    match error {
        ServerKeysError::Other(keys) => {
            let keys: Vec<_> = keys.iter().map(|key| format!("secrets.{key}")).collect();
            anyhow::anyhow!(
                "{}: this database was used with another key. Configure the former key, or the \
                 database of this key. If it must change: docs/keys.md#keys-of-the-server says \
                 what is lost; then start once with serve --accept-new-keys",
                keys.join(" and ")
            )
        }
        ServerKeysError::Store(error) => anyhow::Error::new(error).context("store.url"),
    }
}
