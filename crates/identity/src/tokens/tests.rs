//! The file of tokens meets the port's contract, and a bad file is refused without being shown.

use std::sync::Arc;

use madoguchi_testkit::samples;
use madoguchi_testkit::token_verifier_contract;
use madoguchi_testkit::token_verifier_contract::TokensUnderTest;

use super::*;

const GOOD: &str = "issuer = \"i\"\nsubject = \"s\"\nkind = \"HUMAN\"\nscopes = [\"upgrade.read\"]";

fn file(row: &str) -> String {
    let token = AccessToken::parse("let-me-in").unwrap();
    let hash = madoguchi_domain::secret::hex(&token.sha256());
    format!("[[token]]\nsha256 = \"{hash}\"\n{row}\n")
}

fn under_test() -> TokensUnderTest {
    let tokens = StaticTokens::parse(&file(GOOD)).unwrap();
    let who = file::actor("i", "s", "HUMAN").unwrap();
    TokensUnderTest {
        verifier: Arc::new(tokens),
        token: AccessToken::parse("let-me-in").unwrap(),
        actor: samples::caller(who, &[Scope::UpgradeRead]),
    }
}

token_verifier_contract!(file_of_hashes: under_test());

#[test]
fn a_file_with_a_mistake_is_refused() {
    let twice = format!("{}{}", file(GOOD), file(GOOD));
    let bad = [
        String::new(),
        twice,
        file(&GOOD.replace("HUMAN", "human")),
        file(&GOOD.replace("upgrade.read", "upgrade.everything")),
        file(&GOOD.replace("subject = \"s\"", "subject = \"\"")),
        file(&format!("{GOOD}\nname = \"x\"")),
        format!("[[token]]\nsha256 = \"ab\"\n{GOOD}"),
        "[[token]]\ntoken = \"canary-in-clear\"".to_owned(),
    ];
    for text in bad {
        let told = StaticTokens::parse(&text).unwrap_err().to_string();
        assert!(!told.contains("canary"), "{told}");
    }
}

#[test]
fn a_file_that_others_may_write_is_refused_and_one_that_is_missing_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.toml");
    let missing = StaticTokens::read(&path).unwrap_err().to_string();
    assert!(missing.contains("tokens.toml cannot be read"), "{missing}");
    std::fs::write(&path, file(GOOD)).unwrap();
    for (mode, fits) in [(0o644, true), (0o664, false), (0o646, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(StaticTokens::read(&path).is_ok(), fits, "{mode:o}");
    }
}

#[test]
fn a_file_of_users_is_kept_from_strangers() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("users.toml");
    std::fs::write(&path, "").unwrap();
    for (mode, fits) in [(0o600, true), (0o640, true), (0o660, false), (0o644, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(crate::file::read_private(&path).is_ok(), fits, "{mode:o}");
    }
}
