//! An empty header counts as absent, whether it is optional or required.

use anyhow::ensure;
use madoguchi_journey::caller::{CALLERS, CODIGO, CONTEXTOS, VERDICT};
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::wire::{exchange, post};
use madoguchi_journey::{tokens, walk};

const JSON: &str = "Content-Type: application/json\r\n";
/// Optional headers; `{}` is replaced by nothing or by white space.
const OPTIONAL: &str = "x-request-id:{}\r\nx-itau-apikey:{}\r\nx-itau-correlationID:{}\r\n\
    x-itau-flowID:{}\r\nx-app-key:{}\r\nx-deadline-ms:{}\r\nContent-Type:{}\r\n";

fn optional(value: &str) -> String {
    OPTIONAL.replace("{}", value)
}

#[test]
fn an_optional_header_without_a_value_counts_as_absent() {
    walk(async {
        let system = TestSystem::shared(Store::Sqlite).await?;
        let (user, password) = tokens::GATEWAY;
        let user =
            format!("userName: {user}\r\npassword: {password}\r\nuserName:\r\npassword: \r\n");
        let (caller, decide) = (tokens::CALLER, tokens::DECIDE);
        for value in ["", " ", " \t "] {
            let empty = optional(value) + JSON;
            let beside = format!("Acstkn:{value}\r\nAuthorization: Bearer {decide}\r\n{empty}");
            let reverse = format!("Acstkn: {decide}\r\nAuthorization: Bearer{value}\r\n{empty}");
            let verdict = r#"{"memberId":"nobody","isPass":true}"#;
            let account = r#"{"codigo_conta":"341341150000052061"}"#;
            for (path, headers, body, status) in [
                (VERDICT, beside, verdict, 404),
                (VERDICT, reverse, verdict, 404),
                (CALLERS, format!("Acstkn: {caller}\r\n{empty}"), r#"{"contextId":"CTX"}"#, 200),
                (CODIGO, format!("{user}{empty}"), account, 200),
            ] {
                let request = post(path, &headers, body.as_bytes());
                let answer = exchange(system.caller.addr(), &request).await?;
                ensure!(answer.status == status, "{path} {value:?}: {answer:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_mandatory_header_without_a_value_counts_as_absent() {
    walk(async {
        let system = TestSystem::shared(Store::Sqlite).await?;
        let (user, password) = tokens::GATEWAY;
        for value in ["", " ", " \t "] {
            for (path, headers, status) in [
                (VERDICT, format!("Acstkn:{value}\r\n{JSON}"), 401),
                (VERDICT, format!("Authorization: Bearer{value}\r\n{JSON}"), 401),
                (CONTEXTOS, format!("userName:{value}\r\npassword: {password}\r\n{JSON}"), 401),
                (CONTEXTOS, format!("userName: {user}\r\npassword:{value}\r\n{JSON}"), 401),
                (VERDICT, format!("Acstkn: {}\r\nContent-Type:{value}\r\n", tokens::DECIDE), 415),
            ] {
                let request = post(path, &headers, b"{}");
                let answer = exchange(system.caller.addr(), &request).await?;
                ensure!(answer.status == status, "{path} {value:?}: {answer:?}");
            }
        }
        Ok(())
    });
}
