//! Registration and changes of contact details, decided on sample persons.

use super::*;
use crate::actor::ActorKind;
use crate::correlation::CorrelationId;
use crate::idempotency::Replayable;
use crate::payload::Payload;
use crate::person::{
    AccountId, AccountMail, DetailChange, ExternalIdentity, Locale, PersonId, PersonQuery,
    PersonVersion, RegisteredVersion, Registration, changes, register, set_mail_notification,
};
use crate::registered::Registered;
use crate::sealed::DataKeyId;

fn act(subject: &str, second: i64) -> Act {
    Act::new(
        ActorRef::new("idp", subject, ActorKind::Human),
        Timestamp::from_second(second).unwrap(),
        CorrelationId::parse("c").unwrap(),
    )
}

fn registration(account: &str) -> Registration {
    Registration {
        id: PersonId::parse("PER0001").unwrap(),
        account: AccountId::parse(account).unwrap(),
        email: Some(EmailAddress::parse("taro@example.com").unwrap()),
        phone: None,
        locale: None,
        external_identity: None,
    }
}

fn registered(known: &[Person], wish: &Registration) -> (Option<Person>, Registered<Person>) {
    let ids = (DataKeyId(Uuid::from_u128(1)), Uuid::from_u128(2));
    let (change, answer) = register(known, wish, true, ids, &act("crm", 0));
    let person = change.map(|change| match change.write {
        PersonWrite::Register(new) => new.person,
        other @ (PersonWrite::Update(..) | PersonWrite::AccountMail(_)) => panic!("{other:?}"),
    });
    (person, answer)
}

fn taro() -> Person {
    registered(&[], &registration("ACC0001")).0.unwrap()
}

/// The person after an update on any version, and the audit row's detail.
fn updated(person: &Person, update: &DetailsUpdate, act: &Act) -> (Person, Option<String>) {
    let (change, answer) = update_details(person, update, &IfMatch::Any, Uuid::nil(), act);
    let Updated::Done(after) = answer else { panic!("{answer:?}") };
    (*after, change.map(|change| change.audit.detail.into_owned()))
}

fn stop(reason: &str) -> DetailsUpdate {
    let mail = Some(MailWish::Stop(StopReason::parse(reason).unwrap()));
    DetailsUpdate { mail, ..DetailsUpdate::default() }
}

#[test]
fn a_registration_is_new_then_same_then_different() {
    let wish = registration("ACC0001");
    assert_eq!(registered(&[], &wish).1, Registered::New);
    assert_eq!(registered(&[taro()], &wish), (None, Registered::Same(Box::new(taro()))));
    assert_eq!(registered(&[taro()], &registration("ACC0002")), (None, Registered::Different));
    // Another person of the account, from before an account had one only.
    let other = Person { id: PersonId::parse("PER0002").unwrap(), ..taro() };
    let same = Registered::Same(Box::new(taro()));
    assert_eq!(registered(&[other.clone(), taro()], &wish).1, same);
    assert_eq!(registered(&[other], &wish), (None, Registered::Different));
    let others = [
        Registration { email: None, ..wish.clone() },
        Registration { phone: PhoneNumber::parse("+819012345678").ok(), ..wish.clone() },
        Registration { locale: Locale::parse("ja").ok(), ..wish.clone() },
        Registration { external_identity: ExternalIdentity::parse("X").ok(), ..wish },
    ];
    for other in others {
        assert_eq!(registered(&[taro()], &other), (None, Registered::Different), "{other:?}");
    }
}

#[test]
fn a_query_finds_a_person_by_what_it_names() {
    let phone = |text| PhoneNumber::parse(text).unwrap();
    let email = |text| EmailAddress::parse(text).unwrap();
    let mut person = taro();
    person.details.phone = Some(phone("+819012345678"));
    let queries = [
        (PersonQuery::Id(person.id.clone()), true),
        (PersonQuery::Id(PersonId::parse("ACC0001").unwrap()), false),
        (PersonQuery::Account(person.account.id.clone()), true),
        (PersonQuery::Account(AccountId::parse("PER0001").unwrap()), false),
        (PersonQuery::Email(email("taro@example.com")), true),
        (PersonQuery::Email(email("jiro@example.com")), false),
        (PersonQuery::Phone(phone("+819012345678")), true),
        (PersonQuery::Phone(phone("+819012345679")), false),
    ];
    for (query, finds) in queries {
        assert_eq!(query.matches(&person), finds, "{query:?}");
    }
}

