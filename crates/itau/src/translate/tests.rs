//! Replies are read leniently, kept whole, and called unreadable where they are.

use madoguchi_testkit::samples;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const CONTEXTOS: &[u8] = include_bytes!("../../tests/fixtures/contextos_reply.json");
const CODIGO: &[u8] = include_bytes!("../../tests/fixtures/codigo_reply.json");

fn now() -> Timestamp {
    samples::start()
}

#[test]
fn the_sources_context_is_read_as_far_as_it_says_anything() {
    let Found { value, document } = context_answer(CONTEXTOS, now()).unwrap();
    assert_eq!(document.expose().as_bytes(), CONTEXTOS);
    let text = |text: &str| Some(Personal::new(text));
    let expected = CallerContext {
        cpf: Some(TaxId::Unrecognised(Personal::new("CPF"))),
        branch: text("Agency"),
        account: text("13156463165468461654"),
        segment: Some("segment".to_owned()),
        option: Some("IVR-30hours chosen option".to_owned()),
        number: text("Customer PhoneNumber"),
        device: Some(SecurityDevice::Token),
        device_confirmed: Some(Confirmation::Yes),
        identity_document: text("S"),
        expires_at: Some("2021-03-21T03:00:00Z".parse().unwrap()),
        identification: None,
    };
    assert_eq!(value, expected);
}

#[test]
fn the_sources_owner_is_read_with_a_manager_who_is_no_list() {
    let Found { value, document } = account_answer(CODIGO).unwrap();
    assert_eq!(document.expose().as_bytes(), CODIGO);
    let manager = Manager {
        email: Some(Personal::new("gerente@itau-unibanco.com.br")),
        ..Manager::default()
    };
    let expected = CustomerProfile {
        customer: Some(Personal::new("b26e641a-71f5-4117-ad0d-4d753faebb16")),
        identified: Some("Identificado".to_owned()),
        branch: Some(Personal::new("1501")),
        account: Some(Personal::new("098797")),
        managers: vec![manager],
        ..CustomerProfile::default()
    };
    assert_eq!(value, expected);
}

#[test]
fn one_and_many_are_read_alike_everywhere() {
    let phone = |number: &str| json!({ "numero": number });
    let read = |phones: Value, managers: Value| {
        let reply = json!({ "data": { "telefones": phones, "gerentes": managers } });
        account_answer(reply.to_string().as_bytes()).unwrap().value
    };
    let manager = |phones: Value| json!({ "racf_gerente": "G", "telefones": phones });
    let one = read(phone("1"), manager(phone("2")));
    let listed = read(json!([phone("1")]), json!([manager(json!([phone("2")]))]));
    assert_eq!(one, listed);
    assert_eq!(one.managers[0].phones[0].number, Some(Personal::new("2")));
    let many = read(json!([phone("1"), "odd", null, phone("3")]), json!([7]));
    assert_eq!((many.phones.len(), many.managers.len()), (2, 0));
    assert_eq!(read(json!("odd"), json!(null)), CustomerProfile::default());
}

#[test]
fn a_field_of_another_kind_is_not_there_and_spoils_no_other() {
    let reply = json!({ "expireIn": 90, "payload": {
        "u_cpf": {}, "u_ag": 1500, "u_cc": ["1"], "u_id": null, "u_dseg": "Biometria", "u_seg": true
    } });
    let value = context_answer(reply.to_string().as_bytes(), now()).unwrap().value;
    let expected = CallerContext {
        branch: Some(Personal::new("1500")),
        device: Some(SecurityDevice::Other("Biometria".to_owned())),
        expires_at: Some(samples::at(90)),
        ..CallerContext::default()
    };
    assert_eq!(value, expected);
}

#[test]
fn only_the_code_1_is_a_failure() {
    let answered = |code: Value| {
        let reply = json!({ "code": code, "payload": {}, "data": {} }).to_string();
        let (context, owner) =
            (context_answer(reply.as_bytes(), now()), account_answer(reply.as_bytes()));
        assert_eq!(context.is_ok(), owner.is_ok());
        context.map(drop)
    };
    for code in [json!("1"), json!(1)] {
        assert_eq!(answered(code), Err(NoAnswer::Failed));
    }
    for code in [json!("0"), json!(0), json!(""), json!(null), json!("2"), json!({})] {
        assert_eq!(answered(code), Ok(()));
    }
    assert!(reports_failure(br#"{"code":"1","message":"x"}"#));
    for other in ["", "<html>", "{}", r#"{"code":"0"}"#, "[1]", r#""1""#] {
        assert!(!reports_failure(other.as_bytes()), "{other}");
    }
}

#[test]
fn what_is_no_object_of_the_documented_form_is_unreadable() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let bad: [&[u8]; 12] = [
        b"",
        b"[]",
        b"7",
        b"null",
        b"\"text\"",
        b"{",
        b"{} {}",
        b"{\"x\":\xff}",
        b"\xef\xbb\xbf{}",
        deep.as_bytes(),
        b"{\"payload\":[]}",
        b"{\"payload\":{\"u_id\":\"AUT\",\"u_id\":\"NID\"}}",
    ];
    for body in bad {
        let shown = String::from_utf8_lossy(body);
        assert_eq!(context_answer(body, now()), Err(NoAnswer::Unreadable), "{shown}");
    }
    for body in [b"{\"data\":7}", bad[2], bad[9]] {
        assert_eq!(account_answer(body), Err(NoAnswer::Unreadable));
    }
}

#[test]
fn nothing_of_an_answer_is_printed() {
    let context = context_answer(samples::CONTEXT_DOCUMENT.as_bytes(), now()).unwrap();
    let owner = account_answer(samples::OWNER_DOCUMENT.as_bytes()).unwrap();
    let printed = format!("{context:?} {owner:?}");
    for canary in ["52998224725", "1500", "00052061", "11987654321", "Maria", "40041234"] {
        assert!(!printed.contains(canary), "{canary} in {printed}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = (context_answer(&body, now()), account_answer(&body), reports_failure(&body));
    }

    #[test]
    fn a_damaged_answer_is_read_or_unreadable_and_kept_as_it_came(
        place in 0_usize..855, byte in any::<u8>(),
    ) {
        for whole in [CONTEXTOS, CODIGO] {
            let mut body = whole.to_vec();
            let place = place % body.len();
            body[place] = byte;
            let documents = [
                context_answer(&body, now()).map(|found| found.document),
                account_answer(&body).map(|found| found.document),
            ];
            for document in documents.into_iter().flatten() {
                prop_assert_eq!(document.expose().as_bytes(), &body);
            }
            prop_assert!(context_answer(&body[..place], now()).is_err());
        }
    }
}
