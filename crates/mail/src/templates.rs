//! The texts of mails: templates by language, all checked before the first mail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use madoguchi_domain::person::Locale;
use minijinja::{Environment, UndefinedBehavior, context};

/// The templates of each language, in the order of their checks: name, and the fields that it must
/// show.
const KINDS: [(&str, &[&str]); 3] = [
    ("contact.subject.txt", &[]),
    ("contact.txt", &["my_page_url"]),
    ("contact.html", &["my_page_url"]),
];

/// The fields that a template may show.
const FIELDS: [&str; 3] = ["contacts", "my_page_url", "sender"];

/// The most steps of a template's program, so that none runs for ever.
const MOST_STEPS: u64 = 100_000;

/// The most characters of a subject, so that mail programs show it.
const LONGEST_SUBJECT: usize = 200;

/// The built-in templates: language, name, text.
const BUILT_IN: [(&str, &str, &str); 6] = [
    ("ja", "contact.subject.txt", include_str!("../templates/ja/contact.subject.txt")),
    ("ja", "contact.txt", include_str!("../templates/ja/contact.txt")),
    ("ja", "contact.html", include_str!("../templates/ja/contact.html")),
    ("en", "contact.subject.txt", include_str!("../templates/en/contact.subject.txt")),
    ("en", "contact.txt", include_str!("../templates/en/contact.txt")),
    ("en", "contact.html", include_str!("../templates/en/contact.html")),
];

/// The templates, which are complete and render.
pub struct Templates {
    environment: Environment<'static>,
    languages: BTreeSet<String>,
    default: String,
    values: Values,
}

/// What every mail shows.
#[derive(Clone)]
struct Values {
    sender: String,
    my_page_url: String,
}

/// The subject and the texts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedMail {
    /// One line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A mistake in a template, or a missing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateMistake {
    /// The template, `language/name`.
    pub template: String,
    /// What is wrong, and how to mend it.
    pub what: String,
}

impl fmt::Display for TemplateMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.template, self.what)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("languages", &self.languages).finish_non_exhaustive()
    }
}

