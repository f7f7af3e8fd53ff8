//! The contract suite of [`AnnouncementStore`](madoguchi_domain::port::AnnouncementStore).

use std::sync::Arc;

use madoguchi_domain::announcement::{
    Announcement, AnnouncementContent, AnnouncementEvent, AnnouncementId, AnnouncementQuery,
    AnnouncementStateName, AnnouncementWrite, CheckedAnnouncement, MailCount, MailingBatch,
    MailingStateName, ShownAnnouncement, ShownQuery,
};
use madoguchi_domain::approval::RejectionReason;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactBody, ContactLink, ContactSubject};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::mail::MailState;

use crate::contract::race::race_changes;
use crate::contract::replay_store::stores_its_answer;
use crate::driver::announcements::AnnouncementDriver;
use crate::samples::{self, at, mail_answered, person_act, person_id};

/// Runs the suite on each adapter: `announcement_store_contract!(mine: open_mine(), …);`, where
/// `open_mine()` is a future of [`TestStores<ContactStores>`](crate::contract::TestStores).
#[macro_export]
macro_rules! announcement_store_contract {
    ($($adapters:tt)+) => {
        $crate::contract_suite! {
            announcement_store of announcement_store, of_stores [
                every_state_of_an_announcement_reads_back
                a_submission_has_the_persons_of_then_or_is_lost
                of_twenty_raced_approvals_of_an_announcement_one_is_written
                announcements_are_listed_newest_first_page_by_page
                recipients_see_what_is_posted_and_read_it_once
                what_is_shown_is_paged_and_found_by_its_id
                a_batch_plans_one_mail_for_each_recipient
                a_batch_decided_before_a_stop_plans_no_mail
                of_a_raced_batch_and_stop_one_is_written
                a_batch_that_was_decided_twice_is_planned_once
                a_recipient_is_planned_one_mail
                a_recipients_mail_shows_what_became_of_it
                a_mailing_is_due_while_it_is_visible_and_open
                mailings_are_due_oldest_first_up_to_the_limit
                a_change_of_an_announcement_stores_its_answer
            ]
            $($adapters)+
        }
    };
}

/// Announcement 1, approved for persons 1 to 3.
async fn approved_for_three(driver: &AnnouncementDriver) -> Announcement {
    driver.contacts.register(1..=3).await;
    driver.approved(1, None).await
}

/// Draft, submitted, approved, rejected, and edited again.
pub async fn every_state_of_an_announcement_reads_back(driver: AnnouncementDriver) {
    driver.contacts.register(1..=3).await;
    driver.approved(1, Some(900)).await;
    let waiting = driver.submitted(&driver.drafted(2, None).await).await;
    let reason = RejectionReason::parse("too early").expect("it parses");
    let rejected =
        driver.moved(&waiting, AnnouncementEvent::Reject(reason), &person_act("bob", 300)).await;
    let edit = AnnouncementEvent::Edit(Box::new(AnnouncementDriver::content(Some(800))));
    let edited = driver.moved(&rejected, edit, &person_act("eve", 400)).await;
    assert_eq!(edited.state.name(), AnnouncementStateName::Draft);
    assert_eq!(edited.editors.iter().count(), 3);
    // `moved` reads it back: every field is another one.
    let content = AnnouncementContent {
        subject: ContactSubject::parse("another subject").expect("it parses"),
        body: ContactBody::parse("another text").expect("it parses"),
        link: ContactLink::parse("https://my.example.com/another").ok(),
        posted_at: None,
        mail: false,
    };
    let content = CheckedAnnouncement::new(content, &samples::contact_policy());
    let edit = AnnouncementEvent::Edit(Box::new(content.expect("it keeps the rules")));
    driver.moved(&edited, edit, &person_act("eve", 500)).await;
}

