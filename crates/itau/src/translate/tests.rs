//! Tests that replies are parsed leniently, kept complete, and reported if unreadable.

use madoguchi_testkit::samples;
use madoguchi_upstream::Charset;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const CONTEXTOS: &str = include_str!("../../tests/fixtures/contextos_reply.json");
const CODIGO: &str = include_str!("../../tests/fixtures/codigo_reply.json");

fn now() -> Timestamp {
    samples::start()
}

#[test]
fn the_sources_context_is_read_as_far_as_it_says_anything() {
    let Found { value, document } = context_answer(CONTEXTOS, now()).unwrap();
    assert_eq!(document.expose(), CONTEXTOS);
    let text = |text: &str| Some(Personal::new(text));
    let expected = CallerContext {
        cpf: Some(TaxId::Unrecognised(Personal::new("CPF"))),
        branch: text("Agency"),
        account: text("13156463165468461654"),
        segment: text("segment"),
        option: text("IVR-30hours chosen option"),
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
    assert_eq!(document.expose(), CODIGO);
    let manager = Manager {
        email: Some(Personal::new("gerente@itau-unibanco.com.br")),
        ..Manager::default()
    };
    let expected = CustomerProfile {
        customer: Some(Personal::new("b26e641a-71f5-4117-ad0d-4d753faebb16")),
        identified: Some(Personal::new("Identificado")),
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
        account_answer(&reply.to_string()).unwrap().value
    };
    let manager = |phones: Value| json!({ "racf_gerente": "G", "telefones": phones });
    let one = read(phone("1"), manager(phone("2")));
    let listed = read(json!([phone("1")]), json!([manager(json!([phone("2")]))]));
    assert_eq!(one, listed);
    assert_eq!(one.managers[0].phones[0].number, Some(Personal::new("2")));
    let mobile = json!({ "celular": "11987654321", "ddd": "11" });
    let nothing = json!({ "ddi": "55", "numero": "" });
    let many = read(json!([phone("1"), "odd", null, phone("3"), mobile, nothing]), json!([7]));
    assert_eq!((many.phones.len(), many.managers.len()), (3, 0));
    assert_eq!(many.phones[2].mobile, Some(Personal::new("11987654321")), "in either field");
    assert_eq!(read(json!("odd"), json!(null)), CustomerProfile::default());
}

#[test]
fn a_field_of_another_kind_is_not_there_and_spoils_no_other() {
    let reply = json!({ "expireIn": 90, "payload": {
        "u_cpf": {}, "u_ag": 1500, "u_cc": ["1"], "u_id": null, "u_dseg": "Biometria", "u_seg": true
    } });
    let value = context_answer(&reply.to_string(), now()).unwrap().value;
    let expected = CallerContext {
        branch: Some(Personal::new("1500")),
        device: Some(SecurityDevice::Other(Personal::new("Biometria"))),
        expires_at: Some(samples::at(90)),
        ..CallerContext::default()
    };
    assert_eq!(value, expected);
}

#[test]
fn a_lone_surrogate_spoils_nothing_wherever_it_is() {
    let text = r#"{"\ud83d":"\ud83d","code":"0","payload":{"u_id":"AUT","u_tag":"Ol\u00e1 \ud83d",
        "u_seg":"\udc00PF","\udc00":[{"x":"\ud83d"}]}}"#;
    let Found { value, document } = context_answer(text, now()).unwrap();
    assert_eq!(document.expose(), text, "passed on as it came");
    assert_eq!(value.identification, Some(Identification::Authenticated));
    assert_eq!(value.segment, Some(Personal::new("\u{fffd}PF")));
    let text = r#"{"data":{"nome_completo":"Ana","x":"\ud83d","emails":{"email":"a@b.c",
        "y":["\udfff"]},"gerentes":[{"racf_gerente":"G","telefones":{"z":"\ud83d"}}]}}"#;
    let Found { value, document } = account_answer(text).unwrap();
    assert_eq!(document.expose(), text, "passed on as it came");
    assert_eq!((value.name, value.emails.len()), (Some(Personal::new("Ana")), 1));
    assert_eq!(value.managers[0].user, Some(Personal::new("G")));
}

#[test]
fn a_number_out_of_range_spoils_only_its_field() {
    let text = r#"{"expireIn":1e999,"n":-1e999,"payload":{"u_cpf":1e999,"u_ag":1500}}"#;
    let value = context_answer(text, now()).unwrap().value;
    let branch = Some(Personal::new("1500"));
    assert_eq!(value, CallerContext { branch, ..CallerContext::default() });
    let text = r#"{"data":{"agencia":1e999,"conta_corrente":"1","x":1e999,"emails":[1e999,
        {"email":"a@b.c","principal":1e999,"x":1e999}],"telefones":1e999}}"#;
    let value = account_answer(text).unwrap().value;
    assert_eq!((value.branch, value.account), (None, Some(Personal::new("1"))));
    assert_eq!((value.emails.len(), value.phones.len()), (1, 0));
    assert_eq!(value.emails[0].main, None);
}

