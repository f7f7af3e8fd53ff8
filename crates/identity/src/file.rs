//! Files that say who may call: how they are opened, and what is said about a bad one.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use madoguchi_domain::actor::{ActorKind, ActorRef};
use serde::de::DeserializeOwned;

/// A file that cannot be used: where, and what to do. Holds nothing of what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(pub(crate) String);

/// Opens a file that nobody but its owner may change.
pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    read_unless(path, 0o022, "written by others: chmod 644 it")
}

/// Opens a file that nobody but its owner may change, and at most its group read.
pub(crate) fn read_private(path: &Path) -> Result<String, FileError> {
    read_unless(path, 0o027, "read by strangers or written by others: chmod 640 it")
}

fn read_unless(path: &Path, open: u32, told: &str) -> Result<String, FileError> {
    let at = path.display();
    let unreadable = |_| FileError(format!("{at} cannot be read: name a file that exists"));
    let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & open != 0 {
        return Err(FileError(format!("{at} may be {told}")));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

/// Reads TOML. The parser's own words would show the line, and with it perhaps a secret.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |at| text[..at.start].lines().count().max(1));
        FileError(format!("cannot be read at line {line}: see docs/operations.md for its keys"))
    })
}

/// Reads who somebody is.
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
    /// The same, with the place in the file or the file before it.
    pub(crate) fn at(self, place: impl std::fmt::Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}
