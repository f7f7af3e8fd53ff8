//! The rules of announcements, one by one.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::actor::ActorRef;
use crate::announcement::{
    AnnouncementContent, AnnouncementEdit, AnnouncementStateName, MailedAnnouncement, MailingBatch,
    MailingPolicy, MailingState, ShownAnnouncement, check_announcement_mail,
};
use crate::contact::{ContactBody, ContactPolicy, ContactSubject, MailRules, MailVerdict};
use crate::correlation::CorrelationId;
use crate::mail::{MailId, MailOrder, MessageIdDomain, SuppressReason};
use crate::page::ListPosition;
use crate::person::{
    AccountId, AccountMail, ContactDetails, EmailAddress, Locale, MailStop, Person, PersonId,
    StopReason,
};

fn act(who: &str, second: i64) -> Act {
    let kind = if who == "bot" { ActorKind::System } else { ActorKind::Human };
    Act::new(
        ActorRef::new("idp", who, kind),
        Timestamp::from_second(second).unwrap(),
        CorrelationId::parse("c").unwrap(),
    )
}

fn policy() -> ContactPolicy {
    let message_id_domain = MessageIdDomain::parse("mail.example.com").unwrap();
    let mail = Some(MailRules { message_id_domain, mandatory_overrides_stop: false });
    ContactPolicy { mail, ..ContactPolicy::standard() }
}

fn content(subject: &str) -> CheckedAnnouncement {
    let content = AnnouncementContent {
        subject: ContactSubject::parse(subject).unwrap(),
        body: ContactBody::parse("text").unwrap(),
        link: None,
        posted_at: None,
        mail: true,
    };
    CheckedAnnouncement::new(content, &policy()).unwrap()
}

fn draft() -> Announcement {
    let ids = NewAnnouncementIds {
        announcement: AnnouncementId(Uuid::from_u128(1)),
        data_key: DataKeyId(Uuid::from_u128(2)),
        salt: ContentSalt::new([3; 32]),
    };
    Announcement::added(&content("old"), ids, &act("ann", 10)).0
}

fn audience(recipients: u32) -> Audience {
    Audience { recipients, hash: [u8::try_from(recipients).unwrap(); 32] }
}

fn on(
    announcement: &Announcement,
    event: AnnouncementEvent,
    act: &Act,
) -> Result<Announcement, AnnouncementRefusal> {
    announcement.change(&event, &IfMatch::Any, act).map(|(_, after)| after)
}

fn submitted() -> Announcement {
    on(&draft(), AnnouncementEvent::Submit(audience(5)), &act("sue", 20)).unwrap()
}

fn approve(announcement: &Announcement) -> AnnouncementEvent {
    AnnouncementEvent::Approve { seen: announcement.content_hash() }
}

#[test]
fn another_person_approves_content_and_recipients_as_they_were_shown() {
    let waiting = submitted();
    for (who, refused) in [
        ("ann", FourEyes::IsEditor),
        ("sue", FourEyes::IsEditor),
        ("Sue", FourEyes::IsEditor),
        ("bot", FourEyes::IsSystem),
    ] {
        let refused = Err(AnnouncementRefusal::FourEyes(refused));
        assert_eq!(on(&waiting, approve(&waiting), &act(who, 30)), refused, "{who}");
    }
    let before = draft().content_hash();
    let stale = on(&waiting, AnnouncementEvent::Approve { seen: before }, &act("bob", 30));
    assert_eq!(stale, Err(AnnouncementRefusal::ContentMoved));
    let approved = on(&waiting, approve(&waiting), &act("bob", 30)).unwrap();
    assert_eq!(approved.state.name(), AnnouncementStateName::Approved);
    assert_eq!(approved.state.mailing(), Some(&Mailing::new()));
    assert_eq!(approved.visible_from(), Some(act("bob", 30).at()));
    let again = on(&approved, approve(&waiting), &act("cho", 31));
    assert_eq!(again, Err(AnnouncementRefusal::ApprovalClosed));
}

