//! Verifies access tokens against a file with their hashes, principals and scopes.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_domain::actor::{ActorKind, ActorRef, Scope};
use madoguchi_domain::display_name::DisplayName;
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::{TokenVerifier, VerifierUnavailable};
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::{AccessToken, unhex};
use serde::Deserialize;

use madoguchi_files::{self as files, FileContent, FileError, ParsedFile, Readers};

use crate::actor::{KEYS, actor, not_own};

/// Tokens, stored as SHA-256 hashes. A token must be random and long, because SHA-256 is fast.
pub struct StaticTokens {
    principals: FileContent<PrincipalsByHash>,
}

/// A token file that was read and parsed.
#[derive(Clone)]
pub struct TokenFile(ParsedFile<PrincipalsByHash>);

type PrincipalsByHash = HashMap<[u8; 32], Principal>;

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
    name: Option<String>,
    person_id: Option<String>,
    delegates_for: Option<String>,
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
        Self { principals: FileContent::new(file.0) }
    }

    /// Reloads the file; then only its tokens are valid.
    ///
    /// # Errors
    /// As [`TokenFile::read`]; the previous tokens stay valid.
    pub fn reload(&self) -> Result<(), FileError> {
        self.principals.reload()
    }
}

fn parse(text: &str) -> Result<PrincipalsByHash, FileError> {
    let file: File = files::parse(text, KEYS)?;
    let mut principals = HashMap::new();
    for (number, row) in (1..).zip(file.token) {
        let place = format!("token number {number}");
        let (hash, principal) = row.parse().map_err(|error| error.at(&place))?;
        agrees(&principal, principals.values()).map_err(|error| error.at(&place))?;
        if principals.insert(hash, principal).is_some() {
            return Err(FileError::new("is given twice").at(place));
        }
    }
    delegate_for_persons(&principals)?;
    if principals.is_empty() {
        return Err(FileError::new("no token, so nobody could call: add a [[token]]"));
    }
    Ok(principals)
}

impl Row {
    fn parse(self) -> Result<([u8; 32], Principal), FileError> {
        let hash = unhex(&self.sha256).and_then(|bytes| bytes.try_into().ok());
        let hash = hash.ok_or_else(|| FileError::new("sha256 must be 64 hexadecimal digits"))?;
        let who = actor(&self.issuer, &self.subject, &self.kind)?;
        let scopes = self.scopes.iter().map(|text| scope(text)).collect::<Result<Vec<_>, _>>()?;
        let name = self.name.as_deref().map(|name| match who.kind {
            ActorKind::Human => DisplayName::of_human(name),
            // It is shown as the system's name, whatever it is called here.
            ActorKind::System => DisplayName::parse(name),
        });
        let person = self.person_id.as_deref().map(PersonId::parse).transpose();
        let person = person.map_err(|error| invalid("person_id", &error))?;
        let delegates_for = self.delegates_for.as_deref().map(issuer).transpose()?;
        if delegates_for.is_some() != scopes.contains(&Scope::Delegate) {
            let rule = "the scope delegate and delegates_for need each other";
            return Err(FileError::new(rule));
        }
        if delegates_for.is_some() && who.kind == ActorKind::Human {
            let rule =
                "the scope delegate needs kind SYSTEM: a person could approve in other names";
            return Err(FileError::new(rule));
        }
        if person.is_some() && who.kind == ActorKind::System {
            return Err(FileError::new("person_id needs kind HUMAN: a program is no customer"));
        }
        let name = name.transpose().map_err(|error| invalid("name", &error))?;
        Ok((hash, Principal { who, name, person, delegates_for, scopes }))
    }
}

/// Refuses a delegation for an issuer of programs: a program would be recorded as a person.
fn delegate_for_persons(principals: &PrincipalsByHash) -> Result<(), FileError> {
    let all = || principals.values();
    let has_programs = |issuer: &Arc<str>| {
        all().any(|it| it.who.kind == ActorKind::System && it.who.issuer == *issuer)
    };
    if all().filter_map(|it| it.delegates_for.as_ref()).any(has_programs) {
        let rule = "delegates_for must be an issuer of persons only: no SYSTEM entry may have it";
        return Err(FileError::new(rule));
    }
    Ok(())
}

/// Whether an entry agrees with the others of the same actor: a subject is one person or one
/// program, and one customer.
fn agrees<'a>(
    principal: &Principal,
    mut others: impl Iterator<Item = &'a Principal>,
) -> Result<(), FileError> {
    let differs = |other: &Principal| {
        let (one, same) = (&principal.who, &other.who);
        let is_one = (&one.issuer, &one.subject) == (&same.issuer, &same.subject);
        is_one && (one.kind != same.kind || principal.person != other.person)
    };
    if others.any(differs) {
        let rule = "kind and person_id must be as in the other entries of this subject";
        return Err(FileError::new(rule));
    }
    Ok(())
}

fn scope(text: &str) -> Result<Scope, FileError> {
    Scope::parse(text).ok_or_else(|| {
        let known = Scope::ALL.map(Scope::as_str).join(", ");
        FileError::new(format!("scopes holds one that is not known: known are {known}"))
    })
}

/// The issuer of the persons in whose name a token may act.
fn issuer(text: &str) -> Result<Arc<str>, FileError> {
    not_own(text).map_err(|rule| FileError::new(format!("delegates_for {rule}")))?;
    let anybody = ActorRef::parse(text, "anybody", ActorKind::Human);
    anybody.map(|it| it.issuer).map_err(|error| invalid("delegates_for", &error))
}

/// The error under the key's name in the file.
fn invalid(key: &str, error: &InvalidField) -> FileError {
    FileError::new(format!("{key} {}", error.rule))
}

#[async_trait]
impl TokenVerifier for StaticTokens {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Principal>, VerifierUnavailable> {
        // Looked up by hash, so the response time does not reveal a token.
        Ok(self.principals.current().get(&token.sha256()).cloned())
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenFile({} tokens)", self.0.content().len())
    }
}

impl fmt::Debug for StaticTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaticTokens({} tokens)", self.principals.current().len())
    }
}

#[cfg(test)]
mod tests;
