//! Tests the token file: the port's contract, reloads, and errors that show no content.

use std::sync::Arc;

use madoguchi_testkit::contract::token_verifier::TokensUnderTest;
use madoguchi_testkit::samples;
use madoguchi_testkit::token_verifier_contract;

use super::*;

const GOOD: &str = "issuer = \"i\"\nsubject = \"s\"\nkind = \"HUMAN\"\nscopes = [\"upgrade.read\"]";

/// An entry of a back office, with every key that it may have.
const WHOLE: &str = "issuer = \"ops\"\nsubject = \"back-office\"\nkind = \"SYSTEM\"\n\
    scopes = [\"person.write\", \"delegate\"]\nname = \"Back office\"\n\
    delegates_for = \"staff\"";

/// An entry of a customer.
const CUSTOMER: &str = "issuer = \"my-page\"\nsubject = \"c-1\"\nkind = \"HUMAN\"\n\
    scopes = [\"person.read\"]\nname = \"Ana\"\nperson_id = \"PER0001\"";

fn row(row: &str) -> String {
    let token = AccessToken::parse("let-me-in").unwrap();
    let hash = madoguchi_domain::secret::hex(&token.sha256());
    format!("[[token]]\nsha256 = \"{hash}\"\n{row}\n")
}

fn file_of(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn under_test() -> TokensUnderTest {
    let tokens = StaticTokens::new(TokenFile::read(file_of(&row(GOOD)).path()).unwrap());
    let who = actor("i", "s", "HUMAN").unwrap();
    TokensUnderTest {
        verifier: Arc::new(tokens),
        token: AccessToken::parse("let-me-in").unwrap(),
        principal: samples::caller(who, &[Scope::UpgradeRead]),
    }
}

fn whole_under_test() -> TokensUnderTest {
    let tokens = StaticTokens::new(TokenFile::read(file_of(&row(WHOLE)).path()).unwrap());
    let who = actor("ops", "back-office", "SYSTEM").unwrap();
    let principal = Principal {
        name: Some(DisplayName::parse("Back office").unwrap()),
        delegates_for: Some("staff".into()),
        ..samples::caller(who, &[Scope::PersonWrite, Scope::Delegate])
    };
    let token = AccessToken::parse("let-me-in").unwrap();
    TokensUnderTest { verifier: Arc::new(tokens), token, principal }
}

token_verifier_contract!(
    file_of_hashes: async { under_test() },
    whole_entry: async { whole_under_test() },
);

#[test]
fn a_file_with_a_mistake_is_refused() {
    let twice = format!("{}{}", row(GOOD), row(GOOD));
    let bad = [
        String::new(),
        twice,
        row(&GOOD.replace("HUMAN", "human")),
        row(&GOOD.replace("upgrade.read", "upgrade.everything")),
        row(&GOOD.replace("subject = \"s\"", "subject = \"\"")),
        row(&format!("{GOOD}\nnames = \"canary\"")),
        format!("[[token]]\nsha256 = \"ab\"\n{GOOD}"),
        "[[token]]\ntoken = \"canary-in-clear\"".to_owned(),
    ];
    for text in bad {
        let reported = parse(&text).unwrap_err().to_string();
        assert!(!reported.contains("canary"), "{reported}");
    }
}

#[test]
fn a_mistake_in_a_name_person_or_delegation_is_refused() {
    let long = "x".repeat(129);
    let bad = [
        ("name", WHOLE.replace("Back office", "")),
        ("name", WHOLE.replace("Back office", "canary\\u202E")),
        ("name", WHOLE.replace("Back office", &"canary".repeat(11))),
        ("name", format!("{GOOD}\nname = \"System\\u200BADMIN\"")),
        ("person_id", CUSTOMER.replace("PER0001", "canary\\u0000")),
        ("person_id", CUSTOMER.replace("PER0001", "")),
        ("person_id", CUSTOMER.replace("HUMAN", "SYSTEM")),
        ("delegate", WHOLE.replace("SYSTEM", "HUMAN")),
        ("issuer", GOOD.replace("\"i\"", "\"madoguchi\"")),
        ("delegates_for", WHOLE.replace("staff", "madoguchi")),
        ("subject", GOOD.replace("\"s\"", "\" s\"")),
        ("subject", GOOD.replace("\"s\"", "\"s\\u200B\"")),
        ("delegates_for", WHOLE.replace("staff", "")),
        ("delegates_for", WHOLE.replace("staff", &long)),
        ("delegates_for", WHOLE.replace("\ndelegates_for = \"staff\"", "")),
        ("delegates_for", WHOLE.replace(", \"delegate\"", "")),
    ];
    for (key, text) in bad {
        let reported = parse(&row(&text)).unwrap_err().to_string();
        assert!(reported.contains("token number 1") && reported.contains(key), "{reported}");
        for value in ["canary", "System", "staff", "Back office", "xxx", "PER0001"] {
            assert!(!reported.contains(value), "{reported}");
        }
    }
    let programs = parse(&row(&WHOLE.replace("staff", "ops"))).unwrap_err().to_string();
    assert!(programs.contains("delegates_for") && !programs.contains("ops"), "{programs}");
    // What a program is called is never shown.
    let system = GOOD.replace("HUMAN", "SYSTEM");
    assert!(parse(&row(&format!("{system}\nname = \"SystemAdmin\""))).is_ok());
}

#[test]
fn entries_of_one_subject_must_agree() {
    let other_token = |text: &str| {
        let entry = row(text);
        let hash = entry.split('"').nth(1).unwrap().to_owned();
        entry.replace(&hash, &"ab".repeat(32))
    };
    let both = |text: &str| format!("{}{}", row(CUSTOMER), other_token(text));
    assert!(parse(&both(&CUSTOMER.replace("person.read", "caller.read"))).is_ok());
    assert!(parse(&both(&CUSTOMER.replace("c-1", "c-2").replace("PER0001", "PER2"))).is_ok());
    for text in [
        CUSTOMER.replace("PER0001", "canary"),
        CUSTOMER.replace("\nperson_id = \"PER0001\"", ""),
        CUSTOMER.replace("\nperson_id = \"PER0001\"", "").replace("HUMAN", "SYSTEM"),
    ] {
        let reported = parse(&both(&text)).unwrap_err().to_string();
        assert!(reported.contains("token number 2") && !reported.contains("canary"), "{reported}");
    }
}

#[tokio::test]
async fn a_reload_takes_tokens_away() {
    let file = file_of(&row(GOOD));
    let tokens = StaticTokens::new(TokenFile::read(file.path()).unwrap());
    let token = AccessToken::parse("let-me-in").unwrap();
    std::fs::write(file.path(), "[[token]]\ntoken = \"canary\"").unwrap();
    let error = tokens.reload().unwrap_err().to_string();
    assert!(!error.contains("canary"), "{error}");
    assert!(tokens.verify(&token).await.unwrap().is_some(), "a bad file changes nothing");
    let other = format!("[[token]]\nsha256 = \"{}\"\n{GOOD}\n", "ab".repeat(32));
    std::fs::write(file.path(), other).unwrap();
    tokens.reload().unwrap();
    assert_eq!(tokens.verify(&token).await.unwrap(), None);
}

#[test]
fn a_file_that_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = TokenFile::read(&dir.path().join("tokens.toml")).unwrap_err().to_string();
    assert!(missing.contains("tokens.toml cannot be read"), "{missing}");
}
