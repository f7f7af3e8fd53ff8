//! Tests which templates are accepted, and what they make.

use super::*;

const PAGE: &str = "https://my.example.com/messages";

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

fn with(own: &[(&str, &str)]) -> Result<Templates, Vec<String>> {
    let own = own.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let templates = Templates::new(own, &locale("ja"), "窓口銀行", PAGE);
    templates.map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn subject(templates: &Templates, tag: Option<&str>) -> String {
    templates.render(tag.map(locale).as_ref(), 1).unwrap().subject
}

#[test]
fn the_built_in_texts_name_the_number_and_the_page() {
    let templates = with(&[]).unwrap();
    for tag in ["ja", "en"] {
        let one = templates.render(Some(&locale(tag)), 1).unwrap();
        let three = templates.render(Some(&locale(tag)), 3).unwrap();
        assert!(three.subject.contains('3') && !one.subject.contains('1'), "{tag}");
        for mail in [one, three] {
            assert!(mail.subject.contains("窓口銀行"), "{tag}");
            assert!(mail.text.contains(PAGE) && mail.html.contains("href="), "{tag}");
        }
    }
}

#[test]
fn the_english_text_speaks_of_one_message_or_several() {
    let templates = with(&[]).unwrap();
    for (contacts, says) in [(1, "what the message says."), (3, "what the messages say.")] {
        let mail = templates.render(Some(&locale("en")), contacts).unwrap();
        assert!(mail.text.contains(says) && mail.html.contains(says), "{mail:?}");
    }
}

#[test]
fn a_person_gets_the_nearest_language() {
    let templates = with(&[
        ("zh-Hant/contact.subject.txt", "您有新訊息"),
        ("zh-Hant/contact.txt", "{{ my_page_url }}"),
        ("zh-Hant/contact.html", "{{ my_page_url }}"),
    ]);
    let templates = templates.unwrap();
    assert_eq!(subject(&templates, Some("zh-Hant-TW")), "您有新訊息");
    assert_eq!(subject(&templates, Some("en-US")), subject(&templates, Some("en")));
    let default = subject(&templates, Some("ja-JP"));
    for other in [Some("zh"), Some("pt-BR"), None] {
        assert_eq!(subject(&templates, other), default, "{other:?}");
    }
}

#[test]
fn a_replaced_text_is_used_and_html_is_escaped() {
    let own = [("ja/contact.html", "<b>{{ sender }}</b> {{ my_page_url }}")];
    let own = own.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let templates =
        Templates::new(own.into(), &locale("ja"), "<script>&", "https://a.example/?b&c").unwrap();
    let mail = templates.render(None, 1).unwrap();
    assert_eq!(mail.html, "<b>&lt;script&gt;&amp;</b> https:&#x2f;&#x2f;a.example&#x2f;?b&amp;c");
    assert!(mail.text.contains("https://a.example/?b&c"), "plain text is not escaped");
}

#[test]
fn every_mistake_is_named_at_once() {
    let mistakes = with(&[
        ("ja/contact.txt", "no address"),
        ("ja/contact.html", "{{ my_page_url }} {{ body }}"),
        ("ja/contact.subject.txt", "{% if contacts > 1 %}\n{% endif %}"),
        ("en/contact.subject.txt", "two\nlines"),
        ("en/contact.txt", "{% if contacts %} {{ my_page_url }}"),
        ("en/contact.html", "{% if contacts > 1 %}{{ my_page_url }}{% endif %}"),
        ("fr/contact.txt", "{{ my_page_url }}"),
        ("letter.txt", "x"),
        ("ja/../contact.txt", "x"),
    ]);
    let mistakes = mistakes.unwrap_err();
    for (path, what) in [
        ("ja/contact.txt", "must show {{ my_page_url }}"),
        ("ja/contact.html", "body is no field: use contacts, my_page_url, sender"),
        ("ja/contact.subject.txt", "must be one line, and not empty"),
        ("en/contact.subject.txt", "must be one line, and not empty"),
        ("en/contact.txt", "cannot be parsed"),
        ("en/contact.html", "must show {{ my_page_url }} in every case"),
        ("fr/contact.subject.txt", "is missing"),
        ("fr/contact.html", "is missing"),
        ("letter.txt", "must be <language>/<name>"),
        ("ja/../contact.txt", "must be <language>/<name>"),
    ] {
        let said = mistakes.iter().filter(|it| it.starts_with(&format!("{path}: {what}")));
        assert_eq!(said.count(), 1, "{path}: {what} in {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), 10, "{mistakes:#?}");
}

#[test]
fn the_default_language_has_templates() {
    let refused = Templates::new(BTreeMap::new(), &locale("pt"), "Bank", PAGE).unwrap_err();
    assert_eq!(refused[0].to_string(), "pt: the default language must have templates");
    assert!(Templates::new(BTreeMap::new(), &locale("ja-JP"), "Bank", PAGE).is_ok());
}

#[test]
fn a_template_cannot_run_for_ever() {
    let loops = "{% for a in '0123456789' %}".repeat(8) + "x" + &"{% endfor %}".repeat(8);
    let text = format!("{loops}{{{{ my_page_url }}}}");
    let mistakes = with(&[("ja/contact.txt", &text)]).unwrap_err();
    assert!(mistakes[0].contains("cannot be rendered"), "{mistakes:?}");
}
