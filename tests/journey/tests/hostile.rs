//! Hostile input is refused with its field's name; nothing is stored, sent or logged.

use std::sync::Arc;

use anyhow::ensure;
use madoguchi_journey::caller::{VERDICT, is_refusal};
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::wire::{exchange, post, send_and_leave};
use madoguchi_journey::{on_both_databases, tokens};

on_both_databases!(
    a_bad_body_is_refused_and_leaves_no_trace,
    a_bad_header_is_refused_and_leaves_no_trace,
    a_bad_address_is_refused_and_leaves_no_trace,
    a_member_id_of_64_characters_is_taken_whatever_their_bytes,
    callers_who_leave_in_mid_request_disturb_nobody_and_what_they_said_whole_counts,
);

/// Every bad request contains it; nothing else may contain it.
const CANARY: &str = "CANARY-5f1d";
const JSON: &str = "Content-Type: application/json\r\n";
const MOST: usize = 32 * 1024;

fn token(text: &str) -> String {
    format!("Acstkn: {text}\r\n")
}

fn with_token(headers: &str) -> String {
    token(tokens::DECIDE) + headers
}

/// A verdict on `member` with `more` appended: only `more` is invalid.
fn spoiled(member: &str, more: &str) -> Vec<u8> {
    format!("{{\"memberId\":\"{member}\",\"isPass\":true{more}").into_bytes()
}

