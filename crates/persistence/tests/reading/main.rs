//! Holds the views that other systems read: their columns, and that they show what is stored.

mod role;
mod viewed;

use madoguchi_domain::Timestamp;
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{
    ActionKind, ApplicationId, ApprovalRule, Contact, ContactEvent, ContactState, Content, GroupId,
};
use madoguchi_domain::delivery::{WatchFilter, WatchReason};
use madoguchi_domain::effect::{Doubt, Outcome};
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::person::Registration;
use madoguchi_domain::upgrade::{CaseSnapshot, State};
use madoguchi_testkit::driver::contacts::ContactDriver;
use madoguchi_testkit::driver::delivery::DeliveryDriver;
use madoguchi_testkit::driver::upgrade::UpgradeDriver;
use madoguchi_testkit::samples::{self, at, contact_id, staff};
use viewed::{Both, line};

/// Each column with its type on PostgreSQL and on SQLite. Who reads a view relies on its columns:
/// never change one here. Another form is another view, `_v2`, beside this one.
const CONTACT: [[&str; 3]; 29] = [
    ["contact_id", "uuid", "BLOB"],
    ["person_id", "text", "TEXT"],
    ["account_id", "text", "TEXT"],
    ["application_id", "text", "TEXT"],
    ["application_completed_on", "text", "TEXT"],
    ["kept_until", "timestamp with time zone", "INTEGER"],
    ["type", "text", "TEXT"],
    ["action_kind", "text", "TEXT"],
    ["group_id", "text", "TEXT"],
    ["posted_at", "timestamp with time zone", "INTEGER"],
    ["expires_at", "timestamp with time zone", "INTEGER"],
    ["mandatory", "boolean", "INTEGER"],
    ["state", "text", "TEXT"],
    ["approval", "text", "TEXT"],
    ["decided_at", "timestamp with time zone", "INTEGER"],
    ["visible_from", "timestamp with time zone", "INTEGER"],
    ["answer_status", "text", "TEXT"],
    ["answer_channel", "text", "TEXT"],
    ["answered_at", "timestamp with time zone", "INTEGER"],
    ["mail_state", "text", "TEXT"],
    ["mail_at", "timestamp with time zone", "INTEGER"],
    ["mail_reason", "text", "TEXT"],
    ["sender_kind", "text", "TEXT"],
    ["created_at", "timestamp with time zone", "INTEGER"],
    ["updated_at", "timestamp with time zone", "INTEGER"],
    ["deleted_at", "timestamp with time zone", "INTEGER"],
    ["unanswered_reported_at", "timestamp with time zone", "INTEGER"],
    ["purged_at", "timestamp with time zone", "INTEGER"],
    ["version", "integer", "INTEGER"],
];

const PERSON: [[&str; 3]; 13] = [
    ["person_id", "text", "TEXT"],
    ["account_id", "text", "TEXT"],
    ["mail_notification", "boolean", "INTEGER"],
    ["notification_off_since", "timestamp with time zone", "INTEGER"],
    ["mail_stopped", "boolean", "INTEGER"],
    ["mail_stopped_at", "timestamp with time zone", "INTEGER"],
    ["has_email", "boolean", "INTEGER"],
    ["has_phone", "boolean", "INTEGER"],
    ["registered_at", "timestamp with time zone", "INTEGER"],
    ["updated_at", "timestamp with time zone", "INTEGER"],
    ["last_mail_state", "text", "TEXT"],
    ["last_mail_at", "timestamp with time zone", "INTEGER"],
    ["bounced_at", "timestamp with time zone", "INTEGER"],
];

const UPGRADE: [[&str; 3]; 12] = [
    ["member_id", "text", "TEXT"],
    ["case_id", "uuid", "BLOB"],
    ["attempt", "integer", "INTEGER"],
    ["state", "text", "TEXT"],
    ["opened_at", "timestamp with time zone", "INTEGER"],
    ["checked_at", "timestamp with time zone", "INTEGER"],
    ["decided_at", "timestamp with time zone", "INTEGER"],
    ["target_level", "text", "TEXT"],
    ["registered_level", "text", "TEXT"],
    ["confirmed_level", "text", "TEXT"],
    ["core_bank_state", "text", "TEXT"],
    ["core_bank_since", "timestamp with time zone", "INTEGER"],
];

