//! Finds files and lines that are too long.

use crate::source::Source;
use crate::violation::Violation;

pub const FILE: usize = 300;
pub const LINE: usize = 100;

/// A file that is too long, not counting its tests.
pub fn files(source: &Source) -> Option<Violation> {
    let length = (1..=source.text().lines().count()).filter(|line| !source.is_test(*line)).count();
    (length > FILE && !is_contract_suite(source.path())).then(|| {
        let why = format!("{length} lines without tests, {FILE} are allowed: name its second noun");
        Violation::new(source.path(), 1, why)
    })
}

/// Contract suites are exempt: they list all checks of a port.
fn is_contract_suite(path: &str) -> bool {
    path.starts_with("crates/testkit/src/contract/")
}

/// Lines that are too long, also in comments and strings, which rustfmt does not check.
pub fn lines(source: &Source) -> Vec<Violation> {
    let too_long = source.text().lines().enumerate().filter_map(|(at, line)| {
        let width = line.chars().count();
        let why = format!("{width} characters, {LINE} are allowed");
        (width > LINE).then(|| Violation::new(source.path(), at + 1, why))
    });
    too_long.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_file::TextFile;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(&TextFile::new(path, text)).unwrap()
    }

    #[test]
    fn a_file_of_301_lines_is_found_but_not_one_of_300_and_its_tests() {
        let text = "const A: u8 = 0;\n".repeat(300);
        assert_eq!(files(&source("src/a.rs", &text)), None);
        let tested = format!("{text}#[cfg(test)]\nmod tests {{\n}}\n");
        assert_eq!(files(&source("src/a.rs", &tested)), None);
        let longer = format!("#[cfg(test)]\nmod tests;\n{text}const B: u8 = 0;\n");
        assert!(files(&source("src/a.rs", &longer)).unwrap().why.starts_with("301 lines"));
        assert_eq!(files(&source("crates/testkit/src/contract/a.rs", &longer)), None);
        assert!(files(&source("crates/testkit/src/fake.rs", &longer)).is_some());
        assert_eq!(files(&source("crates/a/tests/a.rs", &longer)), None);
    }

    #[test]
    fn a_line_of_101_characters_is_found_even_in_tests_and_comments() {
        let comment = |width: usize| format!("// {}\n", "é".repeat(width - 3));
        assert_eq!(lines(&source("crates/a/tests/a.rs", &comment(100))), []);
        assert_eq!(lines(&source("crates/a/tests/a.rs", &comment(101))).len(), 1);
    }
}
