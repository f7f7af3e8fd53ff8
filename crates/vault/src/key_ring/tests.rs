//! Tests every mistake of a key ring, and that its refusal shows nothing of a key.

use crate::samples::{KEY_LIST, RingFolder};

use super::*;

fn refused(folder: &RingFolder) -> Vec<String> {
    let error = KeyRing::read(&folder.list()).expect_err("refused");
    let printed = format!("{error} {error:?}");
    let shown = ["aaaa", "bbbb", "cccc", "canary"].iter().any(|key| printed.contains(key));
    assert!(!shown, "{printed}");
    error.mistakes().to_vec()
}

fn refused_as(folder: &RingFolder, expected: &str) {
    let mistakes = refused(folder);
    assert!(mistakes.len() == 1 && mistakes[0].contains(expected), "{expected}: {mistakes:?}");
}

#[test]
fn a_ring_prints_its_ids_and_no_key() {
    let folder = RingFolder::new();
    let ring = KeyRing::read(&folder.list()).unwrap();
    let printed = format!("{ring:?}");
    assert!(printed.contains("kek-1") && printed.contains("index-1"), "{printed}");
    assert!(!printed.contains("aaaa") && !printed.contains("170"), "{printed}");
    assert_eq!(ring.active().1.as_slice(), [0xaa; 32]);
}

#[test]
fn a_mistake_in_the_list_is_refused() {
    let entry = "\n[[key_encryption_key]]\nid = \"kek-1\"\nstate = \"decrypt_only\"\n";
    let twice = format!("{KEY_LIST}{entry}file = \"other\"");
    let unknown_state = KEY_LIST.replacen("active", "canary", 1);
    for (list, expected) in [
        (KEY_LIST.replacen("active", "decrypt_only", 1), "one key_encryption_key must be active"),
        (KEY_LIST.replacen("decrypt_only", "active", 1), "must be active, not 2"),
        (KEY_LIST.split_at(KEY_LIST.find("[[index").unwrap()).0.to_owned(), "one index_key must"),
        (twice, "key_encryption_key 3 has the id of an earlier one"),
        (
            KEY_LIST.replace("id = \"kek-2\"", "id = \"CANARY canary\""),
            "key_encryption_key 2: id must be 1 to 32",
        ),
        (KEY_LIST.replace("kek-2.hex", "kek-1.hex"), "kek-1.hex hold the same key"),
        (KEY_LIST.replace("id = \"kek-2\"", "id = canary"), "cannot be read at line 7"),
        (KEY_LIST.replace("id = \"kek-2\"", "canary = \"kek-2\""), "each key has an id"),
        (format!("canary = 1\n{KEY_LIST}"), "cannot be read at line 1"),
    ] {
        let folder = RingFolder::new();
        folder.write("other", &"d".repeat(64));
        folder.write_list(&list);
        refused_as(&folder, expected);
    }
    let folder = RingFolder::new();
    folder.write_list(&unknown_state);
    let mistakes = refused(&folder);
    assert_eq!(mistakes[0], "one key_encryption_key must be active, not 0");
    assert_eq!(mistakes[1], "key_encryption_key 1: state must be active or decrypt_only");
}

#[test]
fn a_mistake_in_a_key_file_is_refused() {
    let (cut, long, odd) = ("a".repeat(62), "a".repeat(66), "a".repeat(63));
    let no_digits = "canary--".repeat(8);
    for content in ["", &cut, &long, &odd, &no_digits, "a a\n", &"é".repeat(32)] {
        let folder = RingFolder::new();
        folder.write("kek-1.hex", content);
        refused_as(&folder, "kek-1.hex must hold 64 hexadecimal digits");
    }
    let folder = RingFolder::new();
    folder.write_bytes("kek-1.hex", &[0xff; 64]);
    refused_as(&folder, "kek-1.hex must hold 64 hexadecimal digits");
}

#[test]
fn surrounding_space_and_case_of_digits_are_accepted() {
    let folder = RingFolder::new();
    folder.write("kek-1.hex", &format!(" {}\n", "aA".repeat(32)));
    assert_eq!(KeyRing::read(&folder.list()).unwrap().active().1.as_slice(), [0xaa; 32]);
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    for mode in [0o604, 0o620, 0o660, 0o644] {
        let folder = RingFolder::new();
        folder.set_mode("kek-2.hex", mode);
        let mistakes = refused(&folder);
        assert!(mistakes[0].contains("kek-2.hex may be read or written by others"), "{mode:o}");
    }
    let folder = RingFolder::new();
    folder.set_mode("keys.toml", 0o666);
    refused_as(&folder, "keys.toml may be written by others");
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    for name in ["keys.toml", "kek-1.hex", "index-1.hex"] {
        let folder = RingFolder::new();
        folder.remove(name);
        refused_as(&folder, "name a file that is there");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let folder = RingFolder::new();
    folder.write("kek-1.hex", "canary");
    folder.remove("kek-2.hex");
    folder.set_mode("index-1.hex", 0o644);
    folder.write_list(&KEY_LIST.replacen("active", "decrypt_only", 1));
    assert_eq!(refused(&folder).len(), 4);
}