/// Who is registered between the decision and the commit makes it lost.
pub async fn a_submission_has_the_persons_of_then_or_is_lost(driver: AnnouncementDriver) {
    driver.contacts.register(1..=3).await;
    let draft = driver.drafted(1, None).await;
    let audience = driver.store.audience().await.expect("persons are counted");
    assert_eq!(audience.recipients, 3);
    let event = AnnouncementEvent::Submit(audience);
    let (change, _) = driver.change(&draft, &event, &person_act("sue", 200));
    driver.contacts.register(4..=4).await;
    assert_eq!(driver.commit(&change).await, Committed::Lost);
    assert_eq!(driver.find(draft.id).await, draft);
    let waiting = driver.submitted(&draft).await;
    driver.contacts.register(5..=5).await;
    let all = MailingBatch { after: None, most: 100 };
    let recipients = driver.store.recipients(waiting.id, &all).await;
    assert_eq!(recipients, Ok((1..=4).map(person_id).collect::<Vec<_>>()));
    let edit = AnnouncementEvent::Edit(Box::new(AnnouncementDriver::content(Some(800))));
    driver.moved(&waiting, edit, &person_act("ann", 300)).await;
    assert_eq!(driver.store.recipients(waiting.id, &all).await, Ok(Vec::new()));
}

/// Commits changes at the same moment.
async fn raced(
    driver: &AnnouncementDriver,
    changes: &[Change<AnnouncementWrite>],
) -> Vec<Committed> {
    let commit = |change| {
        let store = Arc::clone(&driver.store);
        async move { store.commit(&change).await.expect("changes are committed") }
    };
    race_changes(&driver.contacts.stores, changes, commit).await
}

/// All of them decided on the same version.
pub async fn of_twenty_raced_approvals_of_an_announcement_one_is_written(
    driver: AnnouncementDriver,
) {
    driver.contacts.register(1..=2).await;
    let waiting = driver.submitted(&driver.drafted(1, None).await).await;
    let event = AnnouncementEvent::Approve { seen: waiting.content_hash() };
    let bob = |number| person_act(&format!("bob-{number}"), 300);
    let decisions = (0..20).map(|number| driver.change(&waiting, &event, &bob(number)).0);
    let committed = raced(&driver, &decisions.collect::<Vec<_>>()).await;
    assert_eq!(committed.iter().filter(|it| **it == Committed::Moved).count(), 1);
}

/// By state, too.
pub async fn announcements_are_listed_newest_first_page_by_page(driver: AnnouncementDriver) {
    driver.contacts.register(1..=1).await;
    let mut all = vec![driver.drafted(1, None).await, driver.drafted(2, None).await];
    all.push(driver.submitted(&driver.drafted(3, None).await).await);
    all.reverse();
    let mut after = None;
    for expected in &all {
        let query = AnnouncementQuery { state: None, after, limit: 1 };
        let page = driver.store.list(&query).await.expect("announcements are listed");
        after = page.last().map(Announcement::position);
        assert_eq!(page, std::slice::from_ref(expected));
    }
    let state = Some(AnnouncementStateName::Submitted);
    let query = AnnouncementQuery { state, after: None, limit: 9 };
    assert_eq!(driver.store.list(&query).await, Ok(all[..1].to_vec()));
}

/// All that a person sees then.
fn all_shown(who: u32, now: i64) -> ShownQuery {
    ShownQuery { person: person_id(who), id: None, now: at(now), after: None, limit: 9 }
}

async fn page(driver: &AnnouncementDriver, query: &ShownQuery) -> Vec<ShownAnnouncement> {
    driver.store.shown(query).await.expect("announcements are read")
}

async fn shown(driver: &AnnouncementDriver, who: u32, now: i64) -> Vec<ShownAnnouncement> {
    page(driver, &all_shown(who, now)).await
}

fn ids(shown: &[ShownAnnouncement]) -> Vec<AnnouncementId> {
    shown.iter().map(|it| it.announcement.id).collect()
}

