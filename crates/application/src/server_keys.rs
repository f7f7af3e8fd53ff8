//! Compares the server's keys with those that its database remembers.

use madoguchi_domain::act::Act;
use madoguchi_domain::change::Committed;
use madoguchi_domain::port::{ServerKeys, StoreError};
use madoguchi_domain::server_key::{FingerprintedKey, KeyComparison, ServerKey};

/// Maximum decisions per call. After a lost write, the keys of another node are remembered.
const MOST_TRIES: u32 = 4;

/// Why a process must not use a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerKeysError {
    /// It was used with other keys, and these must stay.
    #[error("the database remembers other keys than {}", names(.0))]
    Other(Vec<ServerKey>),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn names(keys: &[ServerKey]) -> String {
    keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ")
}

/// Compares the keys and writes nothing.
///
/// # Errors
/// See [`ServerKeysError`].
pub async fn compare_server_keys(
    store: &dyn ServerKeys,
    configured: &[FingerprintedKey],
) -> Result<KeyComparison, ServerKeysError> {
    let found = KeyComparison::of(configured, &store.remembered().await?);
    let mut refused = found.other.iter().map(|(_, key)| key.name).filter(|name| name.must_stay());
    match refused.next() {
        Some(first) => Err(ServerKeysError::Other(std::iter::once(first).chain(refused).collect())),
        None => Ok(found),
    }
}

/// Remembers keys that are new to the database, and with `accept_others` also those that are not
/// the remembered ones. Returns what differed before.
///
/// # Errors
/// See [`ServerKeysError`].
pub async fn remember_server_keys(
    store: &dyn ServerKeys,
    configured: &[FingerprintedKey],
    accept_others: bool,
    act: &Act,
) -> Result<KeyComparison, ServerKeysError> {
    for _ in 0..MOST_TRIES {
        let found = if accept_others {
            KeyComparison::of(configured, &store.remembered().await?)
        } else {
            compare_server_keys(store, configured).await?
        };
        let changes = found.changes(accept_others, act);
        if changes.is_empty() || store.remember(&changes).await? == Committed::Moved {
            return Ok(found);
        }
    }
    Err(StoreError::Unavailable("other nodes changed the remembered keys each time").into())
}
