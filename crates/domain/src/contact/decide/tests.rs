//! Tests the rules of contacts.

use super::*;
use crate::Timestamp;
use crate::actor::{ActorKind, ActorRef};
use crate::approval::FourEyes;
use crate::contact::{
    ActionKind, AnswerChannel, AnswerStatus, ApplicationId, ContactBody, ContactFilter,
    ContactLink, ContactOrder, ContactPolicy, ContactSubject, ContactType, ContactTypeName,
    ContactWrite, ContentEdit, GroupId, PastEvent, PolicyNumber, PolicyNumberRule, Sender, changes,
};
use crate::correlation::CorrelationId;
use crate::display_name::DisplayName;
use crate::mail::MailState;
use jiff::SignedDuration;
use uuid::Uuid;

fn by(subject: &str, kind: ActorKind, second: i64) -> Act {
    Act::new(
        ActorRef::new("idp", subject, kind),
        Timestamp::from_second(second).unwrap(),
        CorrelationId::parse("c").unwrap(),
    )
}

fn human(subject: &str, second: i64) -> Act {
    by(subject, ActorKind::Human, second)
}

fn policy() -> ContactPolicy {
    ContactPolicy { link_hosts: vec!["my.example.com".into()], ..ContactPolicy::standard() }
}

fn request(kind: &str) -> Content {
    Content {
        application: None,
        policy_number: None,
        contact_type: ContactType::ActionRequest(ActionKind::parse(kind).unwrap()),
        subject: ContactSubject::parse("本人確認のお願い").unwrap(),
        body: ContactBody::parse("書類をご提出ください。").unwrap(),
        link: ContactLink::parse("https://my.example.com/identity").ok(),
        group: None,
        posted_at: None,
        expires_at: None,
        mandatory: false,
        sender: Sender::Human(DisplayName::of_human("山田").unwrap()),
    }
}

fn checked(content: Content) -> CheckedContent {
    policy().check(content).unwrap()
}

fn added(rule: ApprovalRule) -> Contact {
    let ids = NewContactIds {
        contact: ContactId(Uuid::from_u128(1)),
        data_key: DataKeyId(Uuid::from_u128(2)),
        salt: ContentSalt::new([7; 32]),
    };
    let person = (PersonId::parse("PER1").unwrap(), AccountId::parse("ACC1").unwrap());
    add(person, checked(request("IDENTITY_DOCUMENT")), ids, rule, &human("author", 10))
}

fn draft() -> Contact {
    added(ApprovalRule::Required)
}

fn approve(contact: &Contact) -> ContactEvent {
    ContactEvent::Approve { seen: contact.content_hash() }
}

fn moved(contact: &Contact, event: &ContactEvent, act: &Act) -> Contact {
    contact.after(event, &IfMatch::Any, act).unwrap().expect("it changes the contact")
}

fn refused(contact: &Contact, event: &ContactEvent, act: &Act) -> ContactRefusal {
    contact.after(event, &IfMatch::Any, act).unwrap_err()
}

fn valid() -> Contact {
    moved(&draft(), &approve(&draft()), &human("approver", 20))
}

fn answer() -> ContactEvent {
    ContactEvent::Answer(AnswerText::parse("はい").unwrap())
}

fn edit(change: impl FnOnce(&mut Content)) -> ContactEvent {
    let mut content = request("IDENTITY_DOCUMENT");
    change(&mut content);
    ContactEvent::Edit(Box::new(checked(content)))
}

fn other_subject() -> ContactEvent {
    edit(|content| content.subject = ContactSubject::parse("別の件名").unwrap())
}

fn reject() -> ContactEvent {
    ContactEvent::Reject(RejectionReason::parse("不備").unwrap())
}

#[test]
fn rule_1_a_new_contact_is_neither_valid_nor_visible_nor_answered() {
    let draft = draft();
    assert_eq!((draft.state(), draft.version), (ContactState::Draft, 1));
    assert_eq!(draft.answer, ContactAnswer::Unanswered);
    assert!(!draft.is_visible(Timestamp::MAX));
}

