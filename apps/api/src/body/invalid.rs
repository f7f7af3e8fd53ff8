//! The error of a body that does not parse: the field's path and the rule, never the value.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

/// A broken rule. Every constructor drops what the body contained.
#[derive(Debug)]
pub(super) struct Invalid {
    /// The field's path, for example `phones[2].number`; empty for the whole body.
    path: String,
    rule: Cow<'static, str>,
}

impl Invalid {
    /// A value breaks this rule.
    pub(super) fn rule(rule: impl Into<Cow<'static, str>>) -> Self {
        Self { path: String::new(), rule: rule.into() }
    }

    /// The same error for a value inside the field `name`, which a struct declares.
    pub(super) fn within(mut self, name: &'static str) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path.insert_str(0, separator);
        self.path.insert_str(0, name);
        self
    }

    /// The same error for a value at this place of a list.
    pub(super) fn at(mut self, index: usize) -> Self {
        let separator = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path.insert_str(0, &format!("[{index}]{separator}"));
        self
    }
}

impl de::Error for Invalid {
    /// The message may contain the value, so it is dropped.
    fn custom<T: Display>(_: T) -> Self {
        Self::rule("is not valid")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::rule(format!("must be {expected}"))
    }

    /// The only way for a field's own rule: `expected` is the whole rule.
    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::rule(expected.to_string())
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::rule(format!("must be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::rule(format!("must be one of: {}", expected.join(", ")))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::rule(match expected {
            [] => "must have no keys".to_owned(),
            expected => format!("has a key that is not one of: {}", expected.join(", ")),
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::rule("is missing").within(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::rule("must be given only once, not twice").within(field)
    }
}

impl Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the body" } else { &self.path };
        write!(f, "{path} {}", self.rule)
    }
}

impl std::error::Error for Invalid {}
