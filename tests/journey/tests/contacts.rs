//! The rules of contacts over HTTP, each by its number in the specification of contacts.

use anyhow::{Context, ensure};
use madoguchi_client::Method;
use madoguchi_journey::caller::{HttpAnswer, is_coded_refusal};
use madoguchi_journey::contacts::{CONTACTS, Recipient, Staff, answers, messages, path};
use madoguchi_journey::crowd::all_at_once;
use madoguchi_journey::database::Store;
use madoguchi_journey::test_system::TestSystem;
use madoguchi_journey::{on_both_databases, tokens};
use serde_json::{Value, json};

on_both_databases!(
    rule_1_a_new_contact_is_invalid_unanswered_and_not_visible,
    rule_2_another_person_approves_what_was_shown,
    rule_2_of_64_approvers_one_approves,
    rule_2_without_approval_a_contact_is_valid_at_once,
    rule_3_a_rejection_has_a_reason_and_the_next_edit_makes_a_draft,
    rule_5_an_update_is_live_and_only_while_unanswered,
    rule_6_deleting_is_logical_and_can_be_repeated,
    rule_7_every_reply_carries_a_result_code,
    rule_8_a_repeated_request_makes_one_contact,
    rule_8_three_good_approvals_and_a_stale_one_have_four_outcomes,
    rule_9_what_the_customer_has_not_acted_on_is_a_list,
    rule_9_pages_and_csv_have_the_same_contacts,
    a_customer_sees_and_answers_only_its_own,
    each_act_of_an_update_needs_its_own_scope,
    what_a_contact_must_not_be_is_refused,
    an_edit_removes_with_null_and_keeps_the_rules,
);

async fn rule_1_a_new_contact_is_invalid_unanswered_and_not_visible(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let answer = author.adds(&person.request()).await?;
    let id = answer.data()?["contactId"].as_str().context("contactId")?.to_owned();
    let expected = format!(
        "{{\"success\":true,\"result_code\":\"0000\",\"data\":{{\"contactId\":\"{id}\"}}}}"
    );
    assert_eq!((answer.status, answer.body), (201, expected));
    let contact = author.reads(&id).await?;
    assert_eq!((&contact["valid"], &contact["state"]), (&json!(false), &json!("DRAFT")));
    assert_eq!(contact["answerStatus"], "UNANSWERED");
    assert_eq!(contact["sender"], json!({ "kind": "HUMAN", "name": "山田 花子" }));
    assert_eq!(messages(&system, &person.person).await?, Vec::<Value>::new());
    let early = answers(&system, &id, "はい").await?;
    ensure!(is_coded_refusal(&early, 409, "CONTACT_NOT_VALID"), "{early:?}");
    let foreign = Recipient { account: "ACC-OTHER".to_owned(), ..person };
    let refused = author.adds(&foreign.request()).await?;
    ensure!(is_coded_refusal(&refused, 404, "PERSON_NOT_FOUND"), "{refused:?}");
    Ok(())
}

async fn rule_2_another_person_approves_what_was_shown(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let [author, editor, approver] =
        ["author", "editor", "approver"].map(|name| Staff::person(&system, name));
    let id = author.added(&person.request()).await?;
    let shown = author.reads(&id).await?["contentHash"].clone();
    let edited = editor.updates(&id, json!({ "subject": "変更" })).await?;
    ensure!(edited.status == 200, "{edited:?}");
    let stale = approver.updates(&id, json!({ "approve": { "contentHash": shown } })).await?;
    ensure!(is_coded_refusal(&stale, 412, "CONTENT_MOVED"), "{stale:?}");
    for staff in [author, editor, Staff::program(&system)] {
        let refused = staff.approves(&id).await?;
        ensure!(is_coded_refusal(&refused, 403, "FOUR_EYES"), "{refused:?}");
        let offered = staff.reads(&id).await?["allowedActions"].clone();
        ensure!(!offered.to_string().contains("APPROVE"), "{offered}");
    }
    let offered = approver.reads(&id).await?["allowedActions"].clone();
    assert_eq!(offered, json!(["EDIT", "APPROVE", "REJECT", "MARK_ANSWERED", "DELETE"]));
    let approved = approver.approves(&id).await?;
    ensure!(approved.status == 200, "{approved:?}");
    let contact = author.reads(&id).await?;
    assert_eq!((&contact["valid"], &contact["approval"]["by"]), (&json!(true), &json!("approver")));
    let again = Staff::person(&system, "third").approves(&id).await?;
    ensure!(is_coded_refusal(&again, 409, "APPROVAL_CLOSED"), "{again:?}");
    let seen = messages(&system, &person.person).await?;
    assert_eq!(seen.len(), 1);
    ensure!(seen[0].get("sender").is_none() && !seen[0].to_string().contains("山田"), "{seen:?}");
    Ok(())
}

