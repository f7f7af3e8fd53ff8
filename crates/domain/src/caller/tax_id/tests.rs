//! Tests CPF, CNPJ and their classification against the vectors and arbitrary strings.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/vectors.json")).unwrap()
}

/// The values of a vector list, which must not be empty.
fn values(list: &Value) -> Vec<String> {
    let values: Vec<_> =
        list.as_array().unwrap().iter().map(|row| row["v"].as_str().unwrap().to_owned()).collect();
    assert!(!values.is_empty());
    values
}

#[test]
fn every_cpf_of_the_vectors_is_taken_or_refused() {
    let vectors = &vectors()["cpf"];
    for text in values(&vectors["valid"]) {
        assert!(Cpf::parse(&text).is_ok(), "{text}");
    }
    for text in values(&vectors["invalid"]) {
        assert!(Cpf::parse(&text).is_err(), "{text}");
        let kept = TaxId::classify(&text, None);
        assert_eq!(kept, TaxId::Unrecognised(Personal::new(text)));
    }
}

#[test]
fn every_cnpj_of_the_vectors_is_taken_or_refused() {
    let vectors = vectors();
    let kinds = [&vectors["cnpj_numeric"], &vectors["cnpj_alnum"]];
    for text in kinds.iter().flat_map(|kind| values(&kind["valid"])) {
        assert!(Cnpj::parse(&text).is_ok(), "{text}");
    }
    for text in kinds.iter().flat_map(|kind| values(&kind["invalid"])) {
        assert!(Cnpj::parse(&text).is_err(), "{text}");
    }
    for text in values(&vectors["cnpj_numeric"]["conflict"]) {
        assert!(Cnpj::parse(&text).is_ok(), "{text}: valid by computation");
    }
}

#[test]
fn fourteen_characters_are_a_cnpj_a_padded_cpf_or_both() {
    for row in vectors()["cpf_cnpj_14"]["cases"].as_array().unwrap() {
        let (text, meant) = (row["v"].as_str().unwrap(), row["as"].as_str().unwrap());
        match TaxId::classify(text, None) {
            TaxId::Cpf(cpf) => assert_eq!(meant, format!("CPF {}", cpf.expose())),
            TaxId::Cnpj(_) => assert_eq!(meant, "CNPJ alnum"),
            TaxId::Ambiguous(..) => assert!(meant.starts_with("AMBIGUOUS")),
            TaxId::Unrecognised(_) => panic!("{text} is {meant}"),
        }
    }
}

#[test]
fn the_type_of_a_person_decides_what_is_right_as_both() {
    let both = |person: Option<&str>| {
        TaxId::classify("00000000000191", person.map(PersonType::read).as_ref())
    };
    let cpf = TaxId::Cpf(Cpf::parse("00000000191").unwrap());
    let cnpj = TaxId::Cnpj(Cnpj::parse("00000000000191").unwrap());
    assert_eq!(both(Some("pf")), cpf);
    assert_eq!(both(Some("Jurídica")), cnpj);
    assert!(matches!(both(Some("X")), TaxId::Ambiguous(..)));
    assert!(both(None).agrees(&cpf) && both(None).agrees(&cnpj));
    assert!(cpf.contradicts(&cnpj) && !cpf.agrees(&cnpj));
    let unknown = TaxId::classify("CPF", None);
    assert!(!cpf.contradicts(&unknown) && !unknown.agrees(&unknown));
}

