//! Builds the mailer, and shows what it would send.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_domain::person::Locale;
use madoguchi_domain::port::Mailer;
pub(crate) use madoguchi_mail::read_report;
use madoguchi_mail::{FileMailer, MailWriter, RenderedMail, SmtpMailer};

use crate::settings::{MailSection, MailTransport, Settings};

/// The mailer to the configured mail server or directory.
pub(super) fn build(mail: &MailSection) -> anyhow::Result<Arc<dyn Mailer>> {
    let writer = MailWriter::new(&mail.sender, Arc::clone(&mail.templates)).context("mail")?;
    Ok(match &mail.transport {
        MailTransport::Smtp(smtp) => {
            if smtp.has_unusual_port() {
                let (port, tls) = (smtp.port, smtp.tls);
                tracing::warn!(port, ?tls, "smtp_tls is not what servers do at smtp_port");
            }
            let hello = &mail.rules.message_id_domain;
            Arc::new(SmtpMailer::new(smtp.clone(), writer, hello).context("mail")?)
        }
        MailTransport::Directory(path) => {
            let made = FileMailer::new(path.clone(), writer);
            let made = made.with_context(|| {
                format!("mail.directory: no file can be written to {}", path.display())
            })?;
            tracing::warn!("mails are written to files only: no customer gets them");
            Arc::new(made)
        }
    })
}

/// The texts of a mail in this language about this number of contacts.
pub(crate) fn preview(
    settings: &Settings,
    locale: Option<&Locale>,
    contacts: u32,
) -> anyhow::Result<RenderedMail> {
    let mail = settings.mail.as_ref().context("the section [mail] is missing: no mail is sent")?;
    let rendered = mail.templates.render(locale, contacts);
    rendered.map_err(|mistake| anyhow::anyhow!("mail.templates_dir has a mistake in {mistake}"))
}
