//! The contract suite of [`AnnouncementStore`](madoguchi_domain::port::AnnouncementStore).

use madoguchi_application::ContactStores;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::announcement::{
    Announcement, AnnouncementContent, AnnouncementEvent, AnnouncementId, AnnouncementQuery,
    AnnouncementStateName, AnnouncementWrite, CheckedAnnouncement, MailCount, MailingBatch,
    MailingPolicy, MailingStateName, NewAnnouncementIds, ShownAnnouncement, ShownQuery,
};
use madoguchi_domain::approval::{ContentSalt, RejectionReason};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ContactBody, ContactPolicy, ContactSubject};
use madoguchi_domain::effect::Outcome;
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::mail::{MailId, MailState};
use madoguchi_domain::person::PersonId;
use madoguchi_domain::port::Recorded;
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

use crate::contract::race::race;
use crate::samples::{
    act, at, mail_answered, mail_claim, mail_rules, person_id, person_registration, registers,
};

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
                a_batch_plans_one_mail_for_each_recipient
                a_batch_that_was_decided_twice_is_planned_once
                a_recipient_is_planned_one_mail
                a_recipients_mail_shows_what_became_of_it
                a_mailing_is_due_while_it_is_visible_and_open
            ]
            $($adapters)+
        }
    };
}

const POLICY: MailingPolicy = MailingPolicy { first_batch: 2, release_after: None, batch: 2 };

pub(crate) fn person(name: &str, seconds: i64) -> Act {
    act("announce", ActorRef::new("sample-idp", name, ActorKind::Human), at(seconds))
}

async fn register(stores: &ContactStores, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        let change = registers(&person_registration(number));
        let registered = stores.persons.commit(&[change]).await.expect("a person is registered");
        assert_eq!(registered, [Committed::Moved]);
    }
}

fn content(posted: Option<i64>) -> CheckedAnnouncement {
    let content = AnnouncementContent {
        subject: ContactSubject::parse("システム停止のお知らせ").expect("it parses"),
        body: ContactBody::parse("text").expect("it parses"),
        link: None,
        posted_at: posted.map(at),
        mail: true,
    };
    let policy = ContactPolicy { mail: Some(mail_rules()), ..ContactPolicy::standard() };
    CheckedAnnouncement::new(content, &policy).expect("it keeps the rules")
}

pub(crate) async fn commit(
    stores: &ContactStores,
    change: &Change<AnnouncementWrite>,
) -> Committed {
    stores.announcements.commit(change).await.expect("changes are committed")
}

pub(crate) async fn found(stores: &ContactStores, id: AnnouncementId) -> Announcement {
    let found = stores.announcements.find(id).await.expect("announcements are read");
    found.expect("it is stored")
}

/// Ann's draft, of this number and time.
async fn draft(stores: &ContactStores, number: u32, posted: Option<i64>) -> Announcement {
    let id = |kind: u128| Uuid::from_u128(kind << 64 | u128::from(number));
    let ids = NewAnnouncementIds {
        announcement: AnnouncementId(id(5)),
        data_key: DataKeyId(id(6)),
        salt: ContentSalt::new([9; 32]),
    };
    let act = person("ann", 100 + i64::from(number));
    let (draft, change) = Announcement::added(&content(posted), ids, &act);
    assert_eq!(commit(stores, &change).await, Committed::Moved);
    draft
}

fn change(
    announcement: &Announcement,
    event: &AnnouncementEvent,
    act: &Act,
) -> (Change<AnnouncementWrite>, Announcement) {
    let (change, after) = announcement.change(event, &IfMatch::Any, act).expect("it is allowed");
    (change.expect("it changes something"), after)
}

pub(crate) async fn moved(
    stores: &ContactStores,
    announcement: &Announcement,
    event: AnnouncementEvent,
    act: &Act,
) -> Announcement {
    let (change, after) = change(announcement, &event, act);
    assert_eq!(commit(stores, &change).await, Committed::Moved);
    assert_eq!(found(stores, after.id).await, after);
    after
}

async fn submitted(stores: &ContactStores, draft: &Announcement) -> Announcement {
    let audience = stores.announcements.audience().await.expect("persons are counted");
    moved(stores, draft, AnnouncementEvent::Submit(audience), &person("sue", 200)).await
}

