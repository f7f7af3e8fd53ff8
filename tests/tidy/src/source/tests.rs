//! Tests the parsing of a file, on which every rule depends.

use super::*;

fn source(path: &str, text: &str) -> Source {
    Source::parse(&TextFile::new(path, text)).unwrap()
}

#[test]
fn a_file_that_is_no_rust_is_a_violation_at_its_line() {
    let error = Source::parse(&TextFile::new("a.rs", "fn a() {}\nfn b( {}\n")).unwrap_err();
    assert_eq!(error.file, "a.rs");
}

#[test]
fn only_what_cfg_test_covers_is_a_test() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests;\nfn b() {}\n\
                #[cfg(all(test, unix))]\nfn c() {\n}\n\
                #[cfg(not(test))]\nfn d() {}\n";
    let source = source("src/a.rs", text);
    let tests: Vec<_> = (1..=9).filter(|line| source.is_test(*line)).collect();
    assert_eq!(tests, [2, 3, 5, 6, 7]);
}

#[test]
fn a_test_file_is_known_by_its_name_or_its_folder() {
    assert!(source("crates/a/tests/b.rs", "").is_test_file());
    assert!(source("crates/a/src/b/tests.rs", "").is_test_file());
    assert!(source("tests/a/tests/b.rs", "").is_test_file());
    assert!(!source("tests/a/src/b.rs", "").is_test_file());
    assert!(!source("crates/a/src/tests_of_time.rs", "").is_test_file());
}

#[test]
fn strings_are_found_in_macros_but_not_in_documentation() {
    let text = "/// doc\nfn a() {\n  b!(\"one\",\n  r#\"two\"#); // three\n}\n";
    let strings: Vec<_> = source("a.rs", text).strings().collect();
    assert_eq!(strings, [(3, "one".to_owned()), (4, "two".to_owned())]);
}
