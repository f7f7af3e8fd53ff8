//! The texts of mails: templates by language, all checked before the first mail.

mod own;
mod text;

use std::collections::BTreeSet;
use std::fmt;

use madoguchi_domain::mail::Mail;
use madoguchi_domain::person::Locale;
use minijinja::{Environment, UndefinedBehavior, context};

use own::NAMES;
pub use own::{OwnTemplates, TemplateMistake};
use text::{check_subject, check_text};

/// The fields that a template may show.
const FIELDS: [&str; 3] = ["contacts", "my_page_url", "sender"];

/// The field that texts must show.
const PAGE: &str = "my_page_url";

/// The most steps of a template's program, so that none runs for ever.
const MOST_STEPS: u64 = 100_000;

/// The most bytes of a rendered text: mail servers refuse large mails.
const MOST_RENDERED: usize = 256 * 1024;

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

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Templates").field("languages", &self.languages).finish_non_exhaustive()
    }
}

impl Templates {
    /// The built-in templates, with those of `own` in their place. `default` is the language of
    /// persons whose own has no templates.
    ///
    /// # Errors
    /// With all mistakes: a path or a field that is not known, a template that is missing, does not
    /// parse, does not render or does not show what it must, a language without templates.
    pub fn new(
        own: OwnTemplates,
        default: &Locale,
        sender: &str,
        my_page_url: &str,
    ) -> Result<Self, Vec<TemplateMistake>> {
        let mut mistakes = Vec::new();
        let mut texts = own.into_texts(&mut mistakes);
        for (language, name, text) in BUILT_IN {
            let language = texts.entry(language.to_owned()).or_default();
            language.entry(name).or_insert_with(|| Some(text.to_owned()));
        }
        let values = Values { sender: sender.to_owned(), my_page_url: my_page_url.to_owned() };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(MOST_STEPS));
        let languages: BTreeSet<String> = texts.keys().cloned().collect();
        let default = default.as_str().to_owned();
        let mut all = Self { environment, languages, default, values };
        if all.language(None).is_none() {
            mistakes.push(TemplateMistake::NoDefault(texts.keys().cloned().collect()));
        }
        for (language, mut texts) in texts {
            for name in NAMES {
                let path = format!("{language}/{name}");
                let wrong = match texts.remove(name) {
                    None => vec!["is missing: each language needs all templates".to_owned()],
                    Some(None) => Vec::new(),
                    Some(Some(text)) => all.add(&path, text),
                };
                let at = |what| TemplateMistake::At { path: path.clone(), what };
                mistakes.extend(wrong.into_iter().map(at));
            }
        }
        if mistakes.is_empty() { Ok(all) } else { Err(mistakes) }
    }

    /// Adds a template, and returns what is wrong with it.
    fn add(&mut self, path: &str, text: String) -> Vec<String> {
        let added = self.environment.add_template_owned(path.to_owned(), text);
        let template = match added.and_then(|()| self.environment.get_template(path)) {
            Ok(template) => template,
            Err(error) => return vec![format!("cannot be parsed: {error}")],
        };
        let mut wrong = Vec::new();
        let shown: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        let unknown: Vec<_> =
            shown.iter().map(String::as_str).filter(|it| !FIELDS.contains(it)).collect();
        if !unknown.is_empty() {
            let fields = FIELDS.join(", ");
            wrong.push(format!("has unknown fields ({}): use {fields}", unknown.join(", ")));
        }
        if !is_subject(path) && !shown.contains(PAGE) {
            wrong.push(format!("must show {{{{ {PAGE} }}}}"));
        }
        if wrong.is_empty() {
            // For every number, so that no template that was accepted fails later.
            let failed = |contacts| self.render_one(path, contacts).err();
            wrong.extend((1..=Mail::MOST_CONTACTS).find_map(failed));
        }
        wrong
    }

    /// The texts of a mail about this number of contacts, in the person's language or the default.
    ///
    /// # Errors
    /// When a template does not render, which the checks at the start exclude up to
    /// [`Mail::MOST_CONTACTS`].
    pub fn render(
        &self,
        locale: Option<&Locale>,
        contacts: u32,
    ) -> Result<RenderedMail, TemplateMistake> {
        let language = self.language(locale).ok_or(TemplateMistake::NoDefault(Vec::new()))?;
        let one = |name: &str| {
            let path = format!("{language}/{name}");
            let rendered = self.render_one(&path, contacts);
            rendered.map_err(|what| TemplateMistake::At { path, what })
        };
        let [subject, text, html] = NAMES;
        Ok(RenderedMail { subject: one(subject)?, text: one(text)?, html: one(html)? })
    }

    /// A rendered text, checked.
    fn render_one(&self, path: &str, contacts: u32) -> Result<String, String> {
        let Values { sender, my_page_url } = &self.values;
        let template = self.environment.get_template(path).map_err(|error| error.to_string())?;
        let with_number = |what| format!("{what} (contacts: {contacts})");
        let rendered = template.render(context! { contacts, sender, my_page_url });
        let rendered = rendered.map_err(|error| format!("cannot be rendered: {error}"));
        let rendered = rendered.map_err(with_number)?;
        if is_subject(path) {
            let subject = rendered.trim();
            check_subject(subject).and_then(|()| check_text(subject)).map_err(with_number)?;
            return Ok(subject.to_owned());
        }
        if rendered.len() > MOST_RENDERED {
            let what = format!("must render to at most {} KiB", MOST_RENDERED / 1024);
            return Err(with_number(what));
        }
        if !rendered.contains(my_page_url) && !rendered.contains(&html_escaped(my_page_url)) {
            return Err(with_number(format!("must show {{{{ {PAGE} }}}} in every case")));
        }
        check_text(&rendered).map_err(with_number)?;
        Ok(rendered)
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

fn is_subject(path: &str) -> bool {
    path.ends_with(".subject.txt")
}

/// The address as a template escapes it in HTML.
fn html_escaped(text: &str) -> String {
    minijinja::HtmlEscape(text).to_string()
}

#[cfg(test)]
mod tests;
