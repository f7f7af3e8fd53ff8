//! What a retention decision writes: holds, completions, deletions and purges.

use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::approval::ContentSalt;
use madoguchi_domain::audit::{Action, Subject};
use madoguchi_domain::contact::{
    ApplicationId, ApprovalRule, Contact, ContactBody, ContactId, ContactPolicy, ContactState,
    ContactSubject, ContactType, Content, Mark, NewContactIds, Sender, add,
};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::person::{AccountId, PersonId};
use madoguchi_domain::retention::{
    Application, Completion, HoldCommand, HoldId, HoldReason, HoldSubject, HoldWrite, JapanDay,
    LegalHold, NewHoldIds, PurgeGround, PurgeReceipt, RetentionWrite, place,
};
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

fn act(who: &str, second: i64) -> Act {
    let by = ActorRef::new("idp", who, ActorKind::Human);
    let at = Timestamp::from_second(second).unwrap();
    Act::new(by, at, CorrelationId::parse("c").unwrap())
}

fn contact() -> Contact {
    let content = Content {
        application: None,
        policy_number: None,
        contact_type: ContactType::Notice,
        subject: ContactSubject::parse("お知らせ").unwrap(),
        body: ContactBody::parse("お知らせです。").unwrap(),
        link: None,
        group: None,
        posted_at: None,
        expires_at: None,
        mandatory: false,
        sender: Sender::System,
    };
    let ids = NewContactIds {
        contact: ContactId(Uuid::from_u128(1)),
        data_key: DataKeyId(Uuid::from_u128(2)),
        salt: ContentSalt::new([7; 32]),
    };
    let whom = (PersonId::parse("PER1").unwrap(), AccountId::parse("ACC1").unwrap());
    let checked = ContactPolicy::standard().check(content).unwrap();
    add(whom, checked, ids, ApprovalRule::Off, &act("ann", 10))
}

#[test]
fn a_hold_is_placed_and_released_once() {
    let subject = HoldSubject::Person(PersonId::parse("PER1").unwrap());
    let reason = HoldReason::parse("訴訟").unwrap();
    let (hold, data_key) = (HoldId(Uuid::from_u128(1)), DataKeyId(Uuid::from_u128(2)));
    let command = HoldCommand { subject: subject.clone(), reason: reason.clone() };
    let (change, hold) = place(&command, NewHoldIds { hold, data_key }, &act("ann", 10));
    let placed = Mark::from(&act("ann", 10));
    let reason = Some(reason);
    let expected = LegalHold { id: hold.id, subject, reason, data_key, placed, released: None };
    assert_eq!((&hold, change.write), (&expected, HoldWrite::Place(Box::new(expected.clone()))));
    assert_eq!((change.audit.action, &*change.audit.detail), (Action::HOLD_PLACED, "PERSON"));
    let (change, released) = hold.release(&act("bob", 20)).unwrap();
    let mark = Mark::from(&act("bob", 20));
    assert_eq!(change.write, HoldWrite::Release(hold.id, mark.clone()));
    assert_eq!(change.audit.action, Action::HOLD_RELEASED);
    assert_eq!(released, LegalHold { released: Some(mark), ..hold });
    assert_eq!(released.release(&act("cho", 30)), None);
}

#[test]
fn a_completion_is_written_once_and_names_its_day() {
    let id = ApplicationId::parse("A-1").unwrap();
    let open = Application { id: id.clone(), completion: None };
    let now = act("web", 1_603_378_800);
    let change = open.complete(now.at(), &now).unwrap().unwrap();
    let on = JapanDay::parse("2020-10-23").unwrap();
    let completion = Completion { on, recorded: Mark::from(&now) };
    let done = Application { completion: Some(completion.clone()), ..open };
    assert_eq!(change.write, RetentionWrite::Complete { application: id, completion });
    assert_eq!(change.audit.subject, Subject::new("application", "A-1"));
    assert_eq!(&*change.audit.detail, "2020-10-23");
    assert_eq!(done.complete(now.at(), &now), Ok(None));
}

#[test]
fn what_is_deleted_or_purged_is_erased_from_what_was_remembered() {
    let (contact, version) = (contact(), Uuid::from_u128(9));
    let change = RetentionWrite::delete(&contact, version, &act("job", 20)).unwrap();
    assert_eq!(change.audit.action, Action::CONTACT_DELETED);
    assert_eq!(&*change.audit.detail, "retention");
    assert_eq!(change.write.erased(), Some(contact.id));
    let RetentionWrite::Delete(after, id) = change.write else { panic!("{:?}", change.write) };
    assert_eq!((after.state(), after.version, id), (ContactState::Deleted, 2, version));
    assert_eq!(RetentionWrite::delete(&after, version, &act("job", 30)), None, "only once");
    let receipt = PurgeReceipt {
        contact: contact.id,
        application: None,
        data_key: contact.data_key,
        ground: PurgeGround::Deleted,
        since: act("", 20).at(),
        purge_age: 30,
        purged_at: act("", 30).at(),
        correlation: act("", 30).correlation,
    };
    let purge = RetentionWrite::Purge { version: 2, receipt };
    let report = RetentionWrite::Report { contact: contact.id, version: 1, at: act("", 20).at() };
    assert_eq!((purge.erased(), report.erased()), (Some(contact.id), None));
}
