//! Parses the actor of an entry in a file.

use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_files::FileError;

/// Where the keys of the files are described.
pub(crate) const KEYS: &str = "see docs/operations.md for its keys";

/// Parses an actor.
pub(crate) fn actor(issuer: &str, subject: &str, kind: &str) -> Result<ActorRef, FileError> {
    let kind =
        ActorKind::parse(kind).ok_or_else(|| FileError::new("kind must be HUMAN or SYSTEM"))?;
    not_own(issuer).map_err(|rule| FileError::new(format!("issuer {rule}")))?;
    ActorRef::parse(issuer, subject, kind).map_err(|error| FileError::new(error.to_string()))
}

/// Refuses the issuer of our own workers: in the audit log nobody else may look like one.
pub(crate) fn not_own(issuer: &str) -> Result<(), &'static str> {
    if issuer == ActorRef::OWN_ISSUER {
        return Err("must not be madoguchi, which names this program's own workers");
    }
    Ok(())
}
