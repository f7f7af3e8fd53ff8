//! Tests the section of mails.

use std::fs;

use super::*;
use crate::settings::MailTransport;

const MAIL: &str = "[mail]\nfrom_address = \"noreply@mail.example.com\"\nfrom_name = \"Bank\"\n\
    my_page_url = \"https://my.example.com/\"\n";

/// A whole configuration with a key ring and these lines of the section.
fn with(dir: &tempfile::TempDir, lines: &str) -> String {
    format!("{}[vault]\nkey_ring = \"keys.toml\"\n{MAIL}{lines}\n", good(dir, 0o600))
}

#[test]
fn mails_have_their_documented_defaults() {
    let dir = tempfile::tempdir().unwrap();
    assert!(Settings::parse(&good(&dir, 0o600), []).unwrap().mail.is_none());
    let settings = Settings::parse(&with(&dir, "smtp_host = \"mail.example.com\""), []).unwrap();
    let mail = settings.mail.unwrap();
    let MailTransport::Smtp(smtp) = &mail.transport else { panic!("{:?}", mail.transport) };
    assert_eq!((smtp.port, smtp.tls), (587, madoguchi_mail::SmtpTls::StartTls));
    assert_eq!(smtp.timeout.as_secs(), 120);
    assert_eq!(mail.rules.message_id_domain.as_str(), "mail.example.com");
    assert_eq!((mail.max_concurrent_calls, mail.give_up_after.as_hours()), (8, 72));
    assert_eq!(settings.contacts.policy.mail, Some(mail.rules.clone()));
    let policy = mail.policy(settings.effects.policy);
    assert_eq!(policy.on_unknown, madoguchi_domain::effect::OnUnknown::Manual);
    assert!(policy.lease > mail.conversation_lasts() + mail.check_lasts());
    assert_eq!((policy.first_retry.as_secs(), policy.longest_retry.as_secs()), (60, 1800));
}

#[test]
fn what_cannot_work_is_refused_with_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let secret = key_file(&dir, "ab", 0o600);
    let here = dir.path().display();
    let smtp = "smtp_host = \"mail.example.com\"\n";
    for (bad, keys) in [
        ("", vec!["mail"]),
        (&*format!("{smtp}directory = \"{here}\""), vec!["mail"]),
        (&*format!("directory = \"{here}\"\nsmtp_port = 25"), vec!["mail"]),
        ("directory = \"/nowhere\"", vec!["mail.directory"]),
        (&*format!("{smtp}smtp_tls = \"none\""), vec!["mail.smtp_tls"]),
        (&*format!("{smtp}smtp_tls = true"), vec!["mail.smtp_tls"]),
        ("smtp_host = \"\"", vec!["mail.smtp_host"]),
        ("smtp_host = \"mail.example.com:587\"", vec!["mail.smtp_host"]),
        ("smtp_host = \"smtp://mail\"", vec!["mail.smtp_host"]),
        (&*format!("{smtp}smtp_user = \"me\""), vec!["mail.smtp_password_file"]),
        (&*format!("{smtp}smtp_password_file = \"{secret}\""), vec!["mail.smtp_user"]),
        (&*format!("{smtp}smtp_port = 0"), vec!["mail.smtp_port"]),
        (&*format!("{smtp}default_locale = \"pt\""), vec!["mail.default_locale"]),
        (&*format!("{smtp}templates_dir = \"/nowhere\""), vec!["mail.templates_dir"]),
        (&*format!("{smtp}message_id_domain = \"here\""), vec!["mail.message_id_domain"]),
        (&*format!("{smtp}message_id_domain = \"192.0.2.1\""), vec!["mail.message_id_domain"]),
        (&*format!("{smtp}first_retry_ms = 1800001"), vec!["mail.longest_retry_ms"]),
    ] {
        assert_eq!(mistakes(&with(&dir, bad), &[]), keys, "{bad}");
    }
    let without_keys = with(&dir, smtp).replace("[vault]\nkey_ring = \"keys.toml\"\n", "");
    assert_eq!(mistakes(&without_keys, &[]), ["mail"]);
}

