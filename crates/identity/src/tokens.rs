//! Verifies access tokens against a file with their hashes, actors and scopes.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use madoguchi_domain::actor::{Actor, Scope};
use madoguchi_domain::port::{TokenVerifier, VerifierUnavailable};
use madoguchi_domain::secret::{AccessToken, unhex};
use serde::Deserialize;

use madoguchi_files::{self as files, FileContent, FileError, ParsedFile, Readers};

use crate::actor::{KEYS, actor};

/// Tokens, stored as SHA-256 hashes. A token must be random and long, because SHA-256 is fast.
pub struct StaticTokens {
    actors: FileContent<ActorsByHash>,
}

/// A token file that was read and parsed.
#[derive(Clone)]
pub struct TokenFile(ParsedFile<ActorsByHash>);

type ActorsByHash = HashMap<[u8; 32], Actor>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    sha256: String,
    issuer: String,
    subject: String,
    kind: String,
    scopes: Vec<String>,
}

impl TokenFile {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read, other users may write it, or it is invalid or has no token.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        ParsedFile::read(path, Readers::Anybody, parse).map(Self)
    }
}

impl StaticTokens {
    /// Accepts the tokens of this file.
    #[must_use]
    pub fn new(file: TokenFile) -> Self {
        Self { actors: FileContent::new(file.0) }
    }

    /// Reloads the file; then only its tokens are valid.
    ///
    /// # Errors
    /// As [`TokenFile::read`]; the previous tokens stay valid.
    pub fn reload(&self) -> Result<(), FileError> {
        self.actors.reload()
    }
}

fn parse(text: &str) -> Result<ActorsByHash, FileError> {
    let file: File = files::parse(text, KEYS)?;
    let mut actors = HashMap::new();
    for (number, row) in (1..).zip(file.token) {
        let place = format!("token number {number}");
        let (hash, actor) = row.parse().map_err(|error| error.at(&place))?;
        if actors.insert(hash, actor).is_some() {
            return Err(FileError::new("is given twice").at(place));
        }
    }
    if actors.is_empty() {
        return Err(FileError::new("no token, so nobody could call: add a [[token]]"));
    }
    Ok(actors)
}

impl Row {
    fn parse(self) -> Result<([u8; 32], Actor), FileError> {
        let hash = unhex(&self.sha256).and_then(|bytes| bytes.try_into().ok());
        let hash = hash.ok_or_else(|| FileError::new("sha256 must be 64 hexadecimal digits"))?;
        let who = actor(&self.issuer, &self.subject, &self.kind)?;
        let scope = |text: &String| {
            Scope::parse(text).ok_or_else(|| {
                let known = Scope::ALL.map(Scope::as_str).join(", ");
                FileError::new(format!("scopes holds one that is not known: known are {known}"))
            })
        };
        let scopes = self.scopes.iter().map(scope).collect::<Result<Vec<_>, _>>()?;
        Ok((hash, Actor { who, scopes }))
    }
}

#[async_trait]
impl TokenVerifier for StaticTokens {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Actor>, VerifierUnavailable> {
        // Looked up by hash, so the response time does not reveal a token.
        Ok(self.actors.current().get(&token.sha256()).cloned())
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenFile({} tokens)", self.0.content().len())
    }
}

impl fmt::Debug for StaticTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticTokens({} tokens)", self.actors.current().len())
    }
}

#[cfg(test)]
mod tests;
