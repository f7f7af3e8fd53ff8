//! Deserializes typed values from JSON text, exactly: no number is text, no text is a number.

use serde::de::value::{BorrowedBytesDeserializer, BytesDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::invalid::Invalid;

/// Maximum number of keys of one object.
const MAX_KEYS: usize = 256;

/// The text of one valid JSON value.
#[derive(Clone, Copy)]
pub(super) struct Json<'de>(pub(super) &'de str);

impl<'de> Json<'de> {
    fn starts_with(self, first: char) -> bool {
        self.0.starts_with(first)
    }

    fn text(self) -> Result<String, Invalid> {
        if self.0 == "null" {
            return Err(Invalid::rule("is missing"));
        }
        if !self.starts_with('"') {
            return Err(Invalid::rule("must be text"));
        }
        let surrogate = |_| Invalid::rule("must not contain a lone surrogate");
        serde_json::from_str(self.0).map_err(surrogate)
    }
}

macro_rules! whole_numbers {
    ($($deserialize:ident, $visit:ident, $type:ty;)*) => {$(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
            let (least, most) = (<$type>::MIN, <$type>::MAX);
            let rule = || format!("must be a whole number from {least} to {most}");
            visitor.$visit(self.0.parse().map_err(|_| Invalid::rule(rule()))?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Json<'de> {
    type Error = Invalid;

    whole_numbers! {
        deserialize_i8, visit_i8, i8; deserialize_i16, visit_i16, i16;
        deserialize_i32, visit_i32, i32; deserialize_i64, visit_i64, i64;
        deserialize_u8, visit_u8, u8; deserialize_u16, visit_u16, u16;
        deserialize_u32, visit_u32, u32; deserialize_u64, visit_u64, u64;
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Invalid> {
        Err(Invalid::custom("bodies declare the type of every field"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Invalid::rule("must be true or false")),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        if self.0 == "null" { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        let items = self.starts_with('[').then(|| serde_json::from_str::<Vec<&RawValue>>(self.0));
        let Some(Ok(items)) = items else {
            return Err(Invalid::rule("must be a list"));
        };
        visitor.visit_seq(List { items: items.into_iter().enumerate() })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        if !self.starts_with('{') {
            return Err(Invalid::rule("must be an object"));
        }
        let entries = serde_json::Deserializer::from_str(self.0).deserialize_map(Entries);
        let entries = entries.map_err(|_| Invalid::rule("must have at most 256 keys"))?;
        visitor.visit_map(Object { entries: entries.into_iter(), fields, next: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Invalid> {
        visitor.visit_enum(StringDeserializer::new(self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Invalid> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct map
        identifier
    }
}

/// The entries of an object, in order. A key may contain a lone surrogate, so it is bytes.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Vec<u8>, &'de RawValue)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(KeyBytes)? {
            entries.push((key, map.next_value()?));
            if entries.len() > MAX_KEYS {
                return Err(A::Error::custom("too many keys"));
            }
        }
        Ok(entries)
    }
}

struct KeyBytes;

impl<'de> DeserializeSeed<'de> for KeyBytes {
    type Value = Vec<u8>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for KeyBytes {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Vec<u8>, E> {
        Ok(key.to_vec())
    }
}

/// An object whose struct declares these fields.
struct Object<'de> {
    entries: std::vec::IntoIter<(Vec<u8>, &'de RawValue)>,
    fields: &'static [&'static str],
    next: Option<(Option<&'static str>, &'de RawValue)>,
}

impl<'de> MapAccess<'de> for Object<'de> {
    type Error = Invalid;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Invalid> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        let declared = self.fields.iter().find(|field| field.as_bytes() == key).copied();
        self.next = Some((declared, value));
        match declared {
            Some(field) => seed.deserialize(BorrowedBytesDeserializer::new(field.as_bytes())),
            None => seed.deserialize(BytesDeserializer::new(&key)),
        }
        .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Invalid> {
        let (field, value) = self.next.take().ok_or(Invalid::custom("a value without its key"))?;
        let named = |invalid: Invalid| match field {
            Some(field) => invalid.within(field),
            None => invalid,
        };
        seed.deserialize(Json(value.get())).map_err(named)
    }
}

struct List<'de> {
    items: std::iter::Enumerate<std::vec::IntoIter<&'de RawValue>>,
}

impl<'de> SeqAccess<'de> for List<'de> {
    type Error = Invalid;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Invalid> {
        let Some((index, item)) = self.items.next() else {
            return Ok(None);
        };
        seed.deserialize(Json(item.get())).map(Some).map_err(|invalid| invalid.at(index))
    }
}
