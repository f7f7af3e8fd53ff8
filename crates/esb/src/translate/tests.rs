//! Tests valid, malformed and contradictory replies.

use madoguchi_domain::effect::Outcome;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::upgrade::{Answer, FinalCodes, LevelAnswer, classify, level_in};
use madoguchi_testkit::contract::core_bank::order;
use madoguchi_upstream::Charset;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const REPLY: &str = include_str!("../../tests/fixtures/da21_reply.json");
const REQUEST: &str = include_str!("../../tests/fixtures/da21_request.json");

fn sent(layout: Layout) -> Value {
    message(layout, Message::SetLevel(&order("T1222222")))
}

fn message(layout: Layout, message: Message<'_>) -> Value {
    let settings = EsbSettings { layout, ..EsbSettings::new("https://esb.bank.example/") };
    let now = "2015-12-06T04:01:01.009999Z".parse().unwrap();
    serde_json::from_slice(&request(&settings, message, now).unwrap()).unwrap()
}

/// The facts in a reply to the sample order.
fn facts(text: &str) -> Result<Reply, Doubt> {
    reply(Message::SetLevel(&order("T1222222")), text)
}

fn inquiry() -> LevelInquiry {
    let order = order("Q1");
    let SetLevel { arrangement, transaction_id, txn_no, .. } = order;
    LevelInquiry { arrangement, transaction_id, txn_no }
}

fn shown(body: &str) -> LevelAnswer {
    let read = reply(Message::Inquire(&inquiry()), body);
    level_in(&inquiry(), &read.map_or_else(Answer::Lost, Answer::Replied))
}

fn meaning(body: &[u8]) -> Outcome {
    let answer =
        facts(&Charset::BIG5.decode(body, None)).map_or_else(Answer::Lost, Answer::Replied);
    classify(&order("T1222222"), &answer, &FinalCodes::default())
}

/// A reply with this root under our transaction id.
fn with_root(root: &Value) -> String {
    let header = json!({ "TransactionID": "T1222222" });
    json!({ "amheader": header, "ambody": { "AcctInfoModRs": root } }).to_string()
}

fn codes() -> Value {
    json!([{ "RtrnCode": "200", "RtrnDesc": "200{success}" }])
}

fn info(level: &str) -> Value {
    json!({ "ArrngId": "AA19337Z8L29", "AcctInfo": { "DgtlLvl": level } })
}

#[test]
fn the_request_is_the_fixture() {
    assert_eq!(sent(Layout::Nested), serde_json::from_str::<Value>(REQUEST).unwrap());
}

#[test]
fn the_flat_request_differs_only_in_where_the_order_lies() {
    let (mut flat, nested) = (sent(Layout::Flat), sent(Layout::Nested));
    let root = flat["ambody"]["AcctInfoModRq"].as_object_mut().unwrap();
    let order = root.remove("CustInfo").unwrap();
    root.insert("ServiceBody".into(), json!({ "CustInfo": order }));
    assert_eq!(flat, nested);
}

#[test]
fn an_inquiry_is_the_order_without_what_it_sets() {
    for layout in [Layout::Nested, Layout::Flat] {
        let asked = message(layout, Message::Inquire(&inquiry()));
        let mut expected = message(layout, Message::SetLevel(&order("Q1")));
        expected["amheader"]["OperationName"] = json!("AcctInfoInq");
        let mut root = expected["ambody"]["AcctInfoModRq"].take();
        root["ServiceHeader"]["TxnId"] = json!("DA21INQ");
        let place = match layout {
            Layout::Nested => &mut root["ServiceBody"]["CustInfo"],
            Layout::Flat => &mut root["CustInfo"],
        };
        *place = json!({ "ArrngId": "AA19337Z8L29" });
        expected["ambody"] = json!({ "AcctInfoInqRq": root });
        assert_eq!(asked, expected);
    }
}