const VIEWS: [(&str, &[[&str; 3]]); 3] =
    [("crm_contact_v1", &CONTACT), ("crm_person_v1", &PERSON), ("crm_upgrade_v1", &UPGRADE)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_columns_of_the_views_stay_as_they_are() {
    let both = Both::open().await;
    for (view, columns) in VIEWS {
        let expected =
            |of: usize| columns.iter().map(move |it| (it[0].to_owned(), it[of].to_owned()));
        assert_eq!(both.columns_on_postgres(view), expected(1).collect::<Vec<_>>(), "{view}");
        assert_eq!(both.columns_on_sqlite(view), expected(2).collect::<Vec<_>>(), "{view}");
    }
}

/// Ids are the only bytes.
#[test]
fn no_view_shows_anything_sealed() {
    let bytes = VIEWS.iter().flat_map(|(view, columns)| columns.iter().map(move |it| (view, it)));
    let bytes = bytes.filter(|(_, [_, there, here])| *there == "bytea" || *here == "BLOB");
    let bytes: Vec<_> = bytes.map(|(view, [name, there, _])| (*view, *name, *there)).collect();
    let ids = [("crm_contact_v1", "contact_id", "uuid"), ("crm_upgrade_v1", "case_id", "uuid")];
    assert_eq!(bytes, ids);
    let names: Vec<_> =
        VIEWS.iter().flat_map(|(_, columns)| columns.iter().map(|it| it[0])).collect();
    let hidden = ["data_key", "salt", "subject", "body", "link", "name", "hash", "policy_number"];
    for word in hidden {
        assert!(!names.iter().any(|name| name.contains(word)), "{word}");
    }
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.as_microsecond().to_string())
}

/// The line of a contact without what retention adds.
fn contact_line(contact: &Contact) -> String {
    let Content { contact_type, application, group, .. } = &contact.content;
    let some = |text: &str| Some(text.to_owned());
    let given = contact.answer.given();
    let mail = contact.mail.as_ref().map(|it| &it.status);
    line(&[
        some(&contact.id.0.simple().to_string()),
        some(contact.person.expose()),
        some(contact.account.expose()),
        application.as_ref().map(|it| it.expose().to_owned()),
        None,
        None,
        some(contact_type.name().as_str()),
        contact_type.action().map(ActionKind::as_str).and_then(some),
        group.as_ref().map(|it| it.expose().to_owned()),
        text(contact.content.posted_at),
        text(contact.content.expires_at),
        some(if contact.content.mandatory { "1" } else { "0" }),
        some(contact.state().as_str()),
        some(contact.approval.name().as_str()),
        text(contact.approval.decided_at()),
        text(contact.visible_from()),
        some(contact.answer.status().as_str()),
        given.map(|(how, _)| how.as_str().to_owned()),
        text(given.map(|(_, mark)| mark.at)),
        some(contact.mail_state().as_str()),
        text(mail.map(|it| it.at())),
        mail.and_then(|it| it.reason()).and_then(some),
        some("HUMAN"),
        text(Some(contact.created.at)),
        text(contact.updated.as_ref().map(|mark| mark.at)),
        text(contact.deleted.as_ref().map(|mark| mark.at)),
        None,
        None,
        some(&contact.version.to_string()),
    ])
}

