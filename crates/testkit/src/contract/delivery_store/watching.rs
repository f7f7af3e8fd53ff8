//! Checks whom the watch shows, until when, and in which order.

use madoguchi_domain::delivery::{
    MailTopic, WatchCause, WatchEntry, WatchFilter, WatchQuery, WatchReason,
};
use madoguchi_domain::effect::{
    Doubt, Effect, EffectEvent, EffectId, EffectKey, Outcome, UpstreamCode,
};
use madoguchi_domain::mail::{MailId, MailOrder};
use madoguchi_domain::person::{DetailsUpdate, MailWish, Registration};
use madoguchi_domain::port::Recorded;

use madoguchi_domain::announcement::AnnouncementEvent;
use madoguchi_domain::change::Committed;

use super::{row, rows};
use crate::driver::announcements::AnnouncementDriver;
use crate::driver::delivery::DeliveryDriver;
use crate::samples::{
    account_id, at, contact_id, email, mail_answered, mail_id, mail_moved, mail_stop, new_email,
    person_act, person_id, person_registration, registers_if,
};

use WatchReason::{Failed, Stopped, Uncertain};

fn refused(code: &str) -> Outcome {
    Outcome::Refused(UpstreamCode::parse(code).expect("the sample code parses"))
}

fn resume() -> DetailsUpdate {
    DetailsUpdate { mail: Some(MailWish::Resume), ..DetailsUpdate::default() }
}

/// A later change of another detail keeps its time; another reason is another stop.
pub async fn a_stopped_person_is_watched_until_mail_is_resumed(driver: DeliveryDriver) {
    driver.contacts.register(1..=2).await;
    driver.contacts.update(1, &mail_stop("asked"), 100).await;
    let stopped = |seconds| row(1, Stopped, seconds, Some("MAIL_STOPPED"));
    assert_eq!(rows(&driver).await, [stopped(100)]);
    driver.contacts.update(1, &new_email("n@example.com"), 200).await;
    assert_eq!(rows(&driver).await, [stopped(100)]);
    driver.contacts.update(1, &mail_stop("asked again"), 300).await;
    assert_eq!(rows(&driver).await, [stopped(300)]);
    driver.contacts.update(1, &resume(), 400).await;
    assert_eq!(rows(&driver).await, []);
}

/// A stop of the person goes first, and stays when the account wants mail again.
pub async fn a_muted_account_is_watched_with_all_its_persons(driver: DeliveryDriver) {
    for number in 1..=3 {
        let account = account_id(if number == 3 { 3 } else { 1 });
        let wish = Registration { account, ..person_registration(number) };
        let committed = driver.contacts.commit_persons(&[registers_if(&wish, false)]).await;
        assert_eq!(committed, [Committed::Moved]);
    }
    driver.contacts.switch(1, false, 100).await;
    let muted = |number| row(number, Stopped, 100, Some("NOTIFICATION_OFF"));
    let mut shown = rows(&driver).await;
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(shown, [muted(1), muted(2)]);
    driver.contacts.update(2, &mail_stop("asked"), 200).await;
    let stopped = row(2, Stopped, 200, Some("MAIL_STOPPED"));
    assert_eq!(rows(&driver).await, [stopped.clone(), muted(1)]);
    driver.contacts.switch(1, true, 300).await;
    assert_eq!(rows(&driver).await, [stopped]);
    driver.contacts.switch(1, false, 400).await;
    assert_eq!(rows(&driver).await[0], row(1, Stopped, 400, Some("NOTIFICATION_OFF")));
}

/// A mail that was sent before ends nothing.
pub async fn a_failed_mail_is_watched_until_one_is_sent(driver: DeliveryDriver) {
    driver.contacts.register(1..=2).await;
    driver.contacts.mailed((1, 1), 100, Outcome::Applied).await;
    driver.contacts.mailed((2, 1), 200, refused("SMTP_550")).await;
    driver.contacts.mailed((3, 2), 300, Outcome::Applied).await;
    let [entry] = <[WatchEntry; 1]>::try_from(driver.watched(WatchFilter::default()).await)
        .expect("one entry");
    let code = UpstreamCode::parse("SMTP_550").expect("the sample code parses");
    let cause =
        WatchCause::Failed { mail: mail_id(2), about: MailTopic::Contact(contact_id(2)), code };
    let expected = WatchEntry { id: contact_id(2).0, person: person_id(1), since: at(210), cause };
    assert_eq!(entry, expected);
    driver.contacts.mailed((4, 1), 400, Outcome::Applied).await;
    assert_eq!(rows(&driver).await, []);
}