/// The sentences about a key that is wrong, and nothing that follows from it.
#[test]
fn each_mistake_is_one_sentence_about_its_own_key() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str, mode| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let (open, empty) = (file("open", "canary", 0o644), file("empty", "\n", 0o600));
    let (broken, good) = (file("broken", "can\nary", 0o600), file("good", "canary\n", 0o600));
    let long = "x".repeat(1000);
    for (key, value, sentence) in [
        ("FROM_NAME", "a\r\nBcc: b", "mail.from_name must be 1 to 64 characters that are shown"),
        ("FROM_NAME", "a\u{202e}b", "mail.from_name must be 1 to 64 characters that are shown"),
        ("FROM_NAME", &long, "mail.from_name must be 1 to 64 characters that are shown"),
        ("FROM_ADDRESS", "x", "mail.from_address must be an e-mail address"),
        ("SMTP_PASSWORD_FILE", &open, "may be read or written by others"),
        ("SMTP_PASSWORD_FILE", &empty, "mail.smtp_password_file must not be empty"),
        ("SMTP_PASSWORD_FILE", &broken, "mail.smtp_password_file must be one line"),
        ("SMTP_PASSWORD_FILE", "/nowhere", "/nowhere cannot be read"),
        ("SMTP_USER", "", "mail.smtp_user must be text that is not empty"),
        ("SMTP_USER", "me\r\nx", "mail.smtp_user must be one line"),
        ("SMTP_USER", "me\0x", "mail.smtp_user must be one line"),
        ("SMTP_TLS", "none", "mail.smtp_tls must be starttls or implicit: none is only"),
        ("SMTP_TLS", "true", "mail.smtp_tls must be starttls, implicit or none"),
        ("SMTP_HOST", "[::1]", "mail.smtp_host must be the IP address without brackets"),
        ("DEFAULT_LOCALE", "JA", "mail.default_locale must be a language tag like ja"),
        ("DEFAULT_LOCALE", "pt", "mail.default_locale must be a language that has templates: en"),
        ("MY_PAGE_URL", "https://u:p@x.com", "mail.my_page_url must have no user and no password"),
        ("MY_PAGE_URL", "https://u@x.com?a", "mail.my_page_url must have no user and no password"),
        ("MY_PAGE_URL", "http://x.com/", "mail.my_page_url must be an https address"),
        ("MESSAGE_ID_DOMAIN", "1.2.3.4", "mail.message_id_domain must be a host name"),
        ("ROOT_CA_FILE", "/dev/null", "mail.root_ca_file /dev/null is a device"),
        ("ROOT_CA_FILE", "/", "mail.root_ca_file / is a directory: name a file"),
        ("ROOT_CA_FILE", &good, "mail.root_ca_file must hold certificates of authorities"),
    ] {
        let key = format!("MADOGUCHI__MAIL__{key}");
        let lines = format!(
            "smtp_host = \"a.example\"\nsmtp_user = \"me\"\nsmtp_password_file = \"{good}\""
        );
        let env = [(key.clone(), value.to_owned())];
        let reported = Settings::parse(&with(&dir, &lines), env).unwrap_err().to_string();
        assert!(reported.contains(sentence), "{key}: {sentence} in {reported}");
        assert!(reported.starts_with("1 mistake "), "{key}: {reported}");
        assert!(!reported.contains("canary"), "{reported}");
    }
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let bad = [
        ("MADOGUCHI__MAIL__FROM_ADDRESS", "nobody"),
        ("MADOGUCHI__MAIL__FROM_NAME", " "),
        ("MADOGUCHI__MAIL__MY_PAGE_URL", "http://my.example.com/"),
        ("MADOGUCHI__MAIL__DEFAULT_LOCALE", "xx"),
        ("MADOGUCHI__MAIL__TEMPLATES_DIR", "/nowhere"),
        ("MADOGUCHI__MAIL__TIMEOUT_MS", "1"),
        ("MADOGUCHI__MAIL__ROOT_CA_FILE", "/nowhere"),
    ];
    let keys = [
        "mail.from_address",
        "mail.from_name",
        "mail.my_page_url",
        "mail.templates_dir",
        "mail.default_locale",
        "mail.root_ca_file",
        "mail.timeout_ms",
        "mail",
    ];
    assert_eq!(mistakes(&with(&dir, ""), &bad), keys);
}

