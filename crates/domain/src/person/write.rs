//! What a decision about a person writes.

use uuid::Uuid;

use super::{AccountMail, Person};

/// The rows of a decision about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonWrite {
    /// A person that is not stored yet. Lost if its id is taken, or its account if that is unique.
    Register(Box<NewPerson>),
    /// The person after a change of its details, and the id of its new version's row. Lost unless
    /// the stored version is the one before.
    Update(Box<Person>, Uuid),
    /// The account after its mail setting was switched. Lost unless the stored setting is the
    /// other one.
    AccountMail(AccountMail),
}

/// A person to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// The person, in version 1.
    pub person: Person,
    /// The id of its first version's row.
    pub version_id: Uuid,
    /// Whether its account may have no other person that was registered with this rule.
    pub unique_account: bool,
}
