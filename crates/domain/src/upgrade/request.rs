//! Requests about a case.

use crate::act::Act;
use crate::member::MemberId;

use super::check::{CheckReference, CheckSource};
use super::id::CaseId;
use super::qr::QrTokenHash;

/// The key of a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CaseKey {
    /// The newest case of a member.
    NewestOf(MemberId),
    /// The case with this id.
    Id(CaseId),
    /// The case whose QR code was scanned, whether or not the code is still valid.
    Scanned(QrTokenHash),
}

/// The command of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open a case with this id, or return the open one.
    Open {
        /// The id for a new case.
        id: CaseId,
    },
    /// The checking service's result.
    Verify {
        /// The service.
        source: CheckSource,
        /// Its reference.
        reference: CheckReference,
        /// Whether the customer passed.
        passed: bool,
    },
    /// The agent's verdict.
    Decide {
        /// Whether the customer passed.
        passed: bool,
    },
}

/// One command on one case, with its actor and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The case.
    pub key: CaseKey,
    /// The command.
    pub command: Command,
    /// The actor, time and request.
    pub act: Act,
}

/// What a store must load before a request can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The case.
    pub key: CaseKey,
    /// A check reference that may already belong to a case.
    pub check: Option<(CheckSource, CheckReference)>,
}

impl Request {
    /// What must be loaded to decide this request.
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        let check = match &self.command {
            Command::Verify { source, reference, .. } => Some((*source, reference.clone())),
            Command::Open { .. } | Command::Decide { .. } => None,
        };
        Lookup { key: self.key.clone(), check }
    }
}