#[test]
fn an_update_changes_only_what_it_names() {
    let phone = PhoneNumber::parse("+819012345678").ok();
    let update = DetailsUpdate { phone: phone.clone(), ..DetailsUpdate::default() };
    let (after, detail) = updated(&taro(), &update, &act("crm", 1));
    assert_eq!((after.version, detail.as_deref()), (2, Some("phone")));
    assert_eq!((&after.details.email, &after.details.phone), (&taro().details.email, &phone));
    assert_eq!(updated(&after, &update, &act("crm", 2)), (after.clone(), None));
    assert_eq!(updated(&after, &DetailsUpdate::default(), &act("crm", 3)), (after, None));
}

#[test]
fn a_mail_stop_keeps_who_stopped_first_until_the_reason_changes() {
    let (stopped, detail) = updated(&taro(), &stop("asked by phone"), &act("aiko", 1));
    assert_eq!(detail.as_deref(), Some("mail_stop"));
    let by = |person: &Person| person.details.mail_stop.as_ref().map(|stop| stop.by.clone());
    assert_eq!(by(&stopped), Some(act("aiko", 1).by));
    assert_eq!(updated(&stopped, &stop("asked by phone"), &act("ben", 2)).1, None);
    let (again, _) = updated(&stopped, &stop("bounced"), &act("ben", 3));
    assert_eq!(by(&again), Some(act("ben", 3).by));
    let resume = DetailsUpdate { mail: Some(MailWish::Resume), ..DetailsUpdate::default() };
    assert_eq!(updated(&again, &resume, &act("ben", 4)).0.details, taro().details);
}

#[test]
fn a_change_on_a_version_that_is_not_current_is_stale() {
    let (person, update) = (taro(), stop("no mail"));
    let decide = |if_match| {
        update_details(&person, &update, &if_match, Uuid::nil(), &act("crm", 1)).1 != Updated::Stale
    };
    assert!(decide(IfMatch::Any) && decide(IfMatch::OneOf(vec![7, 1])));
    assert!(!decide(IfMatch::OneOf(vec![2])) && !decide(IfMatch::OneOf(vec![])));
}

#[test]
fn the_address_has_a_new_time_only_when_it_changes() {
    let other = DetailsUpdate { email: EmailAddress::parse("other@example.com").ok(), ..stop("x") };
    let (stopped, _) = updated(&taro(), &stop("asked"), &act("ann", 5));
    assert_eq!(stopped.email_since, taro().email_since);
    let (moved, _) = updated(&stopped, &other, &act("ann", 7));
    assert_eq!(moved.email_since, act("ann", 7).at());
}

#[test]
fn the_mail_of_an_account_is_switched_and_audited_once() {
    for (before, after, detail) in [(true, false, "off"), (false, true, "on")] {
        let account = |notification| AccountMail { notification, ..taro().account };
        let change = set_mail_notification(&account(before), after, &act("crm", 1)).unwrap();
        assert_eq!(change.write, PersonWrite::AccountMail(account(after)));
        assert_eq!(change.audit.action, Action::MAIL_NOTIFICATION_SET);
        assert_eq!(&*change.audit.detail, detail);
        assert_eq!(set_mail_notification(&account(after), after, &act("crm", 1)), None);
    }
}

#[test]
fn a_registered_version_reads_back() {
    let payload = RegisteredVersion(3).to_payload().unwrap();
    assert_eq!(RegisteredVersion::from_payload(&payload), Ok(RegisteredVersion(3)));
    assert!(RegisteredVersion::from_payload(&payload.clone().with("version", "x")).is_err());
    let newer = Payload { version: 2, ..payload };
    assert!(RegisteredVersion::from_payload(&newer).is_err());
}

#[test]
fn a_history_shows_what_each_version_changed() {
    let (stopped, _) = updated(&taro(), &stop("asked"), &act("ann", 5));
    let version = |person: &Person| PersonVersion {
        version: person.version,
        details: person.details.clone(),
        act: act("ann", 5),
    };
    let versions = [version(&taro()), version(&stopped)];
    let shown: Vec<_> = changes(&versions).collect();
    let first = DetailChange { before: None, after: &versions[0] };
    let second = DetailChange { before: Some(&versions[0].details), after: &versions[1] };
    assert_eq!(shown, [first, second]);
}