#[test]
fn a_level_is_read_from_the_reply_to_an_inquiry_only() {
    let order = REPLY.replace("T1222222", "Q1");
    assert_eq!(shown(&order), LevelAnswer::Unanswered(Doubt::Unreadable));
    let reply = order.replace("AcctInfoModRs", "AcctInfoInqRs");
    let level = AccountLevel::parse("1A").unwrap();
    assert_eq!(shown(&reply), LevelAnswer::Level(Some(level)));
    assert_eq!(shown(&reply.replace("\"1A\"", "\"\"")), LevelAnswer::Level(None));
    let lost = shown(&reply.replace("\"ArrngId\"", "\"Other\""));
    assert_eq!(lost, LevelAnswer::Unanswered(Doubt::WrongEcho));
    let other = reply.replace("AcctInfoInqRs", "AcctInfoModRs").replace("Q1", "T1222222");
    assert_eq!(meaning(other.as_bytes()), Outcome::Applied, "and the other way round");
    let inquired = other.replace("AcctInfoModRs", "AcctInfoInqRs");
    assert_eq!(meaning(inquired.as_bytes()), Outcome::Unknown(Doubt::Unreadable));
}

#[test]
fn the_time_stamp_has_two_digits_and_the_banks_offset_over_new_year() {
    let of = |text: &str| bank_time(text.parse().unwrap());
    assert_eq!(of("2026-12-31T16:00:00Z"), "2027-01-01T00:00:00.00+08:00");
    assert_eq!(of("2026-01-01T00:00:59.999999Z"), "2026-01-01T08:00:59.99+08:00");
}

#[test]
fn the_reply_fixture_is_applied() {
    assert_eq!(meaning(REPLY.as_bytes()), Outcome::Applied);
    let facts = facts(REPLY).unwrap();
    assert_eq!(facts.arrangement.as_deref(), Some("AA19337Z8L29"));
    assert_eq!(facts.level.as_deref(), Some("1A"));
}

#[test]
fn codes_and_echo_are_found_in_each_place_and_twice_if_they_agree() {
    let one = json!({ "RtrnCode": "200", "RtrnDesc": "200{success}" });
    for root in [
        json!({ "RtrnStatCode": codes(), "CustInfo": info("1A") }),
        json!({ "ServiceHeader": { "RtrnStatCode": codes(), "CustInfo": info("1A") } }),
        json!({ "ServiceHeader": { "RtrnStatCode": codes() }, "CustInfo": info("1A") }),
        json!({ "RtrnStatCode": codes(), "ServiceBody": { "CustInfo": info("1A") } }),
        json!({ "RtrnStatCode": codes(), "ServiceBody": { "RtrnStatCode": codes() } }),
        json!({ "RtrnStatCode": one, "ServiceBody": { "RtrnStatCode": codes() } }),
        json!({ "CustInfo": info("1A"), "ServiceBody": { "CustInfo": info("1A") },
            "ServiceHeader": { "RtrnStatCode": codes() } }),
        json!({ "RtrnStatCode": [{ "RtrnCode": "200" }, { "RtrnCode": "200" }] }),
        json!({ "RtrnStatCode": codes(), "CustInfo": null, "ServiceBody": null }),
        json!({ "RtrnStatCode": codes(), "New": [[{ "deep": 1 }]], "ServiceBody": { "x": 1 } }),
    ] {
        assert_eq!(meaning(with_root(&root).as_bytes()), Outcome::Applied, "{root}");
    }
}

#[test]
fn places_that_differ_are_a_contradiction() {
    let refused = json!([{ "RtrnCode": "E1", "RtrnDesc": "200{success}" }]);
    let both = json!([codes()[0], codes()[0]]);
    let partial = json!({ "ArrngId": "AA19337Z8L29" });
    let product = json!({ "ArrngId": "AA19337Z8L29", "ProdName": "P", "AcctInfo": {} });
    for root in [
        json!({ "RtrnStatCode": codes(), "ServiceBody": { "RtrnStatCode": refused } }),
        json!({ "ServiceHeader": { "RtrnStatCode": codes() },
            "ServiceBody": { "RtrnStatCode": both } }),
        json!({ "RtrnStatCode": codes(), "ServiceBody": { "RtrnStatCode": [] } }),
        json!({ "CustInfo": info("1A"), "ServiceBody": { "CustInfo": info("2A") } }),
        json!({ "CustInfo": info("1A"), "ServiceHeader": { "CustInfo": partial } }),
        json!({ "CustInfo": info("1A"), "ServiceHeader": { "CustInfo": product } }),
    ] {
        let found = meaning(with_root(&root).as_bytes());
        assert_eq!(found, Outcome::Unknown(Doubt::Contradictory), "{root}");
    }
}

