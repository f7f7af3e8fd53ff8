//! Reads a TOML tree key by key and collects all mistakes instead of stopping at the first.

pub(super) mod value;

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use toml::de::ValueDeserializer;
use toml::{Table, Value};

/// One mistake in the configuration: its key, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, for example `server.listen`.
    pub key: String,
    /// What is wrong. Contains no secret.
    pub what: String,
}

/// All mistakes in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{count} {noun} in the configuration:")?;
        for ConfigError { key, what } in &self.0 {
            write!(f, "\n  {key} {what}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The prefix of environment variables: `MADOGUCHI__SERVER__LISTEN`.
pub(crate) const PREFIX: &str = "MADOGUCHI__";

/// The key of a mistake that concerns the whole file.
const THE_FILE: &str = "the file";

/// The merged tree of file and environment, with the mistakes found so far.
pub(super) struct Tree {
    table: Table,
    from_env: HashMap<String, String>,
    sections: Vec<&'static str>,
    pub(super) errors: Vec<ConfigError>,
}

impl Tree {
    /// Parses the file's text and applies the environment's overrides.
    pub(super) fn new(text: &str, env: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut errors = Vec::new();
        let table = text.parse::<Table>().unwrap_or_else(|error| {
            let line = error.span().map_or(1, |at| text[..at.start].lines().count().max(1));
            let what = format!("is not TOML at line {line}: {}", error.message());
            errors.push(ConfigError { key: THE_FILE.into(), what });
            Table::new()
        });
        let mut tree = Self { table, from_env: HashMap::new(), sections: Vec::new(), errors };
        for (name, value) in env {
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            tree.lay(&name, &path.to_lowercase(), value);
        }
        tree
    }

    fn lay(&mut self, name: &str, path: &str, value: String) {
        let Some((section, key)) = path.split_once("__") else {
            let what = "must name a section and a key: MADOGUCHI__SECTION__KEY".into();
            self.errors.push(ConfigError { key: name.into(), what });
            return;
        };
        // Parsed as in the file; a string key uses the variable's text unparsed.
        let read = ValueDeserializer::parse(&value).and_then(Value::deserialize);
        let parsed = read.unwrap_or_else(|_| Value::from(value.clone()));
        let entry = self.table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = entry {
            table.insert(key.to_owned(), parsed);
            self.from_env.insert(format!("{section}.{key}"), value);
        }
    }

    /// Whether the file is not valid TOML.
    pub(super) fn is_unreadable(&self) -> bool {
        self.errors.iter().any(|error| error.key == THE_FILE)
    }

    /// Whether a section is present.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Reads an optional section.
    pub(super) fn optional_section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> Option<T>,
    ) -> Option<T> {
        if self.holds(name) {
            return self.section(name, read);
        }
        self.sections.push(name);
        None
    }

    /// Reads one section; `read` takes every known key.
    pub(super) fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.sections.push(name);
        let table = match self.table.remove(name) {
            Some(Value::Table(table)) => table,
            None => Table::new(),
            Some(_) => {
                let what = format!("must be a section: [{name}]");
                self.errors.push(ConfigError { key: name.into(), what });
                Table::new()
            }
        };
        let (from_env, errors) = (&self.from_env, &mut self.errors);
        let mut section = Section { name, table, from_env, known: Vec::new(), errors };
        let value = read(&mut section);
        section.refuse_what_is_left();
        value
    }

    /// All mistakes, once every section was read.
    pub(super) fn finish(mut self) -> Vec<ConfigError> {
        for name in self.table.keys() {
            let what = unknown(name, &self.sections);
            self.errors.push(ConfigError { key: name.clone(), what });
        }
        self.errors
    }
}

/// One section while it is being read.
pub(super) struct Section<'a> {
    name: &'static str,
    table: Table,
    from_env: &'a HashMap<String, String>,
    known: Vec<&'static str>,
    errors: &'a mut Vec<ConfigError>,
}

impl Section<'_> {
    /// Whether a key that is not read yet is there, valid or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Reads an optional key. `None` if it is absent, or invalid (then a mistake is recorded).
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(Given) -> Result<T, String>,
    ) -> Option<T> {
        self.known.push(key);
        let value = self.table.remove(key)?;
        match parse(self.given(key, value)) {
            Ok(value) => Some(value),
            Err(what) => {
                self.mistake(key, what);
                None
            }
        }
    }

    /// Reads a key with a default.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        parse: impl FnOnce(Given) -> Result<T, String>,
    ) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// Reads a required key.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        meaning: &str,
        parse: impl FnOnce(Given) -> Result<T, String>,
    ) -> Option<T> {
        if self.has(key) {
            return self.optional(key, parse);
        }
        self.known.push(key);
        self.mistake(key, format!("is missing: {meaning}"));
        None
    }

    fn given(&self, key: &str, value: Value) -> Given {
        Given { value, letters: self.from_env.get(&format!("{}.{key}", self.name)).cloned() }
    }

    /// Records a mistake about a key.
    pub(super) fn mistake(&mut self, key: &str, what: impl Into<String>) {
        let key = format!("{}.{key}", self.name);
        self.errors.push(ConfigError { key, what: what.into() });
    }

    /// Records a mistake about a combination of keys.
    pub(super) fn mistake_as_a_whole(&mut self, what: impl Into<String>) {
        self.errors.push(ConfigError { key: self.name.into(), what: what.into() });
    }

    /// Takes all remaining keys, for a section whose keys are not fixed.
    pub(super) fn rest(&mut self) -> Vec<(String, Given)> {
        let table = std::mem::take(&mut self.table);
        table.into_iter().map(|(key, value)| (key.clone(), self.given(&key, value))).collect()
    }

    fn refuse_what_is_left(&mut self) {
        for (key, _) in self.rest() {
            let what = unknown(&key, &self.known);
            self.mistake(&key, what);
        }
    }
}

/// The value of a key.
pub(super) struct Given {
    /// Parsed as TOML.
    pub(super) value: Value,
    /// The variable's text, if the value came from the environment.
    pub(super) letters: Option<String>,
}

impl Given {
    /// As a string. An unquoted environment value is used unparsed.
    pub(super) fn into_text(self) -> Option<String> {
        match (self.value, self.letters) {
            (Value::String(text), _) | (_, Some(text)) => Some(text),
            (_, None) => None,
        }
    }
}

fn unknown(name: &str, known: &[&'static str]) -> String {
    let near = known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((likeness, candidate)) if likeness > 0.75 => {
            format!("is not known: did you mean {candidate}?")
        }
        Some(_) | None => format!("is not known: known are {}", known.join(", ")),
    }
}
