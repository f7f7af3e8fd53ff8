//! A JSON body read strictly: one flat object, no key twice, no key unknown, no value echoed.

use std::fmt;

use madoguchi_domain::field::InvalidField;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use crate::problem::Problem;

/// A body's type: which fields it takes and how they parse.
pub(crate) trait FromFields: Sized {
    /// Every key the body may have.
    const KEYS: &'static [&'static str];
    /// Whether keys beside these are passed over instead of refused.
    const PASSES_OVER_OTHERS: bool = false;

    /// Takes the fields.
    fn read(fields: &mut Fields) -> Result<Self, Problem>;
}

/// The fields of an object, each key once.
pub(crate) struct Fields(Vec<(String, Value)>);

/// Reads a body of `B`.
pub(crate) fn read<B: FromFields>(bytes: &[u8]) -> Result<B, Problem> {
    let refused = |_| {
        Problem::invalid(
            "the body must be one JSON object in UTF-8, of at most 256 keys, none twice",
        )
    };
    let mut fields: Fields = serde_json::from_slice(bytes).map_err(refused)?;
    let is_other = |(key, _): &(String, Value)| !B::KEYS.contains(&key.as_str());
    if !B::PASSES_OVER_OTHERS && fields.0.iter().any(is_other) {
        let known = B::KEYS.join(", ");
        return Err(Problem::invalid(format!("the body has a key that is not one of: {known}")));
    }
    B::read(&mut fields)
}

impl Fields {
    fn take(&mut self, key: &'static str) -> Option<Value> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes a text that must be there.
    pub(crate) fn text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<T, Problem> {
        self.optional_text(key, parse)?.ok_or_else(|| missing(key))
    }

    /// Takes a text that may be absent or null.
    pub(crate) fn optional_text<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, InvalidField>,
    ) -> Result<Option<T>, Problem> {
        match self.take(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => {
                let named = |refused: InvalidField| InvalidField { field: key, ..refused };
                parse(&text).map(Some).map_err(|refused| named(refused).into())
            }
            Some(_) => Err(InvalidField::new(key, "must be text").into()),
        }
    }

    /// Takes a boolean that must be there.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Result<bool, Problem> {
        match self.take(key) {
            None => Err(missing(key)),
            Some(Value::Bool(value)) => Ok(value),
            Some(_) => Err(InvalidField::new(key, "must be true or false").into()),
        }
    }
}

fn missing(key: &'static str) -> Problem {
    InvalidField::new(key, "is missing").into()
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ReadFields)
    }
}

struct ReadFields;

impl<'de> Visitor<'de> for ReadFields {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        while let Some((key, value)) = map.next_entry()? {
            // Bodies have a handful of keys; more are refused before this could be slow.
            if fields.len() >= 256 || fields.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom("a key stands twice, or there are too many"));
            }
            fields.push((key, value));
        }
        Ok(Fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Sample;

    impl FromFields for Sample {
        const KEYS: &'static [&'static str] = &["name", "flag"];

        fn read(fields: &mut Fields) -> Result<Self, Problem> {
            fields.text("name", |_| Ok(()))?;
            fields.boolean("flag").map(|_| Self)
        }
    }

    #[test]
    fn only_the_exact_object_is_read() {
        assert!(read::<Sample>(br#" {"flag":true,"name":"x"} "#).is_ok());
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
        let bad: [&[u8]; 14] = [
            b"",
            b"null",
            b"[]",
            b"{}",
            br#"{"name":"x"}"#,
            br#"{"name":"x","flag":"true"}"#,
            br#"{"name":"x","flag":1}"#,
            br#"{"name":1,"flag":true}"#,
            br#"{"name":null,"flag":true}"#,
            br#"{"name":"x","flag":true,"flag":true}"#,
            br#"{"name":"x","flag":true,"more":1}"#,
            br#"{"name":"x","flag":true} x"#,
            b"{\"name\":\"\xff\",\"flag\":true}",
            deep.as_bytes(),
        ];
        for body in bad {
            let problem = read::<Sample>(body).unwrap_err();
            assert_eq!(problem.code, crate::problem::Code::InvalidRequest);
        }
    }
}
