//! A verdict from the caller to the core bank and back, alone and under concurrency.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, ensure};
use madoguchi_journey::caller::is_refusal;
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::customer::Customer;
use madoguchi_journey::database::Store;
use madoguchi_journey::on_both_databases;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::tokens;
use serde_json::{Value, json};

on_both_databases!(
    a_verdict_reaches_the_core_bank_and_the_level_rises_only_then,
    a_verdict_that_was_not_passed_is_no_error_and_the_bank_never_hears_of_it,
    the_same_verdict_from_64_callers_at_once_is_one_transition_and_one_act,
    opposite_verdicts_from_64_callers_at_once_have_one_winner,
    sixty_four_callers_who_open_a_case_at_once_get_the_same_one,
    a_scanned_code_verifies_its_case_and_an_opened_case_is_found_again,
    no_log_line_holds_an_id_of_a_customer_or_a_token,
);

const SUCCESS: &str = r#"{"success":true,"data":{}}"#;

async fn a_verdict_reaches_the_core_bank_and_the_level_rises_only_then(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    system.world.play("slow:800", &customer.arrangement, Some(1)).await?;
    let answer = system.caller.decide(&customer.member, true).await?;
    assert_eq!((answer.status, answer.body.as_str()), (200, SUCCESS));
    let soon = customer.read(&system).await?;
    assert_eq!((&soon["state"], &soon["level"]), (&json!("CustomerSuccess"), &json!("")), "{soon}");
    assert_eq!(soon["targetLevel"], "1A");
    ensure!(soon["blockedOn"]["what"].is_string(), "{soon}");

    let case = customer.settled(&system).await?;
    assert_eq!((&case["coreBank"]["state"], &case["level"]), (&json!("Confirmed"), &json!("1A")));
    assert_eq!((&case["blockedOn"], &case["coreBank"]["claims"]), (&Value::Null, &json!(1)));
    assert_eq!(customer.level(&system).await?, "1A");
    assert_eq!(customer.states(&system).await?, ["New", "EDDASuccess", "CustomerSuccess"]);

    let journal = system.world.journal().await?;
    let [received] = journal.received(&customer.arrangement) else {
        panic!("one DA21: {:?}", journal.received(&customer.arrangement));
    };
    let id = case["coreBank"]["transactionId"].as_str().context("transactionId")?;
    is_the_documented_message(&received["body"], id, &customer.arrangement);
    assert_eq!(journal.acts(&customer.arrangement), [("1A".to_owned(), id.to_owned())]);
    the_timeline_is_in_order(&customer.timeline(&system).await?)
}

/// Spec 1, "DA21 AcctInfoMod over the ESB".
fn is_the_documented_message(body: &Value, id: &str, arrangement: &str) {
    let mut body = body.clone();
    let stamp = body["amheader"]["RqTimestamp"].take();
    let stamp = stamp.as_str().unwrap_or_default();
    let form: String = stamp.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00T00:00:00.00+00:00", "{stamp}");
    assert!(stamp.ends_with("+08:00"), "{stamp}");
    let number = body["ambody"]["AcctInfoModRq"]["ServiceHeader"]["TxnNo"].take();
    let digits = number.as_str().and_then(|text| text.strip_prefix("DA21")).unwrap_or_default();
    assert!(digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_digit()), "{number}");
    assert!(id.len() == 26 && id.starts_with('T'), "{id}");
    let expected = json!({
        "amheader": {
            "ChannelID": "BMD", "ServiceDomain": "DepositAccount",
            "OperationName": "AcctInfoMod", "ConsumerID": "TWBMD",
            "TransactionID": id, "RqTimestamp": null,
        },
        "ambody": { "AcctInfoModRq": {
            "ServiceHeader": { "TxnId": "DA21", "TxnNo": null },
            "Signon": { "Custid": "ESBUSER" },
            "ServiceBody": { "CustInfo": {
                "ArrngId": arrangement, "ProdName": "AC.DIGITAL.SAV",
                "AcctInfo": { "DgtlLvl": "1A" },
            } },
        } },
    });
    assert_eq!(body, expected);
}

fn the_timeline_is_in_order(timeline: &Value) -> anyhow::Result<()> {
    let entries = timeline.as_array().context("a list")?;
    let said = |key: &str| -> Vec<String> {
        entries.iter().map(|entry| entry[key].as_str().unwrap_or("null").to_owned()).collect()
    };
    assert_eq!(said("type"), ["TRANSITION", "TRANSITION", "TRANSITION", "ATTEMPT"]);
    assert_eq!(said("from")[..3], ["null", "New", "EDDASuccess"]);
    let by = said("by");
    assert_eq!(by[..3], ["upgrade.open-agent", "upgrade.verify-agent", "upgrade.decide-agent"]);
    assert!(by[3].starts_with("worker-"), "{by:?}");
    // RFC 3339 texts with equal offset and precision sort by time.
    let (at, mut sorted) = (said("at"), said("at"));
    sorted.sort();
    assert_eq!(at, sorted);
    let attempt = (&entries[3]["effect"], &entries[3]["attempt"], &entries[3]["outcome"]);
    assert_eq!(attempt, (&json!("SetLevel"), &json!(1), &json!("applied")));
    Ok(())
}