async fn rule_2_of_64_approvers_one_approves(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let id = author.added(&person.request()).await?;
    let hash = author.reads(&id).await?["contentHash"].clone();
    let approvers =
        (0..64).map(|number| (system.clone(), format!("approver-{number}"), id.clone()));
    let answers = all_at_once(approvers.collect(), move |(system, name, id)| {
        let body = json!({ "approve": { "contentHash": hash.clone() } });
        async move { Staff::person(&system, &name).updates(&id, body).await }
    });
    let answers = answers.await?;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        ensure!(is_coded_refusal(answer, 409, "APPROVAL_CLOSED"), "{answer:?}");
    }
    let contact = author.reads(&id).await?;
    assert_eq!((&contact["version"], &contact["state"]), (&json!(2), &json!("VALID")));
    Ok(())
}

async fn rule_2_without_approval_a_contact_is_valid_at_once(store: Store) -> anyhow::Result<()> {
    let off = vec![("CONTACTS__APPROVAL", "off".to_owned())];
    let system = TestSystem::own(store, off).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let id = author.added(&person.request()).await?;
    let contact = author.reads(&id).await?;
    assert_eq!(
        (&contact["approval"]["status"], &contact["valid"]),
        (&json!("BY_POLICY"), &json!(true))
    );
    assert_eq!(messages(&system, &person.person).await?.len(), 1);
    Ok(())
}

async fn rule_3_a_rejection_has_a_reason_and_the_next_edit_makes_a_draft(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let id = author.added(&person.request()).await?;
    for reason in [json!({}), json!({ "reason": "" }), json!({ "reason": " " })] {
        let refused = approver.updates(&id, json!({ "reject": reason })).await?;
        ensure!(is_coded_refusal(&refused, 400, "INVALID_REQUEST"), "{refused:?}");
    }
    let rejected = approver.updates(&id, json!({ "reject": { "reason": "不備" } })).await?;
    ensure!(rejected.status == 200, "{rejected:?}");
    let contact = author.reads(&id).await?;
    assert_eq!(
        (&contact["state"], &contact["approval"]["reason"]),
        (&json!("REJECTED"), &json!("不備"))
    );
    let closed = approver.approves(&id).await?;
    ensure!(is_coded_refusal(&closed, 409, "APPROVAL_CLOSED"), "{closed:?}");
    author.updates(&id, json!({ "subject": "本人確認のお願い" })).await?.data()?;
    assert_eq!(author.reads(&id).await?["state"], "DRAFT", "also with the same content");
    approver.updates(&id, json!({ "reject": { "reason": "不備" } })).await?.data()?;
    author.updates(&id, json!({ "body": "書き直しました。" })).await?.data()?;
    assert_eq!(author.reads(&id).await?["state"], "DRAFT");
    ensure!(approver.approves(&id).await?.status == 200, "approved after the edit");
    let history = format!("{}/history", path(&id));
    let history = author.send(Method::GET, &history, &[], &Value::Null).await?.data()?;
    let events: Vec<_> =
        history.as_array().context("a list")?.iter().map(|it| &it["event"]).collect();
    assert_eq!(events, ["added", "rejected", "edited", "rejected", "edited", "approved"]);
    assert_eq!(history[1]["reason"], "不備");
    let change =
        json!([{ "field": "body", "old": "書類をご提出ください。", "new": "書き直しました。" }]);
    assert_eq!((&history[2]["changes"], &history[4]["changes"]), (&json!([]), &change));
    Ok(())
}