#[test]
fn what_is_not_the_message_is_unreadable() {
    let good = with_root(&json!({ "RtrnStatCode": codes() }));
    for body in [
        String::new(),
        "null".into(),
        "<html>200</html>".into(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("\u{feff}\u{feff}{good}"),
        // serde alone would accept this: the fields in order, without names.
        r#"[["T1222222"],[[[{"RtrnCode":"200"}],null,null,null]]]"#.into(),
        good.replace(r#"{"TransactionID":"T1222222"}"#, r#"["T1222222"]"#),
        good.replace(r#""T1222222""#, "1222222"),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":200"#),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":["200"]"#),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":"""#),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":"2 00""#),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":null"#),
        good.replace(r#""RtrnCode":"200""#, r#""RtrnCode":"E1","RtrnCode":"200""#),
        good.replace(r#""RtrnCode":"200","#, ""),
        good.replace(r#""AcctInfoModRs""#, r#""AcctInfoModRq""#),
        good.replace(r#"{"TransactionID""#, r#"{"TransactionID":"T1","TransactionID""#),
        with_root(&json!({ "RtrnStatCode": "200" })),
        with_root(&json!({ "RtrnStatCode": ["200"] })),
        with_root(&json!({ "RtrnStatCode": [["200", "200{success}"]] })),
        with_root(&json!({ "RtrnStatCode": codes(), "CustInfo": ["AA19337Z8L29"] })),
        with_root(&json!({ "RtrnStatCode": codes(), "CustInfo": { "ArrngId": 19337 } })),
        with_root(&json!({ "RtrnStatCode": codes(), "ServiceBody": [] })),
        with_root(&json!([codes()])),
        good.replace(r#""RtrnStatCode":"#, r#""RtrnStatCode":[{"RtrnCode":"E1"}],"RtrnStatCode":"#),
    ] {
        assert_ne!(body, good, "a case that changes nothing");
        assert_eq!(meaning(body.as_bytes()), Outcome::Unknown(Doubt::Unreadable), "{body}");
    }
}

#[test]
fn a_byte_order_mark_spoils_no_proof() {
    let good = with_root(&json!({ "RtrnStatCode": codes() }));
    assert_eq!(meaning(format!("\u{feff}{good}").as_bytes()), Outcome::Applied);
}

#[test]
fn what_is_missing_stays_unknown() {
    let good = with_root(&json!({ "RtrnStatCode": codes() }));
    let headless = good.replace(r#""amheader""#, r#""other""#);
    assert_eq!(meaning(headless.as_bytes()), Outcome::Unknown(Doubt::WrongTransaction));
    for root in [json!({}), json!({ "RtrnStatCode": [] }), json!({ "CustInfo": info("1A") })] {
        let found = meaning(with_root(&root).as_bytes());
        assert_eq!(found, Outcome::Unknown(Doubt::NoCode), "{root}");
    }
}

#[test]
fn a_truncated_reply_is_unreadable_wherever_it_ends() {
    for end in 0..REPLY.trim_end().len() {
        let found = meaning(&REPLY.as_bytes()[..end]);
        assert_eq!(found, Outcome::Unknown(Doubt::Unreadable), "cut after {end} bytes");
    }
}

#[test]
fn bytes_of_no_character_spoil_only_the_field_they_are_in() {
    for (place, expected) in [
        ("200{success}", Outcome::Applied),
        ("DA2100001", Outcome::Applied),
        ("HeaderInfo", Outcome::Applied),
        ("AC.DIGITAL", Outcome::Applied),
        ("T1222222", Outcome::Unknown(Doubt::WrongTransaction)),
        ("200\"", Outcome::Unknown(Doubt::Unreadable)),
        ("AA19337Z8L29", Outcome::Unknown(Doubt::WrongEcho)),
        ("1A\"", Outcome::Unknown(Doubt::WrongEcho)),
    ] {
        let at = REPLY.find(place).unwrap();
        let mut body = REPLY.as_bytes().to_vec();
        body[at] = 0xff;
        assert_eq!(meaning(&body), expected, "{place}");
    }
}

#[test]
fn a_return_description_never_spoils_a_proof() {
    let described = |reply: &str, description: &[u8]| {
        let (before, after) = reply.split_once("\"200{success}\"").unwrap();
        [before.as_bytes(), description, after.as_bytes()].concat()
    };
    for description in [
        &b"null"[..],
        b"1e999",
        b"-99999999999999999999999999",
        b"{\"a\":[true,\"\\ud83d\"]}",
        b"\"\\ud83d\"",
        b"\"\\udc00 and more\"",
        b"\"\xa5\xe6\xa9\xf6\xa6\xa8\xa5\x5c\"",
        b"\"\xff\xfe\"",
        b"\"a\",\"RtrnDesc\":\"b\"",
    ] {
        let shown = String::from_utf8_lossy(description);
        assert_eq!(meaning(&described(REPLY, description)), Outcome::Applied, "{shown}");
        let others = described(&REPLY.replace("T1222222", "T1222223"), description);
        let doubt = Outcome::Unknown(Doubt::WrongTransaction);
        assert_eq!(meaning(&others), doubt, "{shown}");
    }
    let other = json!([{ "RtrnCode": "200", "RtrnDesc": "insufficient" }]);
    let root = json!({ "RtrnStatCode": codes(), "ServiceHeader": { "RtrnStatCode": other } });
    assert_eq!(meaning(with_root(&root).as_bytes()), Outcome::Applied);
}

#[test]
fn a_product_name_of_any_kind_is_read() {
    for name in ["1e999", "null", "[1]", r#""\ud83d""#] {
        let body = REPLY.replace("\"AC.DIGITAL.SAV\"", name);
        assert_ne!(body, REPLY);
        assert_eq!(meaning(body.as_bytes()), Outcome::Applied, "{name}");
    }
}

#[test]
fn a_lone_surrogate_in_a_proof_field_is_no_match() {
    for (place, expected) in [
        ("T1222222", Outcome::Unknown(Doubt::WrongTransaction)),
        ("\"200\"", Outcome::Unknown(Doubt::Unreadable)),
        ("AA19337Z8L29", Outcome::Unknown(Doubt::WrongEcho)),
        ("\"1A\"", Outcome::Unknown(Doubt::WrongEcho)),
    ] {
        let text = place.trim_matches('"');
        let body = REPLY.replace(place, &place.replace(text, &format!("{text}\\ud83d")));
        assert_eq!(meaning(body.as_bytes()), expected, "{place}");
    }
}

#[test]
fn depth_and_width_do_no_harm() {
    let deep = |open: &str, close: &str| open.repeat(20_000) + "1" + &close.repeat(20_000);
    let good = with_root(&json!({ "RtrnStatCode": codes() }));
    for bomb in [deep("[", "]"), deep(r#"{"a":"#, "}")] {
        let described = good.replace(r#""200{success}""#, &bomb);
        assert_eq!(meaning(described.as_bytes()), Outcome::Unknown(Doubt::Unreadable));
        assert_eq!(meaning(bomb.as_bytes()), Outcome::Unknown(Doubt::Unreadable));
    }
    let wide = with_root(&json!({ "RtrnStatCode": vec![json!({ "RtrnCode": "E1" }); 4_000] }));
    assert_eq!(meaning(wide.as_bytes()), Outcome::Unknown(Doubt::UnlistedCode));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_never_read_as_applied(
        body in prop::collection::vec(any::<u8>(), 0..512),
    ) {
        prop_assert_ne!(meaning(&body), Outcome::Applied);
    }

    #[test]
    fn a_damaged_reply_is_applied_only_if_all_that_counts_survived(
        at in 0..REPLY.len(),
        gone in 0_usize..40,
        put in "[\\[\\]{}\",:0-9AT\\x00-\\x20]{0,8}",
    ) {
        let mut body = REPLY.as_bytes().to_vec();
        let end = (at + gone).min(body.len());
        body.splice(at..end, put.bytes());
        if meaning(&body) == Outcome::Applied {
            let facts: Value = serde_json::from_slice(&body).unwrap();
            prop_assert_eq!(&facts["amheader"]["TransactionID"], "T1222222");
            let root = &facts["ambody"]["AcctInfoModRs"]["ServiceBody"];
            prop_assert_eq!(&root["RtrnStatCode"][0]["RtrnCode"], "200");
        }
    }
}
