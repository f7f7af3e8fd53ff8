//! Finds missing first sentences and vague names.

use crate::source::Source;
use crate::violation::Violation;

/// Names that say nothing about their content.
pub const BANNED_NAMES: [&str; 8] =
    ["core", "common", "utils", "util", "helpers", "manager", "types", "misc"];

/// A file that does not start with a `//!` sentence.
pub fn first_sentence(source: &Source) -> Option<Violation> {
    let first = source.text().lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let said = first.strip_prefix("//!").is_some_and(|sentence| !sentence.trim().is_empty());
    (!said).then(|| Violation::new(source.path(), 1, "opens without `//!` and why it exists"))
}

/// Files, directories and modules with a vague name.
pub fn names(source: &Source) -> Vec<Violation> {
    let path = source.path().trim_end_matches(".rs");
    let folders = path.split('/').filter(|part| BANNED_NAMES.contains(part));
    let folders = folders.map(|name| (1, name));
    let modules = source.modules().iter().map(|(line, name)| (*line, name.as_str()));
    let modules = modules.filter(|(_, name)| BANNED_NAMES.contains(name));
    folders
        .chain(modules)
        .map(|(line, name)| {
            let why = format!("`{name}` names nothing: take the field's own word for what is here");
            Violation::new(source.path(), line, why)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_file::TextFile;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(&TextFile::new(path, text)).unwrap()
    }

    fn lines(violations: &[Violation]) -> Vec<usize> {
        violations.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_file_without_a_first_sentence_is_found() {
        assert_eq!(first_sentence(&source("a.rs", "\n//! Why.\n")), None);
        for text in ["", "//!\n", "// Why.\n", "use a::b;\n", "/// Why.\nfn a() {}\n"] {
            assert!(first_sentence(&source("a.rs", text)).is_some(), "{text}");
        }
    }

    #[test]
    fn an_empty_name_is_found_in_a_path_and_in_a_module() {
        assert_eq!(names(&source("crates/hardcore/src/typesetter.rs", "mod teams {}")), []);
        for path in ["crates/core/src/a.rs", "a/utils.rs", "a/utils/b.rs"] {
            assert_eq!(lines(&names(&source(path, ""))), [1], "{path}");
        }
        assert_eq!(lines(&names(&source("a.rs", "mod a {\n  mod types {}\n}\nmod misc;"))), [2, 4]);
    }
}
