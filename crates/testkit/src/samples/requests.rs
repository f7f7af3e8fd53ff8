//! Sample requests about the newest case of a member; change a field with
//! `Request { …, ..open(1) }`.

use madoguchi_domain::upgrade::{CaseId, CaseKey, CheckReference, CheckSource, Command, Request};

use super::{at, correlation, human, member_id, start, system};

/// The id of the case that [`open`] opens for member `number`.
#[must_use]
pub fn case_id(number: u32) -> CaseId {
    CaseId::from_u128(u128::from(number))
}

/// The reference under which [`verify`] reports on member `number`.
#[must_use]
pub fn reference(number: u32) -> CheckReference {
    CheckReference::parse(&format!("EDDA-{number}")).expect("the sample reference parses")
}

/// The system opens a case for member `number` at the start.
#[must_use]
pub fn open(number: u32) -> Request {
    open_as(number, case_id(number))
}

/// As [`open`], under an id of your own.
#[must_use]
pub fn open_as(number: u32, id: CaseId) -> Request {
    Request {
        key: CaseKey::NewestOf(member_id(number)),
        command: Command::Open { id },
        by: system(),
        correlation: correlation("open"),
        at: start(),
    }
}

/// The system reports, one minute after the start, how member `number` did in the scan-code check.
#[must_use]
pub fn verify(number: u32, passed: bool) -> Request {
    let source = CheckSource::Edda;
    Request {
        command: Command::Verify { source, reference: reference(number), passed },
        correlation: correlation("verify"),
        at: at(60),
        ..open(number)
    }
}

/// The agent gives the verdict on member `number`, two minutes after the start.
#[must_use]
pub fn decide(number: u32, passed: bool) -> Request {
    Request {
        command: Command::Decide { passed },
        by: human(),
        correlation: correlation("decide"),
        at: at(120),
        ..open(number)
    }
}
