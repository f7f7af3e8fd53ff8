//! Sample persons.

use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi_domain::change::Change;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::person::{
    self, AccountId, DetailsUpdate, EmailAddress, MailWish, Person, PersonId, PersonWrite,
    PhoneNumber, Registration, StopReason, Updated,
};
use madoguchi_domain::registered::Registered;
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

use super::{act, at, human, start};

/// `PER0001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn person_id(number: u32) -> PersonId {
    PersonId::parse(&format!("PER{number:04}")).expect("the sample id parses")
}

/// `ACC0001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn account_id(number: u32) -> AccountId {
    AccountId::parse(&format!("ACC{number:04}")).expect("the sample id parses")
}

/// An e-mail address.
///
/// # Panics
/// When it does not parse.
#[must_use]
pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("the sample address parses")
}

/// `+819000000001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn phone(number: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+8190{number:08}")).expect("the sample number parses")
}

/// An id that no other row of this process has.
pub(super) fn new_id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u128(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

/// A registration with its own account, e-mail address and phone number.
#[must_use]
pub fn person_registration(number: u32) -> Registration {
    Registration {
        id: person_id(number),
        account: account_id(number),
        email: Some(email(&format!("person{number}@example.com"))),
        phone: Some(phone(number)),
        locale: None,
        external_identity: None,
    }
}

/// The change that registers it, with the rule that an account has one person.
///
/// # Panics
/// Never.
#[must_use]
pub fn registers(wish: &Registration) -> Change<PersonWrite> {
    registers_if(wish, true)
}

/// The same with or without that rule.
///
/// # Panics
/// Never.
#[must_use]
pub fn registers_if(wish: &Registration, unique_account: bool) -> Change<PersonWrite> {
    let ids = (DataKeyId(new_id()), new_id());
    let act = act("register", human(), start());
    let (change, answer) = person::register(&[], wish, unique_account, ids, &act);
    assert_eq!(answer, Registered::New);
    change.expect("a person that is not known is new")
}

/// The change that updates contact details `seconds` after the start, and the person after it.
///
/// # Panics
/// When the update changes nothing.
#[must_use]
pub fn updates(
    person: &Person,
    update: &DetailsUpdate,
    seconds: i64,
) -> (Change<PersonWrite>, Person) {
    let act = act("update", human(), at(seconds));
    let decided = person::update_details(person, update, &IfMatch::Any, new_id(), &act);
    let (Some(change), Updated::Done(after)) = decided else {
        panic!("the update changes nothing");
    };
    (change, *after)
}

/// The update to this e-mail address.
#[must_use]
pub fn new_email(text: &str) -> DetailsUpdate {
    DetailsUpdate { email: Some(email(text)), ..DetailsUpdate::default() }
}

/// The update that stops mail for this reason.
///
/// # Panics
/// When it is no reason.
#[must_use]
pub fn mail_stop(reason: &str) -> DetailsUpdate {
    let reason = StopReason::parse(reason).expect("the sample reason parses");
    DetailsUpdate { mail: Some(MailWish::Stop(reason)), ..DetailsUpdate::default() }
}