pub(crate) async fn approved(
    stores: &ContactStores,
    number: u32,
    posted: Option<i64>,
) -> Announcement {
    let waiting = submitted(stores, &draft(stores, number, posted).await).await;
    let event = AnnouncementEvent::Approve { seen: waiting.content_hash() };
    moved(stores, &waiting, event, &person("bob", 300)).await
}

/// Draft, submitted, approved, rejected, and edited again.
pub async fn every_state_of_an_announcement_reads_back(stores: ContactStores) {
    register(&stores, 1..=3).await;
    approved(&stores, 1, Some(900)).await;
    let waiting = submitted(&stores, &draft(&stores, 2, None).await).await;
    let reason = RejectionReason::parse("too early").expect("it parses");
    let rejected =
        moved(&stores, &waiting, AnnouncementEvent::Reject(reason), &person("bob", 300)).await;
    let edit = AnnouncementEvent::Edit(Box::new(content(Some(800))));
    let edited = moved(&stores, &rejected, edit, &person("eve", 400)).await;
    assert_eq!(edited.state.name(), AnnouncementStateName::Draft);
    assert_eq!(edited.editors.iter().count(), 3);
}

/// Who is registered between the decision and the commit makes it lost.
pub async fn a_submission_has_the_persons_of_then_or_is_lost(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let draft = draft(&stores, 1, None).await;
    let audience = stores.announcements.audience().await.expect("persons are counted");
    assert_eq!(audience.recipients, 3);
    let event = AnnouncementEvent::Submit(audience);
    let (change, _) = change(&draft, &event, &person("sue", 200));
    register(&stores, 4..=4).await;
    assert_eq!(commit(&stores, &change).await, Committed::Lost);
    assert_eq!(found(&stores, draft.id).await, draft);
    let waiting = submitted(&stores, &draft).await;
    register(&stores, 5..=5).await;
    let all = MailingBatch { after: None, most: 100 };
    let recipients = stores.announcements.recipients(waiting.id, &all).await;
    assert_eq!(recipients, Ok((1..=4).map(person_id).collect::<Vec<_>>()));
    let edit = AnnouncementEvent::Edit(Box::new(content(Some(800))));
    moved(&stores, &waiting, edit, &person("ann", 300)).await;
    assert_eq!(stores.announcements.recipients(waiting.id, &all).await, Ok(Vec::new()));
}

/// All of them decided on the same version.
pub async fn of_twenty_raced_approvals_of_an_announcement_one_is_written(stores: ContactStores) {
    register(&stores, 1..=2).await;
    let waiting = submitted(&stores, &draft(&stores, 1, None).await).await;
    let event = AnnouncementEvent::Approve { seen: waiting.content_hash() };
    let decisions = (0..20).map(|number| {
        let (change, _) = change(&waiting, &event, &person(&format!("bob-{number}"), 300));
        let announcements = std::sync::Arc::clone(&stores.announcements);
        async move { announcements.commit(&change).await.expect("changes are committed") }
    });
    let committed = race(decisions.collect()).await;
    assert_eq!(committed.iter().filter(|it| **it == Committed::Moved).count(), 1);
}

/// By state, too.
pub async fn announcements_are_listed_newest_first_page_by_page(stores: ContactStores) {
    register(&stores, 1..=1).await;
    let mut all = vec![draft(&stores, 1, None).await, draft(&stores, 2, None).await];
    all.push(submitted(&stores, &draft(&stores, 3, None).await).await);
    all.reverse();
    let (mut paged, mut after) = (Vec::new(), None);
    for _ in 0..3 {
        let query = AnnouncementQuery { state: None, after, limit: 1 };
        let page = stores.announcements.list(&query).await.expect("announcements are listed");
        after = page.last().map(Announcement::position);
        paged.extend(page);
    }
    assert_eq!(paged, all);
    let state = Some(AnnouncementStateName::Submitted);
    let query = AnnouncementQuery { state, after: None, limit: 9 };
    assert_eq!(stores.announcements.list(&query).await, Ok(all[..1].to_vec()));
}

async fn shown(stores: &ContactStores, who: u32, now: i64) -> Vec<ShownAnnouncement> {
    let person = person_id(who);
    let query = ShownQuery { person, id: None, now: at(now), after: None, limit: 9 };
    stores.announcements.shown(&query).await.expect("announcements are read")
}

