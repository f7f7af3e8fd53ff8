//! A domain value as a text field of a body: how it is parsed, and its schema in the API document.

use std::fmt;
use std::marker::PhantomData;

use madoguchi_domain::field::InvalidField;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

/// A value that is parsed from text.
pub(crate) trait FieldValue: Sized {
    /// Parses the text. Only the rule of an error is used: a body names its own fields.
    fn parse(text: &str) -> Result<Self, InvalidField>;

    /// The rule as a schema.
    fn schema() -> ObjectBuilder;
}

/// A text field that holds a `T`.
#[derive(Debug)]
pub(crate) struct Field<T>(pub(crate) T);

/// The value of an optional field.
pub(crate) fn value<T>(field: Option<Field<T>>) -> Option<T> {
    field.map(|Field(value)| value)
}

impl<'de, T: FieldValue> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parse(PhantomData))
    }
}

struct Parse<T>(PhantomData<T>);

impl<T: FieldValue> Visitor<'_> for Parse<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Field<T>, E> {
        let parsed = T::parse(text).map(Field);
        parsed.map_err(|refused| E::invalid_value(Unexpected::Other("text"), &refused.rule))
    }
}

/// The schema of a text that holds a `T`.
pub(crate) fn text_of<T: FieldValue>() -> RefOr<Schema> {
    T::schema().into()
}

/// The schema of a field that may be absent or null.
pub(crate) fn text_or_null<T: FieldValue>() -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    OneOfBuilder::new().item(T::schema()).item(null).into()
}

/// A string of `least` to `most` visible ASCII characters.
pub(crate) fn visible(least: usize, most: usize) -> ObjectBuilder {
    bounded(least, most).pattern(Some("^[!-~]*$"))
}

/// A string of `least` to `most` characters, none of them a control character or U+FFFD.
pub(crate) fn plain(least: usize, most: usize) -> ObjectBuilder {
    bounded(least, most).pattern(Some(r"^[^\u0000-\u001F\u007F-\u009F\uFFFD]*$"))
}

/// A string of `least` to `most` characters.
pub(crate) fn bounded(least: usize, most: usize) -> ObjectBuilder {
    let string = ObjectBuilder::new().schema_type(Type::String);
    string.min_length(Some(least)).max_length(Some(most))
}

/// A string that is one of these.
pub(crate) fn one_of(names: impl IntoIterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names))
}

/// Makes values with a `parse` of their own into fields, each with its description and schema.
macro_rules! field_values {
    ($($(#[doc = $text:literal])+ $type:ty: $schema:expr;)+) => {$(
        impl $crate::body::FieldValue for $type {
            fn parse(text: &str) -> Result<Self, ::madoguchi_domain::field::InvalidField> {
                Self::parse(text)
            }

            fn schema() -> ::utoipa::openapi::schema::ObjectBuilder {
                $schema.description(Some(concat!($($text),+).trim()))
            }
        }
    )+};
}

pub(crate) use field_values;
