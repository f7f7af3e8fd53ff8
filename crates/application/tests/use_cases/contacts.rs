//! Tests the service of contacts, its job, and what it counts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    ApprovalAgeing, ApprovalExpiry, ContactAct, ContactService, Job, ServiceError,
};
use madoguchi_domain::act::Act;
use madoguchi_domain::approval::{Approval, ContentHash, FourEyes, Rejection};
use madoguchi_domain::contact::{
    ApprovalAge, Approvals, Contact, ContactId, ContactKey, ContactPolicy, ContactRefusal,
    ContactState, ContactSubject, ContentEdit, WrittenContact,
};
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::job_lease::{JobLease, JobName};
use madoguchi_domain::port::JobLeases;
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::contract::race::race;
use madoguchi_testkit::driver::contacts::ContactDriver;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::{FakeStore, Fault};
use madoguchi_testkit::samples::{self, account_id, at, person_id, staff};

struct TestService {
    fake: FakeStore,
    service: ContactService,
}

impl TestService {
    async fn open() -> Self {
        let fake = FakeStore::new(samples::audit_key());
        ContactDriver::from(fake.contact_stores()).register(1..=2).await;
        let (policy, ids) = (Arc::new(samples::contact_policy()), Arc::new(SeededIds::new(1)));
        let service = ContactService::new(fake.contact_stores(), policy, ids);
        Self { fake, service }
    }

    /// A draft by staff 1 for person 1.
    async fn draft(&self) -> ContactId {
        let content = samples::contact_policy().check(samples::contact_content());
        let whom = (person_id(1), account_id(1));
        let content = content.expect("the sample content keeps the policy");
        let added = self.service.add(whom, content, by(1, 0)).await.expect("added");
        assert_eq!(added.value.version, 1);
        added.value.id
    }

    async fn read(&self, id: ContactId) -> Contact {
        self.service.read(id).await.expect("the contact is stored")
    }

    async fn update(
        &self,
        id: ContactId,
        wish: &ContactAct,
        act: &Act,
    ) -> Result<WrittenContact, ServiceError> {
        self.service.update(id, wish, &IfMatch::Any, act).await
    }
}

fn by(number: u32, seconds: i64) -> Act {
    samples::act("r", staff(number), at(seconds))
}

fn approves(contact: &Contact) -> ContactAct {
    ContactAct::Approve { seen: contact.content_hash() }
}

fn new_subject(text: &str) -> ContactAct {
    let subject = ContactSubject::parse(text).ok();
    ContactAct::Edit(Box::new(ContentEdit { subject, ..ContentEdit::default() }))
}

#[tokio::test]
async fn a_contact_is_written_approved_and_answered_once() {
    let test = TestService::open().await;
    let id = test.draft().await;
    let draft = test.read(id).await;
    assert_eq!(draft.state(), ContactState::Draft);
    let refused = test.update(id, &approves(&draft), &by(1, 1)).await;
    assert_eq!(refused, Err(ContactRefusal::FourEyes(FourEyes::IsEditor).into()));
    let approved = test.update(id, &approves(&draft), &by(2, 2)).await;
    assert_eq!(approved, Ok(WrittenContact { id, version: 2 }));
    let answer = madoguchi_domain::contact::AnswerText::parse("はい").expect("an answer");
    let key = |person| ContactKey { id, person: Some(person_id(person)) };
    let other = test.service.answer(&key(2), answer.clone(), by(9, 3)).await;
    assert_eq!(other.map(|it| it.value), Err(ContactRefusal::NotFound.into()));
    let answered = test.service.answer(&key(1), answer.clone(), by(9, 3)).await;
    assert_eq!(answered.map(|it| it.value.version), Ok(3));
    let again = test.service.answer(&key(1), answer, by(9, 4)).await;
    assert_eq!(again.map(|it| it.value), Err(ContactRefusal::Answered.into()));
    let events = test.service.history(id).await.expect("a history");
    assert_eq!(events.len(), 3);
    let unknown = ContactId(uuid::Uuid::from_u128(7));
    let missing = Err(ContactRefusal::NotFound.into());
    assert_eq!(test.service.history(unknown).await, missing);
}