async fn a_verdict_that_was_not_passed_is_no_error_and_the_bank_never_hears_of_it(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let (failed, passed) = (Customer::verified(&system).await?, Customer::verified(&system).await?);
    let answer = system.caller.decide(&failed.member, false).await?;
    assert_eq!((answer.status, answer.body.as_str()), (200, SUCCESS));
    // When the bank has this later order, it would also have one for the failed customer.
    system.caller.decide(&passed.member, true).await?.data()?;
    passed.settled(&system).await?;
    let case = failed.read(&system).await?;
    assert_eq!((&case["state"], &case["level"]), (&json!("CustomerFailure"), &json!("")));
    assert_eq!((&case["coreBank"], &case["blockedOn"]), (&Value::Null, &Value::Null));
    assert!(system.world.journal().await?.received(&failed.arrangement).is_empty());
    let again = system.caller.open(&failed.member).await?;
    assert_eq!(again.status, 201, "a new attempt is a new case: {}", again.body);
    Ok(())
}

async fn the_same_verdict_from_64_callers_at_once_is_one_transition_and_one_act(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    let (on, member) = (Arc::clone(&system), customer.member.clone());
    let answers = all_at_once(vec![(); 64], move |()| {
        let (system, member) = (Arc::clone(&on), member.clone());
        async move { Ok(system.caller.decide(&member, true).await?) }
    });
    for answer in answers.await? {
        assert_eq!((answer.status, answer.body.as_str()), (200, SUCCESS));
    }
    customer.settled(&system).await?;
    assert_eq!(customer.states(&system).await?, ["New", "EDDASuccess", "CustomerSuccess"]);
    let journal = system.world.journal().await?;
    assert_eq!(journal.distinct(&customer.arrangement).len(), 1);
    assert_eq!(journal.received(&customer.arrangement).len(), 1);
    Ok(())
}

async fn opposite_verdicts_from_64_callers_at_once_have_one_winner(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::verified(&system).await?;
    let (on, member) = (Arc::clone(&system), customer.member.clone());
    let verdicts = (0..64).map(|number| number % 2 == 0).collect();
    let answers = all_at_once(verdicts, move |passed| {
        let (system, member) = (Arc::clone(&on), member.clone());
        async move { Ok((passed, system.caller.decide(&member, passed).await?)) }
    });
    let answers = answers.await?;
    let case = customer.settled(&system).await?;
    let won = case["state"] == "CustomerSuccess";
    for (passed, answer) in answers {
        if passed == won {
            assert_eq!((answer.status, answer.body.as_str()), (200, SUCCESS));
        } else {
            assert!(is_refusal(&answer, 409, "UPGRADE_CONTRADICTION"), "{answer:?}");
        }
    }
    assert_eq!(customer.states(&system).await?.len(), 3);
    let journal = system.world.journal().await?;
    assert_eq!(journal.distinct(&customer.arrangement).len(), usize::from(won));
    Ok(())
}

async fn sixty_four_callers_who_open_a_case_at_once_get_the_same_one(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let customer = Customer::registered(&system).await?;
    let (on, member) = (Arc::clone(&system), customer.member.clone());
    let answers = all_at_once(vec![(); 64], move |()| {
        let (system, member) = (Arc::clone(&on), member.clone());
        async move { Ok(system.caller.open(&member).await?) }
    });
    let answers = answers.await?;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    let mut cases = BTreeSet::new();
    for answer in &answers {
        cases.insert(answer.data()?.to_string());
    }
    assert_eq!(cases.len(), 1, "{cases:?}");
    Ok(())
}

async fn a_scanned_code_verifies_its_case_and_an_opened_case_is_found_again(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let mut customer = Customer::opened(&system).await?;
    let (case, qr) = (customer.case.clone(), customer.qr.clone());
    let again = customer.open(&system).await?;
    assert_eq!((&customer.case, &customer.qr), (&case, &qr));
    let base = "https://example.com/upgrade/";
    assert_eq!(again["qrCode"]["content"], format!("{base}{qr}"));
    let path = format!("/api/v1/upgrades/{case}/qr.svg");
    let picture = system.caller.get(&path, tokens::OPEN).await?;
    ensure!(picture.status == 200 && picture.body.contains("<svg"), "{picture:?}");

    let body = json!({ "qrToken": qr, "isPass": true, "reference": format!("scan-{case}") });
    for _ in 0..2 {
        let data = system.caller.post("/api/v1/verifications", tokens::VERIFY, &body).await?;
        assert_eq!(data.data()?, json!({ "caseId": case, "state": "EDDASuccess" }));
    }
    let verified = customer.open(&system).await?;
    assert_eq!((&verified["state"], &verified["qrCode"]), (&json!("EDDASuccess"), &Value::Null));
    assert_eq!(customer.states(&system).await?, ["New", "EDDASuccess"]);
    Ok(())
}

async fn no_log_line_holds_an_id_of_a_customer_or_a_token(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, vec![("UPGRADE__TARGET_LEVEL", "2B".to_owned())]).await?;
    let customer = Customer::verified(&system).await?;
    system.world.play("applied_then_cut", &customer.arrangement, Some(1)).await?;
    system.caller.decide(&customer.member, true).await?.data()?;
    let case = customer.settled(&system).await?;
    assert_eq!((&case["level"], &case["coreBank"]["level"]), (&json!("2B"), &json!("2B")));
    system.stop()?;
    let log = system.log()?;
    for line in log.lines() {
        ensure!(serde_json::from_str::<Value>(line).is_ok(), "a log line is JSON: {line}");
    }
    let reference = format!("check-{}", customer.case);
    let secrets = [&customer.member, &customer.arrangement, &customer.qr, &reference];
    for text in secrets.into_iter().map(String::as_str).chain(tokens::ALL) {
        ensure!(!log.contains(text), "the log holds {text}");
    }
    ensure!(log.contains(&customer.case), "a case can be followed by its id");
    Ok(())
}
