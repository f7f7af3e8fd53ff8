//! Data that a store keeps for a system without reading it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::field::InvalidField;

/// Fields that only the system which wrote them reads. Debug output shows their names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload {
    /// The version of the format: the reader of a later version still reads earlier ones.
    pub version: i32,
    /// The fields by name.
    pub fields: BTreeMap<Cow<'static, str>, String>,
}

impl Payload {
    /// A payload of these fields.
    #[must_use]
    pub fn new<const N: usize>(version: i32, fields: [(&'static str, &str); N]) -> Self {
        let fields = fields.map(|(name, value)| (Cow::Borrowed(name), value.to_owned()));
        Self { version, fields: BTreeMap::from(fields) }
    }

    /// The same payload with one more field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.insert(Cow::Borrowed(name), value.into());
        self
    }

    /// Checks that the format is known to the reader.
    ///
    /// # Errors
    /// When a later version of this program wrote it.
    pub const fn must_be_version(&self, known: i32) -> Result<(), InvalidField> {
        if self.version == known {
            return Ok(());
        }
        Err(InvalidField::new("version", "must be one that this version of the program reads"))
    }

    /// The field of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &'static str) -> Result<&str, InvalidField> {
        self.find(name).ok_or(InvalidField::new(name, "is missing in the payload"))
    }

    /// The field of this name, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload(v{} of {:?})", self.version, self.fields.keys())
    }
}
