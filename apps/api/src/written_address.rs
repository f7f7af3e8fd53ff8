//! E-mail addresses and phone numbers as people write them, converted at the edge to the one form
//! that is stored.

use madoguchi_domain::field::InvalidField;
use madoguchi_domain::person::{EmailAddress, PhoneNumber};
use phonenumber::Mode;
use phonenumber::country::{Id, Source};

/// A region whose national notation of phone numbers is accepted.
pub(crate) type Region = Id;

const REFUSED: InvalidField = InvalidField::new(
    "phone",
    "must be a phone number, for example +81 90 1234 5678 or, in the server's default region, \
     its national notation",
);

/// The region with this ISO 3166-1 code, for example `JP`.
pub(crate) fn parse_region(code: &str) -> Result<Region, &'static str> {
    let is_code = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    let region = is_code.then(|| code.parse().ok()).flatten();
    region.ok_or("must be a region's two letters, for example JP")
}

/// An e-mail address, whose domain may be international.
pub(crate) fn email(text: &str) -> Result<EmailAddress, InvalidField> {
    let ascii = text.split_once('@').and_then(|(local, domain)| {
        let domain = idna::domain_to_ascii_strict(domain).ok()?;
        Some(format!("{local}@{domain}"))
    });
    // What is not converted is no address, and refused as such.
    EmailAddress::parse(ascii.as_deref().unwrap_or_default())
}

/// A phone number in international notation, or in the national one of this region.
pub(crate) fn phone(text: &str, region: Region) -> Result<PhoneNumber, InvalidField> {
    let text: String = text.chars().map(ascii).collect();
    // The library ignores text before a number, and reads letters as the digits of a keypad.
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b"+-()./ ".contains(&byte)) {
        return Err(REFUSED);
    }
    // With a region, the library takes its trunk prefix off numbers of other countries too.
    let region = (!text.contains('+')).then_some(region);
    let number = phonenumber::parse(region, &text).map_err(|_| REFUSED)?;
    if !phonenumber::is_valid(&number) || number.code().source() == Source::Idd {
        return Err(REFUSED);
    }
    PhoneNumber::parse(&number.format().mode(Mode::E164).to_string()).map_err(|_| REFUSED)
}

/// The ASCII form of a full-width character, of a space or of a hyphen; any other stays as it is.
fn ascii(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' => '-',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        let all = include_str!("../../../crates/domain/tests/vectors.json");
        serde_json::from_str(all).unwrap()
    }

    #[test]
    fn addresses_are_equal_by_domain_and_different_by_local_part() {
        let all = &vectors()["email_blind_index"];
        let pairs = |list: &str| {
            let pairs = all[list].as_array().unwrap().clone().into_iter();
            pairs.map(|pair| [0, 1].map(|at| email(pair[at].as_str().unwrap()).unwrap()))
        };
        for [one, other] in pairs("same") {
            assert!(one == other, "{}", one.expose());
        }
        for [one, other] in pairs("different") {
            assert!(one != other, "{}", one.expose());
        }
        for text in all["refuse"].as_array().unwrap() {
            assert!(email(text.as_str().unwrap()).is_err(), "{text}");
        }
        for text in ["a@xn--a.jp", "a@b\u{3002}", "a@\u{200b}.jp", "a@b.jp\u{0}", "太郎@例え.jp"]
        {
            assert!(email(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_notation_of_a_number_is_one_number() {
        let all = vectors();
        let of_japan = |text: &str| phone(text, Region::JP);
        for pair in all["phone_e164"]["valid"].as_array().unwrap() {
            let [given, expected] = [0, 1].map(|at| pair[at].as_str().unwrap());
            let number = of_japan(given).unwrap_or_else(|_| panic!("{given}"));
            assert_eq!(number.expose(), expected);
        }
        for text in all["phone_e164"]["refuse"].as_array().unwrap() {
            assert!(of_japan(text.as_str().unwrap()).is_err(), "{text}");
        }
        let odd = [
            "\u{0}",
            "+81\n90 1234 5678",
            "+81 90 1234 5678;ext=5",
            "٠٩٠",
            "090-CALL-NOW",
            "010 39 035 123 4567",
        ];
        for text in odd {
            assert!(of_japan(text).is_err(), "{text:?}");
        }
        assert_eq!(phone("202-555-0143", Region::US).unwrap().expose(), "+12025550143");
        // Countries whose numbers begin with the trunk prefix of another one.
        for (text, expected) in [
            ("+39 035 123 4567", "+390351234567"),
            ("(+39) 035 123 4567", "+390351234567"),
            ("+39 06 6982 1234", "+390669821234"),
            ("+81 90 1234 5678", "+819012345678"),
            ("+86 138 1234 5678", "+8613812345678"),
        ] {
            for region in [Region::JP, Region::BR, Region::US, Region::IT] {
                let number = phone(text, region).unwrap_or_else(|_| panic!("{text} {region:?}"));
                assert_eq!(number.expose(), expected, "{region:?}");
            }
        }
    }

    #[test]
    fn regions_are_two_letters() {
        assert_eq!(parse_region("JP"), Ok(Region::JP));
        for bad in ["", "jp", "JPN", "ZZ", "日本"] {
            assert!(parse_region(bad).is_err(), "{bad}");
        }
    }
}
