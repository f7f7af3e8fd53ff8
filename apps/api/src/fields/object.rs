//! Parses one JSON object from bytes: keeps the values of known keys and skips the others.

use std::fmt;

use madoguchi_domain::field::InvalidField;
use madoguchi_upstream::is_too_deep;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::problem::Problem;

const MAX_KEYS: usize = 256;

/// A value of a known key.
pub(super) enum Given {
    Null,
    Boolean(bool),
    Text(String),
    /// A string with a lone surrogate, which is not valid Unicode.
    LoneSurrogate,
    /// A number, a list or an object.
    Other,
}

impl Given {
    /// Parses a value that is valid JSON.
    fn of(raw: &str) -> Self {
        match raw {
            "null" => Self::Null,
            "true" => Self::Boolean(true),
            "false" => Self::Boolean(false),
            text if text.starts_with('"') => {
                serde_json::from_str(text).map_or(Self::LoneSurrogate, Self::Text)
            }
            _ => Self::Other,
        }
    }
}

/// The parsed object.
#[derive(Default)]
pub(super) struct Object {
    pub(super) known: Vec<(&'static str, Given)>,
    /// Whether it has unknown keys.
    pub(super) has_others: bool,
    twice: Option<&'static str>,
    keys: usize,
}

/// Parses a whole body. The error names the rule that it breaks.
pub(super) fn read(bytes: &[u8], known: &'static [&'static str]) -> Result<Object, Problem> {
    let text = str::from_utf8(bytes).map_err(|_| Problem::invalid("the body must be UTF-8"))?;
    if is_too_deep(text) {
        return Err(Problem::invalid("the body must not nest deeper than 128 levels"));
    }
    // Validate all of it first: keys read as bytes are not fully validated below.
    serde_json::from_str::<IgnoredAny>(text)
        .map_err(|_| Problem::invalid("the body must be valid JSON"))?;
    let object = serde_json::Deserializer::from_str(text).deserialize_map(OfKeys(known));
    let object = object.map_err(|_| Problem::invalid("the body must be a JSON object"))?;
    if object.keys > MAX_KEYS {
        return Err(Problem::invalid("the body must have at most 256 keys"));
    }
    match object.twice {
        Some(key) => Err(InvalidField::new(key, "must be given only once, not twice").into()),
        None => Ok(object),
    }
}

/// Deserializes an object with these known keys.
struct OfKeys(&'static [&'static str]);

impl<'de> Visitor<'de> for OfKeys {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut object = Object::default();
        while let Some(key) = map.next_key_seed(KnownKey(self.0))? {
            object.keys += 1;
            let Some(key) = key else {
                object.has_others = true;
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if object.known.iter().any(|(before, _)| *before == key) {
                object.twice = Some(key);
            }
            object.known.push((key, Given::of(map.next_value::<&RawValue>()?.get())));
        }
        Ok(object)
    }
}

/// Deserializes a key as bytes, so that any content is accepted, and looks it up in these.
struct KnownKey(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KnownKey {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KnownKey {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| known.as_bytes() == key).copied())
    }
}
