//! Checks whom the watch shows, until when, and in which order.

use madoguchi_domain::delivery::{
    MailTopic, WatchCause, WatchEntry, WatchFilter, WatchQuery, WatchReason,
};
use madoguchi_domain::effect::{Doubt, EffectEvent, EffectId, EffectKey, Outcome, UpstreamCode};
use madoguchi_domain::mail::MailOrder;
use madoguchi_domain::person::{
    AccountMail, DetailsUpdate, MailWish, Registration, StopReason, set_mail_notification,
};
use madoguchi_domain::port::Recorded;

use madoguchi_domain::announcement::AnnouncementEvent;
use madoguchi_domain::change::Committed;

use super::{WatchStores, all, commit, listed, mailed, registered, row, rows, update};
use crate::contract::announcement_store::{
    self as announcements, approved, batch, found, moved, person,
};
use crate::samples::{
    account_id, act, at, contact_id, email, human, mail_answered, mail_claim, mail_id, mail_moved,
    person_id, person_registration, registers_if,
};

use WatchReason::{Failed, Stopped, Uncertain};

fn refused(code: &str) -> Outcome {
    Outcome::Refused(UpstreamCode::parse(code).expect("the sample code parses"))
}

fn stop(reason: &str) -> DetailsUpdate {
    let reason = StopReason::parse(reason).expect("the sample reason parses");
    DetailsUpdate { mail: Some(MailWish::Stop(reason)), ..DetailsUpdate::default() }
}

fn resume() -> DetailsUpdate {
    DetailsUpdate { mail: Some(MailWish::Resume), ..DetailsUpdate::default() }
}

async fn switch(stores: &WatchStores, account: u32, notification: bool, seconds: i64) {
    let before = AccountMail { id: account_id(account), notification: !notification };
    let act = act("switch", human(), at(seconds));
    let change = set_mail_notification(&before, notification, &act);
    commit(stores, change.expect("it is the other setting")).await;
}

/// A later change of another detail keeps its time; another reason is another stop.
pub async fn a_stopped_person_is_watched_until_mail_is_resumed(stores: WatchStores) {
    registered(&stores, &person_registration(1)).await;
    registered(&stores, &person_registration(2)).await;
    update(&stores, 1, &stop("asked"), 100).await;
    let stopped = |seconds| row(1, Stopped, seconds, Some("MAIL_STOPPED"));
    assert_eq!(rows(&stores).await, [stopped(100)]);
    let moved = DetailsUpdate { email: Some(email("n@example.com")), ..DetailsUpdate::default() };
    update(&stores, 1, &moved, 200).await;
    assert_eq!(rows(&stores).await, [stopped(100)]);
    update(&stores, 1, &stop("asked again"), 300).await;
    assert_eq!(rows(&stores).await, [stopped(300)]);
    update(&stores, 1, &resume(), 400).await;
    assert_eq!(rows(&stores).await, []);
}

/// A stop of the person goes first, and stays when the account wants mail again.
pub async fn a_muted_account_is_watched_with_all_its_persons(stores: WatchStores) {
    for number in 1..=3 {
        let account = account_id(if number == 3 { 3 } else { 1 });
        let wish = Registration { account, ..person_registration(number) };
        commit(&stores, registers_if(&wish, false)).await;
    }
    switch(&stores, 1, false, 100).await;
    let muted = |number| row(number, Stopped, 100, Some("NOTIFICATION_OFF"));
    let mut shown = rows(&stores).await;
    shown.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(shown, [muted(1), muted(2)]);
    update(&stores, 2, &stop("asked"), 200).await;
    let stopped = row(2, Stopped, 200, Some("MAIL_STOPPED"));
    assert_eq!(rows(&stores).await, [stopped.clone(), muted(1)]);
    switch(&stores, 1, true, 300).await;
    assert_eq!(rows(&stores).await, [stopped]);
    switch(&stores, 1, false, 400).await;
    assert_eq!(rows(&stores).await[0], row(1, Stopped, 400, Some("NOTIFICATION_OFF")));
}

