//! Sample members, identified by a number.

use madoguchi_domain::change::Change;
use madoguchi_domain::member::{self, Account, Member, MemberId, NewMember};

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

/// The registration of a new member, by the system, at the start.
///
/// # Panics
/// Never: a member that is not known is new.
#[must_use]
pub fn registration(member: Member) -> Change<NewMember> {
    let (change, _) = member::register(&[], member, &act("register", system(), start()));
    change.expect("a member that is not known is new")
}
