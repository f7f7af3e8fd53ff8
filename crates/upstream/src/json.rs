//! Parses untrusted JSON with a limit on nesting.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

/// The maximum nesting of lists and objects, in levels.
const MAX_DEPTH: usize = 128;

/// A JSON object and nothing else: serde alone also parses a struct from a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object<T>(pub T);

/// The text is not one JSON object of the expected form, or nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be read")]
pub struct Unreadable;

impl<T: DeserializeOwned> Object<T> {
    /// Parses a whole text. A lone surrogate, which a Rust string cannot hold, becomes U+FFFD.
    /// Lists and objects may nest 128 levels deep.
    ///
    /// # Errors
    /// See [`Unreadable`].
    pub fn read(text: &str) -> Result<T, Unreadable> {
        if is_too_deep(text) {
            return Err(Unreadable);
        }
        serde_json::from_str(&without_lone_surrogates(text))
            .map(|Self(value)| value)
            .map_err(|_| Unreadable)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OnlyObject<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OnlyObject<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(OnlyObject(PhantomData))
    }
}

/// Whether lists and objects nest deeper than 128 levels. The text must be JSON.
#[must_use]
pub fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    text.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

/// The text with every escaped lone surrogate replaced.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut at, mut lone) = (0, Vec::new());
    while let Some(to_escape) = bytes.get(at..).and_then(|rest| rest.iter().position(is_escape)) {
        at += to_escape;
        at += match (unit(bytes, at), unit(bytes, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                lone.push(at);
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
    }
    if lone.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = bytes.to_vec();
    for at in lone {
        bytes[at..at + 6].copy_from_slice(b"\\uFFFD");
    }
    // ASCII bytes replace ASCII bytes, so the text stays UTF-8.
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

const fn is_escape(byte: &u8) -> bool {
    *byte == b'\\'
}

/// The UTF-16 code unit of the escape `\uXXXX` that begins here.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_lone_surrogate_is_replaced_and_a_pair_kept() {
        for (given, expected) in [
            (r#"{"a":"\ud83d"}"#, "\u{fffd}"),
            (r#"{"a":"\uDE00\uD83D"}"#, "\u{fffd}\u{fffd}"),
            (r#"{"a":"\ud83d\ud83d\ude00"}"#, "\u{fffd}😀"),
            (r#"{"a":"\ud83d\n\ude00"}"#, "\u{fffd}\n\u{fffd}"),
            (r#"{"a":"\ud83d\ude00 \\ud83d \"\u00e9"}"#, "😀 \\ud83d \"é"),
        ] {
            let read: Value = Object::read(given).unwrap();
            assert_eq!(read["a"], expected, "{given}");
        }
        let read: Value = Object::read(r#"{"\ud83d":"","b":1}"#).unwrap();
        assert_eq!(read["b"], 1);
        for broken in [r#"{"a":"\ud8"}"#, r#"{"a":"\u+d8f"}"#, r#"{"a":"\"#, r#"{"a\ud83d":"#] {
            assert_eq!(Object::<Value>::read(broken), Err(Unreadable), "{broken}");
        }
    }

    #[test]
    fn nesting_is_bounded_outside_of_strings() {
        #[derive(Debug, PartialEq, Eq, serde::Deserialize)]
        struct Nothing {}

        let nested = |deep: usize| format!("{{\"a\":{}{}}}", "[".repeat(deep), "]".repeat(deep));
        assert_eq!(Object::read(&nested(MAX_DEPTH - 1)), Ok(Nothing {}));
        for deep in [MAX_DEPTH, 100_000] {
            assert_eq!(Object::<Nothing>::read(&nested(deep)), Err(Unreadable));
        }
        let wide = format!("{{\"a\":[{}]}}", ["[]"; 500].join(","));
        let quoted = format!("{{\"a\":\"{}\"}}", "\\\"[".repeat(500));
        assert_eq!((Object::read(&wide), Object::read(&quoted)), (Ok(Nothing {}), Ok(Nothing {})));
    }
}