/// Neither drafts nor what is posted later; nobody sees what they were not a recipient of.
pub async fn recipients_see_what_is_posted_and_read_it_once(driver: AnnouncementDriver) {
    driver.contacts.register(1..=2).await;
    let (late, early) = (driver.approved(1, Some(900)).await, driver.approved(2, None).await);
    driver.submitted(&driver.drafted(3, None).await).await;
    driver.contacts.register(3..=3).await;
    assert_eq!(shown(&driver, 3, 9_999).await, []);
    assert_eq!(ids(&shown(&driver, 1, 899).await), [early.id]);
    let both = shown(&driver, 1, 900).await;
    assert_eq!(ids(&both), [late.id, early.id]);
    let read = both[1].read(&person_id(1), &person_act("one", 950)).expect("it is not read yet");
    assert_eq!(driver.commit(&read).await, Committed::Moved);
    assert_eq!(driver.commit(&read).await, Committed::Lost);
    let after = shown(&driver, 1, 999).await;
    assert_eq!((after[0].read_at, after[1].read_at), (None, Some(at(950))));
    assert!(
        shown(&driver, 2, 999).await.iter().all(|it| it.read_at.is_none()),
        "another person has read nothing"
    );
}

/// No page repeats or leaves out one, also of those that became visible together; an id finds
/// only what its person sees.
pub async fn what_is_shown_is_paged_and_found_by_its_id(driver: AnnouncementDriver) {
    driver.contacts.register(1..=1).await;
    let (late, early) = (driver.approved(1, Some(900)).await, driver.approved(2, None).await);
    let same = driver.approved(3, None).await;
    driver.contacts.register(2..=2).await;
    let mut after = None;
    for expected in [vec![late.id], vec![same.id], vec![early.id], vec![]] {
        let one = page(&driver, &ShownQuery { after, limit: 1, ..all_shown(1, 900) }).await;
        after = one.last().map_or(after, |it| it.announcement.shown_position());
        assert_eq!(ids(&one), expected);
    }
    let named = async |id, who, now| {
        ids(&page(&driver, &ShownQuery { id: Some(id), ..all_shown(who, now) }).await)
    };
    assert_eq!(named(early.id, 1, 900).await, [early.id]);
    assert_eq!(named(late.id, 1, 900).await, [late.id]);
    assert_eq!(named(late.id, 1, 899).await, [], "it is not visible yet");
    assert_eq!(named(early.id, 2, 900).await, [], "it is not for this person");
}

/// First the first batch; after the release all others.
pub async fn a_batch_plans_one_mail_for_each_recipient(driver: AnnouncementDriver) {
    let announcement = approved_for_three(&driver).await;
    let (change, persons) = driver.batch(&announcement, 1, 400).await;
    assert_eq!(persons, [person_id(1), person_id(2)]);
    assert_eq!(driver.commit(&change).await, Committed::Moved);
    let held = driver.find(announcement.id).await;
    let state = |it: &Announcement| it.state.mailing().expect("it is mailed").state.name();
    assert_eq!(state(&held), MailingStateName::Held);
    let released = driver.moved(&held, AnnouncementEvent::Release, &person_act("ann", 500)).await;
    let due = async || driver.store.mailing(at(600), None, 9).await;
    assert_eq!(due().await, Ok(vec![announcement.id]), "the others wait for their mails");
    let (change, persons) = driver.batch(&released, 11, 600).await;
    assert_eq!(persons, [person_id(3)]);
    assert_eq!(driver.commit(&change).await, Committed::Moved);
    let planned = driver.find(announcement.id).await;
    assert_eq!(state(&planned), MailingStateName::Planned);
    assert_eq!(due().await, Ok(vec![]), "all mails are planned");
    assert_eq!(driver.contacts.claim(9, 700).await.len(), 3);
    let counts = driver.store.mail_counts(announcement.id).await;
    let pending = MailCount { state: MailState::Pending, reason: None, count: 3 };
    assert_eq!(counts, Ok(vec![pending]));
    assert_eq!(driver.store.waiting().await, Ok(3));
}

