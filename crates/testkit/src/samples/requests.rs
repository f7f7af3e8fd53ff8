//! Sample requests about the newest case of a member; change a field with
//! `Request { …, ..open(1) }`.

use madoguchi_domain::Timestamp;
use madoguchi_domain::upgrade::{
    CaseId, CaseKey, CaseSnapshot, CheckReference, CheckSource, Command, FoundCase, Request,
};

use super::{act, at, human, member_id, start, system};

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

/// Like [`open`], with the given case id.
#[must_use]
pub fn open_as(number: u32, id: CaseId) -> Request {
    Request {
        key: CaseKey::NewestOf(member_id(number)),
        command: Command::Open { id },
        act: act("open", system(), start()),
    }
}

/// The system reports member `number`'s scan-code check, one minute after the start.
#[must_use]
pub fn verify(number: u32, passed: bool) -> Request {
    let source = CheckSource::Edda;
    Request {
        command: Command::Verify { source, reference: reference(number), passed },
        act: act("verify", system(), at(60)),
        ..open(number)
    }
}

/// The agent's verdict on member `number`, two minutes after the start.
#[must_use]
pub fn decide(number: u32, passed: bool) -> Request {
    Request {
        command: Command::Decide { passed },
        act: act("decide", human(), at(120)),
        ..open(number)
    }
}

/// The same request at another time.
#[must_use]
pub fn asked_at(request: Request, at: Timestamp) -> Request {
    Request { act: request.act.with_time(at), ..request }
}

/// Stored data as found by a member or id, for a request without a check or with a new one.
#[must_use]
pub const fn found_case(snapshot: CaseSnapshot) -> FoundCase {
    FoundCase { snapshot, scanned: None, check_held_by: None }
}
