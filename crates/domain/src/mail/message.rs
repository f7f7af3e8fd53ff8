//! What a mailer is given: whom a mail is for and what it says.

use uuid::Uuid;

use crate::Timestamp;
use crate::field::is_visible;
use crate::parsed_text::parsed_text;
use crate::person::{EmailAddress, Locale};

use super::id::MailId;

parsed_text! {
    /// The id of a mail in its `Message-ID` header (RFC 5322 §3.6.4), brackets included. It is the
    /// same at every attempt, so that a mail server and its operator recognise a repetition.
    #[derive(Debug)]
    #[derive(Hash)]
    pub struct MessageId:
        "messageId",
        "must be 1 to 128 visible ASCII characters, <unique@domain>",
        |text| is_visible(text, 128)
            && text.starts_with('<')
            && text.ends_with('>')
            && text.bytes().filter(|byte| *byte == b'@').count() == 1;
    /// The id as text, brackets included.
    as_str
}

parsed_text! {
    /// The domain of our `Message-ID`s: a host name in lower case, at most 80 characters.
    #[derive(Debug)]
    pub struct MessageIdDomain:
        "message_id_domain",
        "must be a host name in lower case of at most 80 characters, like mail.example.com",
        |text| text.len() <= 80 && is_host(text);
    /// The name as text.
    as_str
}

/// At least two labels, of which the last is never a number: that is an IP address.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|it| it.is_ascii_digit());
    text.rsplit_once('.').is_some_and(|(_, last)| !is_number(last)) && text.split('.').all(is_label)
}

impl MessageId {
    /// The id of this mail at this domain.
    #[must_use]
    pub fn derived(mail: MailId, domain: &MessageIdDomain) -> Self {
        Self(format!("<{}@{}>", mail.0.simple(), domain.as_str()))
    }

    /// The mail that this is [derived](Self::derived) from, at whichever domain; `None` if it
    /// cannot be one of ours.
    #[must_use]
    pub fn mail(&self) -> Option<MailId> {
        let (id, _) = self.0.strip_prefix('<')?.split_once('@')?;
        let mail = MailId(Uuid::try_parse(id).ok()?);
        (mail.0.simple().to_string() == id).then_some(mail)
    }
}

/// A mail to one customer. It names how many messages wait on the customer's page, and nothing of
/// what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its constant id.
    pub message_id: MessageId,
    /// Whom it goes to.
    pub to: EmailAddress,
    /// The customer's language, if it is known.
    pub locale: Option<Locale>,
    /// How many contacts it announces, at least 1.
    pub contacts: u32,
    /// The time in its `Date` header: when it was planned, the same at every attempt.
    pub date: Timestamp,
}

impl Mail {
    /// The most contacts that one mail announces: those that one call approves.
    pub const MOST_CONTACTS: u32 = 200;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_derived_from_the_mail_alone() {
        let domain = MessageIdDomain::parse("mail.example.com").unwrap();
        let derived = MessageId::derived(MailId(Uuid::from_u128(7)), &domain);
        assert_eq!(derived.as_str(), "<00000000000000000000000000000007@mail.example.com>");
        assert_eq!(derived.mail(), Some(MailId(Uuid::from_u128(7))));
        assert_eq!(MessageId::parse(derived.as_str()), Ok(derived));
        for other in ["<7@b.jp>", "<00000000-0000-0000-0000-000000000007@b.jp>", "<@b.jp>"] {
            assert_eq!(MessageId::parse(other).unwrap().mail(), None, "{other}");
        }
    }

    #[test]
    fn what_would_break_the_header_is_refused() {
        for bad in ["", "a@b.jp", "<a@b.jp", "<a>", "<a@b@c>", "<a@b>\r\nBcc: <x@y>", "<あ@b>"] {
            assert!(MessageId::parse(bad).is_err(), "{bad:?}");
        }
        for bad in [
            "",
            "localhost",
            "Mail.example.com",
            "a..b",
            "a_b.jp",
            "a.b>",
            "例え.jp",
            "192.0.2.1",
            "-a.jp",
            "a-.jp",
            "a.jp.",
        ] {
            assert!(MessageIdDomain::parse(bad).is_err(), "{bad:?}");
        }
    }
}
