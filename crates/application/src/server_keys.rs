//! Compares the server's keys with those that its database remembers.

use std::fmt;

use madoguchi_domain::act::Act;
use madoguchi_domain::audit::{GENESIS, Head, Place, follow};
use madoguchi_domain::change::Committed;
use madoguchi_domain::port::{AuditLog, ServerKeys, StoreError};
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::server_key::{FingerprintedKey, KeyComparison, ServerKey};

/// Maximum decisions per call. After a lost write, the keys of another node are remembered.
const MOST_TRIES: u32 = 4;

/// The configured keys, and the database that they must fit.
#[derive(Clone, Copy)]
pub struct ServerKeyCheck<'a> {
    /// What the database remembers.
    pub remembered: &'a dyn ServerKeys,
    /// Its audit log, whose last rows show whether the audit key is right, if none is remembered.
    pub audit: &'a dyn AuditLog,
    /// The configured audit key.
    pub audit_key: &'a SecretKey,
    /// The fingerprints of all configured keys.
    pub configured: &'a [FingerprintedKey],
}

impl fmt::Debug for ServerKeyCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKeyCheck").field("configured", &self.configured).finish()
    }
}

/// Why a process must not use a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerKeysError {
    /// It was used with other keys than these, which must stay.
    #[error("the database was used with other keys than {}", names(.0))]
    Changed(Vec<ServerKey>),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn names(keys: &[ServerKey]) -> String {
    keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ")
}

impl ServerKeyCheck<'_> {
    /// Compares the keys and writes nothing.
    ///
    /// # Errors
    /// See [`ServerKeysError`].
    pub async fn compare(&self) -> Result<KeyComparison, ServerKeysError> {
        let found = self.found().await?;
        let mut changed: Vec<_> = found.changed.iter().map(|(_, key)| key.name).collect();
        changed.retain(|name| name.must_stay());
        let is_new = found.new.iter().any(|key| key.name == ServerKey::AuditKey);
        if is_new && !self.continues_the_log().await? {
            changed.push(ServerKey::AuditKey);
        }
        if changed.is_empty() { Ok(found) } else { Err(ServerKeysError::Changed(changed)) }
    }

    /// Remembers keys that are new to the database, and with `accept_changed` also those that are
    /// not the remembered ones. Returns what differed before.
    ///
    /// # Errors
    /// See [`ServerKeysError`].
    pub async fn remember(
        &self,
        accept_changed: bool,
        act: &Act,
    ) -> Result<KeyComparison, ServerKeysError> {
        for _ in 0..MOST_TRIES {
            let found = if accept_changed { self.found().await? } else { self.compare().await? };
            let changes = found.changes(accept_changed, act);
            if changes.is_empty() || self.remembered.remember(&changes).await? == Committed::Moved {
                return Ok(found);
            }
        }
        Err(StoreError::Unavailable("other nodes changed the remembered keys each time").into())
    }

    async fn found(&self) -> Result<KeyComparison, StoreError> {
        Ok(KeyComparison::of(self.configured, &self.remembered.remembered().await?))
    }

    /// Whether the last row of every stream of the audit log verifies under the audit key.
    async fn continues_the_log(&self) -> Result<bool, StoreError> {
        for head in self.audit.heads().await? {
            let Place { stream, seq } = head.place;
            let before = Place { stream, seq: (seq - 2).max(0) };
            let rows = self.audit.after(before, 2).await?;
            let verified = match &rows[..] {
                [] => Ok(head),
                [first] => {
                    let start = Head { place: Place { stream, seq: 0 }, link: GENESIS };
                    follow(self.audit_key, start, std::slice::from_ref(first))
                }
                [first, rest @ ..] => {
                    follow(self.audit_key, Head { place: first.place, link: first.link }, rest)
                }
            };
            if verified.is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
