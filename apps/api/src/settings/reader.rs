//! Reads a TOML tree key by key and collects every mistake, instead of stopping at the first.

use std::collections::HashMap;
use std::fmt;

use serde::Deserialize;
use toml::de::ValueDeserializer;
use toml::{Table, Value};

/// One mistake in the configuration: where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, for example `server.listen`.
    pub key: String,
    /// What is wrong with it. Holds no secret.
    pub what: String,
}

/// Every mistake in the configuration.
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

/// What goes before an environment variable's name: `MADOGUCHI__SERVER__LISTEN`.
const PREFIX: &str = "MADOGUCHI__";

/// What a mistake in the file as a whole is about.
const THE_FILE: &str = "the file";

/// The whole tree, file and environment together, with the mistakes found so far.
pub(super) struct Tree {
    table: Table,
    from_env: HashMap<String, String>,
    sections: Vec<&'static str>,
    pub(super) errors: Vec<ConfigError>,
}

impl Tree {
    /// Reads the file's text and lays the environment over it.
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
        // Numbers, booleans and lists as in the file; for a text key the letters count.
        let read = ValueDeserializer::parse(&value).and_then(Value::deserialize);
        let parsed = read.unwrap_or_else(|_| Value::from(value.clone()));
        let entry = self.table.entry(section).or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(table) = entry {
            table.insert(key.to_owned(), parsed);
            self.from_env.insert(format!("{section}.{key}"), value);
        }
    }

    /// Whether the file is not TOML.
    pub(super) fn is_unreadable(&self) -> bool {
        self.errors.iter().any(|error| error.key == THE_FILE)
    }

    /// Says whether a section is there.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Reads a section that may be left out as a whole.
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

    /// Reads one section; `read` takes every key it knows.
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

    /// Every mistake, once all sections have been read.
    pub(super) fn finish(mut self) -> Vec<ConfigError> {
        for name in self.table.keys() {
            let what = unknown(name, &self.sections);
            self.errors.push(ConfigError { key: name.clone(), what });
        }
        self.errors
    }
}

/// One section while it is read.
pub(super) struct Section<'a> {
    name: &'static str,
    table: Table,
    from_env: &'a HashMap<String, String>,
    known: Vec<&'static str>,
    errors: &'a mut Vec<ConfigError>,
}

impl Section<'_> {
    /// Reads a key that may be absent. `None` if it is, or if it was wrong (then noted).
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

    /// Reads a key that has a default.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        parse: impl FnOnce(Given) -> Result<T, String>,
    ) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// Reads a key that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        meaning: &str,
        parse: impl FnOnce(Given) -> Result<T, String>,
    ) -> Option<T> {
        if self.table.contains_key(key) {
            return self.optional(key, parse);
        }
        self.known.push(key);
        self.mistake(key, format!("is missing: {meaning}"));
        None
    }

    fn given(&self, key: &str, value: Value) -> Given {
        Given { value, letters: self.from_env.get(&format!("{}.{key}", self.name)).cloned() }
    }

    /// Notes a mistake about a key.
    pub(super) fn mistake(&mut self, key: &str, what: impl Into<String>) {
        let key = format!("{}.{key}", self.name);
        self.errors.push(ConfigError { key, what: what.into() });
    }

    /// Notes a mistake that is about keys together.
    pub(super) fn mistake_as_a_whole(&mut self, what: impl Into<String>) {
        self.errors.push(ConfigError { key: self.name.into(), what: what.into() });
    }

    /// Takes every remaining key, for a section whose keys are not fixed.
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

/// What a key was given.
pub(super) struct Given {
    /// Read as TOML.
    pub(super) value: Value,
    /// As it stands in the environment, if it came from there.
    pub(super) letters: Option<String>,
}

impl Given {
    /// As a text. From the environment, what is no quoted text is taken letter by letter.
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

/// Parsers of single values; their messages say what the value must be.
pub(super) mod value {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::Given;

    pub(in crate::settings) fn text(given: Given) -> Result<String, String> {
        let text = given.into_text().filter(|text| !text.is_empty());
        text.ok_or_else(|| "must be text that is not empty".into())
    }

    pub(in crate::settings) fn path(given: Given) -> Result<PathBuf, String> {
        text(given).map(PathBuf::from).map_err(|_| "must be a path".into())
    }

    pub(in crate::settings) fn boolean(given: Given) -> Result<bool, String> {
        given.value.as_bool().ok_or_else(|| "must be true or false".into())
    }

    pub(in crate::settings) fn whole(
        least: u32,
        most: u32,
    ) -> impl FnOnce(Given) -> Result<u32, String> {
        move |given| {
            let number = given.value.as_integer().and_then(|number| u32::try_from(number).ok());
            number
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        }
    }

    pub(in crate::settings) fn millis(
        least: u32,
        most: u32,
    ) -> impl FnOnce(Given) -> Result<Duration, String> {
        let number = whole(least, most);
        move |given| {
            let millis = number(given).map_err(|what| format!("{what} (milliseconds)"))?;
            Ok(Duration::from_millis(millis.into()))
        }
    }

    pub(in crate::settings) fn parsed<T, E: std::fmt::Display>(
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> impl FnOnce(Given) -> Result<T, String> {
        move |given| parse(&text(given)?).map_err(|error| error.to_string())
    }
}
