//! Parsed files that can be read again while they are used.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use serde::de::DeserializeOwned;

use crate::read::{FileError, Readers, read};

/// A file that was read, with its parsed content.
pub struct ParsedFile<T> {
    path: PathBuf,
    readers: Readers,
    parse: fn(&str) -> Result<T, FileError>,
    content: Arc<T>,
}

impl<T> ParsedFile<T> {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// If it cannot be read or parsed; the message says where, and shows no content.
    pub fn read(
        path: &Path,
        readers: Readers,
        parse: fn(&str) -> Result<T, FileError>,
    ) -> Result<Self, FileError> {
        let at = |error: FileError| error.at(path.display());
        let bytes = read(path, readers)?;
        let text = str::from_utf8(&bytes).map_err(|_| at(FileError::new("is not UTF-8")))?;
        let content = Arc::new(parse(text).map_err(at)?);
        Ok(Self { path: path.to_owned(), readers, parse, content })
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &T {
        &self.content
    }
}

/// The path only: the content may be secret.
impl<T> fmt::Debug for ParsedFile<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ParsedFile").field(&self.path).finish()
    }
}

impl<T> Clone for ParsedFile<T> {
    fn clone(&self) -> Self {
        let Self { path, readers, parse, content } = self;
        Self { path: path.clone(), readers: *readers, parse: *parse, content: Arc::clone(content) }
    }
}

/// The content of a file in use, replaced by each successful reload.
#[derive(Debug)]
pub struct FileContent<T>(RwLock<ParsedFile<T>>);

impl<T> FileContent<T> {
    /// The content of this file.
    #[must_use]
    pub const fn new(file: ParsedFile<T>) -> Self {
        Self(RwLock::new(file))
    }

    /// The content of the last successful load.
    #[must_use]
    pub fn current(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).content)
    }

    /// Reloads the file. After an error the old content stays.
    ///
    /// # Errors
    /// As [`ParsedFile::read`].
    pub fn reload(&self) -> Result<(), FileError> {
        let old = self.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        let new = ParsedFile::read(&old.path, old.readers, old.parse)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }
}

/// Parses TOML; `hint` says what the file must hold. The parser's own message is dropped: it quotes
/// the line, which may hold a secret.
///
/// # Errors
/// If it does not parse, with the number of the line.
pub fn parse<T: DeserializeOwned>(text: &str, hint: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |at| text[..at.start].lines().count().max(1));
        FileError::new(format!("cannot be read at line {line}: {hint}"))
    })
}
