//! Tests that only the exact object is accepted, and that each error names the rule and the field.

use madoguchi_domain::Timestamp;
use madoguchi_domain::field::InvalidField;
use serde::Deserialize;
use utoipa::openapi::schema::ObjectBuilder;

use super::*;
use crate::problem::Code;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[expect(dead_code, reason = "only whether it parses is tested")]
    name: String,
    #[expect(dead_code, reason = "only whether it parses is tested")]
    flag: bool,
}

/// The sample type, but unknown keys are ignored.
#[derive(Debug, Deserialize)]
struct Tolerant {
    #[expect(dead_code, reason = "only whether it parses is tested")]
    name: String,
    #[expect(dead_code, reason = "only whether it parses is tested")]
    flag: bool,
}

fn refusal<B: DeserializeOwned>(body: &[u8]) -> String {
    let problem = read::<B>(body).err().unwrap();
    assert_eq!(problem.code, Code::InvalidRequest);
    problem.message.into_owned()
}

/// The sample object with `more` appended.
fn with(more: &str) -> String {
    format!(r#"{{"name":"x","flag":true{more}}}"#)
}

fn nested(levels: usize) -> String {
    with(&format!(",\"other\":{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1)))
}

#[test]
fn only_the_exact_object_is_read() {
    assert!(read::<Sample>(br#" {"flag":true,"name":"x"} "#).is_ok());
    assert!(read::<Sample>(br#"{"\u0066lag":true,"name":"\ud83d\ude00"}"#).is_ok());
    let text = "name must be text";
    let boolean = "flag must be true or false";
    let json = "the body must be valid JSON";
    let object = "the body must be an object";
    for (body, message) in [
        ("", json),
        ("{", json),
        (r#"{"name":"x","flag":true} x"#, json),
        (r#"{"name":"x","flag":true}{}"#, json),
        (r#"{"name":"x","flag":true,}"#, json),
        ("{\"name\":\"a\nb\",\"flag\":true}", json),
        ("\u{feff}{}", json),
        ("null", object),
        (r#"[{"name":"x","flag":true}]"#, object),
        (r#""canary""#, object),
        ("{}", "name is missing"),
        (r#"{"name":null,"flag":true}"#, "name is missing"),
        (r#"{"name":1,"flag":true}"#, text),
        (r#"{"name":1e999,"flag":true}"#, text),
        (r#"{"name":["canary"],"flag":true}"#, text),
        (r#"{"name":"canary\ud83d","flag":true}"#, "name must not contain a lone surrogate"),
        (r#"{"name":"x"}"#, "flag is missing"),
        (r#"{"name":"x","flag":null}"#, boolean),
        (r#"{"name":"x","flag":"true"}"#, boolean),
        (r#"{"name":"x","flag":"\ud83d"}"#, boolean),
        (r#"{"name":"x","flag":1}"#, boolean),
        (r#"{"name":"x","flag":1e999}"#, boolean),
        (r#"{"name":"x","flag":true,"flag":true}"#, "flag must be given only once, not twice"),
        (r#"{"name":"x","n\u0061me":1e999}"#, "name must be given only once, not twice"),
    ] {
        assert_eq!(refusal::<Sample>(body.as_bytes()), message, "{body}");
        assert_eq!(refusal::<Tolerant>(body.as_bytes()), message, "{body}");
    }
    assert_eq!(refusal::<Sample>(b"{\"name\":\"\xff\",\"flag\":true}"), "the body must be UTF-8");
}

#[test]
fn an_unknown_key_is_refused_or_skipped_unread() {
    let refused = "the body has a key that is not one of: name, flag";
    for more in [
        r#","other":1"#,
        r#","other":"\ud83d""#,
        r#","other":{"\udc00":["\ud83d",-1e999]}"#,
        r#","\ud83d":1"#,
        r#","canary\udc00":2,"canary\udc00":3"#,
        r#","Name":"x""#,
    ] {
        let body = with(more);
        assert_eq!(refusal::<Sample>(body.as_bytes()), refused, "{body}");
        assert!(read::<Tolerant>(body.as_bytes()).is_ok(), "{body}");
    }
    for more in [",\"canary\":\"a\nb\"", ",\"a\nb\":1", r#","x":tru"#, r#","x":"\q""#] {
        let message = refusal::<Tolerant>(with(more).as_bytes());
        assert_eq!(message, "the body must be valid JSON", "{more}");
    }
    let bytes = with(",\"x\":\"é\"").into_bytes();
    let cut: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0xa9).collect();
    assert_eq!(refusal::<Tolerant>(&cut), "the body must be UTF-8");
}

#[test]
fn depth_and_the_number_of_keys_are_bounded() {
    let too_deep = "the body must not nest deeper than 128 levels";
    assert!(read::<Tolerant>(nested(128).as_bytes()).is_ok());
    for levels in [129, 10_000, 1_000_000] {
        assert_eq!(refusal::<Tolerant>(nested(levels).as_bytes()), too_deep);
    }
    assert_eq!(refusal::<Tolerant>("{\"a\":".repeat(1_000_000).as_bytes()), too_deep);
    let quoted = with(&format!(",\"x\":\"{}\"", "\\\"[{".repeat(500)));
    assert!(read::<Tolerant>(quoted.as_bytes()).is_ok(), "brackets in a string nest nothing");
    let keys = |count: usize| with(&",\"x\":1".repeat(count - 2));
    assert!(read::<Tolerant>(keys(256).as_bytes()).is_ok());
    let message = refusal::<Tolerant>(keys(257).as_bytes());
    assert_eq!(message, "the body must have at most 256 keys");
}

/// A time, which is text in RFC 3339 form.
#[derive(Debug, PartialEq)]
struct At(Timestamp);

impl FieldValue for At {
    fn parse(text: &str) -> Result<Self, InvalidField> {
        let rule = "must be an RFC 3339 time";
        text.parse().map(Self).map_err(|_| InvalidField::new("at", rule))
    }

    fn schema() -> ObjectBuilder {
        bounded(1, 64)
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Home,
    Work,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Phone {
    kind: Kind,
    digit_count: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nested {
    phones: Vec<Phone>,
    #[serde(default)]
    grid: Vec<Vec<i64>>,
    since: Option<Field<At>>,
}

#[test]
fn nested_values_lists_times_and_integers_are_read() {
    let body = br#"{"phones":[{"kind":"work","digitCount":9}],"grid":[[-1,2],[]],
        "since":"2026-01-02T03:04:05Z"}"#;
    let nested = read::<Nested>(body).unwrap();
    assert_eq!((&nested.phones[0].kind, nested.phones[0].digit_count), (&Kind::Work, 9));
    assert_eq!(nested.grid, [vec![-1, 2], vec![]]);
    assert_eq!(nested.since.unwrap().0, At("2026-01-02T03:04:05Z".parse().unwrap()));
    for absent in [r#"{"phones":[]}"#, r#"{"phones":[],"since":null}"#] {
        assert!(read::<Nested>(absent.as_bytes()).unwrap().since.is_none());
    }
}

#[test]
fn a_nested_error_names_the_path_and_never_the_value() {
    let count = "phones[1].digitCount must be a whole number from 0 to 255";
    for (phone, message) in [
        (r#"{"kind":"canary","digitCount":9}"#, "phones[1].kind must be one of: home, work"),
        (r#"{"kind":"home"}"#, "phones[1].digitCount is missing"),
        (r#"{"kind":"home","digitCount":256}"#, count),
        (r#"{"kind":"home","digitCount":1.0}"#, count),
        (r#"{"kind":"home","digitCount":"9"}"#, count),
        (r#"{"kind":"home","digitCount":-1}"#, count),
        (r#"{"canary":1}"#, "phones[1] has a key that is not one of: kind, digitCount"),
        (r#""canary""#, "phones[1] must be an object"),
    ] {
        let body = format!(r#"{{"phones":[{{"kind":"home","digitCount":1}},{phone}]}}"#);
        assert_eq!(refusal::<Nested>(body.as_bytes()), message);
    }
    for (body, message) in [
        (r#"{"phones":{"canary":1}}"#, "phones must be a list"),
        (r#"{"phones":[],"grid":[[1],[2,"canary"]]}"#, "grid[1][1] must be a whole number from "),
        (r#"{"phones":[],"since":"canary"}"#, "since must be an RFC 3339 time"),
        (r#"{"phones":[],"since":7}"#, "since must be text"),
    ] {
        let refused = refusal::<Nested>(body.as_bytes());
        assert!(refused.starts_with(message) && !refused.contains("canary"), "{refused}");
    }
}
