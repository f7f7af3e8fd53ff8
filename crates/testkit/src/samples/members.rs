//! Sample members, identified by a number.

use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::member::{Account, Member, MemberId};
use madoguchi_domain::port::Registration;

use super::{act, start, system};

/// The id of member `number`: `MEM0001` and so on.
#[must_use]
pub fn member_id(number: u32) -> MemberId {
    MemberId::parse(&format!("MEM{number:04}")).expect("the sample member id parses")
}

/// The account of member `number`, different for each number.
#[must_use]
pub fn account(number: u32) -> Account {
    Account::parse(&format!("AA19337{number:05X}"), None).expect("the sample account parses")
}

/// Member `number`, without a level.
#[must_use]
pub fn member(number: u32) -> Member {
    Member::new(member_id(number), account(number), None)
}

/// A registration of a member, by the system, at the start.
#[must_use]
pub fn registration(member: Member) -> Registration {
    let audit = AuditEntry::new(
        Action::MEMBER_REGISTERED,
        member.id.subject(),
        "",
        &act("register", system(), start()),
    );
    Registration { member, audit }
}
