//! Tests the configuration from environment variables.

use super::*;

#[test]
fn the_environment_goes_over_the_file_and_is_checked_like_it() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let env =
        [("MADOGUCHI__UPGRADE__TARGET_LEVEL", "2B"), ("MADOGUCHI__GROUP_COMMIT__MAX_BATCH", "7")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::parse(&text, env).unwrap();
    assert_eq!(
        (settings.upgrade.policy.target.as_str(), settings.group_commit.max_batch),
        ("2B", 7)
    );
    let env = [("MADOGUCHI__SECRETS__QR_KEY".to_owned(), "cd".repeat(32))];
    assert!(Settings::parse(&text, env).is_ok(), "a key in the environment replaces its file");
    let env = [("MADOGUCHI__ERROR_CODES__TOO_LARGE".to_owned(), "E9".to_owned())];
    let settings = Settings::parse(&text, env).unwrap();
    assert_eq!(settings.error_codes[&Code::TooLarge], "E9");
    let bad = [
        ("MADOGUCHI__GROUP_COMMIT__MAX_BATCH", "0"),
        ("MADOGUCHI__GROUP_COMIT__MAX_BATCH", "1"),
        ("HOME", "x"),
    ];
    assert_eq!(mistakes(&text, &bad), ["group_commit.max_batch", "group_comit"]);
}

#[test]
fn an_environment_value_is_one_value() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    for (given, read) in [("\"a\"", "a"), ("\"a\" # b", "\"a\" # b"), ("12", "12")] {
        let env = [("MADOGUCHI__ESB__USER".to_owned(), given.to_owned())];
        assert_eq!(Settings::parse(&text, env).unwrap().esb.adapter.user, read, "{given}");
    }
}

#[test]
fn a_secret_in_the_environment_is_taken_letter_by_letter() {
    let dir = tempfile::tempdir().unwrap();
    for password in ["1.50", "true", "0x1f", "007"] {
        let env = [("MADOGUCHI__ITAU__PASSWORD".to_owned(), password.to_owned())];
        let settings = Settings::parse(&with_lookups(&dir), env).unwrap();
        let credentials = &settings.itau.as_ref().unwrap().adapter.credentials;
        assert_eq!(credentials.password(), password.as_bytes());
    }
}

fn with_env(text: &str, env: &[(&str, &str)]) -> Settings {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::parse(text, env).unwrap()
}

#[test]
fn a_text_key_in_the_environment_may_look_like_anything() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    for given in ["12345", "007", "1.50", "0x1f", "1_000", "true", "[x]", "[\"x\"]", "2026-11-28"] {
        let env = [("MADOGUCHI__ESB__USER", given), ("MADOGUCHI__ERROR_CODES__TOO_LARGE", given)];
        let settings = with_env(&text, &env);
        assert_eq!(settings.esb.adapter.user, given);
        assert_eq!(settings.error_codes[&Code::TooLarge], given);
    }
    for quoted in ["2", "\"2\"", "'2'"] {
        let settings = with_env(&text, &[("MADOGUCHI__UPGRADE__TARGET_LEVEL", quoted)]);
        assert_eq!(settings.upgrade.policy.target.as_str(), "2", "{quoted}");
    }
    let number = text.replace("[esb]", "[esb]\nuser = 12345");
    assert_eq!(mistakes(&number, &[]), ["esb.user"], "the file has quotes for it");
    let path = [("MADOGUCHI__IDENTITY__TOKENS_FILE", "7")];
    let env = path.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let error = Settings::parse(&text, env).unwrap_err().to_string();
    assert!(error.contains("identity.tokens_file 7 cannot be read"), "{error}");
}