/// Bodies that must be refused with 400.
fn malformed(member: &str) -> Vec<(&'static str, Vec<u8>)> {
    let named = |text: &str| format!("{{\"memberId\":\"{text}\",\"isPass\":true}}").into_bytes();
    let bytes = |text: &[u8]| [b"{\"memberId\":\"", text, b"\",\"isPass\":true}"].concat();
    let nested = |deep: usize, open: &str, close: &str| {
        spoiled(member, &format!(",\"{CANARY}\":{}{}}}", open.repeat(deep), close.repeat(deep)))
    };
    vec![
        ("empty", Vec::new()),
        ("blank", b" \r\n".to_vec()),
        ("no object", format!("[\"{member}\",true,\"{CANARY}\"]").into_bytes()),
        ("a text", format!("\"{CANARY}\"").into_bytes()),
        ("null", b"null".to_vec()),
        ("cut off", spoiled(member, "")),
        ("trailing garbage", spoiled(member, &format!("}} {CANARY}"))),
        ("a second object", spoiled(member, &format!("}}{{\"{CANARY}\":1}}"))),
        ("unknown key", spoiled(member, &format!(",\"more\":\"{CANARY}\"}}"))),
        ("unknown key of ours", spoiled(member, &format!(",\"{CANARY}\":1}}"))),
        ("key twice", spoiled(member, ",\"isPass\":false}")),
        ("same key escaped", spoiled(member, ",\"\\u0069sPass\":false}")),
        ("key of another case", spoiled(member, ",\"ISPASS\":false}")),
        ("257 keys", spoiled(member, &(0..257).map(|n| format!(",\"{n}\":1")).collect::<String>())),
        ("brackets without end", nested(10_000, "[", "")),
        ("brackets", nested(10_000, "[", "]")),
        ("objects", nested(5_000, "{\"a\":", "}")),
        ("comment", spoiled(member, &format!("/* {CANARY} */}}"))),
        ("trailing comma", spoiled(member, ",}")),
        ("invalid UTF-8", bytes(&[b'C', 0xff, 0xfe])),
        ("overlong UTF-8", bytes(&[0xc0, 0xaf])),
        ("UTF-16", "{\"memberId\"".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("byte order mark", [b"\xef\xbb\xbf", spoiled(member, "}").as_slice()].concat()),
        ("raw NUL", bytes(format!("{CANARY}\0").as_bytes())),
        ("escaped NUL", named(&format!("{CANARY}\\u0000"))),
        ("raw newline", bytes(format!("{CANARY}\n").as_bytes())),
        ("escaped newline", named(&format!("{CANARY}\\n"))),
        ("escaped delete", named(&format!("{CANARY}\\u007f"))),
        ("C1 control", named(&format!("{CANARY}\\u0085"))),
        ("lone surrogate", named(&format!("{CANARY}\\ud800"))),
        ("lone surrogate of an unknown key", spoiled(member, ",\"more\":\"\\ud800\"}")),
        ("unknown key with a lone surrogate", spoiled(member, ",\"\\ud800\":1}")),
        ("huge number of an unknown key", spoiled(member, ",\"more\":1e999}")),
        ("65 characters", named(&format!("{CANARY}{}", "x".repeat(65 - CANARY.len())))),
        ("65 wide characters", named(&"客".repeat(65))),
        ("empty id", named("")),
        ("null id", format!("{{\"memberId\":null,\"isPass\":true,\"{CANARY}\":1}}").into_bytes()),
        ("id is a number", b"{\"memberId\":1234567,\"isPass\":true}".to_vec()),
        ("id is a list", format!("{{\"memberId\":[\"{CANARY}\"],\"isPass\":true}}").into_bytes()),
        ("no id", b"{\"isPass\":true}".to_vec()),
        ("no verdict", format!("{{\"memberId\":\"{member}\"}}").into_bytes()),
        ("verdict is null", format!("{{\"memberId\":\"{member}\",\"isPass\":null}}").into_bytes()),
        ("verdict is text", format!("{{\"memberId\":\"{member}\",\"isPass\":\"true\"}}").into()),
        ("verdict is 1", format!("{{\"memberId\":\"{member}\",\"isPass\":1}}").into_bytes()),
        ("verdict is True", format!("{{\"memberId\":\"{member}\",\"isPass\":True}}").into_bytes()),
        ("huge number", format!("{{\"memberId\":\"{member}\",\"isPass\":1e999999}}").into_bytes()),
    ]
}

/// A case that must not change, and a server whose log must not contain the input.
struct Witness {
    system: Arc<TestSystem>,
    customer: Customer,
}

impl Witness {
    async fn on(store: Store) -> anyhow::Result<Self> {
        let system = TestSystem::shared(store).await?;
        let customer = Customer::verified(&system).await?;
        Ok(Self { system, customer })
    }

    async fn refused(
        &self,
        what: &str,
        request: &[u8],
        (status, code): (u16, &str),
    ) -> anyhow::Result<String> {
        let answer = exchange(self.system.caller.addr(), request).await;
        let answer = answer.map_err(|error| error.context(what.to_owned()))?;
        ensure!(is_refusal(&answer, status, code), "{what}: {answer:?}");
        let Customer { member, case, .. } = &self.customer;
        for reported in [CANARY, member, case, "客", tokens::DECIDE] {
            ensure!(
                !answer.body.contains(reported),
                "{what}: the answer tells {reported}: {answer:?}"
            );
        }
        Ok(answer.body)
    }

    /// Nothing stored, nothing sent, nothing logged.
    async fn saw_nothing(&self) -> anyhow::Result<()> {
        let case = self.customer.read(&self.system).await?;
        ensure!(case["state"] == "EDDASuccess", "{case}");
        assert_eq!(self.customer.states(&self.system).await?, ["New", "EDDASuccess"]);
        let journal = self.system.world.journal().await?;
        assert!(journal.received(&self.customer.arrangement).is_empty());
        let log = self.system.log()?;
        for reported in [CANARY, &self.customer.member, &self.customer.arrangement, "客"] {
            ensure!(!log.contains(reported), "the log tells {reported}");
        }
        let answer = self.system.caller.decide(&self.customer.member, true).await?;
        ensure!(answer.status == 200, "the case can go on: {answer:?}");
        Ok(())
    }
}

async fn a_bad_body_is_refused_and_leaves_no_trace(store: Store) -> anyhow::Result<()> {
    let witness = Witness::on(store).await?;
    let member = &witness.customer.member;
    for (what, body) in malformed(member) {
        let request = post(VERDICT, &with_token(JSON), &body);
        witness.refused(what, &request, (400, "INVALID_REQUEST")).await?;
    }
    let named = [("memberId", &b"{\"isPass\":true}"[..]), ("isPass", &b"{\"memberId\":\"a\"}"[..])];
    for (field, body) in named {
        let request = post(VERDICT, &with_token(JSON), body);
        let answer = witness.refused(field, &request, (400, "INVALID_REQUEST")).await?;
        ensure!(answer.contains(field), "the message names the field: {answer}");
    }
    let mut long = spoiled(member, "}");
    long.resize(MOST + 1, b' ');
    let too_large = (413, "TOO_LARGE");
    let request = post(VERDICT, &with_token(JSON), &long);
    witness.refused("32 KiB and 1 byte", &request, too_large).await?;
    let request = chunked(&with_token(JSON), &long);
    witness.refused("32 KiB and 1 byte in chunks", &request, too_large).await?;
    let announced = format!(
        "POST {VERDICT} HTTP/1.1\r\nHost: a\r\n{}Content-Length: 4000000000\r\n\r\n",
        with_token(JSON)
    );
    witness.refused("4 GB announced", announced.as_bytes(), too_large).await?;
    witness.saw_nothing().await
}

fn chunked(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {VERDICT} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    for chunk in body.chunks(1000) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend([chunk, b"\r\n"].concat());
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

async fn a_bad_header_is_refused_and_leaves_no_trace(store: Store) -> anyhow::Result<()> {
    let witness = Witness::on(store).await?;
    let body = spoiled(&witness.customer.member, "}");
    let of_type = |text: &str| with_token(&format!("Content-Type: {text}\r\n"));
    let unsupported = [
        ("no content type", with_token("")),
        ("text", of_type("text/plain")),
        ("form", of_type("application/x-www-form-urlencoded")),
        ("nearly JSON", of_type("application/jsonp")),
        ("an odd type", of_type(CANARY)),
        ("two types", with_token(&format!("{JSON}Content-Type: text/plain\r\n"))),
        ("the same type twice", with_token(&format!("{JSON}{JSON}"))),
        ("types in a list", of_type("application/json, text/plain")),
    ];
    for (what, headers) in unsupported {
        let request = post(VERDICT, &headers, &body);
        witness.refused(what, &request, (415, "UNSUPPORTED_MEDIA_TYPE")).await?;
    }
    let bearer = |text: &str| format!("Authorization: Bearer {text}\r\n");
    let unauthenticated = [
        ("no token", String::new()),
        ("empty token", token("")),
        ("unknown token", token(CANARY)),
        ("token of non-ASCII characters", token("客")),
        ("token of 8 kB", token(&CANARY.repeat(8192 / CANARY.len()))),
        ("two that differ", token(tokens::DECIDE) + &token(CANARY)),
        ("two that differ, good one last", token(CANARY) + &token(tokens::DECIDE)),
        ("one that differs as bearer", token(tokens::DECIDE) + &bearer(CANARY)),
        ("basic", format!("Authorization: Basic {CANARY}\r\n")),
        ("bearer without token", "Authorization: Bearer\r\n".to_owned()),
    ];
    for (what, headers) in unauthenticated {
        let request = post(VERDICT, &format!("{headers}{JSON}"), &body);
        witness.refused(what, &request, (401, "UNAUTHENTICATED")).await?;
    }
    let good = token(tokens::DECIDE);
    for (what, more) in [
        ("the same twice", bearer(tokens::DECIDE)),
        ("a proxy's own scheme beside it", "Authorization: Basic YTpi\r\n".to_owned()),
    ] {
        let body = b"{\"memberId\":\"nobody\",\"isPass\":true}";
        let request = post(VERDICT, &format!("{good}{more}{JSON}"), body);
        witness.refused(what, &request, (404, "CUSTOMER_INFO_NOT_FOUND")).await?;
    }
    witness.saw_nothing().await
}

async fn a_bad_address_is_refused_and_leaves_no_trace(store: Store) -> anyhow::Result<()> {
    let witness = Witness::on(store).await?;
    let get = |path: &str, token: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAcstkn: {token}\r\n\r\n")
            .into_bytes()
    };
    let invalid = (400, "INVALID_REQUEST");
    for path in ["%00", "%0a", "a%00b", "%ff%fe", &"x".repeat(65)] {
        let request = get(&format!("/api/v1/members/{path}"), tokens::MEMBER_READ);
        witness.refused(path, &request, invalid).await?;
    }
    for path in ["0", "%27%20or%201=1", "{caseId}", CANARY, &"0".repeat(36)] {
        let request = get(&format!("/api/v1/upgrades/{path}"), tokens::READ);
        witness.refused(path, &request, invalid).await?;
    }
    let unknown = (404, "NOT_FOUND");
    let prefix = "/ap1/api/v1.0/UpgradeAccount";
    let odd = [
        "/".to_owned(),
        "/api/v1/upgrades/".to_owned(),
        "/api/v1/../../etc/passwd".to_owned(),
        format!("/{CANARY}?{CANARY}"),
        format!("{prefix}/ivrcheckupgradeaccount"),
        format!("{prefix}/IVRCheckUpgradeAccount/"),
    ];
    for path in odd {
        witness.refused(&path, &get(&path, tokens::DECIDE), unknown).await?;
    }
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", CANARY] {
        let request = String::from_utf8(get(VERDICT, tokens::DECIDE))?.replacen("GET", method, 1);
        witness.refused(method, request.as_bytes(), (405, "METHOD_NOT_ALLOWED")).await?;
    }
    witness.saw_nothing().await
}

