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
    let secret = key_file(&dir, 0o600);
    let smtp = "smtp_host = \"mail.example.com\"\n";
    for (bad, keys) in [
        ("", vec!["mail"]),
        ("smtp_host = \"mail.example.com\"\ndirectory = \"mails\"", vec!["mail"]),
        (&*format!("{smtp}smtp_tls = \"none\""), vec!["mail"]),
        ("directory = \"mails\"\nsmtp_port = 25", vec!["mail"]),
        ("smtp_host = \"mail.example.com:587\"", vec!["mail"]),
        ("smtp_host = \"smtp://mail\"", vec!["mail"]),
        (&*format!("{smtp}smtp_user = \"me\""), vec!["mail.smtp_password_file"]),
        (&*format!("{smtp}smtp_password_file = \"{secret}\""), vec!["mail.smtp_user"]),
        (&*format!("{smtp}smtp_port = 0"), vec!["mail.smtp_port"]),
        (&*format!("{smtp}default_locale = \"pt\""), vec!["mail.templates_dir"]),
        (&*format!("{smtp}templates_dir = \"/nowhere\""), vec!["mail.templates_dir"]),
        (&*format!("{smtp}message_id_domain = \"here\""), vec!["mail.message_id_domain"]),
    ] {
        assert_eq!(mistakes(&with(&dir, bad), &[]), keys, "{bad}");
    }
    let bad = [
        ("MADOGUCHI__MAIL__FROM_ADDRESS", "nobody"),
        ("MADOGUCHI__MAIL__MY_PAGE_URL", "http://my.example.com/"),
    ];
    let keys = ["mail.from_address", "mail.my_page_url"];
    assert_eq!(mistakes(&with(&dir, smtp), &bad), keys);
    let without_keys = with(&dir, smtp).replace("[vault]\nkey_ring = \"keys.toml\"\n", "");
    assert_eq!(mistakes(&without_keys, &[]), ["mail"]);
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
    let here = with(&dir, "directory = \"mails\"");
    assert!(Settings::parse(&here, []).is_ok());
    let elsewhere = here.replace("sqlite:m.db", "postgres://me@db.example.com/madoguchi");
    assert_eq!(mistakes(&elsewhere, &[]), ["mail"]);
}

#[test]
fn every_mistake_in_templates_is_reported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let templates = dir.path().join("templates");
    for (path, text) in [
        ("ja/contact.txt", "{{ body }}"),
        ("ja/contact.html", "{{ my_page_url"),
        ("fr/contact.txt", "{{ my_page_url }}"),
    ] {
        let path = templates.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let lines = format!("smtp_host = \"a.example\"\ntemplates_dir = \"{}\"", templates.display());
    let errors = Settings::parse(&with(&dir, &lines), []).unwrap_err().to_string();
    for what in [
        "ja/contact.txt: body is no field",
        "ja/contact.html: cannot be parsed",
        "fr/contact.subject.txt: is missing",
        "fr/contact.html: is missing",
    ] {
        assert!(
            errors.contains(&format!("mail.templates_dir has a mistake in {what}")),
            "{errors}"
        );
    }
    fs::write(templates.join("readme"), "x").unwrap();
    let errors = Settings::parse(&with(&dir, &lines), []).unwrap_err().to_string();
    assert!(errors.contains("must hold folders only"), "{errors}");
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
