//! Tests check digits and account numbers against the vectors and arbitrary strings.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors.json")).unwrap()
}

fn rows(vectors: &Value) -> Vec<&Value> {
    let rows: Vec<_> = vectors.as_array().unwrap().iter().collect();
    assert!(!rows.is_empty());
    rows
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap()
}

#[test]
fn every_published_check_digit_is_computed() {
    let vectors = &vectors()["itau_dac"];
    let agrees = |row: &Value| {
        let digit = dac(text(row, "agencia"), text(row, "conta")).unwrap();
        digit == text(row, "dac").as_bytes()[0]
    };
    for row in rows(&vectors["valid"]) {
        assert!(agrees(row), "{row}");
    }
    for row in rows(&vectors["invalid"]) {
        assert!(!agrees(row), "{row}");
    }
    for row in rows(&vectors["undetectable"]) {
        for account in [text(row, "a"), text(row, "b")] {
            let digit = text(row, "dac").as_bytes()[0];
            assert_eq!(dac(text(row, "agencia"), account), Some(digit), "{row}");
        }
    }
}

#[test]
fn every_codigo_conta_of_the_vectors_is_taken_or_refused() {
    let vectors = &vectors()["codigo_conta"];
    for row in rows(&vectors["valid"]) {
        assert!(CodigoConta::parse(text(row, "v"), DacRule::Refuse).is_ok(), "{row}");
    }
    for row in rows(&vectors["invalid"]) {
        assert!(CodigoConta::parse(text(row, "v"), DacRule::Refuse).is_err(), "{row}");
        let warned = CodigoConta::parse(text(row, "v"), DacRule::Warn);
        let only_its_digit = text(row, "why") == "DAC";
        assert_eq!(warned.is_ok(), only_its_digit, "{row}");
        assert!(warned.is_err() || !warned.unwrap().has_right_dac());
    }
}

#[test]
fn the_sources_own_example_and_odd_digits_are_refused_without_their_value() {
    for odd in
        ["94****96@qq.com", "341341150000052061 ", "３４１341150000052061", "34134115000005206a"]
    {
        let refused = CodigoConta::parse(odd, DacRule::Warn).unwrap_err();
        assert_eq!(refused.to_string(), "codigo_conta must be 18 digits");
    }
    let right = CodigoConta::parse("341341150000052061", DacRule::Refuse).unwrap();
    assert_eq!(format!("{right:?} {}", right.masked()), "CodigoConta(***) 341341********2061");
}

fn readings(branch: &str, account: &str) -> Vec<(String, Certainty)> {
    let entity = Entity::parse("341", "341").unwrap();
    let readings = entity.readings(branch, account).unwrap_or_default();
    assert!(readings.iter().all(|reading| reading.codigo.has_right_dac()));
    let shown = |reading: AccountReading| (reading.codigo.expose().to_owned(), reading.certainty);
    readings.into_iter().map(shown).collect()
}

#[test]
fn an_account_with_its_check_digit_is_distinguished_from_one_without() {
    let one = |by| [("341341150000052061".to_owned(), by)];
    assert_eq!(readings("1500", "00052061"), one(Certainty::Certain), "eight digits");
    assert_eq!(readings("1500", "5206-1"), one(Certainty::Certain), "a hyphen");
    assert_eq!(readings("1500", "0005206"), one(Certainty::Likely));
    assert_eq!(readings(" 1500", "5206 "), one(Certainty::Likely));
    assert_eq!(readings("57", "12345-7")[0].0, "341341005700123457", "a branch is padded");
}

#[test]
fn an_account_that_can_be_read_either_way_is_read_both_ways() {
    let both = |one: &str, other: &str| {
        [(one.to_owned(), Certainty::Ambiguous), (other.to_owned(), Certainty::Ambiguous)]
    };
    let with_and_without = both("341341150000052061", "341341150000520612");
    assert_eq!(readings("1500", "52061"), with_and_without);
    assert_eq!(readings("1500", "0052061"), with_and_without, "seven digits may bring one too");
}

#[test]
fn an_uncertain_reading_needs_the_caller_as_owner() {
    let stands =
        |certainty: Certainty| [Some(true), None, Some(false)].map(|is| certainty.allows_owner(is));
    assert_eq!(stands(Certainty::Certain), [true, true, true]);
    assert_eq!(stands(Certainty::Likely), [true, true, false]);
    assert_eq!(stands(Certainty::Ambiguous), [true, false, false]);
}

#[test]
fn company_and_bank_are_3_digits() {
    for bad in ["", "34", "3413", "34a", "３４１"] {
        assert_eq!(Entity::parse(bad, "341").unwrap_err().field, "company", "{bad}");
        assert_eq!(Entity::parse("341", bad).unwrap_err().field, "bank", "{bad}");
    }
}

#[test]
fn what_is_no_branch_or_account_has_no_check_digit() {
    assert_eq!(dac("0057", "12345"), Some(b'7'));
    for (branch, account) in [("005x", "12345"), ("0057", "1234x"), ("57", "12345"), ("0057", "")] {
        assert_eq!(dac(branch, account), None, "{branch} {account}");
    }
}

#[test]
fn what_is_no_branch_or_account_gives_no_number() {
    let bad = [
        ("Agency", "13156463165468461654"),
        ("1500", "13156463165468461654"),
        ("1500", "00052060"),
        ("1500", "5206-0"),
        ("1500", "-1"),
        ("1500", "5206-"),
        ("1500", "52-06-1"),
        ("1500", ""),
        ("", "52061"),
        ("15000", "52061"),
        ("1500", "５２０６"),
        ("15é", "52061"),
    ];
    for (branch, account) in bad {
        assert_eq!(readings(branch, account), [], "{branch} {account}");
    }
}

proptest! {
    #[test]
    fn a_number_is_valid_exactly_when_its_digit_is_recomputed(digits in "[0-9]{18}") {
        let recomputed = dac(&digits[6..10], &digits[10..17]).unwrap();
        let valid = CodigoConta::parse(&digits, DacRule::Refuse).is_ok();
        prop_assert_eq!(valid, digits.as_bytes()[17] == recomputed);
    }

    #[test]
    fn no_text_makes_a_reader_panic(one in ".{0,24}", other in ".{0,24}") {
        let _ = CodigoConta::parse(&one, DacRule::Refuse);
        let _ = dac(&one, &other);
        let _ = Entity::parse("341", "341").unwrap().readings(&one, &other);
        let _ = Entity::parse(&one, &other);
    }

    #[test]
    fn one_wrong_digit_is_always_seen(digits in "[0-9]{17}", place in 6_usize..17, by in 1_u8..10) {
        let right = dac(&digits[6..10], &digits[10..17]).unwrap();
        let mut bytes = format!("{digits}{}", char::from(right)).into_bytes();
        bytes[place] = b'0' + (bytes[place] - b'0' + by) % 10;
        let wrong = String::from_utf8(bytes).unwrap();
        prop_assert!(CodigoConta::parse(&wrong, DacRule::Refuse).is_err());
    }
}