/// A change of another detail ends nothing.
pub async fn a_failed_mail_is_watched_until_the_address_changes(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    driver.contacts.mailed((1, 1), 100, refused("SMTP_550")).await;
    let failed = row(1, Failed, 110, Some("SMTP_550"));
    driver.contacts.update(1, &mail_stop("asked"), 200).await;
    driver.contacts.update(1, &resume(), 300).await;
    assert_eq!(rows(&driver).await, std::slice::from_ref(&failed));
    driver.contacts.update(1, &new_email("n@example.com"), 400).await;
    assert_eq!(rows(&driver).await, []);
    driver.contacts.mailed((2, 1), 500, refused("SMTP_551")).await;
    assert_eq!(rows(&driver).await, [row(1, Failed, 510, Some("SMTP_551"))]);
}

/// Until it is proven sent.
pub async fn an_uncertain_mail_is_watched_while_it_is_uncertain(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    driver.contacts.mailed((1, 1), 100, Outcome::Unknown(Doubt::TimedOut)).await;
    let [entry] = <[WatchEntry; 1]>::try_from(driver.watched(WatchFilter::default()).await)
        .expect("one entry");
    let cause =
        WatchCause::Uncertain { mail: mail_id(1), about: MailTopic::Contact(contact_id(1)) };
    assert_eq!((entry.since, entry.cause), (at(110), cause));
    let effect = stored(&driver, mail_id(1)).await;
    let proven = mail_moved(&effect, EffectEvent::ProvenApplied, 200);
    driver.contacts.record(proven).await;
    assert_eq!(rows(&driver).await, []);
}

/// One row for each reason, of the newest mail.
pub async fn the_newest_failure_of_a_person_is_watched(driver: DeliveryDriver) {
    driver.contacts.register(1..=1).await;
    for (number, outcome) in [
        (1, refused("SMTP_550")),
        (2, Outcome::Unknown(Doubt::TimedOut)),
        (3, refused("SMTP_551")),
        (4, Outcome::Unknown(Doubt::ConnectionLost)),
    ] {
        driver.contacts.mailed((number, 1), i64::from(number) * 100, outcome).await;
    }
    let expected = [row(1, Uncertain, 410, None), row(1, Failed, 310, Some("SMTP_551"))];
    assert_eq!(rows(&driver).await, expected);
}

/// The results of announcements and contacts are one history of a person.
pub async fn a_mail_of_an_announcement_is_watched_like_one_of_a_contact(driver: DeliveryDriver) {
    driver.contacts.register(1..=3).await;
    driver.contacts.mailed((1, 1), 100, refused("SMTP_550")).await;
    driver.contacts.mailed((2, 3), 200, Outcome::Unknown(Doubt::TimedOut)).await;
    let announcements = AnnouncementDriver::from(driver.contacts.stores.clone());
    let announcement = announcements.approved(1, None).await;
    let (first, _) = announcements.batch(&announcement, 901, 400).await;
    assert_eq!(announcements.commit(&first).await, Committed::Moved);
    answer_all(&driver, 500, |mail| match mail {
        901 => refused("SMTP_551"),
        _ => Outcome::Unknown(Doubt::ConnectionLost),
    })
    .await;
    let uncertain = row(2, Uncertain, 510, None);
    let mut shown = rows(&driver).await;
    shown[..2].sort_by(|one, other| one.0.cmp(&other.0));
    let failed = row(1, Failed, 510, Some("SMTP_551"));
    assert_eq!(shown, [failed, uncertain.clone(), row(3, Uncertain, 210, None)]);
    let about = MailTopic::Announcement(announcement.id);
    for entry in &driver.watched(WatchFilter::default()).await[..2] {
        assert_eq!(entry.cause.about(), Some(about));
        assert_eq!(entry.cause.mail().map(|mail| mail.0), Some(entry.id));
    }
    let uncertain_mail = stored(&driver, mail_id(902)).await;
    driver.contacts.record(mail_moved(&uncertain_mail, EffectEvent::SetAside, 600)).await;
    assert!(rows(&driver).await.contains(&uncertain), "it is uncertain since the first moment");
    driver.contacts.mailed((3, 1), 700, Outcome::Applied).await;
    let held = announcements.find(announcement.id).await;
    let release = AnnouncementEvent::Release;
    let released = announcements.moved(&held, release, &person_act("ann", 800)).await;
    let (others, _) = announcements.batch(&released, 903, 900).await;
    assert_eq!(announcements.commit(&others).await, Committed::Moved);
    answer_all(&driver, 900, |_| Outcome::Applied).await;
    assert_eq!(rows(&driver).await, [uncertain]);
}

