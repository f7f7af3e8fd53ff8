//! The key of an effect: its kind and its id within the kind.

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

use crate::field::InvalidField;

/// A kind of effect, for example `Mail`. The system that owns the kind defines it as a constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectKind(Cow<'static, str>);

impl EffectKind {
    /// The kind of this name: 1 to 32 ASCII letters.
    #[must_use]
    pub const fn of(name: &'static str) -> Self {
        assert!(is_name(name), "1 to 32 ASCII letters");
        Self(Cow::Borrowed(name))
    }

    /// Parses a kind's name.
    ///
    /// # Errors
    /// When it is not 1 to 32 ASCII letters.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        is_name(text)
            .then(|| Self(Cow::Owned(text.to_owned())))
            .ok_or(InvalidField::new("kind", "must be 1 to 32 ASCII letters"))
    }

    /// The name on the wire, in the database and in metrics.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EffectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn is_name(text: &str) -> bool {
    let (bytes, mut at) = (text.as_bytes(), 0);
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphabetic() {
            return false;
        }
        at += 1;
    }
    1 <= at && at <= 32
}

/// An effect's id within its kind: a UUID, usually the id of the record that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectId(pub Uuid);

impl fmt::Display for EffectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The unique key of an effect. It holds no personal data and may be printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EffectKey {
    /// The kind.
    pub kind: EffectKind,
    /// The id within the kind.
    pub id: EffectId,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}