#[test]
fn encryption_from_the_first_byte_has_its_own_port() {
    let dir = tempfile::tempdir().unwrap();
    let lines = "smtp_host = \"a.example\"\nsmtp_tls = \"implicit\"";
    let mail = Settings::parse(&with(&dir, lines), []).unwrap().mail.unwrap();
    assert!(matches!(mail.transport, MailTransport::Smtp(smtp) if smtp.port == 465));
}

#[test]
fn files_instead_of_mails_are_for_this_machine_only() {
    let dir = tempfile::tempdir().unwrap();
    let here = with(&dir, &format!("directory = \"{}\"", dir.path().display()));
    assert!(Settings::parse(&here, []).is_ok());
    let elsewhere = here.replace("sqlite:m.db", "postgres://me@db.example.com/madoguchi");
    assert_eq!(mistakes(&elsewhere, &[]), ["mail"]);
}

#[test]
fn every_mistake_in_templates_is_reported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let templates = dir.path().join("templates");
    let write = |path: &str, bytes: &[u8]| {
        let path = templates.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("ja/contact.txt", b"{{ body }} {{ foo }}");
    write("ja/contact.html", b"{{ my_page_url");
    write("ja/contact.subject.txt", b"\xff\xfe\0");
    write("en/contact.txt", &[b'x'; 65 * 1024]);
    write("fr/contact.txt", b"{{ my_page_url }}");
    write("readme", b"x");
    fs::create_dir_all(templates.join("fr/contact.html")).unwrap();
    fs::create_dir(templates.join("de")).unwrap();
    fs::create_dir(templates.join("zh-hant")).unwrap();
    std::os::unix::fs::symlink("/nowhere", templates.join("fr/contact.subject.txt")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", templates.join("en/contact.html")).unwrap();
    for ignored in [".git/config", "ja/contact.txt~", "ja/.contact.txt.swp", "old~/x"] {
        write(ignored, b"x");
    }
    let lines = format!("smtp_host = \"a.example\"\ntemplates_dir = \"{}\"", templates.display());
    let errors = Settings::parse(&with(&dir, &lines), []).unwrap_err();
    let errors: Vec<_> = errors.0.into_iter().map(|it| format!("{} {}", it.key, it.what)).collect();
    let expected = [
        "zh-hant: must be a language tag: write zh-Hant",
        "en/contact.html: must be a file",
        "en/contact.txt: must have at most 64 KiB",
        "fr/contact.html: must be a file",
        "fr/contact.subject.txt: cannot be read (entity not found)",
        "ja/contact.subject.txt: must be UTF-8",
        "readme: must be in the folder of its language",
        "de/contact.subject.txt: is missing",
        "de/contact.txt: is missing",
        "de/contact.html: is missing",
        "ja/contact.txt: has unknown fields (body, foo)",
        "ja/contact.txt: must show {{ my_page_url }}",
        "ja/contact.html: cannot be parsed",
    ];
    for (error, expected) in errors.iter().zip(expected) {
        let expected = format!("mail.templates_dir has a mistake in {expected}");
        assert!(error.starts_with(&expected), "{expected} in {errors:#?}");
    }
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
}

#[test]
fn no_credentials_are_printed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("password");
    fs::write(&file, "canary-password\n").unwrap();
    fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let lines = format!(
        "smtp_host = \"a.example\"\nsmtp_user = \"canary-user\"\nsmtp_password_file = \"{}\"",
        file.display()
    );
    let settings = Settings::parse(&with(&dir, &lines), []).unwrap();
    let MailTransport::Smtp(smtp) = &settings.mail.as_ref().unwrap().transport else { panic!() };
    assert_eq!(smtp.credentials.as_ref().unwrap().password(), b"canary-password");
    assert!(!format!("{settings:?}").contains("canary"));
}