#[test]
fn rule_2_only_another_person_approves_and_only_what_was_shown() {
    let draft = draft();
    let seen = approve(&draft);
    let author = human("author", 20);
    assert_eq!(refused(&draft, &seen, &author), FourEyes::IsEditor.into());
    let program = by("robot", ActorKind::System, 20);
    assert_eq!(refused(&draft, &seen, &program), FourEyes::IsSystem.into());
    let edited = moved(&draft, &other_subject(), &human("editor", 15));
    let approver = human("approver", 20);
    assert_eq!(refused(&edited, &seen, &approver), ContactRefusal::ContentMoved);
    let seen = approve(&edited);
    for editor in ["author", "editor"] {
        assert_eq!(refused(&edited, &seen, &human(editor, 20)), FourEyes::IsEditor.into());
    }
    let valid = moved(&edited, &seen, &approver);
    assert_eq!(valid.state(), ContactState::Valid);
    assert!(valid.is_visible(approver.at()) && !valid.is_visible(human("", 19).at()));
    assert_eq!(refused(&valid, &seen, &human("third", 30)), ContactRefusal::ApprovalClosed);
}

#[test]
fn rule_2_without_approval_a_contact_is_valid_at_once() {
    let contact = added(ApprovalRule::Off);
    assert_eq!(contact.state(), ContactState::Valid);
    assert!(contact.is_visible(human("", 10).at()));
    assert_eq!(contact.approval.name().as_str(), "BY_POLICY");
}

#[test]
fn rule_2_an_expired_approval_is_evidence() {
    let expired = moved(&draft(), &ContactEvent::Expire, &by("job", ActorKind::System, 99));
    assert_eq!(expired.state(), ContactState::Rejected);
    let rejection = Rejection::Expired;
    let at = human("", 99).at();
    assert_eq!(expired.approval, Approval::Rejected { at, rejection });
}

#[test]
fn rule_2_it_is_seen_from_the_later_of_approval_and_posting() {
    let second = 1_000_000_000;
    let later = Timestamp::from_second(second).unwrap();
    let draft = moved(&draft(), &edit(|it| it.posted_at = Some(later)), &human("author", 12));
    let valid = moved(&draft, &approve(&draft), &human("approver", 20));
    assert_eq!(valid.visible_from(), Some(later));
    assert_eq!(
        refused(&valid, &answer(), &human("customer", second - 1)),
        ContactRefusal::NotValid
    );
    let answered = moved(&valid, &answer(), &human("customer", second));
    assert_eq!(answered.state(), ContactState::Answered);
}

#[test]
fn rule_3_a_rejected_contact_is_a_draft_after_the_next_edit() {
    let rejected = moved(&draft(), &reject(), &human("approver", 20));
    assert_eq!(rejected.state(), ContactState::Rejected);
    let seen = approve(&rejected);
    assert_eq!(refused(&rejected, &seen, &human("a", 30)), ContactRefusal::ApprovalClosed);
    for edit in [other_subject(), edit(|_| {})] {
        let edited = moved(&rejected, &edit, &human("author", 30));
        assert_eq!((edited.state(), edited.version), (ContactState::Draft, 3));
    }
    let edited = moved(&rejected, &other_subject(), &human("author", 30));
    let valid = moved(&edited, &approve(&edited), &human("approver", 40));
    assert_eq!(valid.state(), ContactState::Valid);
}

#[test]
fn rule_5_an_edit_of_a_valid_contact_is_live_without_a_second_approval() {
    let edited = moved(&valid(), &other_subject(), &human("editor", 30));
    assert_eq!((edited.state(), edited.version), (ContactState::Valid, 3));
    assert_eq!(edited.content.subject.expose(), "別の件名");
    assert!(edited.editors.contains(&human("editor", 0).by));
    assert_eq!(edited.approval, valid().approval);
}

#[test]
fn rule_5_an_answered_contact_is_not_changed() {
    let by_phone = moved(&valid(), &ContactEvent::AnswerByPhone, &human("agent", 30));
    let by_customer = moved(&valid(), &answer(), &human("customer", 30));
    let settled = moved(&draft(), &ContactEvent::AnswerByPhone, &human("agent", 15));
    assert_eq!(settled.state(), ContactState::Settled);
    for contact in [by_phone, by_customer, settled] {
        for event in [other_subject(), ContactEvent::AnswerByPhone, approve(&contact)] {
            assert_eq!(refused(&contact, &event, &human("x", 40)), ContactRefusal::Answered);
        }
        let is_settled = contact.state() == ContactState::Settled;
        let again = refused(&contact, &answer(), &human("x", 40));
        let never_seen =
            if is_settled { ContactRefusal::NotValid } else { ContactRefusal::Answered };
        assert_eq!(again, never_seen);
        let deleted = moved(&contact, &ContactEvent::Delete, &human("x", 50));
        assert_eq!(deleted.state(), ContactState::Deleted);
    }
}

