//! Opens and reloads files with restricted permissions, and reports invalid ones.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use madoguchi_domain::actor::{ActorKind, ActorRef};
use serde::de::DeserializeOwned;

/// A file that cannot be used: the place, and how to correct it. Contains nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(pub(crate) String);

/// The largest accepted file, in bytes: 16 MiB.
const MAX_BYTES: u64 = 16 << 20;

/// Who may read a file. In all cases only its owner may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readers {
    Anybody,
    Group,
    /// The owner, or a group of this process if root owns the file: container platforms mount
    /// secrets in this way.
    Owner,
}

/// The numeric user and group id of a file.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Readers {
    fn check(self, mode: u32, owner: Owner, groups: &[u32]) -> Result<(), &'static str> {
        let open_to = |mask: u32| mode & mask != 0;
        let mounted = owner.user == 0 && groups.contains(&owner.group) && !open_to(0o027);
        match self {
            Self::Anybody if open_to(0o022) => Err("written by others: chmod 644 it"),
            Self::Group if open_to(0o027) => {
                Err("read by strangers or written by others: chmod 640 it")
            }
            Self::Owner if open_to(0o077) && !mounted => Err("read or written by others: chmod \
                600 it, or have it owned by root and by a group of this process, and chmod 440 it"),
            Self::Anybody | Self::Group | Self::Owner => Ok(()),
        }
    }
}

/// Reads a file that only its owner may write and only `readers` may read.
pub(crate) fn read(path: &Path, readers: Readers) -> Result<Vec<u8>, FileError> {
    let at = path.display();
    let unreadable = |error: std::io::Error| {
        let mend = if error.kind() == ErrorKind::PermissionDenied {
            "let this process read it: chown or chgrp it"
        } else {
            "name a file that is there"
        };
        FileError(format!("{at} cannot be read ({}): {mend}", error.kind()))
    };
    // Checked before opening: opening a pipe would block until it has a writer.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_BYTES {
        return Err(FileError(format!("{at} is not a file of at most 16 MiB: name one")));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let owner = Owner { user: metadata.uid(), group: metadata.gid() };
    let checked = readers.check(metadata.mode(), owner, &own_groups());
    checked.map_err(|why| FileError(format!("{at} may be {why}")))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Reads a file that holds a secret in plain text.
///
/// # Errors
/// If it cannot be read, or other users may read or write it; the message says how to correct it.
pub fn read_secret(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, Readers::Owner)
}

/// Reads a file without secrets, for example certificates.
///
/// # Errors
/// If it cannot be read, is larger than 16 MiB, or other users may write it; the message says how
/// to correct it.
pub fn read_public(path: &Path) -> Result<Vec<u8>, FileError> {
    read(path, Readers::Anybody)
}

/// The effective and supplementary groups of this process.
fn own_groups() -> Vec<u32> {
    let supplementary = rustix::process::getgroups().unwrap_or_default();
    let effective = rustix::process::getegid();
    supplementary.into_iter().chain([effective]).map(rustix::process::Gid::as_raw).collect()
}

/// A file that was read, with its parsed content.
pub(crate) struct ParsedFile<T> {
    path: PathBuf,
    readers: Readers,
    parse: fn(&str) -> Result<T, FileError>,
    pub(crate) content: Arc<T>,
}

impl<T> ParsedFile<T> {
    pub(crate) fn read(
        path: &Path,
        readers: Readers,
        parse: fn(&str) -> Result<T, FileError>,
    ) -> Result<Self, FileError> {
        let at = |error: FileError| error.at(path.display());
        let bytes = read(path, readers)?;
        let text = str::from_utf8(&bytes).map_err(|_| at(FileError("is not UTF-8".to_owned())))?;
        let content = Arc::new(parse(text).map_err(at)?);
        Ok(Self { path: path.to_owned(), readers, parse, content })
    }
}

impl<T> Clone for ParsedFile<T> {
    fn clone(&self) -> Self {
        let Self { path, readers, parse, content } = self;
        Self { path: path.clone(), readers: *readers, parse: *parse, content: Arc::clone(content) }
    }
}

/// The content of a file in use, replaced by each successful reload.
pub(crate) struct FileContent<T>(RwLock<ParsedFile<T>>);

impl<T> FileContent<T> {
    pub(crate) const fn new(file: ParsedFile<T>) -> Self {
        Self(RwLock::new(file))
    }

    /// The content of the last successful load.
    pub(crate) fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).content)
    }

    /// Reloads the file. After an error the old content stays.
    pub(crate) fn reload(&self) -> Result<(), FileError> {
        let old = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let new = ParsedFile::read(&old.path, old.readers, old.parse)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

/// Parses TOML. The parser's own message is dropped: it quotes the line, which may hold a secret.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |at| text[..at.start].lines().count().max(1));
        FileError(format!("cannot be read at line {line}: see docs/operations.md for its keys"))
    })
}

/// Parses an actor.
pub(crate) fn actor(issuer: &str, subject: &str, kind: &str) -> Result<ActorRef, FileError> {
    let kind = ActorKind::parse(kind)
        .ok_or_else(|| FileError("kind must be HUMAN or SYSTEM".to_owned()))?;
    let plain =
        |text: &str| !text.is_empty() && text.len() <= 128 && !text.chars().any(char::is_control);
    if !plain(issuer) || !plain(subject) {
        return Err(FileError("issuer and subject must be 1 to 128 characters".to_owned()));
    }
    Ok(ActorRef::new(issuer, subject, kind))
}

impl FileError {
    /// Adds the file, or the place in the file, in front of the message.
    pub(crate) fn at(self, place: impl std::fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

#[cfg(test)]
mod tests;