/// Neither drafts nor what is posted later; nobody sees what they were not a recipient of.
pub async fn recipients_see_what_is_posted_and_read_it_once(stores: ContactStores) {
    register(&stores, 1..=2).await;
    let (late, early) = (approved(&stores, 1, Some(900)).await, approved(&stores, 2, None).await);
    submitted(&stores, &draft(&stores, 3, None).await).await;
    register(&stores, 3..=3).await;
    assert_eq!(shown(&stores, 3, 9_999).await, []);
    let ids =
        |all: &[ShownAnnouncement]| -> Vec<_> { all.iter().map(|it| it.announcement.id).collect() };
    assert_eq!(ids(&shown(&stores, 1, 899).await), [early.id]);
    let both = shown(&stores, 1, 900).await;
    assert_eq!(ids(&both), [late.id, early.id]);
    let query = ShownQuery {
        person: person_id(1),
        id: None,
        now: at(900),
        after: both[0].announcement.shown_position(),
        limit: 9,
    };
    let rest = stores.announcements.shown(&query).await.expect("announcements are read");
    assert_eq!(ids(&rest), [early.id]);
    let read = both[1].read(&person_id(1), &person("one", 950)).expect("it is not read yet");
    assert_eq!(commit(&stores, &read).await, Committed::Moved);
    assert_eq!(commit(&stores, &read).await, Committed::Lost);
    let after = shown(&stores, 1, 999).await;
    assert_eq!((after[0].read_at, after[1].read_at), (None, Some(at(950))));
    assert!(shown(&stores, 2, 999).await.iter().all(|it| it.read_at.is_none()));
}

/// The change that plans the next batch, with ids from `first` on.
pub(crate) async fn batch(
    stores: &ContactStores,
    announcement: &Announcement,
    first: u128,
    seconds: i64,
) -> (Change<AnnouncementWrite>, Vec<PersonId>) {
    let mailing = announcement.state.mailing().expect("it is mailed");
    let asked = mailing.next(&POLICY, at(seconds)).expect("there is more to plan");
    let persons = stores.announcements.recipients(announcement.id, &asked).await;
    let persons = persons.expect("recipients are read");
    let mut ids = (first..).map(|it| MailId(Uuid::from_u128(it)));
    let change = announcement.plan_mails(
        (&asked, &persons),
        (&POLICY, &mail_rules()),
        || ids.next().expect("numbers do not end"),
        &person("job", seconds),
    );
    (change.expect("it is mailed"), persons)
}

/// First the first batch; after the release all others.
pub async fn a_batch_plans_one_mail_for_each_recipient(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let announcement = approved(&stores, 1, None).await;
    let (change, persons) = batch(&stores, &announcement, 1, 400).await;
    assert_eq!(persons, [person_id(1), person_id(2)]);
    assert_eq!(commit(&stores, &change).await, Committed::Moved);
    let held = found(&stores, announcement.id).await;
    let state = |it: &Announcement| it.state.mailing().expect("it is mailed").state.name();
    assert_eq!(state(&held), MailingStateName::Held);
    let released = moved(&stores, &held, AnnouncementEvent::Release, &person("ann", 500)).await;
    let (change, persons) = batch(&stores, &released, 11, 600).await;
    assert_eq!(persons, [person_id(3)]);
    assert_eq!(commit(&stores, &change).await, Committed::Moved);
    let planned = found(&stores, announcement.id).await;
    assert_eq!(state(&planned), MailingStateName::Planned);
    let claimed = stores.platform.effects.claim(&mail_claim(9, 700)).await;
    assert_eq!(claimed.expect("mails are claimed").len(), 3);
    let counts = stores.announcements.mail_counts(announcement.id).await;
    let pending = MailCount { state: MailState::Pending, reason: None, count: 3 };
    assert_eq!(counts, Ok(vec![pending]));
    assert_eq!(stores.announcements.waiting().await, Ok(3));
}

