//! Tests when mail about contacts is planned and sent.

use uuid::Uuid;

use super::*;
use crate::actor::{ActorKind, ActorRef};
use crate::approval::ContentSalt;
use crate::audit::Action;
use crate::contact::{
    ActionKind, ApprovalRule, ContactAnswer, ContactBody, ContactEvent, ContactPolicy,
    ContactSubject, ContactType, Content, GroupId, MailWrite, NewContactIds, Sender, UnplannedMail,
    add,
};
use crate::correlation::CorrelationId;
use crate::effect::{EffectKey, EffectState};
use crate::if_match::IfMatch;
use crate::mail::MessageIdDomain;
use crate::person::{AccountId, AccountMail, ContactDetails, MailStop, PersonId, StopReason};
use crate::sealed::DataKeyId;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn act(subject: &str, second: i64) -> Act {
    Act::new(
        ActorRef::new("idp", subject, ActorKind::Human),
        at(second),
        CorrelationId::parse("c").unwrap(),
    )
}

fn rules() -> MailRules {
    let domain = MessageIdDomain::parse("mail.example.com").unwrap();
    MailRules { message_id_domain: domain, mandatory_overrides_stop: false }
}

fn content(group: Option<&str>, posted_at: Option<i64>) -> Content {
    Content {
        application: None,
        policy_number: None,
        contact_type: ContactType::ActionRequest(ActionKind::parse("OTHER").unwrap()),
        subject: ContactSubject::parse("ご確認のお願い").unwrap(),
        body: ContactBody::parse("書類をご確認ください。").unwrap(),
        link: None,
        group: group.map(|it| GroupId::parse(it).unwrap()),
        posted_at: posted_at.map(at),
        expires_at: None,
        mandatory: false,
        sender: Sender::System,
    }
}

fn added(number: u128, person: &str, rule: ApprovalRule, content: Content) -> Contact {
    let ids = NewContactIds {
        contact: ContactId(Uuid::from_u128(number)),
        data_key: DataKeyId(Uuid::from_u128(number)),
        salt: ContentSalt::new([7; 32]),
    };
    let whom = (PersonId::parse(person).unwrap(), AccountId::parse("ACC1").unwrap());
    let checked = ContactPolicy::standard().check(content).unwrap();
    add(whom, checked, ids, rule, &act("author", 1_000_000_000))
}

const NOW: i64 = 1_000_000_100;

fn approval(contact: &Contact) -> Change<ContactWrite> {
    let event = ContactEvent::Approve { seen: contact.content_hash() };
    let version = Uuid::from_u128(9);
    contact.change(&event, &IfMatch::Any, version, &act("approver", NOW)).unwrap().unwrap()
}

/// The changes after planning, with ids from 100 on.
fn planned(mut changes: Vec<Change<ContactWrite>>) -> Vec<Change<ContactWrite>> {
    let mut ids = 100..;
    let new_id = || MailId(Uuid::from_u128(ids.next().unwrap()));
    plan_mails(&mut changes, &rules(), new_id, &act("approver", NOW));
    changes
}

fn draft(number: u128, person: &str, group: Option<&str>, posted_at: Option<i64>) -> Contact {
    added(number, person, ApprovalRule::Required, content(group, posted_at))
}

fn mail_of(change: &Change<ContactWrite>) -> u128 {
    change.write.contact().mail.as_ref().unwrap().id.0.as_u128()
}

#[test]
fn rule_4_an_approval_plans_one_mail_in_its_own_change() {
    let changes = planned(vec![approval(&draft(1, "PER1", None, None))]);
    let [effect] = &*changes[0].effects else { panic!("{:?}", changes[0].effects) };
    let id = MailId(Uuid::from_u128(100));
    let key = EffectKey { kind: MailOrder::KIND, id: crate::effect::EffectId(id.0) };
    assert_eq!(effect.order.key, key);
    assert_eq!(effect.state, EffectState::Planned { due: at(NOW) });
    let mail = ContactMail { id, status: MailStatus::Pending { due: at(NOW) } };
    assert_eq!(changes[0].write.contact().mail, Some(mail));
    let order = MailOrder::parse(&effect.order).unwrap();
    assert_eq!(order.person, PersonId::parse("PER1").unwrap());
    assert!(order.message_id.as_str().ends_with("@mail.example.com>"));
}

