//! The texts of a contact, and its link.

use crate::display_name::is_shown;
use crate::field::{InvalidField, is_plain};
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(ContactSubject, ContactBody, ContactLink, AnswerText);

parsed_text! {
    /// The first line of a contact; it may hold personal data.
    pub struct ContactSubject:
        "subject",
        "must be 1 to 200 characters, one of them visible, without control characters and without \
         characters that reorder text",
        |text| is_plain(text, 200) && is_shown(text);
    /// The subject in clear: to seal it and for its readers, never for a log.
    expose
}

parsed_text! {
    /// The text of a contact; it may hold personal data.
    pub struct ContactBody:
        "body",
        "must be 1 to 4000 characters, one of them visible, with line breaks and tabs but without \
         other control characters and without characters that reorder text",
        |text| is_text(text, 4000);
    /// The text in clear: to seal it and for its readers, never for a log.
    expose
}

parsed_text! {
    /// The customer's answer; it may hold personal data.
    pub struct AnswerText:
        "answer",
        "must be 1 to 2000 characters, one of them visible, with line breaks and tabs but without \
         other control characters and without characters that reorder text",
        |text| is_text(text, 2000);
    /// The answer in clear: to seal it and for its readers, never for a log.
    expose
}

/// Whether a text of several lines may be shown to people.
fn is_text(text: &str, most: usize) -> bool {
    let one_line: String = text.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
    text.chars().count() <= most && is_plain(&one_line, most) && is_shown(&one_line)
}

/// A link to the place where the customer acts: an `https` address. Its host must also be on the
/// list of the [policy](super::ContactPolicy).
#[derive(Clone, PartialEq, Eq)]
pub struct ContactLink(String);

impl ContactLink {
    /// Parses an address: `https://`, a host in lower case, perhaps a path, query and fragment.
    /// User names, ports and backslashes are refused: readers and browsers disagree about them.
    ///
    /// ```
    /// use madoguchi_domain::contact::ContactLink;
    ///
    /// let link = ContactLink::parse("https://my.example.com/identity?step=1")?;
    /// assert_eq!(link.host(), "my.example.com");
    /// assert!(ContactLink::parse("https://my.example.com@evil.example/").is_err());
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let rest = text.strip_prefix("https://").filter(|_| text.len() <= 2048);
        let fits = rest.is_some_and(|rest| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            is_host(host) && is_uri_text(rest)
        });
        let rule = "must be an https address of at most 2048 characters, without user or port";
        fits.then(|| Self(text.to_owned())).ok_or(InvalidField::new("link", rule))
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.0.strip_prefix("https://").unwrap_or_default();
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    }

    /// The address in clear: to seal it and for its readers, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a text has only characters of a URI, and a percent sign only before two hexadecimal
/// digits (RFC 3986 §2).
fn is_uri_text(text: &str) -> bool {
    let is_other = |byte: u8| b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    let mut after_percent = text.split('%').skip(1);
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_other(byte))
        && after_percent.all(|rest| {
            let digits = rest.as_bytes().get(..2);
            digits.is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit))
        })
}

/// Whether a text is a host name in lower case (RFC 1123 §2.1).
pub(super) fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_an_https_address_of_a_plain_host() {
        for good in [
            "https://my.example.com",
            "https://my.example.com/",
            "https://my.example.com/a?b=c#d",
            "https://xn--eckwd4c7c.jp/%E6%9C%AC?next=https://other.example",
        ] {
            assert!(ContactLink::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://my.example.com/",
            "HTTPS://my.example.com/",
            "https://",
            "https:///path",
            "https://My.example.com/",
            "https://my.example.com:8443/",
            "https://user@my.example.com/",
            "https://my.example.com\\@evil.example/",
            "https://my.example.com/a b",
            "https://my.example.com/\r\nX: y",
            "https://例え.jp/",
            "https://-a.example/",
            "https://a..example/",
            "javascript:alert(1)",
            "https://my.example.com/\"><script>",
            "https://my.example.com/%zz",
            "https://my.example.com/%4",
            "https://my.example.com/a|b",
            &format!("https://my.example.com/{}", "x".repeat(2048)),
        ] {
            assert!(ContactLink::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(ContactLink::parse("https://a.example?x").unwrap().host(), "a.example");
    }

    #[test]
    fn texts_inject_no_header_and_reorder_nothing() {
        for bad in [
            "",
            " ",
            "\u{3000}",
            "\u{200b}",
            "\u{3164}",
            "a\r\nBcc: b",
            "a\0",
            "abc\u{202e}def",
            "\u{2066}a",
        ] {
            assert!(ContactSubject::parse(bad).is_err(), "{bad:?}");
        }
        for bad in
            ["", "\n\n", "\n\u{200b}", "a\0", "a\u{1b}[0m", "abc\u{202e}def", &"x".repeat(4001)]
        {
            assert!(ContactBody::parse(bad).is_err(), "{bad:?}");
        }
        assert!(ContactBody::parse("一行目\r\n\t二行目\n").is_ok());
        assert!(ContactBody::parse(&"客".repeat(4000)).is_ok());
        assert!(AnswerText::parse(&"客".repeat(2000)).is_ok());
        assert!(AnswerText::parse(&"客".repeat(2001)).is_err());
    }
}