/// The effect of a mail.
async fn stored(driver: &DeliveryDriver, mail: MailId) -> Effect {
    let key = EffectKey { kind: MailOrder::KIND, id: EffectId(mail.0) };
    let found = driver.stores.platform.effects.find(&key).await.expect("effects are found");
    found.expect("the mail is stored").effect
}

/// Sends all mails that are due then; the answers come 10 seconds later.
async fn answer_all(driver: &DeliveryDriver, seconds: i64, answer: impl Fn(u128) -> Outcome) {
    let claimed = driver.contacts.claim(10, seconds).await;
    let changes: Vec<_> = claimed
        .iter()
        .map(|it| mail_answered(it, answer(it.order.key.id.0.as_u128()), seconds + 10))
        .collect();
    let recorded = driver.stores.platform.effects.record(&changes).await;
    let recorded = recorded.expect("outcomes are recorded");
    assert!(
        recorded.iter().all(|it| *it == Recorded::Written) && !recorded.is_empty(),
        "the answers of all due mails are written: {recorded:?}"
    );
}

/// By every filter; pages of every size have all entries once.
pub async fn the_watch_is_listed_newest_first_page_by_page(driver: DeliveryDriver) {
    for number in 1..=6 {
        let address = if number <= 3 { "same@example.com" } else { "other@example.com" };
        let wish = Registration { email: Some(email(address)), ..person_registration(number) };
        driver.contacts.registered(&wish).await;
    }
    for number in 1..=4 {
        let (seconds, outcome) = (i64::from(number) * 100, refused("SMTP_550"));
        driver.contacts.mailed((number, number), seconds, outcome).await;
    }
    for number in 3..=5 {
        driver.contacts.update(number, &mail_stop("asked"), 210).await;
    }
    driver.contacts.switch(6, false, 210).await;
    let whole = driver.watched(WatchFilter::default()).await;
    assert_eq!(whole.len(), 6 + 4 + 3 + 1);
    assert!(whole.is_sorted_by_key(|it| std::cmp::Reverse(it.position())), "the newest is first");
    for limit in [1, 2, 3, 5, 50] {
        let mut query = WatchQuery { filter: WatchFilter::default(), after: None, limit };
        let mut read = Vec::new();
        loop {
            let page = driver.list(&query).await;
            let Some(last) = page.last() else { break };
            query.after = Some(last.position());
            read.extend(page);
        }
        assert_eq!(read, whole, "{limit}");
    }
    let none = WatchFilter::default;
    for filter in WatchReason::ALL
        .map(|reason| WatchFilter { reason: Some(reason), ..none() })
        .into_iter()
        .chain((1..=7).map(|number| WatchFilter { person: Some(person_id(number)), ..none() }))
        .chain([0, 210, 211, 411].map(|from| WatchFilter { from: Some(at(from)), ..none() }))
        .chain([0, 1, 210, 211].map(|before| WatchFilter { before: Some(at(before)), ..none() }))
    {
        let query = WatchQuery { filter, after: None, limit: 50 };
        assert_eq!(driver.list(&query).await, query.page(whole.clone()), "{query:?}");
    }
}