async fn rule_5_an_update_is_live_and_only_while_unanswered(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let [by_phone, draft, valid] = {
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(author.added(&person.request()).await?);
        }
        <[String; 3]>::try_from(ids).map_err(|_| anyhow::anyhow!("three contacts"))?
    };
    for id in [&by_phone, &valid] {
        ensure!(approver.approves(id).await?.status == 200, "approved");
    }
    let tag = "\"2\"";
    let edited = author.updates_on(tag, &valid, json!({ "subject": "すぐに" })).await?;
    assert_eq!((edited.status, edited.etag.as_deref()), (200, Some("\"3\"")));
    let stale = author.updates_on(tag, &valid, json!({ "subject": "遅い" })).await?;
    ensure!(is_coded_refusal(&stale, 412, "PRECONDITION_FAILED"), "{stale:?}");
    let none = author.send(Method::PUT, &path(&valid), &[], &json!({ "subject": "x" })).await?;
    ensure!(is_coded_refusal(&none, 428, "PRECONDITION_REQUIRED"), "{none:?}");
    let seen = messages(&system, &person.person).await?;
    ensure!(seen.iter().any(|message| message["subject"] == "すぐに"), "{seen:?}");
    ensure!(author.reads(&valid).await?["approval"]["by"] == "approver", "no second approval");
    let answered = json!({ "answerStatus": "ANSWERED" });
    for (id, state) in [(&by_phone, "ANSWERED"), (&draft, "SETTLED")] {
        ensure!(author.updates(id, answered.clone()).await?.status == 200, "marked");
        assert_eq!(author.reads(id).await?["state"], state);
        for body in [json!({ "subject": "x" }), answered.clone()] {
            let refused = author.updates(id, body).await?;
            ensure!(is_coded_refusal(&refused, 409, "CONTACT_ANSWERED"), "{refused:?}");
        }
        let refused = approver.approves(id).await?;
        ensure!(is_coded_refusal(&refused, 409, "CONTACT_ANSWERED"), "{refused:?}");
    }
    let back = author.updates(&by_phone, json!({ "answerStatus": "UNANSWERED" })).await?;
    ensure!(is_coded_refusal(&back, 400, "INVALID_REQUEST"), "{back:?}");
    Ok(())
}

async fn rule_6_deleting_is_logical_and_can_be_repeated(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let id = author.added(&person.request()).await?;
    approver.approves(&id).await?.data()?;
    answers(&system, &id, "はい").await?.data()?;
    let stale = author.deletes(&id, "\"1\"").await?;
    ensure!(is_coded_refusal(&stale, 412, "PRECONDITION_FAILED"), "{stale:?}");
    let deleted = author.deletes(&id, "\"3\"").await?;
    let expected = "{\"success\":true,\"result_code\":\"0000\",\"data\":{}}";
    assert_eq!((deleted.status, deleted.body.as_str()), (200, expected));
    let again = author.deletes(&id, "\"1\"").await?;
    assert_eq!((again.status, again.body.as_str(), again.etag), (200, expected, deleted.etag));
    let contact = author.reads(&id).await?;
    assert_eq!(
        (&contact["state"], &contact["deleted"]["by"]),
        (&json!("DELETED"), &json!("author"))
    );
    assert_eq!(messages(&system, &person.person).await?, Vec::<Value>::new());
    for refused in [
        author.updates(&id, json!({ "subject": "x" })).await?,
        approver.approves(&id).await?,
        answers(&system, &id, "はい").await?,
    ] {
        ensure!(is_coded_refusal(&refused, 409, "CONTACT_NOT_VALID"), "{refused:?}");
    }
    Ok(())
}

