//! Reads the key ring: a list of keys with their states, and one file for each key.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use madoguchi_domain::key_ring::{HeldKey, KeyKind, KeyState};
use madoguchi_domain::port::SealerError;
use madoguchi_domain::sealed::KeyId;
use madoguchi_domain::secret::unhex;
use madoguchi_files::{self as files, read_public, read_secret};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::envelope::{KEY, KeyBytes};

/// A key ring that cannot be used: every mistake with its file or key id, and nothing of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct KeyRingError(Vec<String>);

impl KeyRingError {
    /// The mistakes, one sentence each.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.0
    }
}

/// The keys of both kinds, exactly one active of each.
#[derive(Debug)]
pub(crate) struct KeyRing {
    key_encryption: Keys<KeyBytes>,
    index: Keys<hmac::Key>,
}

impl KeyRing {
    /// Reads the list at `path` and the key files that it names, relative to its folder.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyRingError> {
        let list = KeyList::read(path).map_err(|mistake| KeyRingError(vec![mistake]))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut mistakes = Vec::new();
        let mut read = |name, entries| read_keys(name, entries, folder, &mut mistakes);
        let key_encryption = read("key_encryption_key", list.key_encryption_key);
        let index = read("index_key", list.index_key);
        let all: Vec<_> = key_encryption.iter().chain(&index).collect();
        for (at, key) in all.iter().enumerate() {
            if let Some(same) = all[..at].iter().find(|other| other.key == key.key) {
                mistakes.push(format!("{} and {} hold the same key", same.file(), key.file()));
            }
        }
        let (key_encryption, index) = (Keys::of(key_encryption), Keys::of(index));
        match (key_encryption, index) {
            (Some(key_encryption), Some(index)) if mistakes.is_empty() => {
                let index = index.map(|bytes| hmac::Key::new(hmac::HMAC_SHA256, &bytes));
                Ok(Self { key_encryption, index })
            }
            (_, _) => Err(KeyRingError(mistakes)),
        }
    }

    /// The key-encryption key that wraps.
    pub(crate) const fn active(&self) -> (&KeyId, &KeyBytes) {
        let RingKey { id, key, .. } = &self.key_encryption.active;
        (id, key)
    }

    /// The key-encryption key of this id.
    pub(crate) fn key_encryption_key(&self, id: &KeyId) -> Result<&KeyBytes, SealerError> {
        let key = self.key_encryption.all().find(|key| key.id == *id);
        key.map(|key| &key.key).ok_or_else(|| SealerError::UnknownKey(id.clone()))
    }

    /// Every key without its bytes, the active one of each kind first.
    pub(crate) fn held(&self) -> Vec<HeldKey> {
        let key_encryption = self.key_encryption.all().map(|key| key.held(KeyKind::KeyEncryption));
        let index = self.index.all().map(|key| key.held(KeyKind::Index));
        key_encryption.chain(index).collect()
    }

    /// The index keys, the active one first.
    pub(crate) fn index_keys(&self) -> impl Iterator<Item = (&KeyId, &hmac::Key)> {
        self.index.all().map(|key| (&key.id, &key.key))
    }
}

/// The keys of one kind.
#[derive(Debug)]
struct Keys<T> {
    active: RingKey<T>,
    decrypt_only: Vec<RingKey<T>>,
}

impl<T> Keys<T> {
    /// `None` without an active key; a second active key is found earlier.
    fn of(keys: Vec<RingKey<T>>) -> Option<Self> {
        let (mut active, decrypt_only): (Vec<_>, _) = keys.into_iter().partition(|it| it.is_active);
        active.pop().map(|active| Self { active, decrypt_only })
    }

    fn map<U>(self, convert: impl Fn(T) -> U) -> Keys<U> {
        let convert = |it: RingKey<T>| it.map(&convert);
        let decrypt_only = self.decrypt_only.into_iter().map(convert).collect();
        Keys { active: convert(self.active), decrypt_only }
    }

