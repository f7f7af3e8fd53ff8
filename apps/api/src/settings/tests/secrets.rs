//! Tests that keys which protect nothing are refused.

use super::*;

#[test]
fn a_key_of_zeros_and_a_key_that_is_used_twice_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let zero = ("MADOGUCHI__SECRETS__AUDIT_KEY", &*"00".repeat(32));
    assert_eq!(mistakes(&text, &[zero]), ["secrets.audit_key"], "no key at all");
    let twice = ("MADOGUCHI__SECRETS__AUDIT_KEY", &*"ab".repeat(32));
    assert_eq!(mistakes(&text, &[twice]), ["secrets.audit_key_file"], "the salt's key");
}

/// Each fault of a file has a sentence of its own, which names the file and shows none of it.
#[test]
fn every_fault_of_a_secret_or_token_file_has_its_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let text = good(&dir, 0o600);
    let write = |name: &str, bytes: &[u8], mode| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let digits = "c5".repeat(32);
    let missing = dir.path().join("missing").display().to_string();
    let directory = dir.path().display().to_string();
    let open = write("open", digits.as_bytes(), 0o644);
    let short = write("short", b"c5c5", 0o600);
    let binary = write("binary", b"c5c5\xff", 0o600);
    let large = write("large", &vec![b'c'; (16 << 20) + 1], 0o600);
    let empty = write("empty", b"", 0o600);
    for (variable, faults) in [
        (
            "MADOGUCHI__SECRETS__QR_KEY_FILE",
            [
                (&missing, "name a file that is there"),
                (&directory, "is a directory: name a file"),
                (&open, "chmod 600"),
                (&short, "must be 64 or more hexadecimal digits"),
                (&binary, "must be 64 or more hexadecimal digits"),
                (&large, "more than 16 MiB"),
                (&empty, "must be 64 or more hexadecimal digits"),
            ],
        ),
        (
            "MADOGUCHI__IDENTITY__TOKENS_FILE",
            [
                (&missing, "name a file that is there"),
                (&directory, "is a directory: name a file"),
                (&write("others", b"", 0o666), "chmod 644"),
                (&short, "cannot be read at line 1"),
                (&binary, "is not UTF-8"),
                (&large, "more than 16 MiB"),
                (&empty, "add a [[token]]"),
            ],
        ),
    ] {
        for (path, sentence) in faults {
            let error = Settings::parse(&text, [(variable.to_owned(), path.clone())]).unwrap_err();
            let said = error.to_string();
            assert!(said.contains(sentence) && said.contains(path.as_str()), "{path}: {said}");
            assert!(!said.contains("c5c5"), "{said}");
        }
    }
}

#[test]
fn digits_in_the_place_of_a_path_are_refused_and_not_printed() {
    let dir = tempfile::tempdir().unwrap();
    let digits = ("MADOGUCHI__SECRETS__AUDIT_KEY_FILE".to_owned(), "c5".repeat(32));
    let said = Settings::parse(&good(&dir, 0o600), [digits]).unwrap_err().to_string();
    assert!(said.contains("the digits belong into audit_key") && !said.contains("c5c5"), "{said}");
}