async fn rule_7_every_reply_carries_a_result_code(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let nobody = path("00000000-0000-0000-0000-000000000000");
    let (answer, history) = (format!("{nobody}/answer"), format!("{nobody}/history"));
    let approvals = format!("{CONTACTS}/approvals");
    let messages = "/api/v1/persons/PER-NOBODY/messages";
    let call = async |method: Method, path: &str, token: &str, body: &Value| {
        system.caller.call(method, path, token, body).await
    };
    let (any, write) = (tokens::CONTACT_ANSWER_ANY, tokens::CONTACT_WRITE);
    let none = Value::Null;
    let empty = json!({});
    for (method, path, token, body, status, code) in [
        (Method::POST, CONTACTS, write, &empty, 400, "INVALID_REQUEST"),
        (Method::POST, CONTACTS, write, &none, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (Method::POST, CONTACTS, "", &empty, 401, "UNAUTHENTICATED"),
        (Method::POST, CONTACTS, any, &empty, 403, "FORBIDDEN"),
        (Method::PATCH, CONTACTS, write, &empty, 405, "METHOD_NOT_ALLOWED"),
        (Method::GET, &nobody, tokens::CONTACT_READ, &none, 404, "CONTACT_NOT_FOUND"),
        (Method::GET, &history, tokens::CONTACT_READ, &none, 404, "CONTACT_NOT_FOUND"),
        (Method::GET, &path("x"), tokens::CONTACT_READ, &none, 404, "CONTACT_NOT_FOUND"),
        (Method::POST, &answer, any, &json!({ "answer": "x" }), 404, "CONTACT_NOT_FOUND"),
        (Method::POST, &approvals, tokens::CONTACT_APPROVE, &json!([]), 400, "INVALID_REQUEST"),
        (Method::DELETE, &nobody, write, &none, 428, "PRECONDITION_REQUIRED"),
        (Method::GET, messages, tokens::CONTACT_ANSWER, &none, 404, "PERSON_NOT_FOUND"),
        (Method::GET, messages, any, &none, 404, "PERSON_NOT_FOUND"),
    ] {
        let refused = call(method.clone(), path, token, body).await?;
        ensure!(is_coded_refusal(&refused, status, code), "{method} {path}: {refused:?}");
    }
    let person = Recipient::registered(&system).await?.person;
    let messages = format!("/api/v1/persons/{person}/messages");
    for (path, token) in [(CONTACTS, tokens::CONTACT_READ), (&messages, any)] {
        let list = call(Method::GET, path, token, &none).await?;
        ensure!(list.body.starts_with("{\"success\":true,\"result_code\":\"0000\","), "{list:?}");
    }
    Ok(())
}

async fn rule_8_a_repeated_request_makes_one_contact(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let key = [("Idempotency-Key", "add-once")];
    let body = person.request();
    let add = async || author.send(Method::POST, CONTACTS, &key, &body).await;
    let (first, again) = (add().await?, add().await?);
    assert_eq!((first.status, again.status, again.is_replayed), (201, 201, true));
    assert_eq!((first.body, first.etag), (again.body, again.etag));
    let listed = author.lists(&format!("personId={}", person.person)).await?;
    assert_eq!(listed.data()?.as_array().map(Vec::len), Some(1));
    let other = person.request_with("subject", "別の件名");
    let other = author.send(Method::POST, CONTACTS, &key, &other).await?;
    ensure!(is_coded_refusal(&other, 422, "IDEMPOTENCY_KEY_REUSED"), "{other:?}");
    Ok(())
}

async fn rule_8_three_good_approvals_and_a_stale_one_have_four_outcomes(
    store: Store,
) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let mut items = Vec::new();
    for _ in 0..4 {
        let id = author.added(&person.request_with("groupId", "G-1")).await?;
        let hash = author.reads(&id).await?["contentHash"].clone();
        items.push(json!({ "contactId": id, "contentHash": hash }));
    }
    let moved = items[2]["contactId"].as_str().context("contactId")?.to_owned();
    author.updates(&moved, json!({ "subject": "変更" })).await?.data()?;
    let (path, body) = (format!("{CONTACTS}/approvals"), Value::from(items.clone()));
    let key = [("Idempotency-Key", "approve-four")];
    let answer = approver.send(Method::POST, &path, &key, &body).await?;
    ensure!(answer.status == 200, "{answer:?}");
    let outcomes = answer.data()?;
    let codes: Vec<_> = (0..4).map(|at| outcomes[at]["result_code"].clone()).collect();
    assert_eq!(codes, ["0000", "0000", "CONTENT_MOVED", "0000"]);
    for (at, item) in items.iter().enumerate() {
        assert_eq!(outcomes[at]["contactId"], item["contactId"], "in the order of the request");
        let id = item["contactId"].as_str().context("contactId")?;
        assert_eq!(author.reads(id).await?["valid"], outcomes[at]["approved"]);
    }
    let again = approver.send(Method::POST, &path, &key, &body).await?;
    ensure!(again.is_replayed && again.body == answer.body, "{again:?}");
    let own = author.send(Method::POST, &path, &[], &body).await?.data()?;
    assert_eq!(own[2]["result_code"], "FOUR_EYES");
    assert_eq!(own[0]["result_code"], "APPROVAL_CLOSED");
    let twice = Value::from(vec![items[0].clone(), items[0].clone()]);
    let twice = approver.send(Method::POST, &path, &[], &twice).await?;
    ensure!(is_coded_refusal(&twice, 400, "INVALID_REQUEST"), "{twice:?}");
    Ok(())
}

