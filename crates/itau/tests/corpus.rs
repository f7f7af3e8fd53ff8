//! Replays the fuzz corpus in every test run; a file's name states the expected result.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read has failed")]

use std::path::Path;

use madoguchi_itau::{Charset, account_answer, context_answer};
use madoguchi_testkit::samples;

/// Parses every file of a target's corpus; its name's prefix (`read-`, `refused-`) is the result.
fn replay(target: &str, read: impl Fn(&str) -> bool) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut counts = [0, 0];
    for file in std::fs::read_dir(corpus).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let expected = name.starts_with("read-");
        assert!(expected || name.starts_with("refused-"), "{name} says nothing");
        let body = std::fs::read(&path).unwrap();
        assert_eq!(read(&Charset::ISO_8859_1.decode(&body, None)), expected, "{name}");
        counts[usize::from(expected)] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 4), "{target} has {counts:?}");
}

#[test]
fn the_corpus_of_contextos_is_read_or_refused_as_its_names_say() {
    replay("contextos_reply", |text| context_answer(text, samples::start()).is_ok());
}

#[test]
fn the_corpus_of_codigo_is_read_or_refused_as_its_names_say() {
    replay("codigo_reply", |text| account_answer(text).is_ok());
}
