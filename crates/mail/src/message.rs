//! Makes the message of a mail (RFC 5322, MIME).

use std::sync::Arc;
use std::time::SystemTime;

use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use madoguchi_domain::effect::{Outcome, UpstreamCode, WhyNotSent};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::mail::{Mail, MessageIdDomain};
use madoguchi_domain::person::EmailAddress;
use madoguchi_domain::redacted;

use crate::templates::Templates;

/// Who sends mails.
#[derive(Debug, Clone)]
pub struct SenderSettings {
    /// The address in `From`, which bounces go to, too.
    pub address: EmailAddress,
    /// The name beside it.
    pub name: String,
}

impl SenderSettings {
    /// Checks that mails can name the sender.
    ///
    /// # Errors
    /// See [`InvalidSender`].
    pub fn check(&self) -> Result<(), InvalidSender> {
        let is_name = (1..=64).contains(&self.name.chars().count())
            && !self.name.chars().any(char::is_control)
            && !self.name.trim().is_empty();
        is_name.then_some(()).ok_or(InvalidSender::Name)?;
        address(&self.address).map(drop).ok_or(InvalidSender::Address)
    }

    /// The domain of the address, for `Message-ID`s and `EHLO`.
    ///
    /// # Errors
    /// When it is longer than a `Message-ID` allows.
    pub fn domain(&self) -> Result<MessageIdDomain, InvalidField> {
        let (_, domain) = self.address.expose().split_once('@').unwrap_or_default();
        MessageIdDomain::parse(domain)
    }
}

/// An invalid sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSender {
    /// Correct the name.
    #[error("from_name must be 1 to 64 characters without control characters")]
    Name,
    /// Correct the address.
    #[error("from_address must be an address that mail servers accept")]
    Address,
}

redacted!(MailWriter);

/// Makes messages.
pub struct MailWriter {
    from: Mailbox,
    templates: Arc<Templates>,
}

/// A message and its envelope, ready for a mail server.
pub(crate) struct Written {
    pub(crate) envelope: Envelope,
    pub(crate) content: Vec<u8>,
}

impl MailWriter {
    /// Makes messages from this sender with these templates.
    ///
    /// # Errors
    /// See [`InvalidSender`].
    pub fn new(sender: &SenderSettings, templates: Arc<Templates>) -> Result<Self, InvalidSender> {
        sender.check()?;
        let address = address(&sender.address).ok_or(InvalidSender::Address)?;
        Ok(Self { from: Mailbox::new(Some(sender.name.clone()), address), templates })
    }

    pub(crate) fn write(&self, mail: &Mail) -> Option<Written> {
        let texts = self.templates.render(mail.locale.as_ref(), mail.contacts);
        let texts =
            texts.inspect_err(|error| tracing::error!(%error, "a mail has no text")).ok()?;
        let date = SystemTime::from(mail.date);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address(&mail.to)?))
            .date(date)
            .message_id(Some(mail.message_id.as_str().to_owned()))
            .subject(texts.subject)
            // Nobody's absence note answers it (RFC 3834 §5).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(texts.text, texts.html));
        let message = message.inspect_err(|_| tracing::error!("a mail cannot be encoded")).ok()?;
        Some(Written { envelope: message.envelope().clone(), content: message.formatted() })
    }
}

/// The address for a message. The domain's rule is stricter than SMTP's.
fn address(email: &EmailAddress) -> Option<Address> {
    email.expose().parse().ok()
}

/// The outcome of a mail that has no message: it was not sent, and never will be.
pub(crate) fn not_encodable() -> Outcome {
    let code = UpstreamCode::parse("NOT_ENCODABLE");
    code.map_or(Outcome::NotSent(WhyNotSent::NotEncodable), Outcome::Refused)
}