#[test]
fn rule_5_a_notice_has_no_answer() {
    let notice = edit(|content| content.contact_type = ContactType::Notice);
    let notice = moved(&valid(), &notice, &human("author", 30));
    assert_eq!(refused(&notice, &answer(), &human("customer", 40)), ContactRefusal::NotValid);
}

#[test]
fn rule_6_deleting_is_logical_and_happens_once() {
    let by = human("author", 60);
    let deleted = moved(&valid(), &ContactEvent::Delete, &by);
    assert_eq!(deleted.deleted, Some(Mark::from(&by)));
    assert!(!deleted.is_visible(Timestamp::MAX));
    let stale = IfMatch::OneOf(vec![1]);
    assert_eq!(deleted.after(&ContactEvent::Delete, &stale, &human("x", 70)), Ok(None));
    for event in [other_subject(), answer(), reject(), approve(&deleted)] {
        assert_eq!(refused(&deleted, &event, &human("x", 70)), ContactRefusal::NotValid);
    }
}

#[test]
fn a_stale_version_is_refused_before_the_rules() {
    let contact = moved(&valid(), &other_subject(), &human("editor", 30));
    for event in [other_subject(), ContactEvent::Delete, answer(), approve(&contact)] {
        let stale = contact.after(&event, &IfMatch::OneOf(vec![1, 2]), &human("author", 40));
        assert_eq!(stale, Err(ContactRefusal::Stale));
    }
}

#[test]
fn equal_content_changes_nothing() {
    let same = edit(|_| {});
    assert_eq!(draft().after(&same, &IfMatch::Any, &human("editor", 30)), Ok(None));
}

#[test]
fn a_policy_number_is_there_when_the_kind_of_action_says_so() {
    let number = PolicyNumber::parse("P-123").ok();
    let mut policy = policy();
    policy.actions.insert(ActionKind::parse("OTHER").unwrap(), PolicyNumberRule::Forbidden);
    let with = |kind: &str, number: &Option<PolicyNumber>| Content {
        policy_number: number.clone(),
        ..request(kind)
    };
    let field = |content| policy.check(content).err().map(|error| error.field);
    assert_eq!(field(with("PREMIUM_ROUTE_DEFICIENCY", &None)), Some("policyNumber"));
    assert_eq!(field(with("PREMIUM_ROUTE_DEFICIENCY", &number)), None);
    assert_eq!(field(with("IDENTITY_DOCUMENT", &None)), None);
    assert_eq!(field(with("IDENTITY_DOCUMENT", &number)), None);
    assert_eq!(field(with("OTHER", &number)), Some("policyNumber"));
    assert_eq!(field(with("UNKNOWN", &None)), Some("actionKind"));
    let notice = Content { contact_type: ContactType::Notice, ..with("OTHER", &number) };
    assert_eq!(field(notice), None, "a notice may name its policy");
}

#[test]
fn links_and_times_keep_the_policy() {
    let field = |content| policy().check(content).err().map(|error| error.field);
    let mut content = request("OTHER");
    content.link = ContactLink::parse("https://evil.example/my.example.com").ok();
    assert_eq!(field(content), Some("link"));
    let at = |second| Timestamp::from_second(second).ok();
    let new_year = 946_684_800;
    for (posted, expires, expected) in [
        (new_year, new_year, Some("expiresAt")),
        (new_year, new_year + 1, None),
        (new_year - 1, new_year, Some("postedAt")),
        (4_102_444_799, 4_102_444_800, Some("expiresAt")),
    ] {
        let times = Content { posted_at: at(posted), expires_at: at(expires), ..request("OTHER") };
        assert_eq!(field(times), expected, "{posted} to {expires}");
    }
    let posted_at = Timestamp::new(new_year, 1_999).ok();
    let stored = checked(Content { posted_at, ..request("OTHER") });
    assert_eq!(stored.get().posted_at, Timestamp::new(new_year, 1_000).ok(), "microseconds");
}

