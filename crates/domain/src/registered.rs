//! The answer to a registration that may be repeated.

use crate::field::InvalidField;
use crate::idempotency::Replayable;
use crate::payload::Payload;

/// What a registration found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered<T> {
    /// It is new.
    New,
    /// It was registered before with the same data; here is its current state.
    Same(Box<T>),
    /// Something else with its id, or with another value that must be unique, is registered;
    /// nothing was changed.
    Different,
}

impl<T> Registered<T> {
    /// The same with another form of what was registered.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Registered<U> {
        match self {
            Self::New => Registered::New,
            Self::Same(one) => Registered::Same(Box::new(change(*one))),
            Self::Different => Registered::Different,
        }
    }
}

impl<T: Clone> Registered<T> {
    /// Compares a registration with what is stored under its unique values.
    pub(crate) fn among(known: &[T], is_same: impl Fn(&T) -> bool) -> Self {
        match known.iter().find(|one| is_same(one)) {
            Some(same) => Self::Same(Box::new(same.clone())),
            None if known.is_empty() => Self::New,
            None => Self::Different,
        }
    }
}

/// The version of the payload of a new registration that is written now.
const VERSION: i32 = 1;
/// The field of a payload that says whether it was new.
const REGISTERED: &str = "registered";

impl<T: Replayable> Replayable for Registered<T> {
    fn to_payload(&self) -> Option<Payload> {
        match self {
            Self::New => Some(Payload::new(VERSION, [(REGISTERED, "new")])),
            Self::Same(stored) => Some(stored.to_payload()?.with(REGISTERED, "same")),
            Self::Different => None,
        }
    }

    fn from_payload(payload: &Payload) -> Result<Self, InvalidField> {
        payload.must_be_version(VERSION)?;
        match payload.get(REGISTERED)? {
            "new" => Ok(Self::New),
            "same" => Ok(Self::Same(Box::new(T::from_payload(payload)?))),
            _ => Err(InvalidField::new(REGISTERED, "must be new or same")),
        }
    }
}