/// A mail that was sent before ends nothing.
pub async fn a_failed_mail_is_watched_until_one_is_sent(stores: WatchStores) {
    registered(&stores, &person_registration(1)).await;
    registered(&stores, &person_registration(2)).await;
    mailed(&stores, (1, 1), 100, Outcome::Applied).await;
    mailed(&stores, (2, 1), 200, refused("SMTP_550")).await;
    mailed(&stores, (3, 2), 300, Outcome::Applied).await;
    let [entry] = <[WatchEntry; 1]>::try_from(all(&stores).await).expect("one entry");
    let code = UpstreamCode::parse("SMTP_550").expect("the sample code parses");
    let cause =
        WatchCause::Failed { mail: mail_id(2), about: MailTopic::Contact(contact_id(2)), code };
    let expected = WatchEntry { id: contact_id(2).0, person: person_id(1), since: at(210), cause };
    assert_eq!(entry, expected);
    mailed(&stores, (4, 1), 400, Outcome::Applied).await;
    assert_eq!(rows(&stores).await, []);
}

/// A change of another detail ends nothing.
pub async fn a_failed_mail_is_watched_until_the_address_changes(stores: WatchStores) {
    registered(&stores, &person_registration(1)).await;
    mailed(&stores, (1, 1), 100, refused("SMTP_550")).await;
    let failed = row(1, Failed, 110, Some("SMTP_550"));
    update(&stores, 1, &stop("asked"), 200).await;
    update(&stores, 1, &resume(), 300).await;
    assert_eq!(rows(&stores).await, std::slice::from_ref(&failed));
    let moved = DetailsUpdate { email: Some(email("n@example.com")), ..DetailsUpdate::default() };
    update(&stores, 1, &moved, 400).await;
    assert_eq!(rows(&stores).await, []);
    mailed(&stores, (2, 1), 500, refused("SMTP_551")).await;
    assert_eq!(rows(&stores).await, [row(1, Failed, 510, Some("SMTP_551"))]);
}

/// Until it is proven sent.
pub async fn an_uncertain_mail_is_watched_while_it_is_uncertain(stores: WatchStores) {
    registered(&stores, &person_registration(1)).await;
    mailed(&stores, (1, 1), 100, Outcome::Unknown(Doubt::TimedOut)).await;
    let [entry] = <[WatchEntry; 1]>::try_from(all(&stores).await).expect("one entry");
    let cause =
        WatchCause::Uncertain { mail: mail_id(1), about: MailTopic::Contact(contact_id(1)) };
    assert_eq!((entry.since, entry.cause), (at(110), cause));
    let id = EffectId(mail_id(1).0);
    let key = EffectKey { kind: MailOrder::KIND, id };
    let found = stores.0.platform.effects.find(&key).await.expect("effects are found");
    let effect = found.expect("the mail is stored").effect;
    let proven = mail_moved(&effect, EffectEvent::ProvenApplied, 200);
    let recorded = stores.0.platform.effects.record(&[proven]).await;
    assert_eq!(recorded.expect("the proof is recorded"), [Recorded::Written]);
    assert_eq!(rows(&stores).await, []);
}

/// One row for each reason, of the newest mail.
pub async fn the_newest_failure_of_a_person_is_watched(stores: WatchStores) {
    registered(&stores, &person_registration(1)).await;
    for (number, outcome) in [
        (1, refused("SMTP_550")),
        (2, Outcome::Unknown(Doubt::TimedOut)),
        (3, refused("SMTP_551")),
        (4, Outcome::Unknown(Doubt::ConnectionLost)),
    ] {
        mailed(&stores, (number, 1), i64::from(number) * 100, outcome).await;
    }
    let expected = [row(1, Uncertain, 410, None), row(1, Failed, 310, Some("SMTP_551"))];
    assert_eq!(rows(&stores).await, expected);
}