#[test]
fn an_edit_changes_the_fields_that_it_names() {
    let content = Content { policy_number: PolicyNumber::parse("P-1").ok(), ..request("OTHER") };
    let edited = |edit: ContentEdit| match edit.event(&content, &policy()) {
        Ok(ContactEvent::Edit(content)) => Ok(content.get().clone()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.field),
    };
    let none = ContentEdit::default;
    assert_eq!(edited(none()), Ok(content.clone()));
    let without = Content { link: None, policy_number: None, ..content.clone() };
    assert_eq!(
        edited(ContentEdit { link: Some(None), policy_number: Some(None), ..none() }),
        Ok(without)
    );
    let subject = ContactSubject::parse("別").unwrap();
    let other = Content { subject: subject.clone(), mandatory: true, ..content.clone() };
    let edit = ContentEdit { subject: Some(subject), mandatory: Some(true), ..none() };
    assert_eq!(edited(edit), Ok(other));
    let notice = Some(ContactTypeName::Notice);
    assert_eq!(edited(ContentEdit { contact_type: notice, ..none() }), Err("actionKind"));
    let edit = ContentEdit { contact_type: notice, action: Some(None), ..none() };
    assert_eq!(edited(edit).map(|it| it.contact_type), Ok(ContactType::Notice));
    let action = Some(ActionKind::parse("PREMIUM_ROUTE_DEFICIENCY").ok());
    let edit = ContentEdit { action, policy_number: Some(None), ..none() };
    assert_eq!(edited(edit), Err("policyNumber"), "rules are checked on the whole content");
}

#[test]
fn an_actor_is_offered_what_state_and_four_eyes_allow() {
    use ContactEventName as Event;
    let offered = |contact: &Contact, by: &Act| contact.possible_events(&by.by, by.at());
    let (author, other) = (human("author", 30), human("other", 30));
    let of_draft = [Event::Edited, Event::Rejected, Event::AnsweredByPhone, Event::Deleted];
    assert_eq!(offered(&draft(), &author), of_draft);
    assert!(offered(&draft(), &other).contains(&Event::Approved));
    assert!(!offered(&draft(), &by("robot", ActorKind::System, 30)).contains(&Event::Approved));
    let of_valid = [Event::Edited, Event::AnsweredByPhone, Event::Answered, Event::Deleted];
    assert_eq!(offered(&valid(), &author), of_valid);
    assert!(!offered(&valid(), &human("early", 19)).contains(&Event::Answered));
    let answered = moved(&valid(), &answer(), &human("customer", 30));
    assert_eq!(offered(&answered, &author), [Event::Deleted]);
    assert_eq!(offered(&moved(&answered, &ContactEvent::Delete, &author), &author), []);
}

#[test]
fn an_approval_ages_from_the_last_edit() {
    let hours = |hours| Some(jiff::SignedDuration::from_hours(hours));
    let policy = ContactPolicy { remind_after: hours(1), escalate_after: hours(2), ..policy() };
    let since = draft().waiting_since().expect("it waits");
    assert_eq!(since, human("author", 10).at());
    for (second, age) in
        [(3609, "NEW"), (3610, "REMINDER"), (7209, "REMINDER"), (7210, "ESCALATION")]
    {
        assert_eq!(policy.age(since, human("", second).at()).as_str(), age, "{second}");
    }
    let never = ContactPolicy { remind_after: None, escalate_after: None, ..policy };
    assert_eq!(never.age(since, Timestamp::MAX).as_str(), "NEW");
    let edited = moved(&draft(), &other_subject(), &human("editor", 50));
    assert_eq!(edited.waiting_since(), Some(human("", 50).at()));
    let by_phone = moved(&draft(), &ContactEvent::AnswerByPhone, &human("agent", 50));
    let deleted = moved(&draft(), &ContactEvent::Delete, &human("agent", 50));
    let rejected = moved(&draft(), &reject(), &human("agent", 50));
    for contact in [by_phone, deleted, rejected, valid()] {
        assert_eq!(contact.waiting_since(), None, "{}", contact.state());
    }
}