#[test]
fn another_audience_or_text_is_another_hash() {
    let waiting = submitted();
    let more = on(&waiting, AnnouncementEvent::Submit(audience(6)), &act("sue", 25)).unwrap();
    let late = on(&more, approve(&waiting), &act("bob", 30));
    assert_eq!(late, Err(AnnouncementRefusal::ContentMoved));
    let same =
        waiting.change(&AnnouncementEvent::Submit(audience(5)), &IfMatch::Any, &act("x", 25));
    assert!(same.unwrap().0.is_none(), "the same recipients are the same submission");
    let edit = AnnouncementEvent::Edit(Box::new(content("new")));
    let edited = on(&waiting, edit, &act("eve", 26)).unwrap();
    assert_eq!(edited.state, AnnouncementState::Draft, "an edit voids the submission");
    let late = on(&edited, approve(&waiting), &act("bob", 30));
    assert_eq!(late, Err(AnnouncementRefusal::ContentMoved));
    let early = on(&edited, approve(&edited), &act("bob", 30));
    assert_eq!(early, Err(AnnouncementRefusal::NotSubmitted));
    let again = on(&edited, AnnouncementEvent::Submit(audience(5)), &act("ann", 40)).unwrap();
    let editor = on(&again, approve(&again), &act("eve", 50));
    assert_eq!(editor, Err(AnnouncementRefusal::FourEyes(FourEyes::IsEditor)));
}

#[test]
fn nobody_is_no_audience_and_a_program_does_not_reject() {
    let empty = on(&draft(), AnnouncementEvent::Submit(audience(0)), &act("ann", 20));
    assert_eq!(empty, Err(AnnouncementRefusal::NoRecipients));
    let reason = || AnnouncementEvent::Reject(RejectionReason::parse("no").unwrap());
    assert!(on(&submitted(), reason(), &act("bot", 30)).is_err());
    let rejected = on(&submitted(), reason(), &act("ann", 30)).unwrap();
    let submit = on(&rejected, AnnouncementEvent::Submit(audience(5)), &act("ann", 31));
    assert_eq!(submit, Err(AnnouncementRefusal::NotSubmitted));
    let edit = AnnouncementEvent::Edit(Box::new(content("old")));
    let draft = on(&rejected, edit, &act("ann", 32)).unwrap();
    assert_eq!(draft.state, AnnouncementState::Draft, "also with the same content");
}

#[test]
fn a_version_that_was_not_seen_is_refused_first() {
    let waiting = submitted();
    let stale = IfMatch::OneOf(vec![waiting.version - 1]);
    let refused = waiting.change(&approve(&waiting), &stale, &act("ann", 30));
    assert_eq!(refused, Err(AnnouncementRefusal::Stale));
}

#[test]
fn mails_are_released_once_and_stopped_for_ever() {
    let waiting = submitted();
    let release = || AnnouncementEvent::Release;
    assert_eq!(on(&waiting, release(), &act("ann", 30)), Err(AnnouncementRefusal::NoMails));
    let approved = on(&waiting, approve(&waiting), &act("bob", 30)).unwrap();
    assert_eq!(on(&approved, release(), &act("ann", 31)), Err(AnnouncementRefusal::NotHeld));
    let held = Mailing { state: MailingState::Held(act("x", 32).at()), ..Mailing::new() };
    let held = approved.with_mailing(held).unwrap();
    let released = on(&held, release(), &act("ann", 33)).unwrap();
    assert_eq!(released.state.mailing().unwrap().state, MailingState::Running);
    assert_eq!(on(&released, release(), &act("ann", 34)), Err(AnnouncementRefusal::NotHeld));
    let stopped = on(&released, AnnouncementEvent::Stop, &act("ann", 35)).unwrap();
    let twice = stopped.change(&AnnouncementEvent::Stop, &IfMatch::Any, &act("ann", 36));
    assert!(twice.unwrap().0.is_none(), "stopping twice is harmless");
    assert_eq!(on(&stopped, release(), &act("ann", 37)), Err(AnnouncementRefusal::NotHeld));
}

