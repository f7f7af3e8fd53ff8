//! What callers ask of a case.

use crate::Timestamp;
use crate::actor::ActorRef;
use crate::correlation::CorrelationId;
use crate::member::MemberId;

use super::case::CaseId;
use super::check::{CheckReference, CheckSource};
use super::qr::QrTokenHash;

/// Which case is meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CaseKey {
    /// The newest case of a member.
    NewestOf(MemberId),
    /// The case with this id.
    Id(CaseId),
    /// The case whose QR code was scanned, whether or not the code is still valid.
    Scanned(QrTokenHash),
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open a case under this id, or find the one that is open.
    Open {
        /// The id of the new case, should there be one.
        id: CaseId,
    },
    /// The checking service reports.
    Verify {
        /// Which service.
        source: CheckSource,
        /// Its reference.
        reference: CheckReference,
        /// Whether the customer passed.
        passed: bool,
    },
    /// The agent gives the verdict.
    Decide {
        /// Whether the customer passed.
        passed: bool,
    },
}

/// One thing asked of one case by somebody at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which case.
    pub key: CaseKey,
    /// What.
    pub command: Command,
    /// By whom.
    pub by: ActorRef,
    /// In which request.
    pub correlation: CorrelationId,
    /// When.
    pub at: Timestamp,
}

/// What a store must look up before a request can be decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Which case.
    pub key: CaseKey,
    /// A check whose reference may already belong to a case.
    pub check: Option<(CheckSource, CheckReference)>,
}

impl Request {
    /// What must be known to decide this request.
    #[must_use]
    pub fn lookup(&self) -> Lookup {
        let check = match &self.command {
            Command::Verify { source, reference, .. } => Some((*source, reference.clone())),
            Command::Open { .. } | Command::Decide { .. } => None,
        };
        Lookup { key: self.key.clone(), check }
    }
}
