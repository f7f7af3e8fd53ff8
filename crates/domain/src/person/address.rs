//! Addresses of a person: e-mail and phone, each in one form only, so that equal ones are equal.

use crate::field::InvalidField;
use crate::parsed_text::parsed_text;
use crate::redacted;

redacted!(EmailAddress, PhoneNumber);

/// An e-mail address in the form in which it is stored, compared and mailed to: the local part as
/// given, the domain in lower case. An international domain is in A-labels (RFC 5891 §2.3.2.1),
/// which the edge converts.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The maximum length of an address, in bytes (RFC 5321 §4.5.3.1.3, without the brackets).
const LONGEST: usize = 254;
/// The maximum length of a local part, in bytes (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;
/// The maximum length of a label of a domain, in bytes (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;

impl EmailAddress {
    /// Parses an address: a dot-atom of ASCII (RFC 5322 §3.2.3), `@`, and a domain name of at least
    /// two labels. Quoted local parts, local parts that are not ASCII, and IP addresses are
    /// refused: few mail servers accept them.
    ///
    /// ```
    /// use madoguchi_domain::person::EmailAddress;
    ///
    /// let email = EmailAddress::parse("Taro.Yamada@Example.COM")?;
    /// assert_eq!(email.expose(), "Taro.Yamada@example.com");
    /// # Ok::<(), madoguchi_domain::field::InvalidField>(())
    /// ```
    ///
    /// # Errors
    /// For any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidField> {
        let fits = |(local, domain): &(&str, &str)| is_dot_atom(local) && is_host(domain);
        let parts = text.split_once('@').filter(|parts| text.len() <= LONGEST && fits(parts));
        let address =
            parts.map(|(local, domain)| Self(format!("{local}@{}", domain.to_ascii_lowercase())));
        let rule = "must be an e-mail address of at most 254 characters, like name@example.com";
        address.ok_or(InvalidField::new("email", rule))
    }

    /// The address in clear: to mail to it, or for a client that may see it; never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

fn is_dot_atom(local: &str) -> bool {
    let is_atext =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    local.len() <= LONGEST_LOCAL_PART && local.split('.').all(is_atom)
}

/// Whether a domain can have a mail server: letters, digits and inner hyphens in at least two
/// labels, of which the last is never a number.
fn is_host(domain: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    domain.rsplit_once('.').is_some_and(|(_, last)| !is_number(last))
        && domain.split('.').all(is_label)
}

parsed_text! {
    /// A phone number in international notation. Whether its country and its length exist is
    /// checked where national notation is accepted, at the edge.
    #[derive(Hash)]
    pub struct PhoneNumber:
        "phone",
        "must be + and 7 to 15 digits that do not begin with 0 (E.164)",
        |text| text.strip_prefix('+').is_some_and(|digits| {
            (7..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
    /// The number in clear: for a client that may see it, never for a log.
    expose
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_domain_is_in_lower_case_and_the_local_part_as_given() {
        let parsed = |text| EmailAddress::parse(text).unwrap();
        assert!(parsed("Taro@Example.COM") == parsed("Taro@example.com"));
        assert!(parsed("Taro@example.com") != parsed("taro@example.com"));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        let long_domain = format!("a@{}.jp", ["x".repeat(63), "y".repeat(63)].join(".").repeat(2));
        let others = [
            "\"quoted local\"@b.jp",
            "\"a\"@b.jp",
            "a@localhost",
            "a@192.0.2.1",
            "a@[192.0.2.1]",
            "a@b.jp.",
            ".a@b.jp",
            "a..b@b.jp",
            "a@b.jp\u{0}",
            "太郎@b.jp",
            "taro@例え.jp",
            "a@b_c.jp",
            &format!("{}@b.jp", "a".repeat(65)),
            &long_domain,
        ];
        let vectors: Value =
            serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        let refused = vectors["email_blind_index"]["refuse"].as_array().unwrap();
        for text in refused.iter().map(|text| text.as_str().unwrap()).chain(others) {
            assert!(EmailAddress::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_longest_address_and_odd_local_parts_are_accepted() {
        let label = |letter: &str, length| letter.repeat(length);
        let domain = [label("x", 63), label("y", 63), label("z", 58), "jp".into()].join(".");
        let longest = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(longest.len(), 254);
        for text in [longest.as_str(), "o'brien+tag@example.com", "!#$%&*/=?^_`{|}~-@example.com"] {
            assert_eq!(EmailAddress::parse(text).unwrap().expose(), text);
        }
        assert!(EmailAddress::parse(&format!("{longest}x")).is_err());
    }

    #[test]
    fn phones_are_international_and_nothing_is_printed() {
        for good in ["+819012345678", "+12025550143", "+1234567", "+123456789012345"] {
            assert_eq!(PhoneNumber::parse(good).unwrap().expose(), good);
        }
        for bad in
            ["819012345678", "+0123456789", "+123456", "+1234567890123456", "+81 90", "+", ""]
        {
            assert!(PhoneNumber::parse(bad).is_err(), "{bad}");
        }
        let email = EmailAddress::parse("canary@example.com").unwrap();
        let printed = format!("{email:?} {:?}", PhoneNumber::parse("+819012345678").unwrap());
        assert_eq!(printed, "EmailAddress(***) PhoneNumber(***)");
    }
}