impl Templates {
    /// The built-in templates, with those of `own` in their place: path (`ja/contact.txt`), text.
    /// `default` is the language of persons whose own has no templates.
    ///
    /// # Errors
    /// With all mistakes: a path or a field that is not known, a template that is missing, does not
    /// parse, does not render or does not show what it must, a language without templates.
    pub fn new(
        own: BTreeMap<String, String>,
        default: &Locale,
        sender: &str,
        my_page_url: &str,
    ) -> Result<Self, Vec<TemplateMistake>> {
        let mut texts: BTreeMap<String, String> = BUILT_IN
            .into_iter()
            .map(|(language, name, text)| (format!("{language}/{name}"), text.to_owned()))
            .collect();
        let mut mistakes = Vec::new();
        for (path, text) in own {
            if language_of(&path).is_none() {
                let names = KINDS.map(|(name, _)| name).join(", ");
                let what = format!("must be <language>/<name>, where the name is one of {names}");
                mistakes.push(TemplateMistake { template: path, what });
            } else {
                texts.insert(path, text);
            }
        }
        let languages: BTreeSet<String> =
            texts.keys().filter_map(|path| language_of(path)).map(str::to_owned).collect();
        let values = Values { sender: sender.to_owned(), my_page_url: my_page_url.to_owned() };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(MOST_STEPS));
        let default = default.as_str().to_owned();
        let mut all = Self { environment, languages, default, values };
        if all.language(None).is_none() {
            let what = "the default language must have templates".to_owned();
            mistakes.push(TemplateMistake { template: all.default.clone(), what });
        }
        all.add(texts, &mut mistakes);
        if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
    }

    /// Adds and checks the templates of every language.
    fn add(&mut self, mut texts: BTreeMap<String, String>, mistakes: &mut Vec<TemplateMistake>) {
        for language in self.languages.clone() {
            for (name, must_show) in KINDS {
                let path = format!("{language}/{name}");
                let checked = match texts.remove(&path) {
                    None => Err("is missing: each language needs all templates".to_owned()),
                    Some(text) => self.add_one(&path, text, must_show),
                };
                if let Err(what) = checked {
                    mistakes.push(TemplateMistake { template: path, what });
                }
            }
        }
    }

    fn add_one(&mut self, path: &str, text: String, must_show: &[&str]) -> Result<(), String> {
        let added = self.environment.add_template_owned(path.to_owned(), text);
        added.map_err(|error| format!("cannot be parsed: {error}"))?;
        let template = self.environment.get_template(path).map_err(|error| error.to_string())?;
        let shown = template.undeclared_variables(false);
        if let Some(unknown) = shown.iter().find(|it| !FIELDS.contains(&it.as_str())) {
            return Err(format!("{unknown} is no field: use {}", FIELDS.join(", ")));
        }
        if let Some(missing) = must_show.iter().find(|it| !shown.contains(**it)) {
            return Err(format!("must show {{{{ {missing} }}}}"));
        }
        for contacts in [1, 2, 100] {
            let rendered = self.render_one(path, contacts)?;
            if path.ends_with(".subject.txt") {
                check_subject(&rendered)?;
            } else if !rendered.contains(self.values.my_page_url.as_str())
                && !rendered.contains(&html_escaped(&self.values.my_page_url))
            {
                return Err("must show {{ my_page_url }} in every case".to_owned());
            }
        }
        Ok(())
    }

    /// The texts of a mail about this number of contacts, in the person's language or the default.
    ///
    /// # Errors
    /// When a template does not render, which the checks at the start exclude.
    pub fn render(&self, locale: Option<&Locale>, contacts: u32) -> Result<RenderedMail, String> {
        let language = self.language(locale).ok_or("the default language has no templates")?;
        let one = |name: &str| self.render_one(&format!("{language}/{name}"), contacts);
        let subject = one("contact.subject.txt")?;
        check_subject(&subject)?;
        Ok(RenderedMail {
            subject: subject.trim().to_owned(),
            text: one("contact.txt")?,
            html: one("contact.html")?,
        })
    }

    fn render_one(&self, path: &str, contacts: u32) -> Result<String, String> {
        let Values { sender, my_page_url } = &self.values;
        let template = self.environment.get_template(path).map_err(|error| error.to_string())?;
        let rendered = template.render(context! { contacts, sender, my_page_url });
        rendered.map_err(|error| format!("cannot be rendered: {error}"))
    }

    /// The language of templates for a person: of `zh-Hant-TW` that one, `zh-Hant` or `zh`; then
    /// the default.
    fn language(&self, locale: Option<&Locale>) -> Option<&str> {
        let own = locale.and_then(|locale| self.nearest(locale.as_str()));
        own.or_else(|| self.nearest(&self.default))
    }

    fn nearest(&self, mut tag: &str) -> Option<&str> {
        loop {
            if let Some(known) = self.languages.get(tag) {
                return Some(known);
            }
            (tag, _) = tag.rsplit_once('-')?;
        }
    }
}

/// The language of a template's path, if the path is one.
fn language_of(path: &str) -> Option<&str> {
    let (language, name) = path.split_once('/')?;
    let is_known = KINDS.iter().any(|(known, _)| *known == name);
    (is_known && Locale::parse(language).is_ok()).then_some(language)
}

fn check_subject(subject: &str) -> Result<(), String> {
    let subject = subject.trim();
    if subject.is_empty() || subject.chars().any(char::is_control) {
        return Err("must be one line, and not empty".to_owned());
    }
    if subject.chars().count() > LONGEST_SUBJECT {
        return Err(format!("must have at most {LONGEST_SUBJECT} characters"));
    }
    Ok(())
}

/// The address as a template escapes it in HTML.
fn html_escaped(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

#[cfg(test)]
mod tests;
