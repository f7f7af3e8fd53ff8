//! Texts in the form of a standard: mail addresses, hosts, links, phone numbers and languages.

use madoguchi_domain::contact::ContactLink;
use madoguchi_domain::mail::{MessageId, MessageIdDomain};
use madoguchi_domain::person::{EmailAddress, Locale, PhoneNumber};

use crate::texts::{Parser, parser};

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

/// Checks that the texts of `good` are read back and those of `bad` are refused.
fn keeps_form((name, parse): Parser, good: &str, bad: &str) {
    for text in good.split(' ') {
        assert_eq!(parse(text).as_deref(), Some(text), "{name} of {text}");
    }
    let with_blank = format!("{good} ");
    let first = with_blank.split_inclusive(' ').next();
    for text in bad.split(' ').chain([""]).chain(first) {
        assert_eq!(parse(text), None, "{name} of {text:?}");
    }
}

#[test]
fn texts_of_a_standard_have_its_form() {
    let usual = "ja fil en-US es-419 zh-Hant zh-Hant-TW";
    let not_usual = "j jaja JA j1 ja- -ja ja-us ja-USA ja-41 ja-4190 ja-U1 ja-41a zh-hant zh-HAnt \
                     zh-Han zh-Hants zh-TW-Hant ja-JP-x";
    keeps_form(parser!(Locale::as_str), usual, not_usual);
    let bad = "+ 1234567 +123456 +1234567890123456 +0234567 +12345a7 +１２３４５６７";
    keeps_form(parser!(PhoneNumber::expose), "+1234567 +123456789012345", bad);
    let message = |length: usize| format!("<{}@b>", "a".repeat(length - 4));
    let (good, bad) = (format!("<a@b> {}", message(128)), message(129));
    let bad = format!("a@b <a@b a@b> <ab> <a@b@c> <é@b> {bad}");
    keeps_form(parser!(MessageId::as_str), &good, &bad);
}

#[test]
fn a_link_is_an_https_address_of_a_host() {
    let long = |length: usize| format!("https://a/{}", "x".repeat(length - 10));
    let label = |length: usize| format!("https://{}", "a".repeat(length));
    let host = |length: usize| format!("https://{}", vec!["a"; length.div_ceil(2)].join("."));
    let good = "https://a https://a-1.b/c?d=e#f https://a?%4F https://a/-._~:[]@!$&'()*+,;";
    let good = format!("{good} {} {} {}", long(2048), label(63), host(253));
    let bad = "http://a https:// https:///a https://A https://a:1 https://u@a https://-a \
               https://a- https://a..b https://a/% https://a/%4 \
               https://a/%4g https://a/é https://a/\" https://a/<";
    let bad = format!("{bad} {} {} {}", long(2049), label(64), host(255));
    keeps_form(parser!(ContactLink::expose), &good, &bad);
}
