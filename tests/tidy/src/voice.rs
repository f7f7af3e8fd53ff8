//! Finds missing first sentences, vague names, silenced lints without a reason and unfinished work.

use proc_macro2::Delimiter;

use crate::source::{Source, Token};
use crate::violation::Violation;

/// Names that say nothing about their content.
pub const BANNED_NAMES: [&str; 8] =
    ["core", "common", "utils", "util", "helpers", "manager", "types", "misc"];

/// Macros for unfinished work or temporary debugging.
pub const UNFINISHED: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// A file that does not start with a `//!` sentence.
pub fn first_sentence(source: &Source) -> Option<Violation> {
    let first = source.text().lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let said = first.strip_prefix("//!").is_some_and(|sentence| !sentence.trim().is_empty());
    (!said).then(|| Violation::new(source.path(), 1, "opens without `//!` and why it exists"))
}

/// Files, directories and modules with a vague name, and `mod.rs`.
pub fn names(source: &Source) -> Vec<Violation> {
    let path = source.path().trim_end_matches(".rs");
    let folders = path.split('/').filter(|part| BANNED_NAMES.contains(part) || *part == "mod");
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

/// `allow` in any form, and `expect` without a reason.
pub fn silence(source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    for attribute in source.attributes() {
        let has_reason = attribute.iter().any(|(_, token)| token.is("reason"));
        for pair in attribute.windows(2) {
            let [(line, lint), (_, Token::Open(Delimiter::Parenthesis))] = pair else { continue };
            if lint.is("allow") {
                let why = "`allow` outlives its cause: use `expect` with a reason";
                violations.push(Violation::new(source.path(), *line, why));
            } else if lint.is("expect") && !has_reason {
                let why = "`expect` without a `reason`: the next reader cannot judge it";
                violations.push(Violation::new(source.path(), *line, why));
            }
        }
    }
    violations
}

/// Calls of the macros in [`UNFINISHED`], in tests too.
pub fn unfinished(source: &Source) -> Vec<Violation> {
    let calls = source.tokens().windows(2).filter_map(|pair| {
        let [(line, Token::Ident(name)), (_, Token::Punct('!'))] = pair else { return None };
        let why = format!("`{name}!` is for work that is not done");
        UNFINISHED.contains(&name.as_str()).then(|| Violation::new(source.path(), *line, why))
    });
    calls.collect()
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
        for path in ["crates/core/src/a.rs", "a/utils.rs", "a/utils/b.rs", "crates/a/src/b/mod.rs"]
        {
            assert_eq!(lines(&names(&source(path, ""))), [1], "{path}");
        }
        assert_eq!(lines(&names(&source("a.rs", "mod a {\n  mod types {}\n}\nmod misc;"))), [2, 4]);
    }

    #[test]
    fn silence_is_found_in_every_form() {
        let text = "#![allow(dead_code)]\n#[allow(dead_code, reason = \"no\")]\nfn a() {}\n\
                    #[cfg_attr(unix, allow(dead_code))]\nfn b() {}\n\
                    #[expect(dead_code)]\nfn c() {}\n\
                    #[expect(dead_code, reason = \"it is\")]\n\
                    fn d() { x.expect(\"y\"); allow(1) }\n";
        assert_eq!(lines(&silence(&source("a.rs", text))), [1, 2, 4, 6]);
    }

    #[test]
    fn unfinished_work_is_found_but_not_talk_of_it() {
        let text = "fn a() {\n  todo!()\n}\n// todo!\n\
                    fn b() { dbg!(1); unimplemented!(\"dbg!\") }\n\
                    fn todo() {}\n";
        assert_eq!(lines(&unfinished(&source("crates/a/tests/a.rs", text))), [2, 5, 5]);
    }
}
