//! Texts in the form of a standard: mail addresses, hosts, links, phone numbers and languages.

use madoguchi_domain::contact::ContactLink;
use madoguchi_domain::mail::{MessageId, MessageIdDomain};
use madoguchi_domain::person::{EmailAddress, Locale, PhoneNumber};

use crate::texts::{Parse, parser};

/// An address with a local part and labels of these lengths.
fn address(local: usize, labels: &[usize]) -> String {
    let labels: Vec<String> = labels.iter().map(|length| "d".repeat(*length)).collect();
    format!("{}@{}", "l".repeat(local), labels.join("."))
}

#[test]
fn addresses_and_hosts_have_the_lengths_of_their_standards() {
    let email = parser!(EmailAddress::expose).1;
    for (local, labels) in [(1, &[1, 1][..]), (64, &[63, 63, 61]), (60, &[63, 63, 2, 62])] {
        let text = address(local, labels);
        assert_eq!(email(&text), Some(text.clone()), "{text}");
    }
    for (local, labels) in [
        (0, &[1, 1][..]),
        (65, &[1, 1]),
        (1, &[1]),
        (1, &[64, 1]),
        (1, &[0, 1]),
        (64, &[63, 63, 62]),
    ] {
        assert_eq!(email(&address(local, labels)), None, "{local} {labels:?}");
    }
    let domain = parser!(MessageIdDomain::as_str);
    let host = |labels: &[usize]| address(0, labels).split_off(1);
    for labels in [&[1, 1][..], &[63, 16], &[16, 63]] {
        assert!(domain.1(&host(labels)).is_some(), "{labels:?}");
    }
    for labels in [&[1][..], &[64, 1], &[1, 64], &[63, 17], &[0, 1], &[1, 0]] {
        assert_eq!(domain.1(&host(labels)), None, "{labels:?}");
    }
    for (text, takes) in [("a-b.c1", true), ("a.1", false), ("1.a", true), ("a.1b", true)] {
        assert_eq!(domain.1(text).is_some(), takes, "{text}");
        assert_eq!(email(&format!("x@{text}")).is_some(), takes, "{text}");
    }
    for text in ["-a.b", "a-.b", "a.-b", "a.b-", "a..b", ".a.b", "a.b.", "a_b.c", "é.c", "a b.c"] {
        assert_eq!(domain.1(text), None, "{text}");
        assert_eq!(email(&format!("x@{text}")), None, "{text}");
    }
    assert_eq!(domain.1("A.b"), None, "upper case");
    for local in [".a", "a.", "a..b", "a b", "\"a\"", "é", "a@b", "(a)", "a,b"] {
        assert_eq!(email(&format!("{local}@x.jp")), None, "{local}");
    }
    assert!(email("!#$%&'*+-/=?^_`{|}~.Z9@x.jp").is_some());
}

#[test]
fn texts_of_a_standard_have_its_form() {
    let locale = parser!(Locale::as_str).1;
    let phone = parser!(PhoneNumber::expose).1;
    let message = parser!(MessageId::as_str).1;
    let link = parser!(ContactLink::expose).1;
    let long_link = |length: usize| format!("https://a/{}", "x".repeat(length - 10));
    let long_message = |length: usize| format!("<{}@b>", "a".repeat(length - 4));
    let label = |length: usize| format!("https://{}", "a".repeat(length));
    let good: [(Parse, &[&str]); 4] = [
        (locale, &["ja", "fil", "en-US", "es-419", "zh-Hant", "zh-Hant-TW"]),
        (phone, &["+1234567", "+123456789012345"]),
        (message, &["<a@b>", &long_message(128)]),
        (
            link,
            &["https://a", "https://a-1.b/c?d=e#f", "https://a?%4F", &long_link(2048), &label(63)],
        ),
    ];
    for (parse, texts) in good {
        for text in texts {
            assert_eq!(parse(text).as_deref(), Some(*text));
        }
    }
    let bad: [(Parse, &[&str]); 4] = [
        (
            locale,
            &[
                "",
                "j",
                "jaja",
                "JA",
                "j1",
                "ja-",
                "ja-us",
                "ja-USA",
                "ja-41",
                "ja-4190",
                "ja-U1",
                "ja-41a",
                "zh-hant",
                "zh-HAnt",
                "zh-Han",
                "zh-Hants",
                "zh-TW-Hant",
                "ja-JP-x",
                "-ja",
            ],
        ),
        (
            phone,
            &[
                "",
                "+",
                "1234567",
                "+123456",
                "+1234567890123456",
                "+0234567",
                "+12345 7",
                "+１２３４５６７",
            ],
        ),
        (
            message,
            &["", "a@b", "<a@b", "a@b>", "<ab>", "<a@b@c>", "<a @b>", "<é@b>", &long_message(129)],
        ),
        (
            link,
            &[
                "",
                "http://a",
                "https://",
                "https:///a",
                "https://A",
                "https://a:1",
                "https://u@a",
                "https://-a",
                "https://a-",
                "https://a..b",
                "https://a/%",
                "https://a/%4",
                "https://a/%4g",
                "https://a/b c",
                "https://a/é",
                "https://a/\"",
                "https://a/<",
                &long_link(2049),
                &label(64),
            ],
        ),
    ];
    for (parse, texts) in bad {
        for text in texts {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
