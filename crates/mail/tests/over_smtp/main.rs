//! Tests mailers over sockets: the suites of the testkit, and encryption.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by stopping there")]

mod encrypted;
mod suites;

use std::sync::Arc;

use madoguchi_domain::person::{EmailAddress, Locale};
use madoguchi_mail::{
    MailWriter, OwnTemplates, SenderSettings, SmtpMailer, SmtpSettings, Templates,
};

fn sender() -> SenderSettings {
    let address = EmailAddress::parse("noreply@mail.example.com").unwrap();
    SenderSettings { address, name: "窓口銀行".into() }
}

fn writer() -> MailWriter {
    let (ja, page) = (Locale::parse("ja").unwrap(), "https://my.example.com/");
    let templates = Templates::new(OwnTemplates::default(), &ja, "窓口銀行", page).unwrap();
    MailWriter::new(&sender(), Arc::new(templates)).unwrap()
}

fn smtp(settings: SmtpSettings) -> SmtpMailer {
    SmtpMailer::new(settings, writer(), &sender().domain().unwrap()).unwrap()
}
