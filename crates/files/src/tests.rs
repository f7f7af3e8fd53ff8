//! Tests file permissions, reloads, and errors that show no content.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::read::{Owner, read};

fn with_mode(mode: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, "text").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    (dir, path)
}

#[test]
fn each_kind_of_file_has_its_readers() {
    let expected = [
        (Readers::Anybody, vec![0o400, 0o600, 0o644], vec![0o664, 0o646]),
        (Readers::Group, vec![0o400, 0o600, 0o640], vec![0o660, 0o644, 0o620]),
        (Readers::Owner, vec![0o400, 0o600, 0o700], vec![0o604, 0o644, 0o660, 0o620]),
    ];
    for (readers, accepted, refused) in expected {
        for (modes, fits) in [(accepted, true), (refused, false)] {
            for mode in modes {
                let (_dir, path) = with_mode(mode);
                assert_eq!(read(&path, readers).is_ok(), fits, "{readers:?} {mode:o}");
            }
        }
    }
}

#[test]
fn a_group_reads_a_secret_that_root_mounted_for_it() {
    let (root, somebody) = (Owner { user: 0, group: 7 }, Owner { user: 1, group: 7 });
    for (mode, group_reads) in [(0o440, true), (0o640, true), (0o660, false), (0o444, false)] {
        let fits = |owner, groups: &[u32]| Readers::Owner.check(mode, owner, groups).is_ok();
        assert_eq!(fits(root, &[8, 7]), group_reads, "{mode:o}");
        assert!(!fits(root, &[8]) && !fits(root, &[]), "{mode:o}: another group");
        assert!(!fits(somebody, &[7]), "{mode:o}: another owner");
    }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    let error = read(dir.path(), Readers::Anybody).unwrap_err().to_string();
    assert!(error.ends_with("is a directory: name a file"), "{error}");
    let missing = read(&dir.path().join("none"), Readers::Anybody).unwrap_err().to_string();
    assert!(missing.contains("name a file that is there"), "{missing}");
}

#[test]
fn a_refusal_says_what_to_do_and_shows_no_content() {
    let (_dir, path) = with_mode(0o644);
    let refused = read_secret(&path).unwrap_err().to_string();
    assert!(refused.contains("chmod 600") && refused.contains("chmod 440"), "{refused}");
    std::fs::write(&path, b"canary \xff").unwrap();
    let parse = |text: &str| Ok(text.to_owned());
    let error = ParsedFile::read(&path, Readers::Anybody, parse).err().unwrap().to_string();
    assert!(error.contains("is not UTF-8") && !error.contains("canary"), "{error}");
}

#[test]
fn a_bad_file_keeps_the_old_content() {
    let (_dir, path) = with_mode(0o600);
    let parse = |text: &str| match text {
        "bad" => Err(FileError::new("refused")),
        text => Ok(text.to_owned()),
    };
    let content = FileContent::new(ParsedFile::read(&path, Readers::Owner, parse).unwrap());
    for (text, fits, current) in [("bad", false, "text"), ("new", true, "new")] {
        std::fs::write(&path, text).unwrap();
        assert_eq!(content.reload().is_ok(), fits);
        assert_eq!(*content.current(), current);
    }
    std::fs::remove_file(&path).unwrap();
    assert!(content.reload().unwrap_err().to_string().contains("cannot be read"));
    assert_eq!(*content.current(), "new");
}