/// By two nodes, each with its own ids; and also beside a stop.
pub async fn a_batch_that_was_decided_twice_is_planned_once(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let announcement = approved(&stores, 1, None).await;
    let (one, _) = batch(&stores, &announcement, 1, 400).await;
    let (other, _) = batch(&stores, &announcement, 11, 400).await;
    let (stop, _) = change(&announcement, &AnnouncementEvent::Stop, &person("ann", 400));
    assert_eq!(commit(&stores, &one).await, Committed::Moved);
    assert_eq!(commit(&stores, &other).await, Committed::Lost);
    assert_eq!(commit(&stores, &stop).await, Committed::Lost);
    let claimed = stores.platform.effects.claim(&mail_claim(9, 700)).await;
    assert_eq!(claimed.expect("mails are claimed").len(), 2);
}

/// Not even by a change of the right version that names a recipient again.
pub async fn a_recipient_is_planned_one_mail(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let announcement = approved(&stores, 1, None).await;
    let (first, _) = batch(&stores, &announcement, 1, 400).await;
    assert_eq!(commit(&stores, &first).await, Committed::Moved);
    let held = found(&stores, announcement.id).await;
    let released = moved(&stores, &held, AnnouncementEvent::Release, &person("ann", 500)).await;
    let (mut again, _) = batch(&stores, &released, 11, 600).await;
    let AnnouncementWrite::PlanMails { mails, .. } = &mut again.write else {
        panic!("a batch plans mails");
    };
    mails[0].0 = person_id(1);
    assert_eq!(commit(&stores, &again).await, Committed::Lost);
    assert_eq!(found(&stores, announcement.id).await, released);
    let claimed = stores.platform.effects.claim(&mail_claim(9, 700)).await;
    assert_eq!(claimed.expect("mails are claimed").len(), 2);
}

/// Sent; the others have none, or wait.
pub async fn a_recipients_mail_shows_what_became_of_it(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let announcement = approved(&stores, 1, None).await;
    let (change, _) = batch(&stores, &announcement, 1, 400).await;
    assert_eq!(commit(&stores, &change).await, Committed::Moved);
    let effects = &stores.platform.effects;
    let claimed = effects.claim(&mail_claim(1, 500)).await.expect("a mail is claimed");
    let sent = mail_answered(&claimed[0], Outcome::Applied, 600);
    assert_eq!(effects.record(&[sent]).await, Ok(vec![Recorded::Written]));
    let counts = stores.announcements.mail_counts(announcement.id).await;
    let count = |state| MailCount { state, reason: None, count: 1 };
    let expected = [MailState::None, MailState::Pending, MailState::Sent].map(count);
    assert_eq!(counts, Ok(expected.to_vec()));
    let mailed = stores.announcements.mailed(announcement.id).await;
    let mailed = mailed.expect("announcements are read").expect("it is stored");
    assert_eq!((mailed.visible_from, mailed.is_stopped), (Some(at(300)), false));
    assert_eq!(stores.announcements.waiting().await, Ok(1));
    let newest = found(&stores, announcement.id).await;
    moved(&stores, &newest, AnnouncementEvent::Stop, &person("ann", 700)).await;
    let mailed = stores.announcements.mailed(announcement.id).await;
    assert!(mailed.expect("announcements are read").expect("it is stored").is_stopped);
}

/// Neither before it is posted nor after a stop; while it is held, only after a time.
pub async fn a_mailing_is_due_while_it_is_visible_and_open(stores: ContactStores) {
    register(&stores, 1..=3).await;
    let announcement = approved(&stores, 1, Some(900)).await;
    submitted(&stores, &draft(&stores, 2, None).await).await;
    let due = async |seconds, held_until: Option<i64>| {
        let due = stores.announcements.mailing(at(seconds), held_until.map(at), 9).await;
        due.expect("announcements are read")
    };
    assert_eq!(due(899, None).await, []);
    assert_eq!(due(900, None).await, [announcement.id]);
    let (first, _) = batch(&stores, &announcement, 1, 910).await;
    assert_eq!(commit(&stores, &first).await, Committed::Moved);
    assert_eq!((due(999, None).await, due(999, Some(909)).await), (vec![], vec![]));
    assert_eq!(due(999, Some(910)).await, [announcement.id]);
    let held = found(&stores, announcement.id).await;
    moved(&stores, &held, AnnouncementEvent::Stop, &person("ann", 950)).await;
    assert_eq!(due(999, Some(999)).await, []);
}