#[test]
fn rule_4_no_mail_announces_what_is_not_posted_yet() {
    for (posted, due) in [(None, NOW), (Some(NOW - 50), NOW), (Some(NOW + 500), NOW + 500)] {
        let changes = planned(vec![approval(&draft(1, "PER1", None, posted))]);
        assert_eq!(changes[0].effects[0].state, EffectState::Planned { due: at(due) });
    }
}

#[test]
fn rule_4_without_approval_the_addition_plans_the_mail() {
    let add = |rule| {
        let contact = added(1, "PER1", rule, content(None, None));
        planned(vec![contact.added(Uuid::from_u128(8), &act("author", NOW))])
    };
    assert_eq!(add(ApprovalRule::Off)[0].effects.len(), 1);
    let waiting = add(ApprovalRule::Required);
    assert!(waiting[0].effects.is_empty() && waiting[0].write.contact().mail.is_none());
}

#[test]
fn rule_4_update_and_delete_never_mail() {
    let valid = planned(vec![approval(&draft(1, "PER1", None, None))]).remove(0);
    let valid = valid.write.contact().clone();
    let mut other = content(None, None);
    other.subject = ContactSubject::parse("別の件名").unwrap();
    let checked = ContactPolicy::standard().check(other).unwrap();
    for event in
        [ContactEvent::Edit(Box::new(checked)), ContactEvent::AnswerByPhone, ContactEvent::Delete]
    {
        let by = act("approver", NOW + 1);
        let change = valid.change(&event, &IfMatch::Any, Uuid::from_u128(9), &by);
        let changes = planned(vec![change.unwrap().unwrap()]);
        assert!(changes[0].effects.is_empty(), "{event:?}");
        assert_eq!(changes[0].write.contact().mail, valid.mail, "{event:?}");
    }
}

#[test]
fn rule_4_one_mail_announces_a_group_of_one_person() {
    let drafts = [
        draft(1, "PER1", Some("g"), Some(NOW + 9)),
        draft(2, "PER1", None, None),
        draft(3, "PER2", Some("g"), None),
        draft(4, "PER1", Some("g"), None),
        draft(5, "PER1", Some("h"), None),
    ];
    let changes = planned(drafts.iter().map(approval).collect());
    let mails: Vec<u128> = changes.iter().map(mail_of).collect();
    assert_eq!(mails, [100, 101, 102, 100, 103]);
    let effects: Vec<usize> = changes.iter().map(|change| change.effects.len()).collect();
    assert_eq!(effects, [1, 1, 1, 0, 1]);
    // It waits for the last of them.
    assert_eq!(changes[0].effects[0].state, EffectState::Planned { due: at(NOW + 9) });
}

fn person() -> Person {
    Person {
        id: PersonId::parse("PER1").unwrap(),
        account: AccountMail { id: AccountId::parse("ACC1").unwrap(), notification: true },
        locale: Locale::parse("ja").ok(),
        external_identity: None,
        details: ContactDetails {
            email: EmailAddress::parse("taro@example.com").ok(),
            ..ContactDetails::default()
        },
        email_since: Timestamp::UNIX_EPOCH,
        data_key: DataKeyId(Uuid::from_u128(1)),
        version: 1,
    }
}

fn mailed(change: impl FnOnce(&mut MailedContact)) -> MailedContact {
    let mut contact = MailedContact {
        id: ContactId(Uuid::from_u128(1)),
        status: MailStatus::Pending { due: at(NOW) },
        is_answered: false,
        visible_from: Some(at(NOW)),
        expires_at: None,
        is_mandatory: false,
    };
    change(&mut contact);
    contact
}

