//! Lenient fields: an invalid value counts as absent and never makes the reply unreadable.

use madoguchi_upstream::Object;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Number;
use serde_json::value::RawValue;

/// A field that should be text. A number becomes its digits; empty, null or another type is absent.
#[derive(Default)]
pub(crate) struct Text(Option<String>);

impl Text {
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn into_inner(self) -> Option<String> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Parsed from raw text, so that a number out of range affects only this field.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text: Option<String> = serde_json::from_str(raw).ok();
        let digits = || serde_json::from_str(raw).ok().map(|number: Number| number.to_string());
        Ok(Self(text.or_else(digits).filter(|text| !text.is_empty())))
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Text(***)" } else { "Text" })
    }
}

/// A field that is one object or a list of objects.
#[derive(Debug)]
pub(crate) struct Listed<T>(pub(crate) Vec<T>);

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let given = serde_json::from_str(raw.get()).unwrap_or_else(|_| vec![raw]);
        let one = |raw: &RawValue| serde_json::from_str(raw.get()).ok().map(|Object(one)| one);
        Ok(Self(given.into_iter().filter_map(one).collect()))
    }
}
