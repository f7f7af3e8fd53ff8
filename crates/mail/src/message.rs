//! Makes the message of a mail (RFC 5322, MIME).

use std::sync::Arc;
use std::time::SystemTime;

use lettre::address::{Address, Envelope};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use madoguchi_domain::display_name::DisplayName;
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
        Self::check_name(&self.name)?;
        address(&self.address).map(drop).ok_or(InvalidSender::Address)
    }

    /// Checks a name: what is not shown could make it look like another one.
    ///
    /// # Errors
    /// [`InvalidSender::Name`].
    pub fn check_name(name: &str) -> Result<(), InvalidSender> {
        let has_width = |c| {
            !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}')
                && c != '\u{feff}'
        };
        let is_shown = DisplayName::parse(name).is_ok() && name.chars().all(has_width);
        is_shown.then_some(()).ok_or(InvalidSender::Name)
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
#[error("{} {}", self.setting(), self.rule())]
pub enum InvalidSender {
    /// Correct the name.
    Name,
    /// Correct the address.
    Address,
}

impl InvalidSender {
    /// The setting that is invalid.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Name => "from_name",
            Self::Address => "from_address",
        }
    }

    /// The rule that it breaks.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Name => {
                "must be 1 to 64 characters that are shown: no control characters, none that \
                 change the direction, none without a width"
            }
            Self::Address => "must be an address that mail servers accept",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_senders_name_is_shown_as_it_is() {
        for good in ["窓口銀行", "Bank & Söhne", "\"q\" <x@y.z>", "葛\u{e0100}飾銀行"] {
            assert_eq!(SenderSettings::check_name(good), Ok(()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", " ", "a\r\nBcc: b", "a\u{202e}b", "a\u{200b}b", "\u{feff}a", &long] {
            assert_eq!(SenderSettings::check_name(bad), Err(InvalidSender::Name), "{bad:?}");
        }
    }
}