#[test]
fn only_the_code_1_is_a_failure() {
    let answered = |code: Value| {
        let reply = json!({ "code": code, "payload": {}, "data": {} }).to_string();
        let (context, owner) = (context_answer(&reply, now()), account_answer(&reply));
        assert_eq!(context.is_ok(), owner.is_ok());
        context.map(drop)
    };
    for code in [json!("1"), json!(1)] {
        assert_eq!(answered(code), Err(NoAnswer::Failed));
    }
    for code in [json!("0"), json!(0), json!(""), json!(null), json!("2"), json!({})] {
        assert_eq!(answered(code), Ok(()));
    }
    assert!(reports_failure(r#"{"code":"1","message":"x"}"#));
    for other in ["", "<html>", "{}", r#"{"code":"0"}"#, "[1]", r#""1""#] {
        assert!(!reports_failure(other), "{other}");
    }
}

#[test]
fn what_is_no_object_of_the_documented_form_is_unreadable() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    let bad = [
        "",
        "[]",
        "7",
        "null",
        "\"text\"",
        "{",
        "{} {}",
        "{\"x\":\u{fffd}}",
        "\u{feff}{}",
        &deep,
        "{\"payload\":[]}",
        "{\"payload\":{\"u_id\":\"AUT\",\"u_id\":\"NID\"}}",
    ];
    for text in bad {
        assert_eq!(context_answer(text, now()), Err(NoAnswer::Unreadable), "{text}");
    }
    for text in ["{\"data\":7}", bad[2], bad[9]] {
        assert_eq!(account_answer(text), Err(NoAnswer::Unreadable), "{text}");
    }
}

/// Every text and number of a document, at any depth.
fn scalars(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Number(number) => into.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| scalars(field, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[test]
fn nothing_of_an_answer_is_printed() {
    let wild = r#"{"payload":{"u_id":"canary-id","u_dseg":"canary-device","u_dsok":"canary-ok",
        "u_seg":"canary-segment","u_dest":"canary-option"}}"#;
    let wilder = r#"{"data":{"tipo_pessoa":"canary-person","identificado":"canary-identified",
        "emails":{"email":"canary@mail","principal":"canary-main"},
        "gerentes":{"racf_gerente":"canary-user","descricao_categoria":"canary-category"}}}"#;
    let mut canaries = Vec::new();
    let mut printed = String::new();
    for document in [samples::CONTEXT_DOCUMENT, wild] {
        scalars(&serde_json::from_str(document).unwrap(), &mut canaries);
        printed += &format!("{:?}", context_answer(document, now()).unwrap());
    }
    for document in [samples::OWNER_DOCUMENT, wilder] {
        scalars(&serde_json::from_str(document).unwrap(), &mut canaries);
        printed += &format!("{:?}", account_answer(document).unwrap());
    }
    // One or two letters also occur in field names, and a known code in the name of its variant.
    canaries.retain(|canary| canary.len() > 2 && canary != "Token");
    assert!(canaries.len() > 20);
    for canary in canaries {
        assert!(!printed.contains(&canary), "{canary} in {printed}");
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let keys = "(numero|celular|email|principal|telefones|racf_gerente|u_cssc|.{0,6})";
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys, inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = Charset::ISO_8859_1.decode(&body, None);
        let _ = (context_answer(&text, now()), account_answer(&text), reports_failure(&text));
    }

    #[test]
    fn a_damaged_answer_is_read_or_unreadable_and_kept_as_it_came(
        place in 0_usize..855, byte in any::<u8>(),
    ) {
        for whole in [CONTEXTOS, CODIGO] {
            let mut body = whole.as_bytes().to_vec();
            let place = place % body.len();
            body[place] = byte;
            let text = Charset::ISO_8859_1.decode(&body, None);
            let documents = [
                context_answer(&text, now()).map(|found| found.document),
                account_answer(&text).map(|found| found.document),
            ];
            for document in documents.into_iter().flatten() {
                prop_assert_eq!(document.expose(), &*text);
            }
            prop_assert!(context_answer(&whole[..place], now()).is_err());
        }
    }

    #[test]
    fn whatever_stands_under_a_known_key_an_object_is_read(
        values in prop::collection::vec(json_value(), 6),
    ) {
        let payload = json!({ "u_id": values[0], "u_cpf": values[1], "u_ag": values[2],
            "contexto": values[3], "u_dest": values[4] });
        let context = json!({ "expireIn": values[5], "payload": payload }).to_string();
        prop_assert!(context_answer(&context, now()).is_ok());
        let owner = json!({ "data": { "telefones": values[0], "gerentes": values[1],
            "emails": values[2], "cpf_cnpj": values[3], "tipo_pessoa": values[4] } }).to_string();
        prop_assert!(account_answer(&owner).is_ok());
        let odd = json!({ "code": "0", "payload": values[0], "data": values[1] });
        let fits = |value: &Value| value.is_object() || value.is_null();
        let odd_text = odd.to_string();
        let read = context_answer(&odd_text, now()).is_ok();
        prop_assert_eq!(read, fits(&values[0]));
        prop_assert_eq!(account_answer(&odd_text).is_ok(), fits(&values[1]));
    }
}