/// Nobody gets a mail after a stop, whatever was decided before it.
pub async fn a_batch_decided_before_a_stop_plans_no_mail(driver: AnnouncementDriver) {
    let announcement = approved_for_three(&driver).await;
    let (batch, _) = driver.batch(&announcement, 1, 400).await;
    let stop = AnnouncementEvent::Stop;
    let stopped = driver.moved(&announcement, stop, &person_act("ann", 400)).await;
    assert_eq!(driver.commit(&batch).await, Committed::Lost);
    assert_eq!(driver.find(announcement.id).await, stopped);
    assert_eq!(driver.store.waiting().await, Ok(0));
    assert_eq!(driver.contacts.claim(9, 700).await, []);
}

/// If the stop is written, no mail is planned; if mails are planned, the stop must be decided anew.
pub async fn of_a_raced_batch_and_stop_one_is_written(driver: AnnouncementDriver) {
    driver.contacts.register(1..=2).await;
    let mut planned = 0;
    for number in 1..=20 {
        let announcement = driver.approved(number, None).await;
        let (batch, _) = driver.batch(&announcement, u128::from(number) * 10, 400).await;
        let stop = AnnouncementEvent::Stop;
        let (stop, stopped) = driver.change(&announcement, &stop, &person_act("ann", 400));
        let committed = raced(&driver, &[batch, stop]).await;
        let is_stopped = driver.find(announcement.id).await == stopped;
        planned += if is_stopped { 0 } else { 2 };
        let expected = if is_stopped {
            [Committed::Lost, Committed::Moved]
        } else {
            [Committed::Moved, Committed::Lost]
        };
        assert_eq!(committed, expected, "announcement {number}");
        assert_eq!(driver.store.waiting().await, Ok(planned), "announcement {number}");
    }
    let claimed = driver.contacts.claim(99, 700).await;
    assert_eq!(claimed.len() as u64, planned);
}

/// By two nodes, each with its own ids; and also beside a stop.
pub async fn a_batch_that_was_decided_twice_is_planned_once(driver: AnnouncementDriver) {
    let announcement = approved_for_three(&driver).await;
    let (one, _) = driver.batch(&announcement, 1, 400).await;
    let (other, _) = driver.batch(&announcement, 11, 400).await;
    let (stop, _) = driver.change(&announcement, &AnnouncementEvent::Stop, &person_act("ann", 400));
    assert_eq!(driver.commit(&one).await, Committed::Moved);
    assert_eq!(driver.commit(&other).await, Committed::Lost);
    assert_eq!(driver.commit(&stop).await, Committed::Lost);
    assert_eq!(driver.contacts.claim(9, 700).await.len(), 2);
}

/// Not even by a change of the right version that names a recipient again.
pub async fn a_recipient_is_planned_one_mail(driver: AnnouncementDriver) {
    let announcement = approved_for_three(&driver).await;
    let (first, _) = driver.batch(&announcement, 1, 400).await;
    assert_eq!(driver.commit(&first).await, Committed::Moved);
    let held = driver.find(announcement.id).await;
    let released = driver.moved(&held, AnnouncementEvent::Release, &person_act("ann", 500)).await;
    let (mut again, _) = driver.batch(&released, 11, 600).await;
    let AnnouncementWrite::PlanMails { mails, .. } = &mut again.write else {
        panic!("a batch plans mails");
    };
    mails[0].0 = person_id(1);
    assert_eq!(driver.commit(&again).await, Committed::Lost);
    assert_eq!(driver.find(announcement.id).await, released);
    assert_eq!(driver.contacts.claim(9, 700).await.len(), 2);
}