async fn rule_9_what_the_customer_has_not_acted_on_is_a_list(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let later = person.request_with("postedAt", "2090-01-01T00:00:00+09:00");
    let mut notice = person.request_with("type", "NOTICE");
    notice["actionKind"] = Value::Null;
    let mut ids = Vec::new();
    for body in [person.request(), person.request(), person.request(), later, notice] {
        let id = author.added(&body).await?;
        approver.approves(&id).await?.data()?;
        ids.push(id);
    }
    let draft = author.added(&person.request()).await?;
    answers(&system, &ids[1], "はい").await?.data()?;
    author.deletes(&ids[2], "*").await?.data()?;
    let of = format!("personId={}", person.person);
    let ids_of = |list: &HttpAnswer| -> anyhow::Result<Vec<String>> {
        let list = list.data()?;
        let list = list.as_array().context("a list")?.iter();
        Ok(list.filter_map(|it| Some(it["contactId"].as_str()?.to_owned())).collect())
    };
    let open = author.lists(&format!("notActedOn=true&{of}")).await?;
    assert_eq!(ids_of(&open)?, [ids[0].clone()]);
    let inbox = approver.lists(&format!("waiting=ALL&{of}")).await?;
    assert_eq!(ids_of(&inbox)?, [draft]);
    assert_eq!(inbox.data()?[0]["waiting"]["age"], "NEW");
    let counted = system.metrics().await?;
    ensure!(counted.contains("madoguchi_contact_approvals_waiting{age=\"new\"} "), "{counted}");
    let due = approver.lists(&format!("waiting=REMINDER&{of}")).await?;
    assert_eq!(ids_of(&due)?, Vec::<String>::new());
    for (query, count) in [
        ("type=NOTICE", 1),
        ("answerStatus=ANSWERED", 1),
        ("approval=APPROVED", 5),
        ("approval=DRAFT&answerStatus=UNANSWERED", 1),
        ("createdBefore=2020-01-01T00:00:00Z", 0),
        ("createdFrom=2020-01-01T00:00:00Z", 6),
    ] {
        let listed = author.lists(&format!("{query}&{of}")).await?;
        assert_eq!(ids_of(&listed)?.len(), count, "{query}");
    }
    Ok(())
}

