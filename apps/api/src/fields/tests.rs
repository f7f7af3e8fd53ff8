//! Tests that only the exact object is accepted, and that each error names the rule and the field.

use super::*;
use crate::problem::Code;

#[derive(Debug)]
struct Sample;

impl FromFields for Sample {
    const KEYS: &'static [&'static str] = &["name", "flag"];

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        fields.text("name", |_| Ok(()))?;
        fields.boolean("flag").map(|_| Self)
    }
}

/// The sample type, but unknown keys are ignored.
#[derive(Debug)]
struct Tolerant;

impl FromFields for Tolerant {
    const KEYS: &'static [&'static str] = Sample::KEYS;
    const PASSES_OVER_OTHERS: bool = true;

    fn read(fields: &mut Fields) -> Result<Self, Problem> {
        Sample::read(fields).map(|_| Self)
    }
}

fn refusal<B: FromFields>(body: &[u8]) -> String {
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
    let object = "the body must be a JSON object";
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
        (r#"{"name":1e999,"n\u0061me":"x"}"#, "name must be given only once, not twice"),
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
