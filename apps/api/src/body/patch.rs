//! A field of a partial change: absent, null, or a new value.

use std::fmt;
use std::marker::PhantomData;

use madoguchi_domain::field::InvalidField;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// What a partial change says about a field (RFC 7396): null removes its value.
#[derive(Debug, Default)]
pub(crate) enum Patch<T> {
    /// It stays as it is.
    #[default]
    Absent,
    /// It has no value any more.
    Removed,
    /// It has this value.
    Set(T),
}

impl<T> Patch<T> {
    /// For a field that may have no value.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Option<Option<U>> {
        match self {
            Self::Absent => None,
            Self::Removed => Some(None),
            Self::Set(value) => Some(Some(change(value))),
        }
    }

    /// For a field that always has a value.
    pub(crate) fn required(self, name: &'static str) -> Result<Option<T>, InvalidField> {
        match self {
            Self::Absent => Ok(None),
            Self::Removed => Err(InvalidField::new(name, "must not be null")),
            Self::Set(value) => Ok(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(Given(PhantomData))
    }
}

struct Given<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Given<T> {
    type Value = Patch<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or null")
    }

    fn visit_none<E: Error>(self) -> Result<Patch<T>, E> {
        Ok(Patch::Removed)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Patch<T>, D::Error> {
        T::deserialize(deserializer).map(Patch::Set)
    }
}