#[test]
fn the_hash_covers_all_that_an_approver_sees() {
    let before = draft().content_hash();
    let at = Timestamp::from_second(900).ok();
    let changes: [fn(&mut Content, Option<Timestamp>); 13] = [
        |it, _| it.application = ApplicationId::parse("APP-1").ok(),
        |it, _| it.policy_number = PolicyNumber::parse("P-1").ok(),
        |it, _| it.contact_type = ContactType::Notice,
        |it, _| it.contact_type = request("OTHER").contact_type,
        |it, _| it.subject = ContactSubject::parse("別の件名").unwrap(),
        |it, _| it.body = ContactBody::parse("別の本文").unwrap(),
        |it, _| it.link = None,
        |it, _| it.group = GroupId::parse("G-1").ok(),
        |it, at| it.posted_at = at,
        |it, at| it.expires_at = at,
        |it, _| it.mandatory = true,
        |it, _| it.sender = Sender::System,
        |it, _| it.sender = Sender::Human(DisplayName::of_human("佐藤").unwrap()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut contact = draft();
        change(&mut contact.content, at);
        assert_ne!(contact.content_hash(), before, "change {number}");
    }
    let mut other_person = draft();
    other_person.person = PersonId::parse("PER2").unwrap();
    assert_ne!(other_person.content_hash(), before);
    let mut other_account = draft();
    other_account.account = AccountId::parse("ACC2").unwrap();
    assert_ne!(other_account.content_hash(), before);
}

#[test]
fn a_change_names_its_event_and_what_is_audited() {
    let id = Uuid::from_u128(9);
    let author = human("author", 10);
    for (rule, state) in [(ApprovalRule::Required, "DRAFT"), (ApprovalRule::Off, "VALID")] {
        let change = added(rule).added(id, &author);
        assert_eq!((change.audit.action, &*change.audit.detail), (Action::CONTACT_ADDED, state));
        assert_eq!(change.write.version_id(), id);
        assert_eq!(change.write, ContactWrite::Add(Box::new(added(rule)), id));
    }
    let (draft, approver) = (draft(), human("approver", 20));
    let change = draft.change(&approve(&draft), &IfMatch::Any, id, &approver).unwrap();
    let change = change.expect("it is approved");
    assert_eq!(change.write.version_id(), id);
    assert_eq!(change.write, ContactWrite::Update(valid().into(), ContactEventName::Approved, id));
    assert_eq!((change.audit.action, change.audit.act), (Action::CONTACT_APPROVED, approver));
    let same = draft.change(&edit(|_| {}), &IfMatch::Any, id, &human("editor", 30));
    assert_eq!(same, Ok(None));
    let refused = draft.change(&approve(&draft), &IfMatch::Any, id, &author);
    assert_eq!(refused, Err(FourEyes::IsEditor.into()));
}

#[test]
fn history_keeps_old_and_new_and_what_was_said() {
    let rejected = moved(&draft(), &reject(), &human("approver", 20));
    let edited = moved(&rejected, &other_subject(), &human("editor", 30));
    let steps = [
        (draft(), ContactEventName::Added, human("author", 10)),
        (rejected, ContactEventName::Rejected, human("approver", 20)),
        (edited, ContactEventName::Edited, human("editor", 30)),
    ];
    let versions = steps.each_ref().map(|(contact, event, act)| {
        contact.version_of(*event, act).expect("the event left it so")
    });
    let reason = RejectionReason::parse("不備").unwrap();
    assert_eq!(versions[1].event, PastEvent::Rejected(reason));
    assert_eq!(versions.each_ref().map(|it| it.event.name()), steps.each_ref().map(|it| it.1));
    let changes: Vec<_> = changes(&versions).collect();
    assert_eq!((changes[0].before, changes[0].after), (None, &versions[0]));
    assert_eq!(changes[2].before, Some(&draft().content));
    assert_eq!(changes[2].after.content.subject.expose(), "別の件名");
    let unsaid = [ContactEventName::Rejected, ContactEventName::Answered];
    assert!(unsaid.iter().all(|name| draft().version_of(*name, &human("x", 1)).is_none()));
}

#[test]
fn a_filter_compares_what_it_names() {
    let contact = valid();
    let matches = |filter: ContactFilter| filter.matches(&contact);
    let at = |second| Timestamp::from_second(second).ok();
    let all = ContactFilter {
        person: Some(contact.person.clone()),
        contact_type: Some(ContactTypeName::ActionRequest),
        answer: Some(AnswerStatus::Unanswered),
        approval: Some(contact.approval.name()),
        created_from: at(10),
        created_before: at(11),
        visible_at: at(20),
        ..ContactFilter::default()
    };
    assert!(matches(ContactFilter::default()) && matches(all.clone()));
    let none = ContactFilter::default;
    let others = [
        ContactFilter { person: PersonId::parse("PER2").ok(), ..none() },
        ContactFilter { policy_number: PolicyNumber::parse("P-1").ok(), ..none() },
        ContactFilter { contact_type: Some(ContactTypeName::Notice), ..none() },
        ContactFilter { answer: Some(AnswerStatus::Answered), ..none() },
        ContactFilter { approval: Some(draft().approval.name()), ..none() },
        ContactFilter { created_from: at(11), ..none() },
        ContactFilter { created_before: at(10), ..none() },
        ContactFilter { visible_at: at(19), ..none() },
        ContactFilter { waiting_since: at(99), ..none() },
        ContactFilter { mail: Some(MailState::Sent), ..none() },
    ];
    let waiting = |second| ContactFilter { waiting_since: at(second), ..none() }.matches(&draft());
    assert!(waiting(10) && !waiting(9));
    assert!(matches(ContactFilter { mail: Some(MailState::None), ..none() }));
    let number = PolicyNumber::parse("P-1").ok();
    let mut numbered = valid();
    numbered.content.policy_number = number.clone();
    assert!(ContactFilter { policy_number: number, ..none() }.matches(&numbered));
    for other in others {
        assert!(!matches(other.clone()), "{other:?}");
    }
    let notice = edit(|content| content.contact_type = ContactType::Notice);
    let by = human("x", 30);
    for event in [notice, answer(), ContactEvent::AnswerByPhone, ContactEvent::Delete] {
        let not_acted_on = ContactFilter::not_acted_on(human("", 99).at());
        assert!(!not_acted_on.matches(&moved(&contact, &event, &by)), "{event:?}");
    }
}

#[test]
fn each_order_has_its_time_and_leaves_out_what_has_none() {
    let orders = [
        ContactOrder::NewestFirst,
        ContactOrder::LongestWaitingFirst,
        ContactOrder::LatestVisibleFirst,
    ];
    let times = |contact: &Contact| {
        orders.map(|order| order.position(contact).map(|it| (it.at.as_second(), it.id.as_u128())))
    };
    assert_eq!(times(&draft()), [Some((10, 1)), Some((10, 1)), None]);
    let edited = moved(&draft(), &other_subject(), &human("author", 15));
    assert_eq!(times(&edited), [Some((10, 1)), Some((15, 1)), None]);
    assert_eq!(times(&valid()), [Some((10, 1)), None, Some((20, 1))]);
}

#[test]
fn an_answer_says_who_gave_it_how_and_what() {
    let by = human("who", 30);
    let customer = moved(&valid(), &answer(), &by).answer;
    let phone = moved(&valid(), &ContactEvent::AnswerByPhone, &by).answer;
    let mark = Mark::from(&by);
    let text = AnswerText::parse("はい").unwrap();
    assert_eq!(customer.given(), Some((AnswerChannel::Customer, &mark)));
    assert_eq!((customer.text(), customer.status()), (Some(&text), AnswerStatus::Answered));
    assert_eq!(phone.given(), Some((AnswerChannel::Phone, &mark)));
    assert_eq!((phone.text(), phone.status()), (None, AnswerStatus::Answered));
    let none = valid().answer;
    assert_eq!((none.given(), none.text()), (None, None));
}

#[test]
fn the_standard_policy_is_as_documented() {
    let policy = ContactPolicy::standard();
    assert_eq!(policy.approval, ApprovalRule::Required);
    assert_eq!(policy.expire_after, Some(SignedDuration::from_hours(720)), "30 days");
    let rules = policy.actions.iter().map(|(kind, rule)| (kind.as_str(), rule.as_str()));
    let expected = [
        ("IDENTITY_DOCUMENT", "optional"),
        ("OTHER", "optional"),
        ("PREMIUM_ROUTE_DEFICIENCY", "required"),
    ];
    assert_eq!(rules.collect::<Vec<_>>(), expected);
    assert_eq!(ContactPolicy::parse_host("my.example.com").as_deref(), Ok("my.example.com"));
    for bad in ["", "My.example.com", "https://my.example.com", "my.example.com/", "a_b.c"] {
        assert!(ContactPolicy::parse_host(bad).is_err(), "{bad}");
    }
}