/// The results of announcements and contacts are one history of a person.
pub async fn a_mail_of_an_announcement_is_watched_like_one_of_a_contact(stores: WatchStores) {
    for number in 1..=3 {
        registered(&stores, &person_registration(number)).await;
    }
    mailed(&stores, (1, 1), 100, refused("SMTP_550")).await;
    mailed(&stores, (2, 3), 200, Outcome::Unknown(Doubt::TimedOut)).await;
    let announcement = approved(&stores.0, 1, None).await;
    let (first, _) = batch(&stores.0, &announcement, 901, 400).await;
    assert_eq!(announcements::commit(&stores.0, &first).await, Committed::Moved);
    answer_all(&stores, 500, |mail| match mail {
        901 => refused("SMTP_551"),
        _ => Outcome::Unknown(Doubt::ConnectionLost),
    })
    .await;
    let uncertain = row(2, Uncertain, 510, None);
    let mut shown = rows(&stores).await;
    shown[..2].sort_by(|one, other| one.0.cmp(&other.0));
    let failed = row(1, Failed, 510, Some("SMTP_551"));
    assert_eq!(shown, [failed, uncertain.clone(), row(3, Uncertain, 210, None)]);
    let about = MailTopic::Announcement(announcement.id);
    for entry in &all(&stores).await[..2] {
        assert_eq!(entry.cause.about(), Some(about));
        assert_eq!(entry.cause.mail().map(|mail| mail.0), Some(entry.id));
    }
    set_aside(&stores, 902, 600).await;
    assert!(rows(&stores).await.contains(&uncertain), "it is uncertain since the first moment");
    mailed(&stores, (3, 1), 700, Outcome::Applied).await;
    let held = found(&stores.0, announcement.id).await;
    let release = AnnouncementEvent::Release;
    let released = moved(&stores.0, &held, release, &person("ann", 800)).await;
    let (others, _) = batch(&stores.0, &released, 903, 900).await;
    assert_eq!(announcements::commit(&stores.0, &others).await, Committed::Moved);
    answer_all(&stores, 900, |_| Outcome::Applied).await;
    assert_eq!(rows(&stores).await, [uncertain]);
}

/// Leaves an uncertain mail to people.
async fn set_aside(stores: &WatchStores, mail: u128, seconds: i64) {
    let effects = &stores.0.platform.effects;
    let id = EffectId(uuid::Uuid::from_u128(mail));
    let found = effects.find(&EffectKey { kind: MailOrder::KIND, id }).await;
    let effect = found.expect("effects are found").expect("the mail is stored").effect;
    let aside = mail_moved(&effect, EffectEvent::SetAside, seconds);
    let recorded = effects.record(&[aside]).await;
    assert_eq!(recorded.expect("the move is recorded"), [Recorded::Written]);
}

/// Sends all mails that are due then; the answers come 10 seconds later.
async fn answer_all(stores: &WatchStores, seconds: i64, answer: impl Fn(u128) -> Outcome) {
    let effects = &stores.0.platform.effects;
    let claimed = effects.claim(&mail_claim(10, seconds)).await.expect("mails are claimed");
    let changes: Vec<_> = claimed
        .iter()
        .map(|it| mail_answered(it, answer(it.order.key.id.0.as_u128()), seconds + 10))
        .collect();
    let recorded = effects.record(&changes).await.expect("outcomes are recorded");
    assert!(recorded.iter().all(|it| *it == Recorded::Written) && !recorded.is_empty());
}

/// By every filter; pages of every size have all entries once.
pub async fn the_watch_is_listed_newest_first_page_by_page(stores: WatchStores) {
    for number in 1..=6 {
        let address = if number <= 3 { "same@example.com" } else { "other@example.com" };
        let wish = Registration { email: Some(email(address)), ..person_registration(number) };
        registered(&stores, &wish).await;
    }
    for number in 1..=4 {
        let (seconds, outcome) = (i64::from(number) * 100, refused("SMTP_550"));
        mailed(&stores, (number, number), seconds, outcome).await;
    }
    for number in 3..=5 {
        update(&stores, number, &stop("asked"), 210).await;
    }
    switch(&stores, 6, false, 210).await;
    let whole = all(&stores).await;
    assert_eq!(whole.len(), 6 + 4 + 3 + 1);
    assert!(whole.is_sorted_by_key(|it| std::cmp::Reverse(it.position())));
    for limit in [1, 2, 3, 5, 50] {
        let mut query = WatchQuery { filter: WatchFilter::default(), after: None, limit };
        let mut read = Vec::new();
        loop {
            let page = listed(&stores, &query).await;
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
        assert_eq!(listed(&stores, &query).await, query.page(whole.clone()), "{query:?}");
    }
}