async fn a_member_id_of_64_characters_is_taken_whatever_their_bytes(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    for (member, arrangement) in [
        ("x".repeat(64), "AA20001LONG01"),
        ("客".repeat(64), "AA20001LONG02"),
        ("👩‍👩‍👧".repeat(12), "AA20001LONG03"),
        ("' or 1=1; --".to_owned(), "AA20001LONG04"),
    ] {
        let registered = system.caller.register(&member, arrangement).await?;
        ensure!(registered.status == 201, "{member}: {registered:?}");
        assert_eq!(registered.data()?["memberId"], member);
        let opened = system.caller.open(&member).await?.data()?;
        let case = opened["caseId"].as_str().unwrap_or_default();
        system.caller.verify(case, &format!("{member:.10}-check"), true).await?.data()?;
        assert_eq!(system.caller.decide(&member, false).await?.status, 200);
        ensure!(!system.log()?.contains(&member), "the log tells {member}");
    }
    Ok(())
}

async fn callers_who_leave_in_mid_request_disturb_nobody_and_what_they_said_whole_counts(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let mut whole = Vec::new();
    let mut half = Vec::new();
    for number in 0..60_usize {
        let customer = Customer::verified(&system).await?;
        let body = spoiled(&customer.member, "}");
        let request = post(VERDICT, &with_token(JSON), &body);
        if number % 2 == 0 {
            send_and_leave(system.caller.addr(), &request).await?;
            whole.push(customer);
        } else {
            // Cut within the head, or before the last byte.
            let cut = if number % 4 == 1 { request.len() - 1 } else { number * 2 };
            send_and_leave(system.caller.addr(), &request[..cut]).await?;
            half.push(customer);
        }
    }
    for customer in &whole {
        let case = loop {
            let case = customer.read(&system).await?;
            if case["state"] != "EDDASuccess" {
                break customer.settled(&system).await?;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        ensure!(case["coreBank"]["state"] == "Confirmed", "{case}");
    }
    let journal = system.world.journal().await?;
    for customer in &half {
        assert_eq!(customer.states(&system).await?, ["New", "EDDASuccess"]);
        assert!(journal.received(&customer.arrangement).is_empty());
        assert_eq!(system.caller.decide(&customer.member, false).await?.status, 200);
    }
    system.stop()
}
