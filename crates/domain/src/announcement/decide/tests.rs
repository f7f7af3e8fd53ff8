//! The rules of announcements, one by one.

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::actor::ActorRef;
use crate::announcement::{
    AnnouncementContent, AnnouncementStateName, MailingState, ShownAnnouncement,
};
use crate::contact::{ContactBody, ContactPolicy, ContactSubject, MailRules};
use crate::correlation::CorrelationId;
use crate::mail::MessageIdDomain;
use crate::page::ListPosition;
use crate::person::PersonId;

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