#[tokio::test]
async fn the_person_and_the_account_belong_together() {
    let test = TestService::open().await;
    let content = || samples::contact_policy().check(samples::contact_content()).expect("valid");
    for whom in [(person_id(1), account_id(2)), (person_id(9), account_id(9))] {
        let refused = test.service.add(whom, content(), by(1, 0)).await;
        assert_eq!(refused.map(|it| it.value), Err(ContactRefusal::PersonNotFound.into()));
    }
}

#[tokio::test]
async fn a_stale_edit_is_refused_before_its_content() {
    let test = TestService::open().await;
    let id = test.draft().await;
    test.update(id, &new_subject("新"), &by(2, 1)).await.expect("edited");
    let number = Some(Some(samples::policy_number(1)));
    let edit = |action: &str| ContentEdit {
        action: Some(madoguchi_domain::contact::ActionKind::parse(action).ok()),
        policy_number: number.clone(),
        ..ContentEdit::default()
    };
    let wish = ContactAct::Edit(Box::new(edit("UNKNOWN")));
    let version = |number| IfMatch::OneOf(vec![number]);
    let stale = test.service.update(id, &wish, &version(1), &by(2, 2)).await;
    assert_eq!(stale, Err(ContactRefusal::Stale.into()));
    let invalid = test.service.update(id, &wish, &version(2), &by(2, 2)).await;
    assert!(
        matches!(&invalid, Err(ServiceError::ContactRefused(ContactRefusal::Invalid(field)))
            if field.field == "actionKind"),
        "{invalid:?}"
    );
    let deleted = test.update(id, &ContactAct::Delete, &by(2, 3)).await;
    let again = test.service.update(id, &ContactAct::Delete, &version(1), &by(2, 4)).await;
    assert_eq!((deleted, again), (again, deleted), "whatever the version");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_64_approvers_one_approves() {
    let test = Arc::new(TestService::open().await);
    let id = test.draft().await;
    let seen = approves(&test.read(id).await);
    let runner = |number| {
        let (test, seen) = (Arc::clone(&test), seen.clone());
        async move { test.update(id, &seen, &by(number + 10, 5)).await }
    };
    let answers = race((0..64_u32).map(runner).collect()).await;
    assert_eq!(answers.iter().filter(|it| it.is_ok()).count(), 1);
    let closed = Err(ContactRefusal::ApprovalClosed.into());
    assert!(answers.iter().all(|it| it.is_ok() || *it == closed), "{answers:?}");
    assert_eq!(test.read(id).await.version, 2);
    assert_eq!(audit_rows::rows(&test.fake.stores()).await.len(), 4);
}

#[tokio::test]
async fn of_several_approvals_each_has_its_outcome() {
    let test = TestService::open().await;
    let mut shown = BTreeMap::new();
    for _ in 0..4 {
        let id = test.draft().await;
        shown.insert(id, test.read(id).await.content_hash());
    }
    let ids: Vec<_> = shown.keys().copied().collect();
    test.update(ids[1], &new_subject("新"), &by(3, 1)).await.expect("edited");
    let unknown = ContactId(uuid::Uuid::from_u128(7));
    shown.insert(unknown, ContentHash([0; 32]));
    let keyed = samples::keyed(1);
    let client = || madoguchi_domain::idempotency::ClientAct { act: by(2, 5), keyed: Some(keyed) };
    // The answer to the first call is lost, and stored with its approvals.
    test.fake.fail_next(1, Fault::AfterCommit);
    let broken = test.service.approve(&shown, client()).await;
    assert_eq!(broken.map(|it| it.value), Err(ServiceError::Unavailable));
    let answered = test.service.approve(&shown, client()).await.expect("answered");
    assert!(answered.is_replayed);
    let outcomes = [
        (ids[0], Ok(())),
        (ids[1], Err(ContactRefusal::ContentMoved)),
        (ids[2], Ok(())),
        (ids[3], Ok(())),
        (unknown, Err(ContactRefusal::NotFound)),
    ];
    assert_eq!(answered.value, Approvals(BTreeMap::from(outcomes)));
    let states: Vec<_> = {
        let mut states = Vec::new();
        for id in ids {
            states.push(test.read(id).await.state());
        }
        states
    };
    let (valid, draft) = (ContactState::Valid, ContactState::Draft);
    assert_eq!(states, [valid, draft, valid, valid]);
}

#[tokio::test]
async fn what_waits_too_long_expires_and_stays() {
    let test = TestService::open().await;
    let (old, edited) = (test.draft().await, test.draft().await);
    test.update(edited, &new_subject("新"), &by(1, 50)).await.expect("edited");
    let job = ApprovalExpiry {
        contacts: test.fake.contact_stores().contacts,
        ids: Arc::new(SeededIds::new(2)),
        after: SignedDuration::from_secs(60),
    };
    let lease = lease(&test.fake).await;
    for (seconds, expected) in [(59, ContactState::Draft), (60, ContactState::Rejected)] {
        let act = samples::act("job", samples::system(), at(seconds));
        assert_eq!(job.step(&lease, &act).await, Ok(false));
        assert_eq!(test.read(old).await.state(), expected, "after {seconds} s");
        assert_eq!(test.read(edited).await.state(), ContactState::Draft);
    }
    let approval = test.read(old).await.approval;
    assert_eq!(approval, Approval::Rejected { at: at(60), rejection: Rejection::Expired });
    for _ in 0..150 {
        test.draft().await;
    }
    let act = samples::act("job", samples::system(), at(70));
    let steps = [job.step(&lease, &act).await, job.step(&lease, &act).await];
    assert_eq!(steps, [Ok(true), Ok(false)]);
    assert_eq!(
        test.fake.contact_stores().contacts.waiting(at(0), 0).await.expect("counted").count,
        0
    );
}

async fn lease(fake: &FakeStore) -> JobLease {
    let worker = samples::worker(1);
    let lease = SignedDuration::from_secs(60);
    let taken = JobLeases::take(fake, JobName::of("sample"), &worker, at(0), lease).await;
    taken.expect("answered").expect("free")
}

#[tokio::test]
async fn waiting_approvals_are_counted_by_age() {
    let test = TestService::open().await;
    for number in [0, 10, 20, 30] {
        ContactDriver::from(test.fake.contact_stores()).drafted(number).await;
    }
    let seconds = |seconds| Some(SignedDuration::from_secs(seconds));
    let counted = |remind_after, escalate_after| {
        let base = samples::contact_policy();
        let ageing = ApprovalAgeing {
            contacts: test.fake.contact_stores().contacts,
            policy: Arc::new(ContactPolicy { remind_after, escalate_after, ..base }),
            clock: Arc::new(ManualClock::at(at(40))),
            every: Duration::from_secs(60),
        };
        async move { ageing.count().await.expect("counted") }
    };
    let ages = |new, reminder, escalation| {
        [
            (ApprovalAge::New, new),
            (ApprovalAge::Reminder, reminder),
            (ApprovalAge::Escalation, escalation),
        ]
    };
    assert_eq!(counted(None, None).await.by_age, ages(4, 0, 0));
    assert_eq!(counted(seconds(20), None).await.by_age, ages(1, 3, 0));
    assert_eq!(counted(None, seconds(30)).await.by_age, ages(2, 0, 2));
    let all = counted(seconds(20), seconds(35)).await;
    assert_eq!((all.by_age, all.oldest_age_seconds), (ages(1, 2, 1), 40.0));
}
