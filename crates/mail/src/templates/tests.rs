//! Tests which templates are accepted, and what they make.

use super::*;

const PAGE: &str = "https://my.example.com/messages";

fn locale(tag: &str) -> Locale {
    Locale::parse(tag).unwrap()
}

fn with(own: &[(&str, &str)]) -> Result<Templates, Vec<String>> {
    let templates = Templates::new(read(own), &locale("ja"), "窓口銀行", PAGE);
    templates.map_err(|all| all.iter().map(ToString::to_string).collect())
}

fn read(files: &[(&str, &str)]) -> OwnTemplates {
    let mut own = OwnTemplates::default();
    for (path, text) in files {
        own.add_file(path, Ok((*text).to_owned()));
    }
    own
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
    let own = read(&[("ja/contact.html", "<b>{{ sender }}</b> {{ my_page_url }}")]);
    let templates =
        Templates::new(own, &locale("ja"), "<script>&", "https://a.example/?b&c").unwrap();
    let mail = templates.render(None, 1).unwrap();
    assert_eq!(mail.html, "<b>&lt;script&gt;&amp;</b> https:&#x2f;&#x2f;a.example&#x2f;?b&amp;c");
    assert!(mail.text.contains("https://a.example/?b&c"), "plain text is not escaped");
}

#[test]
fn every_mistake_is_named_at_once() {
    let mut own = read(&[
        ("ja/contact.txt", "{{ foo }} no address"),
        ("ja/contact.html", "{{ my_page_url }} {{ body }} {{ foo }}"),
        ("ja/contact.subject.txt", "{% if contacts > 1 %}\n{% endif %}"),
        ("ja/kontact.html", "x"),
        ("en/contact.subject.txt", "two\nlines"),
        ("en/contact.txt", "{% if contacts %} {{ my_page_url }}"),
        ("en/contact.html", "{% if contacts > 1 %}{{ my_page_url }}{% endif %}"),
        ("fr/contact.txt", "{{ my_page_url }}"),
        ("letter.txt", "x"),
        ("zh-hant/contact.txt", "x"),
        ("PT_br/contact.txt", "x"),
        ("letters/contact.txt", "x"),
    ]);
    own.add_folder("de");
    own.add_file("fr/contact.html", Err("is no file".into()));
    own.add_file("ko", Err("cannot be read".into()));
    let mistakes = Templates::new(own, &locale("pt-BR"), "Bank", PAGE).unwrap_err();
    let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    let expected = [
        "PT_br: must be a language tag: write pt-BR",
        "letters: must be a language tag like ja or zh-Hant-TW",
        "zh-hant: must be a language tag: write zh-Hant",
        "fr/contact.html: is no file",
        "ja/kontact.html: has an unknown name: use contact.subject.txt, contact.txt, contact.html",
        "ko: cannot be read",
        "letter.txt: must be in the folder of its language: <language>/<name>",
        "must be a language that has templates: de, en, fr, ja",
        "de/contact.subject.txt: is missing",
        "de/contact.txt: is missing",
        "de/contact.html: is missing",
        "en/contact.subject.txt: must be one line, and not empty (contacts: 1)",
        "en/contact.txt: cannot be parsed",
        "en/contact.html: must show {{ my_page_url }} in every case (contacts: 1)",
        "fr/contact.subject.txt: is missing",
        "ja/contact.subject.txt: must be one line, and not empty (contacts: 1)",
        "ja/contact.txt: has unknown fields (foo): use contacts, my_page_url, sender",
        "ja/contact.txt: must show {{ my_page_url }}",
        "ja/contact.html: has unknown fields (body, foo): use contacts, my_page_url, sender",
    ];
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{expected} in {mistakes:#?}");
    }
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
}

#[test]
fn a_template_that_would_destroy_mails_is_refused() {
    let page = "{{ my_page_url }}";
    for (text, what) in [
        ("\u{feff}a".to_owned(), "must not have U+FEFF (line 1)"),
        ("a\n\u{202e}b".to_owned(), "must not have U+202E (line 2)"),
        ("a\r\nb".to_owned(), "must not have U+000D (line 1)"),
        ("a\tb".to_owned(), "must not have U+0009"),
        ("a\0b".to_owned(), "must not have U+0000"),
        ("{{ '\\u202e' }}".to_owned(), "must not have U+202E (line 1)"),
        ("x".repeat(64 * 1024), "must have at most 64 KiB"),
        ("{% if contacts == 7 %}{{ 1 // 0 }}{% endif %}".to_owned(), "cannot be rendered"),
        ("{% if contacts == 200 %}{{ 1 | nope }}{% endif %}".to_owned(), "cannot be rendered"),
        (format!("{{{{ '{}' * 10000 }}}}", "x".repeat(30)), "must render to at most 256 KiB"),
    ] {
        let mistakes = with(&[("ja/contact.txt", &format!("{text}{page}"))]).unwrap_err();
        let expected = format!("ja/contact.txt: {what}");
        assert!(mistakes[0].starts_with(&expected), "{expected}: {mistakes:?}");
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
        let number = text.split("contacts == ").nth(1).and_then(|it| it.split(' ').next());
        let number = number.map(|number| format!("(contacts: {number})")).unwrap_or_default();
        assert!(mistakes[0].contains(&number), "{mistakes:?}");
    }
    for subject in ["{% if contacts == 7 %}a\nb{% else %}x{% endif %}", "a{{ '\\r\\nBcc: x' }}"] {
        let mistakes = with(&[("ja/contact.subject.txt", subject)]).unwrap_err();
        assert!(
            mistakes[0].starts_with("ja/contact.subject.txt: must be one line"),
            "{mistakes:?}"
        );
    }
    let mistakes = with(&[("ja/contact.subject.txt", "a{{ '\\u2028' }}b")]).unwrap_err();
    assert!(mistakes[0].starts_with("ja/contact.subject.txt: must not have U+2028"));
}

#[test]
fn a_mail_that_cannot_be_rendered_names_the_template() {
    let text = "{% if contacts > 200 %}{{ 1 // 0 }}{% endif %}{{ my_page_url }}";
    let templates = with(&[("ja/contact.txt", text)]).unwrap();
    let error = templates.render(None, Mail::MOST_CONTACTS + 1).unwrap_err().to_string();
    assert!(error.starts_with("ja/contact.txt: cannot be rendered"), "{error}");
}

#[test]
fn the_default_language_has_templates() {
    let none = OwnTemplates::default();
    let refused = Templates::new(none, &locale("pt"), "Bank", PAGE).unwrap_err();
    assert_eq!(refused, [TemplateMistake::NoDefault(vec!["en".into(), "ja".into()])]);
    let none = OwnTemplates::default();
    assert!(Templates::new(none, &locale("ja-JP"), "Bank", PAGE).is_ok());
}

#[test]
fn a_template_cannot_run_for_ever() {
    let loops = "{% for a in '0123456789' %}".repeat(8) + "x" + &"{% endfor %}".repeat(8);
    let text = format!("{loops}{{{{ my_page_url }}}}");
    let mistakes = with(&[("ja/contact.txt", &text)]).unwrap_err();
    assert!(mistakes[0].contains("cannot be rendered"), "{mistakes:?}");
}