async fn rule_9_pages_and_csv_have_the_same_contacts(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let mut added = Vec::new();
    for number in 0..7 {
        let group = if number == 0 { "=1+1" } else { "G-2" };
        let mut body = person.request_with("groupId", group);
        body["policyNumber"] = format!("P-{}", number % 2).into();
        added.insert(0, author.added(&body).await?);
    }
    let of = format!("personId={}", person.person);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = author.lists(&format!("{of}&limit=3{cursor}")).await?.json();
        for contact in page["data"].as_array().context("a list")? {
            paged.push(contact["contactId"].as_str().context("contactId")?.to_owned());
        }
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, added, "newest first, each once");
    for other in ["type=NOTICE", "limit=0", "limit=201", "cursor=x", "personId=", "x=1"] {
        let path = format!("{CONTACTS}?{other}{cursor}");
        let refused = author.send(Method::GET, &path, &[], &Value::Null).await?;
        ensure!(is_coded_refusal(&refused, 400, "INVALID_REQUEST"), "{other}: {refused:?}");
    }
    let by_policy = author.lists(&format!("policyNumber=P-1&{of}")).await?;
    assert_eq!(by_policy.data()?.as_array().map(Vec::len), Some(3));
    let (path, accept) = (format!("{CONTACTS}?{of}"), [("Accept", "text/csv")]);
    let csv = author.send(Method::GET, &path, &accept, &Value::Null).await?;
    let lines: Vec<_> = csv.body.split_terminator("\r\n").collect();
    ensure!(lines.len() == 8 && lines[0].starts_with("contactId,personId,"), "{}", csv.body);
    for (line, id) in lines[1..].iter().zip(&added) {
        ensure!(line.starts_with(id.as_str()), "{line}");
    }
    ensure!(lines[7].contains(",'=1+1,") && !csv.body.contains("本人確認"), "{}", csv.body);
    Ok(())
}

async fn a_customer_sees_and_answers_only_its_own(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::own(store, Vec::new()).await?;
    let customer = Recipient::named(&system, tokens::CUSTOMER).await?;
    let other = Recipient::registered(&system).await?;
    let (author, approver) = (Staff::person(&system, "author"), Staff::person(&system, "approver"));
    let mut ids = Vec::new();
    for person in [&customer, &other] {
        let id = author.added(&person.request()).await?;
        approver.approves(&id).await?.data()?;
        ids.push(id);
    }
    let own = format!("/api/v1/persons/{}/messages", customer.person);
    let own = system.caller.get(&own, tokens::CONTACT_ANSWER).await?;
    assert_eq!(own.data()?[0]["contactId"], ids[0].as_str());
    let foreign = format!("/api/v1/persons/{}/messages", other.person);
    let foreign = system.caller.get(&foreign, tokens::CONTACT_ANSWER).await?;
    ensure!(is_coded_refusal(&foreign, 404, "PERSON_NOT_FOUND"), "{foreign:?}");
    let body = json!({ "answer": "提出しました。" });
    let answer = async |id: &str| {
        system.caller.post(&format!("{}/answer", path(id)), tokens::CONTACT_ANSWER, &body).await
    };
    let refused = answer(&ids[1]).await?;
    ensure!(is_coded_refusal(&refused, 404, "CONTACT_NOT_FOUND"), "{refused:?}");
    ensure!(answer(&ids[0]).await?.status == 200, "the own one");
    let twice = answer(&ids[0]).await?;
    ensure!(is_coded_refusal(&twice, 409, "CONTACT_ANSWERED"), "{twice:?}");
    let seen = author.reads(&ids[0]).await?;
    assert_eq!(seen["answer"]["how"], "CUSTOMER");
    assert_eq!(seen["answer"]["text"], "提出しました。");
    Ok(())
}

async fn each_act_of_an_update_needs_its_own_scope(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let id = Staff::person(&system, "author").added(&person.request()).await?;
    let hash = "0".repeat(64);
    let acts = [
        (json!({ "subject": "x" }), tokens::CONTACT_WRITE),
        (json!({ "reject": { "reason": "x" } }), tokens::CONTACT_APPROVE),
        (json!({ "approve": { "contentHash": hash } }), tokens::CONTACT_APPROVE),
        (json!({ "answerStatus": "ANSWERED" }), tokens::CONTACT_RESPOND),
    ];
    for (body, own) in acts {
        for token in tokens::ALL {
            let headers = [("Acstkn", token), ("If-Match", "\"99\"")];
            let answer = system.caller.call_with(Method::PUT, &path(&id), &headers, &body).await?;
            let (status, code) = match token == own {
                true => (412, "PRECONDITION_FAILED"),
                false => (403, "FORBIDDEN"),
            };
            ensure!(is_coded_refusal(&answer, status, code), "{body} with {token}: {answer:?}");
        }
    }
    Ok(())
}