    /// The active key, then the others.
    fn all(&self) -> impl Iterator<Item = &RingKey<T>> {
        [&self.active].into_iter().chain(&self.decrypt_only)
    }
}

/// One key with its id and its file. Debug output does not show the key.
struct RingKey<T> {
    id: KeyId,
    is_active: bool,
    path: PathBuf,
    key: T,
}

impl<T> RingKey<T> {
    fn map<U>(self, convert: impl Fn(T) -> U) -> RingKey<U> {
        let Self { id, is_active, path, key } = self;
        RingKey { id, is_active, path, key: convert(key) }
    }

    fn held(&self, kind: KeyKind) -> HeldKey {
        let state = if self.is_active { KeyState::Active } else { KeyState::DecryptOnly };
        HeldKey { kind, id: self.id.clone(), state }
    }

    fn file(&self) -> String {
        self.path.display().to_string()
    }
}

impl<T> fmt::Debug for RingKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RingKey").field(&self.id.as_str()).finish_non_exhaustive()
    }
}

/// The list of keys, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyList {
    #[serde(default)]
    key_encryption_key: Vec<Entry>,
    #[serde(default)]
    index_key: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    state: String,
    file: PathBuf,
}

impl KeyList {
    fn read(path: &Path) -> Result<Self, String> {
        let bytes = read_public(path).map_err(|error| error.to_string())?;
        let at = path.display();
        let text = str::from_utf8(&bytes).map_err(|_| format!("{at} is not UTF-8"))?;
        files::parse(text, "each key has an id, a state and a file")
            .map_err(|error| error.at(at).to_string())
    }
}

/// The keys of one kind that can be read. Everything else becomes a mistake.
fn read_keys(
    kind: &str,
    entries: Vec<Entry>,
    folder: &Path,
    mistakes: &mut Vec<String>,
) -> Vec<RingKey<KeyBytes>> {
    let active = entries.iter().filter(|entry| entry.state == "active").count();
    if active != 1 {
        mistakes.push(format!("one {kind} must be active, not {active}"));
    }
    let mut ids: Vec<String> = Vec::new();
    let mut keys = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        if ids.contains(&entry.id) {
            mistakes.push(format!("{kind} {} has the id of an earlier one", at + 1));
        }
        ids.push(entry.id.clone());
        match read_key(entry, folder) {
            Ok(key) => keys.push(key),
            Err(found) => {
                mistakes.extend(found.into_iter().map(|it| format!("{kind} {}: {it}", at + 1)));
            }
        }
    }
    keys
}

fn read_key(entry: Entry, folder: &Path) -> Result<RingKey<KeyBytes>, Vec<String>> {
    let Entry { id, state, file } = entry;
    let mut mistakes = Vec::new();
    // What is not an id or a state is not repeated: it may be a key in the wrong place.
    let id = KeyId::parse(&id).map_err(|_| mistakes.push(INVALID_ID.to_owned()));
    let is_active = state == "active";
    if !is_active && state != "decrypt_only" {
        mistakes.push("state must be active or decrypt_only".to_owned());
    }
    let path = folder.join(file);
    let key = key_file(&path).map_err(|mistake| mistakes.push(mistake));
    match (id, key) {
        (Ok(id), Ok(key)) if mistakes.is_empty() => Ok(RingKey { id, is_active, path, key }),
        (_, _) => Err(mistakes),
    }
}

const INVALID_ID: &str = "id must be 1 to 32 characters of a-z, 0-9 and -";

fn key_file(path: &Path) -> Result<KeyBytes, String> {
    let bytes = Zeroizing::new(read_secret(path).map_err(|error| error.to_string())?);
    let digits = str::from_utf8(&bytes).ok().map(str::trim);
    let key = digits.and_then(unhex).map(Zeroizing::new).filter(|key| key.len() == KEY);
    key.ok_or_else(|| format!("{} must hold 64 hexadecimal digits", path.display()))
}

#[cfg(test)]
mod tests;