/// Contacts 1 to 8 in every state, for person 1.
async fn write_contacts(driver: &ContactDriver) {
    driver.register(1..=1).await;
    let full = Content {
        application: ApplicationId::parse("APP-1").ok(),
        group: GroupId::parse("G-1").ok(),
        posted_at: Some(at(50)),
        expires_at: Some(at(100_000)),
        mandatory: true,
        ..samples::contact_content()
    };
    driver.written(&samples::adds(contact_id(1), 1, full, 1)).await;
    let draft = driver.drafted(2).await;
    driver.moved(&draft, &samples::rejects("x"), &staff(2), 20).await;
    let draft = driver.drafted(3).await;
    driver.moved(&draft, &ContactEvent::Expire, &samples::system(), 20).await;
    driver.mailed((4, 1), 100, Outcome::Applied).await;
    let free = samples::adds_if(ApprovalRule::Off, contact_id(5), 1, samples::contact_content(), 5);
    let free = driver.written(&free).await;
    let edit = samples::edits(Content { mandatory: true, ..free.content.clone() });
    driver.moved(&free, &edit, &staff(1), 20).await;
    let draft = driver.drafted(6).await;
    let valid = driver.moved(&draft, &samples::approves(&draft), &staff(2), 20).await;
    driver.moved(&valid, &samples::answers("はい"), &staff(3), 20).await;
    let draft = driver.drafted(7).await;
    driver.moved(&draft, &ContactEvent::AnswerByPhone, &staff(2), 20).await;
    let draft = driver.drafted(8).await;
    let valid = driver.moved(&draft, &samples::approves(&draft), &staff(2), 20).await;
    driver.moved(&valid, &ContactEvent::Delete, &staff(2), 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_in_each_state_is_shown_as_it_is() {
    let (both, mut expected) = (Both::open().await, Vec::new());
    for stores in both.contact_stores() {
        let (driver, mut contacts) = (ContactDriver::from(stores), Vec::new());
        write_contacts(&driver).await;
        for number in 1..=8 {
            contacts.push(driver.contact(number).await);
        }
        let states: Vec<_> = contacts.iter().map(Contact::state).collect();
        assert!(ContactState::ALL.iter().all(|state| states.contains(state)), "{states:?}");
        expected.push(contacts.iter().map(contact_line).collect::<Vec<_>>());
    }
    assert_eq!(both.lines("crm_contact_v1", &CONTACT).to_vec(), expected);
}

/// Retention writes what these columns show.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_shows_its_retention() {
    let both = Both::open().await;
    for stores in both.contact_stores() {
        write_contacts(&ContactDriver::from(stores)).await;
    }
    both.run(|uuid, at| {
        format!(
            "insert into application (application_id, completed_on, kept_until, recorded_at, \
             recorded_issuer, recorded_subject, recorded_kind, correlation) \
             values ('APP-1', '2020-10-22', {at}, {at}, 'i', 's', 'HUMAN', 'c'); \
             update contact set reported_at = {at} where contact_id = {}; \
             update contact set purged_at = {at} where contact_id = {};",
            uuid(1),
            uuid(8)
        )
    });
    let now = "1000000";
    for shown in both.lines("crm_contact_v1", &CONTACT) {
        let cell = |row: usize, name: &str| {
            let column = CONTACT.iter().position(|it| it[0] == name).expect("a column");
            shown[row].split('|').nth(column).expect("a cell").to_owned()
        };
        assert_eq!(cell(0, "application_completed_on"), "2020-10-22");
        assert_eq!([cell(0, "kept_until"), cell(0, "unanswered_reported_at")], [now, now]);
        assert_eq!([cell(0, "purged_at"), cell(7, "purged_at")], ["-", now]);
        assert_eq!(cell(7, "kept_until"), "-", "no application");
    }
}

/// Persons whose mails went in each way.
async fn write_persons(driver: &DeliveryDriver) {
    let contacts = &driver.contacts;
    for number in 1..=6 {
        let wish = samples::person_registration(number);
        let phone = wish.phone.clone().filter(|_| number != 2);
        contacts.registered(&Registration { phone, ..wish }).await;
    }
    contacts.mailed((1, 1), 100, Outcome::Applied).await;
    contacts.mailed((2, 1), 110, Outcome::Unknown(Doubt::ConnectionLost)).await;
    contacts.update(2, &samples::mail_stop("asked"), 200).await;
    contacts.switch(3, false, 250).await;
    let record = async |number, person, times| {
        let change = samples::bounced(samples::bounce(number, person, times));
        assert_eq!(driver.record(change).await, Committed::Moved);
    };
    record(91, 3, (20, 300)).await;
    record(92, 3, (10, 280)).await;
    // A mail was sent since.
    record(93, 4, (10, 50)).await;
    contacts.mailed((4, 4), 100, Outcome::Applied).await;
    // The address is another one since.
    record(95, 5, (100, 600)).await;
    contacts.update(5, &samples::new_email("new@example.com"), 500).await;
    // It is the mail itself that came back.
    record(6, 6, (10, 90)).await;
    contacts.mailed((6, 6), 100, Outcome::Applied).await;
}

fn person_lines() -> Vec<String> {
    let at = |seconds: i64| at(seconds).as_microsecond();
    let start = at(0);
    vec![
        format!("PER0001|ACC0001|1|-|0|-|1|1|{start}|-|UNCERTAIN|{}|-", at(120)),
        format!("PER0002|ACC0002|1|-|1|{0}|1|0|{start}|{0}|FAILED|{1}|-", at(200), 1_000_000,),
        format!("PER0003|ACC0003|0|{}|0|-|1|1|{start}|-|NONE|-|{}", at(250), at(300)),
        format!("PER0004|ACC0004|1|-|0|-|1|1|{start}|-|SENT|{}|-", at(110)),
        format!("PER0005|ACC0005|1|-|0|-|1|1|{start}|{}|NONE|-|-", at(500)),
        format!("PER0006|ACC0006|1|-|0|-|1|1|{start}|-|SENT|{}|{}", at(110), at(90)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_shown_with_what_became_of_the_mails() {
    let both = Both::open().await;
    for stores in both.contact_stores().into_iter().zip(both.delivery_stores()) {
        let driver = DeliveryDriver::from(stores);
        write_persons(&driver).await;
        let filter = WatchFilter { reason: Some(WatchReason::Bounced), ..WatchFilter::default() };
        let watched = driver.watched(filter).await;
        let watched: Vec<_> = watched.iter().map(|it| it.person.expose().to_owned()).collect();
        assert_eq!(watched, ["PER0003", "PER0006"], "as the view shows below");
    }
    // Of an announcement; older than the mails about contacts of person 1.
    both.run(|uuid, at| {
        let bytes = if at.starts_with('1') { "x'00'" } else { "'\\x00'" };
        format!(
            "insert into announcement (announcement_id, data_key_id, version, salt, subject, \
             body, mail, created_at, state) values ({0}, {0}, 1, {bytes}, {bytes}, {bytes}, true, \
             {at}, 'DRAFT'); insert into announcement_recipient (announcement_id, person_id, \
             mail_id, mail_state, mail_at) values ({0}, 'PER0001', {1}, 'SENT', {at}), \
             ({0}, 'PER0002', {2}, 'FAILED', {at});",
            uuid(1),
            uuid(2),
            uuid(3)
        )
    });
    for shown in both.lines("crm_person_v1", &PERSON) {
        assert_eq!(shown, person_lines());
    }
}

fn upgrade_line(snapshot: &CaseSnapshot) -> String {
    let case = snapshot.case.as_ref().expect("a case");
    let (decided, target) = match &case.state {
        State::CustomerSuccess { decided_at, target, .. } => (Some(*decided_at), Some(target)),
        State::CustomerFailure { decided_at, .. } => (Some(*decided_at), None),
        State::New | State::EddaSuccess { .. } | State::EddaFailure { .. } => (None, None),
    };
    let level = |it: &AccountLevel| it.as_str().to_owned();
    let effect = snapshot.effect.as_ref();
    line(&[
        Some(snapshot.member.id.expose().to_owned()),
        Some(case.id.to_string().replace('-', "")),
        Some(case.attempt.0.to_string()),
        Some(case.state.name().as_str().to_owned()),
        text(Some(case.opened_at)),
        text(case.state.check().map(|check| check.at)),
        text(decided),
        target.map(level),
        snapshot.member.registered.as_ref().map(level),
        snapshot.member.confirmed.as_ref().map(level),
        effect.map(|it| it.state.name().as_str().to_owned()),
        text(effect.map(|it| it.since)),
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upgrade_is_shown_with_its_order_to_the_bank() {
    let (both, mut expected) = (Both::open().await, Vec::new());
    for stores in both.upgrade_stores() {
        let driver = UpgradeDriver::at(&stores);
        driver.opened(1..=1).await;
        driver.verified(2..=2).await;
        driver.verified(3..=3).await;
        driver.ask(&samples::decide(3, false)).await;
        driver.passed(4..=5).await;
        let claimed = driver.claim(&samples::claim(1, 1, at(1000))).await;
        driver.record(&samples::answered(&claimed[0], Outcome::Applied, at(1001))).await;
        let mut lines = Vec::new();
        for number in 1..=5 {
            lines.push(upgrade_line(&driver.newest(number).await));
        }
        assert!(lines.iter().any(|it| it.contains("|Confirmed|")), "{lines:?}");
        assert!(lines.iter().any(|it| it.contains("|Planned|")), "{lines:?}");
        expected.push(lines);
    }
    assert_eq!(both.lines("crm_upgrade_v1", &UPGRADE).to_vec(), expected);
}
