//! A violation of a rule: its place and the reason.

use std::fmt;

/// One place that violates a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub file: String,
    pub line: usize,
    pub why: String,
}

impl Violation {
    pub fn new(file: &str, line: usize, why: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, why: why.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.why)
    }
}

/// Fails with all violations at once, so that one run shows everything to correct.
///
/// # Panics
///
/// When there is any violation.
pub fn assert_none(violations: impl IntoIterator<Item = Violation>) {
    let mut lines: Vec<_> = violations.into_iter().collect();
    lines.sort();
    let lines: Vec<_> = lines.iter().map(Violation::to_string).collect();
    assert!(lines.is_empty(), "{} violation(s):\n{}\n", lines.len(), lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "1 violation(s):\na.rs:3: too long")]
    fn one_violation_is_enough_to_fail() {
        assert_none([Violation::new("a.rs", 3, "too long")]);
    }
}