/// Sent; the others have none, or wait.
pub async fn a_recipients_mail_shows_what_became_of_it(driver: AnnouncementDriver) {
    let announcement = approved_for_three(&driver).await;
    let (change, _) = driver.batch(&announcement, 1, 400).await;
    assert_eq!(driver.commit(&change).await, Committed::Moved);
    let claimed = driver.contacts.claim(1, 500).await;
    driver.contacts.record(mail_answered(&claimed[0], Outcome::Applied, 600)).await;
    let counts = driver.store.mail_counts(announcement.id).await;
    let count = |state| MailCount { state, reason: None, count: 1 };
    let expected = [MailState::None, MailState::Pending, MailState::Sent].map(count);
    assert_eq!(counts, Ok(expected.to_vec()));
    let mailed = driver.store.mailed(announcement.id).await;
    let mailed = mailed.expect("announcements are read").expect("it is stored");
    assert_eq!((mailed.visible_from, mailed.is_stopped), (Some(at(300)), false));
    assert_eq!(driver.store.waiting().await, Ok(1));
    let newest = driver.find(announcement.id).await;
    driver.moved(&newest, AnnouncementEvent::Stop, &person_act("ann", 700)).await;
    let mailed = driver.store.mailed(announcement.id).await;
    assert!(
        mailed.expect("announcements are read").expect("it is stored").is_stopped,
        "a stopped announcement is read as stopped"
    );
}

/// The last one was drafted first: its mails are not planned before those of older ones.
pub async fn mailings_are_due_oldest_first_up_to_the_limit(driver: AnnouncementDriver) {
    driver.contacts.register(1..=1).await;
    let mut all = Vec::new();
    for (number, posted) in [(1, 920), (2, 900), (3, 910)] {
        all.push(driver.approved(number, Some(posted)).await.id);
    }
    all.rotate_left(1);
    for limit in 1..=3 {
        let due = driver.store.mailing(at(999), None, limit).await;
        assert_eq!(due, Ok(all[..limit as usize].to_vec()));
    }
}

/// Neither before it is posted nor after a stop; while it is held, only after a time.
pub async fn a_mailing_is_due_while_it_is_visible_and_open(driver: AnnouncementDriver) {
    driver.contacts.register(1..=3).await;
    let announcement = driver.approved(1, Some(900)).await;
    driver.submitted(&driver.drafted(2, None).await).await;
    let due = async |seconds, held_until: Option<i64>| {
        let due = driver.store.mailing(at(seconds), held_until.map(at), 9).await;
        due.expect("announcements are read")
    };
    assert_eq!(due(899, None).await, []);
    assert_eq!(due(900, None).await, [announcement.id]);
    let (first, _) = driver.batch(&announcement, 1, 910).await;
    assert_eq!(driver.commit(&first).await, Committed::Moved);
    assert_eq!((due(999, None).await, due(999, Some(909)).await), (vec![], vec![]));
    assert_eq!(due(999, Some(910)).await, [announcement.id]);
    let held = driver.find(announcement.id).await;
    driver.moved(&held, AnnouncementEvent::Stop, &person_act("ann", 950)).await;
    assert_eq!(due(999, Some(999)).await, []);
}

/// A draft and an act on it; a key that has an answer makes them lost.
pub async fn a_change_of_an_announcement_stores_its_answer(driver: AnnouncementDriver) {
    driver.contacts.register(1..=1).await;
    let commit = async |changes: &[Change<AnnouncementWrite>]| driver.commit(&changes[0]).await;
    let (draft, added) = AnnouncementDriver::draft(1, None);
    stores_its_answer(&driver.contacts.stores, (1, &[added]), commit).await;
    let audience = driver.store.audience().await.expect("persons are counted");
    let event = AnnouncementEvent::Submit(audience);
    let (submitted, _) = driver.change(&draft, &event, &person_act("sue", 200));
    stores_its_answer(&driver.contacts.stores, (2, &[submitted]), commit).await;
}