#[test]
fn punctuation_changes_no_number() {
    for (plain, punctuated) in [
        ("52998224725", "529.982.247-25"),
        ("52998224725", " 529 982 247 25\u{a0}"),
        ("52998224725", "529982247/25"),
        ("52998224725", "000.529.982.247-25"),
        ("00052998224725", "529.982.247-25"),
        ("33000167000101", "33.000.167/0001-01"),
        ("12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("00000000000191", "00.000.000/0001-91"),
        ("00000000000191", "000.000.000.001-91"),
    ] {
        for person in [None, Some(PersonType::Natural), Some(PersonType::Legal)] {
            let plain = TaxId::classify(plain, person.as_ref());
            let read = TaxId::classify(punctuated, person.as_ref());
            assert_eq!(read, plain, "{punctuated}");
            assert_eq!(read.masked(), plain.masked());
            assert!(read.is_recognised() && read.agrees(&plain) && !read.contradicts(&plain));
        }
    }
    for text in ["529.982.247-26", "529,982,247-25", "CPF 529.982.247-25", "...-", "- / ."] {
        let kept = TaxId::classify(text, None);
        assert_eq!(kept, TaxId::Unrecognised(Personal::new(text)), "kept as it came");
    }
}

#[test]
fn masks_show_as_much_as_the_vectors_do_and_debug_shows_nothing() {
    let vectors = vectors();
    for row in vectors["masking"].as_array().unwrap() {
        let (from, to) = (row["in"].as_str().unwrap(), row["out"].as_str().unwrap());
        let masked = match row["kind"].as_str().unwrap() {
            "cpf" => TaxId::classify(from, None).masked(),
            "codigo_conta" | "account_short" => crate::mask::account(from),
            "email" => crate::mask::email(from),
            // Names are masked by the code that prints them, not here.
            _ => continue,
        };
        assert_eq!(masked, to, "{row}");
    }
    let cnpj = TaxId::classify("11222333000181", None);
    assert_eq!(cnpj.masked(), "**.222.333/****-**");
    assert!(cnpj.is_recognised() && !TaxId::classify("nobody", None).is_recognised());
    for text in ["52998224725", "90021382000122", "00000000000191", "nobody"] {
        let printed = format!("{:?}", TaxId::classify(text, None));
        assert!(!printed.contains(text) && !printed.contains("191"), "{printed}");
    }
}

/// The check digit by its definition: multiply, add, take the remainder of eleven.
fn digit(digits: &[u32], first: u32) -> u32 {
    let weights = (2..=first).rev();
    let sum: u32 = weights.zip(digits).map(|(weight, digit)| weight * digit).sum();
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

proptest! {
    #[test]
    fn a_cpf_is_valid_exactly_when_both_digits_are_recomputed(text in "[0-9]{11}") {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let right = digit(&digits[..9], 10) == digits[9] && digit(&digits[..10], 11) == digits[10];
        let same = digits.iter().all(|digit| *digit == digits[0]);
        prop_assert_eq!(Cpf::parse(&text).is_ok(), right && !same);
    }

    #[test]
    fn a_right_cpf_is_taken_and_padded_it_is_no_other(nine in "[0-9]{9}") {
        let mut digits: Vec<u32> = nine.chars().map(|c| c.to_digit(10).unwrap()).collect();
        digits.push(digit(&digits, 10));
        digits.push(digit(&digits, 11));
        let text: String = digits.iter().map(u32::to_string).collect();
        let same = digits.iter().all(|digit| *digit == digits[0]);
        prop_assert_eq!(Cpf::parse(&text).is_ok(), !same);
        let padded = TaxId::classify(&format!("000{text}"), Some(&PersonType::Natural));
        prop_assert!(same || padded == TaxId::Cpf(Cpf::parse(&text).unwrap()));
    }

    #[test]
    fn a_cnpj_is_valid_exactly_when_both_digits_are_recomputed(
        root in "[0-9A-Z]{12}", tail in "[0-9]{2}",
    ) {
        let text = format!("{root}{tail}");
        let values: Vec<u32> = text.bytes().map(|byte| u32::from(byte) - 48).collect();
        let check = |count: usize| {
            // The eight rightmost digits have the weights 2 to 9, the ones before them 2 to 5 or 6.
            let (far, near) = values[..count].split_at(count - 8);
            let weigh = |part: &[u32], first: u32| -> u32 {
                (2..=first).rev().zip(part).map(|(weight, value)| weight * value).sum()
            };
            let sum = weigh(far, u32::try_from(far.len()).unwrap() + 1) + weigh(near, 9);
            match sum % 11 { 0 | 1 => 0, rest => 11 - rest }
        };
        let same = text.bytes().all(|byte| byte == text.as_bytes()[0]);
        let right = check(12) == values[12] && check(13) == values[13];
        prop_assert_eq!(Cnpj::parse(&text).is_ok(), right && !same);
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,20}") {
        let _ = (Cpf::parse(&text), Cnpj::parse(&text));
        let _ = TaxId::classify(&text, Some(&PersonType::read(&text))).masked();
        let _ = (crate::mask::account(&text), crate::mask::email(&text));
        let _ = crate::caller::expiry(&text, crate::Timestamp::UNIX_EPOCH);
    }
}
