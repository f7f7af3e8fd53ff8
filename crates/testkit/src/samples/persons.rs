//! Sample persons.

use madoguchi_domain::change::Change;
use madoguchi_domain::person::{
    self, AccountId, DetailsUpdate, Email, Person, PersonId, PersonWrite, Phone, Registration,
    Updated,
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
pub fn email(text: &str) -> Email {
    Email::parse(text).expect("the sample address parses")
}

/// `+819000000001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn phone(number: u32) -> Phone {
    Phone::parse(&format!("+8190{number:08}")).expect("the sample number parses")
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
    let ids = (DataKeyId(Uuid::now_v7()), Uuid::now_v7());
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
    let if_match = madoguchi_domain::if_match::IfMatch::Any;
    let decided = person::update_details(person, update, &if_match, Uuid::now_v7(), &act);
    let (Some(change), Updated::Done(after)) = decided else {
        panic!("the update changes nothing");
    };
    (change, *after)
}