fn verdict(contact: MailedContact, person: Option<&Person>, rules: &MailRules) -> MailVerdict {
    let check = check_mail(&[contact], person, rules, at(NOW)).unwrap();
    assert!(check.left_out.is_empty(), "the mail's own status says it");
    check.verdict
}

fn sent(contacts: u32) -> MailVerdict {
    let Person { details, locale, .. } = person();
    MailVerdict::Send { to: details.email.unwrap(), locale, contacts }
}

#[test]
fn rule_4_a_mail_that_became_wrong_is_withdrawn() {
    let is = |contact| verdict(contact, Some(&person()), &rules());
    assert_eq!(is(mailed(|_| {})), sent(1));
    assert_eq!(is(mailed(|it| it.expires_at = Some(at(NOW + 1)))), sent(1));
    let withdrawn = |change: fn(&mut MailedContact)| is(mailed(change));
    let because = MailVerdict::Withdraw;
    assert_eq!(withdrawn(|it| it.is_answered = true), because(SuppressReason::Answered));
    assert_eq!(withdrawn(|it| it.visible_from = None), because(SuppressReason::Deleted));
    assert_eq!(withdrawn(|it| it.expires_at = Some(at(NOW))), because(SuppressReason::Expired));
}

fn stopped() -> Person {
    let mut person = person();
    let by = act("crm", NOW).by;
    let reason = StopReason::parse("wish").unwrap();
    person.details.mail_stop = Some(MailStop { by, at: at(NOW), reason });
    person
}

fn switched_off() -> Person {
    let mut person = person();
    person.account.notification = false;
    person
}

#[test]
fn rule_4_a_contact_that_was_posted_later_is_not_announced_yet() {
    let later = |second| mailed(|it| it.visible_from = Some(at(second)));
    let waits = |second| MailVerdict::Wait { until: at(second) };
    assert_eq!(verdict(later(NOW + 1), Some(&person()), &rules()), waits(NOW + 1));
    assert_eq!(verdict(later(NOW), Some(&person()), &rules()), sent(1));
    let answered_later =
        |second| mailed(|it| (it.is_answered, it.visible_from) = (true, Some(at(second))));
    let withdrawn = MailVerdict::Withdraw(SuppressReason::Answered);
    assert_eq!(verdict(answered_later(NOW + 1), Some(&person()), &rules()), withdrawn);
    let group = [later(NOW + 1), mailed(|_| {}), later(NOW + 9), answered_later(NOW + 99)];
    let check = check_mail(&group, Some(&person()), &rules(), at(NOW)).unwrap();
    assert_eq!(check.verdict, waits(NOW + 9));
}

#[test]
fn rule_4_a_stop_holds_unless_mandatory_overrides_it() {
    let overriding = MailRules { mandatory_overrides_stop: true, ..rules() };
    for (person, reason) in [
        (stopped(), SuppressReason::MailStopped),
        (switched_off(), SuppressReason::NotificationOff),
    ] {
        let plain = || mailed(|_| {});
        let mandatory = || mailed(|it| it.is_mandatory = true);
        let withdrawn = MailVerdict::Withdraw(reason);
        assert_eq!(verdict(plain(), Some(&person), &rules()), withdrawn);
        assert_eq!(verdict(mandatory(), Some(&person), &rules()), withdrawn);
        assert_eq!(verdict(plain(), Some(&person), &overriding), withdrawn);
        assert_eq!(verdict(mandatory(), Some(&person), &overriding), sent(1));
    }
}

#[test]
fn rule_4_without_an_address_no_mail_goes() {
    let mut without = person();
    without.details.email = None;
    let nowhere = MailVerdict::Withdraw(SuppressReason::NoAddress);
    assert_eq!(verdict(mailed(|_| {}), Some(&without), &rules()), nowhere);
    assert_eq!(verdict(mailed(|_| {}), None, &rules()), nowhere);
    assert_eq!(check_mail(&[], Some(&person()), &rules(), at(NOW)), None);
}