#[test]
fn persons_see_it_from_its_approval_or_its_posting() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let position = |second| ListPosition { at: at(second), id: Uuid::from_u128(1) };
    let waiting = submitted();
    assert_eq!((waiting.position(), waiting.shown_position()), (position(10), None));
    let approved = on(&waiting, approve(&waiting), &act("bob", 30)).unwrap();
    assert_eq!(approved.shown_position(), Some(position(30)));
    for (posted, shown) in [(20, 30), (40, 40)] {
        let content =
            AnnouncementContent { posted_at: Some(at(posted)), ..approved.content.clone() };
        let posted = Announcement { content, ..approved.clone() };
        assert_eq!(posted.shown_position(), Some(position(shown)));
    }
    let shown = ShownAnnouncement { announcement: approved, read_at: None };
    let person = PersonId::parse("PER1").unwrap();
    let read = shown.read(&person, &act("PER1", 50)).unwrap();
    let announcement = shown.announcement.id;
    assert_eq!(
        read.write,
        AnnouncementWrite::Read { announcement, person: person.clone(), at: at(50) }
    );
    let again = ShownAnnouncement { read_at: Some(at(50)), ..shown };
    assert_eq!(again.read(&person, &act("PER1", 60)), None, "it is read once");
}

#[test]
fn an_edit_changes_what_it_names_and_counts_the_version() {
    let edit = AnnouncementEdit {
        subject: ContactSubject::parse("new").ok(),
        mail: Some(false),
        ..AnnouncementEdit::default()
    };
    let event = |announcement: &Announcement, versions| {
        edit.event(announcement, &IfMatch::OneOf(versions), &policy())
    };
    let (before, edited) = (draft(), event(&draft(), vec![1]).unwrap());
    let (change, after) = before.change(&edited, &IfMatch::Any, &act("eve", 20)).unwrap();
    let content = AnnouncementContent {
        subject: ContactSubject::parse("new").unwrap(),
        mail: false,
        ..before.content.clone()
    };
    let editors = Editors::by(act("ann", 0).by).and(&act("eve", 0).by);
    assert_eq!(after, Announcement { content, editors, version: 2, ..before.clone() });
    let change = change.unwrap();
    let name = AnnouncementEventName::Edited;
    assert_eq!(change.write, AnnouncementWrite::Update(Box::new(after.clone()), name));
    assert_eq!(change.audit.action, Action::ANNOUNCEMENT_EDITED);
    let again = after.change(&edited, &IfMatch::Any, &act("eve", 30)).unwrap();
    assert_eq!(again, (None, after), "the same content is no change");
    assert_eq!(event(&before, vec![2]), Err(AnnouncementRefusal::Stale));
    let approved = on(&submitted(), approve(&submitted()), &act("bob", 30)).unwrap();
    let closed = event(&approved, vec![approved.version]);
    assert_eq!(closed, Err(AnnouncementRefusal::ApprovalClosed));
}

