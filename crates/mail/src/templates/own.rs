//! The templates that a bank brings, by language and name, with everything that is wrong with their
//! paths and files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use madoguchi_domain::person::Locale;

use super::text::check_text;

/// The most bytes of a template.
const MOST_BYTES: usize = 64 * 1024;

/// The names of the templates that each language needs.
pub(super) const NAMES: [&str; 3] = ["contact.subject.txt", "contact.txt", "contact.html"];

/// A mistake in the templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateMistake {
    /// In a template, in a folder, or because one is missing.
    At {
        /// The template, `language/name`, or the folder.
        path: String,
        /// What is wrong, and how to mend it.
        what: String,
    },
    /// The default language has no templates: add them, or use one of these languages.
    NoDefault(Vec<String>),
}

impl fmt::Display for TemplateMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { path, what } => write!(f, "{path}: {what}"),
            Self::NoDefault(known) => {
                write!(f, "must be a language that has templates: {}", known.join(", "))
            }
        }
    }
}

/// The templates of a bank, as they were read. What could not be read is here with its reason.
#[derive(Debug, Default)]
pub struct OwnTemplates {
    folders: BTreeSet<String>,
    files: BTreeMap<String, Result<String, String>>,
}

/// The texts of each language by name; `None` where a mistake is recorded already.
pub(super) type Texts = BTreeMap<String, BTreeMap<&'static str, Option<String>>>;

impl OwnTemplates {
    /// Adds a folder, which has templates of the language that is its name.
    pub fn add_folder(&mut self, name: &str) {
        self.folders.insert(name.to_owned());
    }

    /// Adds a file by its path, `folder/file`: its text, or why it cannot be read.
    pub fn add_file(&mut self, path: &str, read: Result<String, String>) {
        if let Some((folder, _)) = path.split_once('/') {
            self.add_folder(folder);
        }
        self.files.insert(path.to_owned(), read);
    }

    pub(super) fn into_texts(self, mistakes: &mut Vec<TemplateMistake>) -> Texts {
        let mut mistake = |path, what| mistakes.push(TemplateMistake::At { path, what });
        let mut texts = Texts::new();
        for folder in self.folders {
            if Locale::parse(&folder).is_ok() {
                texts.insert(folder, BTreeMap::new());
            } else {
                let what = language_rule(&folder);
                mistake(folder, what);
            }
        }
        for (path, read) in self.files {
            let Some((folder, file)) = path.split_once('/') else {
                let what = "must be in the folder of its language: <language>/<name>".to_owned();
                mistake(path, read.err().unwrap_or(what));
                continue;
            };
            // Otherwise its folder is the mistake.
            let Some(language) = texts.get_mut(folder) else { continue };
            let Some(name) = NAMES.into_iter().find(|it| *it == file) else {
                let what = format!("has an unknown name: use {}", NAMES.join(", "));
                mistake(path, what);
                continue;
            };
            let checked = read.and_then(|text| check_file(&text).map(|()| text));
            language.insert(name, checked.map_err(|what| mistake(path, what)).ok());
        }
        texts
    }
}

fn check_file(text: &str) -> Result<(), String> {
    if text.len() > MOST_BYTES {
        return Err(format!("must have at most {} KiB", MOST_BYTES / 1024));
    }
    check_text(text)
}

/// What a folder must be, with the tag that its name may mean: `zh-Hant` for `zh_hant`.
fn language_rule(folder: &str) -> String {
    let part = |(place, part): (usize, &str)| match (place, part.len()) {
        (0, _) => part.to_ascii_lowercase(),
        (_, 4) if part.is_ascii() => {
            part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase()
        }
        (_, _) => part.to_ascii_uppercase(),
    };
    let parts: Vec<_> = folder.split(['-', '_']).enumerate().map(part).collect();
    let meant = Locale::parse(&parts.join("-"));
    meant.map_or("must be a language tag like ja or zh-Hant-TW".to_owned(), |meant| {
        format!("must be a language tag: write {}", meant.as_str())
    })
}