#[test]
fn a_mail_of_a_group_leaves_out_what_became_wrong() {
    let id = |number| ContactId(Uuid::from_u128(number));
    let answered = mailed(|it| (it.id, it.is_answered) = (id(2), true));
    let deleted = mailed(|it| (it.id, it.visible_from) = (id(3), None));
    let before = MailStatus::Suppressed { at: at(NOW), reason: SuppressReason::Answered };
    let before = mailed(|it| (it.id, it.status) = (id(4), before));
    let group = [mailed(|_| {}), answered.clone(), deleted, before];
    let check = check_mail(&group, Some(&person()), &rules(), at(NOW)).unwrap();
    let (answer, deletion) = (SuppressReason::Answered, SuppressReason::Deleted);
    assert_eq!(check.verdict, sent(1));
    assert_eq!(check.left_out, [(id(2), answer), (id(3), deletion)]);
    // If it does not go, its own reason is said by its own status.
    let check = check_mail(&group[1..], Some(&person()), &rules(), at(NOW)).unwrap();
    assert_eq!(check.verdict, MailVerdict::Withdraw(answer));
    assert_eq!(check.left_out, [(id(3), deletion)]);
}

#[test]
fn what_a_mail_announces_is_read_from_its_contact() {
    let contact = draft(1, "PER1", None, Some(NOW + 500));
    assert_eq!(MailedContact::of(&contact), None, "it has no mail");
    let approved = planned(vec![approval(&contact)]).remove(0);
    let mut contact = approved.write.contact().clone();
    let expected = MailedContact {
        id: ContactId(Uuid::from_u128(1)),
        status: MailStatus::Pending { due: at(NOW + 500) },
        is_answered: false,
        visible_from: Some(at(NOW + 500)),
        expires_at: None,
        is_mandatory: false,
    };
    assert_eq!(MailedContact::of(&contact), Some(expected.clone()));
    contact.content.mandatory = true;
    contact.content.expires_at = Some(at(NOW + 900));
    contact.answer = ContactAnswer::ByPhone { mark: (&act("agent", NOW)).into() };
    let asked = MailedContact { is_mandatory: true, is_answered: true, ..expected };
    let asked = MailedContact { expires_at: Some(at(NOW + 900)), ..asked };
    assert_eq!(MailedContact::of(&contact), Some(asked.clone()));
    contact.content.contact_type = ContactType::Notice;
    let notice = MailedContact { is_mandatory: false, ..asked };
    assert_eq!(MailedContact::of(&contact), Some(notice), "only a request is mandatory");
}

#[test]
fn a_mail_that_has_no_effect_gets_the_one_it_lacks() {
    let person = PersonId::parse("PER1").unwrap();
    let lost = UnplannedMail { id: MailId(Uuid::from_u128(9)), person, due: at(NOW + 60) };
    let change = lost.plan(&rules(), &act("sweeper", NOW));
    let [effect] = &*change.effects else { panic!("{:?}", change.effects) };
    let message_id = MessageId::derived(lost.id, &rules().message_id_domain);
    let (id, person) = (lost.id, lost.person.clone());
    let order = MailOrder { id, person, announcement: None, message_id };
    assert_eq!(*effect, order.planned(lost.due, &act("sweeper", NOW)));
    assert_eq!((change.write, change.audit.action), (MailWrite::Plan, Action::EFFECT_PLANNED));
    let left_out = (ContactId(Uuid::from_u128(1)), SuppressReason::Answered);
    let change = MailWrite::leave_out(lost.id, left_out, &act("mailer", NOW));
    let status = MailStatus::Suppressed { at: at(NOW), reason: left_out.1 };
    assert_eq!(change.write, MailWrite::LeaveOut { mail: lost.id, contact: left_out.0, status });
    assert_eq!(&*change.audit.detail, "ANSWERED");
}