#[test]
fn a_batch_of_mails_is_planned_with_its_effects() {
    let approved = on(&submitted(), approve(&submitted()), &act("bob", 30)).unwrap();
    let persons = ["PER1", "PER2"].map(|id| PersonId::parse(id).unwrap());
    let (planning, rules) = (MailingPolicy::standard(), policy().mail.unwrap());
    let plan = |announcement: &Announcement, second| {
        let asked = MailingBatch { after: None, most: 2 };
        let mut ids = 100..;
        let new_id = || MailId(Uuid::from_u128(ids.next().unwrap()));
        let (batch, act) = ((&asked, &persons[..]), act("job", second));
        announcement.plan_mails(batch, (&planning, &rules), new_id, &act)
    };
    let change = plan(&approved, 40).unwrap();
    let mailing = Mailing { planned: 2, last: Some(persons[1].clone()), ..Mailing::new() };
    let after = approved.with_mailing(mailing).unwrap();
    let after = Box::new(Announcement { version: approved.version + 1, ..after });
    let ids = [100, 101].map(|id| MailId(Uuid::from_u128(id)));
    let mails: Vec<_> = persons.iter().cloned().zip(ids).collect();
    let now = act("", 40).at();
    assert_eq!(change.write, AnnouncementWrite::PlanMails { after, mails, due: now });
    assert_eq!(
        (change.audit.action, &*change.audit.detail),
        (Action::ANNOUNCEMENT_MAILS_PLANNED, "2")
    );
    let orders: Vec<_> =
        change.effects.iter().map(|it| MailOrder::parse(&it.order).unwrap()).collect();
    for ((order, person), id) in orders.iter().zip(&persons).zip(ids) {
        assert_eq!((&order.person, order.id, order.announcement), (person, id, Some(approved.id)));
    }
    assert_eq!(orders.len(), 2);
    assert!(change.effects.iter().all(|it| it.planned_at == now));
    // Before its posting nobody is mailed.
    let posted_at = Some(act("", 90).at());
    let content = AnnouncementContent { posted_at, ..approved.content.clone() };
    let later = plan(&Announcement { content, ..approved }, 40).unwrap();
    assert!(later.effects.iter().all(|it| Some(it.planned_at) == posted_at));
    assert_eq!(plan(&submitted(), 40), None, "it is not approved");
}

#[test]
fn a_mail_of_an_announcement_waits_goes_or_is_withdrawn() {
    let at = |second| Timestamp::from_second(second).unwrap();
    let to = EmailAddress::parse("taro@example.com").unwrap();
    let person = |mail_stop, notification, email| Person {
        id: PersonId::parse("PER1").unwrap(),
        account: AccountMail { id: AccountId::parse("ACC1").unwrap(), notification },
        locale: Locale::parse("ja").ok(),
        external_identity: None,
        details: ContactDetails { email, phone: None, mail_stop },
        email_since: at(0),
        data_key: DataKeyId(Uuid::nil()),
        version: 1,
    };
    let reason = StopReason::parse("asked").unwrap();
    let stop = MailStop { by: act("ann", 0).by, at: at(0), reason };
    let usual = person(None, true, Some(to.clone()));
    let send = MailVerdict::Send { to: to.clone(), locale: Locale::parse("ja").ok(), contacts: 1 };
    let withdraw = MailVerdict::Withdraw;
    let shown = Some(at(50));
    let cases = [
        (shown, false, Some(usual.clone()), send.clone()),
        (Some(at(49)), false, Some(usual.clone()), send),
        (Some(at(51)), false, Some(usual.clone()), MailVerdict::Wait { until: at(51) }),
        (None, false, Some(usual.clone()), withdraw(SuppressReason::Stopped)),
        (shown, true, Some(usual), withdraw(SuppressReason::Stopped)),
        (shown, false, None, withdraw(SuppressReason::NoAddress)),
        (shown, false, Some(person(None, true, None)), withdraw(SuppressReason::NoAddress)),
        (
            shown,
            false,
            Some(person(None, false, Some(to.clone()))),
            withdraw(SuppressReason::NotificationOff),
        ),
        (
            shown,
            false,
            Some(person(Some(stop), true, Some(to))),
            withdraw(SuppressReason::MailStopped),
        ),
    ];
    for (visible_from, is_stopped, person, expected) in cases {
        let announcement = MailedAnnouncement { visible_from, is_stopped };
        let verdict = check_announcement_mail(&announcement, person.as_ref(), at(50));
        assert_eq!(verdict, expected, "{announcement:?}, {person:?}");
    }
}