async fn what_a_contact_must_not_be_is_refused(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let sender = |name: &str| json!({ "kind": "HUMAN", "name": name });
    let long = "x".repeat(4001);
    for (field, value) in [
        ("subject", json!("a\r\nBcc: all@example.com")),
        ("subject", json!("abc\u{202e}gpj.exe")),
        ("subject", json!("")),
        ("subject", json!("\u{200b}")),
        ("groupId", json!("a\u{202e}b")),
        ("body", json!(long)),
        ("body", json!("a\u{0}")),
        ("link", json!("http://my.example.com/")),
        ("link", json!("https://evil.example/")),
        ("link", json!("https://my.example.com@evil.example/")),
        ("link", json!("https://my.example.com:8443/")),
        ("link", json!("https://my.example.com/\"><script>")),
        ("actionKind", json!("UNKNOWN")),
        ("actionKind", json!("PREMIUM_ROUTE_DEFICIENCY")),
        ("type", json!("NOTICE")),
        ("type", json!("notice")),
        ("sender", sender("SystemAdmin")),
        ("sender", sender("systemadmin")),
        ("sender", sender("Ｓｙｓｔｅｍ Ａｄｍｉｎ")),
        ("sender", sender("山田\r\nBcc: x")),
        ("sender", json!({ "kind": "SYSTEM" })),
        ("sender", json!({ "kind": "HUMAN" })),
        ("postedAt", json!("2026-11-29T09:00:00")),
        ("postedAt", json!("2026-11-29T10:00:00+09:00[Asia/Tokyo]")),
        ("postedAt", json!("2100-01-01T00:00:00Z")),
        ("postedAt", json!("1999-12-31T23:59:59Z")),
        ("postedAt", json!(1_700_000_000)),
        ("expiresAt", json!("x")),
        ("mandatory", json!("true")),
        ("approval", json!("APPROVED")),
        ("personId", json!(7)),
    ] {
        let refused = author.adds(&person.request_with(field, value.clone())).await?;
        ensure!(is_coded_refusal(&refused, 400, "INVALID_REQUEST"), "{field} {value}: {refused:?}");
        let message = refused.json()["error"]["error_message"].to_string();
        ensure!(!message.contains("evil") && !message.contains("Bcc"), "{message}");
    }
    let huge = person.request_with("body", "x".repeat(1 << 20));
    let huge = author.adds(&huge).await?;
    ensure!(is_coded_refusal(&huge, 413, "TOO_LARGE"), "{huge:?}");
    Ok(())
}

async fn an_edit_removes_with_null_and_keeps_the_rules(store: Store) -> anyhow::Result<()> {
    let system = TestSystem::shared(store).await?;
    let person = Recipient::registered(&system).await?;
    let author = Staff::person(&system, "author");
    let past = person.request_with("postedAt", "2020-01-01T00:00:00+09:00");
    let id = author.added(&past).await?;
    for body in [
        json!({}),
        json!({ "subject": "x", "answerStatus": "ANSWERED" }),
        json!({ "subject": null }),
        json!({ "actionKind": null }),
        json!({ "personId": "PER-2" }),
        json!({ "type": "NOTICE" }),
        json!({ "expiresAt": "2020-01-01T00:00:00+09:00" }),
    ] {
        let refused = author.updates(&id, body.clone()).await?;
        ensure!(is_coded_refusal(&refused, 400, "INVALID_REQUEST"), "{body}: {refused:?}");
    }
    let program = Staff::program(&system);
    let mut by_program = person.request_with("sender", json!({ "kind": "SYSTEM" }));
    by_program["policyNumber"] = "P-1".into();
    let id = program.added(&by_program).await?;
    let removed = json!({ "policyNumber": null, "link": null });
    program.updates(&id, removed).await?.data()?;
    let contact = author.reads(&id).await?;
    assert_eq!(contact["sender"], json!({ "kind": "SYSTEM", "name": "SystemAdmin" }));
    assert_eq!((&contact["policyNumber"], &contact["link"]), (&Value::Null, &Value::Null));
    assert_eq!(contact["created"]["kind"], "SYSTEM");
    Ok(())
}
