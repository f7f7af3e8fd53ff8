//! Reads a file whose permissions are checked.

use std::fmt::Display;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file that cannot be used: the place, and how to correct it. Contains nothing of its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FileError(String);

/// The largest accepted file, in bytes: 16 MiB.
const MAX_BYTES: u64 = 16 << 20;

/// Who may read a file. In all cases only its owner may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody.
    Anybody,
    /// The owner and the group.
    Group,
    /// The owner, or a group of this process if root owns the file: container platforms mount
    /// secrets in this way.
    Owner,
}

/// The numeric user and group id of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Readers {
    pub(crate) fn check(self, mode: u32, owner: Owner, groups: &[u32]) -> Result<(), &'static str> {
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
    if !metadata.is_file() {
        let kind = if metadata.is_dir() { "a directory" } else { "a device, pipe or socket" };
        return Err(FileError(format!("{at} is {kind}: name a file")));
    }
    if metadata.len() > MAX_BYTES {
        return Err(FileError(format!("{at} has more than 16 MiB: name a smaller file")));
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

impl FileError {
    /// An error that says how to correct the file.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Adds the file, or the place in the file, in front of the message.
    #[must_use]
    pub fn at(self, place: impl Display) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}
