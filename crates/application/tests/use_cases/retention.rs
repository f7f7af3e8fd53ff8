//! Tests the run of retention: what it does with contacts that change or cannot be read.

use std::num::NonZeroU32;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_application::{Job, PlannedContact, RetentionCounts, RetentionRun, plan_retention};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::contact::{ApplicationId, Contact, ContactEvent, ContactId, Content};
use madoguchi_domain::effect::{Fence, WorkerId};
use madoguchi_domain::job_lease::JobLease;
use madoguchi_domain::port::{RetentionStore, StoreError};
use madoguchi_domain::retention::{
    Application, DuePage, DueQuery, RetentionPolicy, RetentionStep, RetentionWrite,
};
use madoguchi_testkit::driver::contacts::ContactDriver;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples::{self, at, contact_id, retention_act};

/// So many seconds after the start, the retention of every contact here is over.
const LATE: i64 = 200 * 86_400;

const POLICY: RetentionPolicy =
    RetentionPolicy { report_before: SignedDuration::ZERO, purge_age: Some(300) };

/// Contacts 1 to 3 of application 1, which completed; contact 3 is not answered.
async fn overdue() -> FakeStore {
    let fake = FakeStore::new(samples::audit_key());
    let driver = ContactDriver::from(fake.contact_stores());
    let application = Some(samples::application_id(1));
    let content = Content { application, ..samples::contact_content() };
    driver.added(vec![content; 3]).await;
    for number in 1..=2 {
        driver.acted(number, &ContactEvent::AnswerByPhone, 50).await;
    }
    RetentionStore::commit(&fake, &[samples::completed(1, 60)]).await.expect("completed");
    fake
}

async fn find(fake: &FakeStore, number: u32) -> Option<Contact> {
    ContactDriver::from(fake.contact_stores()).find(contact_id(number)).await
}

async fn is_deleted(fake: &FakeStore, number: u32) -> bool {
    find(fake, number).await.is_none_or(|it| it.deleted.is_some())
}

fn run(store: impl RetentionStore + 'static, per_second: u32) -> RetentionRun {
    let rate = NonZeroU32::new(per_second).expect("a rate");
    RetentionRun::new(Arc::new(store), Arc::new(SeededIds::new(1)), POLICY, rate)
}

/// One step at that moment; whether there is more to do.
async fn step(run: &RetentionRun, seconds: i64) -> Result<bool, StoreError> {
    let lease = JobLease {
        job: run.name(),
        holder: WorkerId("run".into()),
        until: at(seconds),
        fence: Fence(1),
    };
    run.step(&lease, &retention_act(seconds)).await
}

async fn to_end(run: &RetentionRun, seconds: i64) -> RetentionCounts {
    while step(run, seconds).await.expect("a step") {}
    run.counts()
}

#[tokio::test]
async fn a_run_does_what_its_plan_says_and_then_nothing() {
    let fake = overdue().await;
    let mut planned = Vec::new();
    let each = |contact: &madoguchi_domain::retention::RetainedContact, what| {
        planned.push((contact.id, what));
        ControlFlow::Continue(())
    };
    plan_retention(&fake, &POLICY, at(LATE), each).await.expect("planned");
    let deletes = PlannedContact::Step(RetentionStep::Delete);
    let reports = PlannedContact::Step(RetentionStep::Report);
    let expected =
        [(1, deletes), (2, deletes), (3, reports)].map(|(id, what)| (contact_id(id), what));
    assert_eq!(planned, expected);
    assert!(!is_deleted(&fake, 1).await, "a plan changes nothing");
    let mut seen = 0;
    let first = |_: &_, _| {
        seen += 1;
        ControlFlow::Break(())
    };
    plan_retention(&fake, &POLICY, at(LATE), first).await.expect("planned");
    assert_eq!(seen, 1, "nobody listens any more");
    let run = run(fake.clone(), 1_000);
    let counts = to_end(&run, LATE).await;
    assert_eq!((counts.examined, counts.deleted, counts.reported), (3, 2, 1));
    let again = to_end(&run, LATE).await;
    assert_eq!((again.examined, again.deleted, again.reported, again.unanswered), (1, 0, 0, 1));
    let purged = to_end(&run, LATE + 300 * 86_400).await;
    assert_eq!(purged.purged, 3, "a purge age later");
    assert_eq!(find(&fake, 3).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_step_changes_what_is_a_seconds_work_and_the_next_one_goes_on() {
    let fake = overdue().await;
    let run = run(fake.clone(), 1);
    assert_eq!(step(&run, LATE).await, Ok(true));
    assert_eq!((is_deleted(&fake, 1).await, is_deleted(&fake, 2).await), (true, false));
    assert_eq!(step(&run, LATE).await, Ok(true));
    assert!(is_deleted(&fake, 2).await);
    assert_eq!(to_end(&run, LATE).await.examined, 3, "each once");
}

/// How a store stands in a run's way.
enum Trouble {
    /// Contact 3 is moved to another application after its page was read.
    Edit,
    /// Contact 1 cannot be opened.
    Corrupt,
    /// The first page has nothing that can be parsed.
    Unreadable,
}

struct Troubled {
    fake: FakeStore,
    trouble: Trouble,
    pages: Mutex<u32>,
}

impl Troubled {
    fn new(fake: &FakeStore, trouble: Trouble) -> Self {
        Self { fake: fake.clone(), trouble, pages: Mutex::new(0) }
    }

    fn is_first_page(&self) -> bool {
        let mut pages = self.pages.lock().expect("no panic");
        *pages += 1;
        *pages == 1
    }
}

#[async_trait]
impl RetentionStore for Troubled {
    async fn application(&self, id: &ApplicationId) -> Result<Option<Application>, StoreError> {
        self.fake.application(id).await
    }

    async fn due(&self, query: &DueQuery) -> Result<DuePage, StoreError> {
        let is_first = self.is_first_page();
        let limit = if matches!(self.trouble, Trouble::Unreadable) && is_first { 1 } else { 500 };
        let mut page = self.fake.due(&DueQuery { limit, ..*query }).await?;
        match self.trouble {
            Trouble::Edit if is_first => {
                let other = Some(samples::application_id(2));
                let content = Content { application: other, ..samples::contact_content() };
                let driver = ContactDriver::from(self.fake.contact_stores());
                driver.acted(3, &samples::edits(content), 50).await;
            }
            Trouble::Unreadable if is_first => {
                page.contacts.clear();
                page.unreadable.extend(page.last);
            }
            Trouble::Edit | Trouble::Corrupt | Trouble::Unreadable => {}
        }
        Ok(page)
    }

    async fn contacts(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
        if matches!(self.trouble, Trouble::Corrupt) && ids.contains(&contact_id(1)) {
            return Err(StoreError::Corrupt("contact.salt"));
        }
        self.fake.contacts(ids).await
    }

    async fn commit(
        &self,
        changes: &[Change<RetentionWrite>],
    ) -> Result<Vec<Committed>, StoreError> {
        RetentionStore::commit(&self.fake, changes).await
    }
}

#[tokio::test]
async fn a_contact_that_was_edited_after_its_page_was_read_is_left_to_the_next_run() {
    let fake = FakeStore::new(samples::audit_key());
    let driver = ContactDriver::from(fake.contact_stores());
    driver.register(1..=1).await;
    // A notice, which can still be edited.
    let content = Content {
        application: Some(samples::application_id(1)),
        contact_type: madoguchi_domain::contact::ContactType::Notice,
        ..samples::contact_content()
    };
    driver.written(&samples::adds(contact_id(3), 1, content, 1)).await;
    RetentionStore::commit(&fake, &[samples::completed(1, 60)]).await.expect("completed");
    let counts = to_end(&run(Troubled::new(&fake, Trouble::Edit), 1_000), LATE).await;
    assert_eq!((counts.deleted, counts.lost), (0, 1));
    assert!(!is_deleted(&fake, 3).await, "it belongs to another application now");
}

#[tokio::test]
async fn a_contact_that_cannot_be_opened_keeps_no_other() {
    let fake = overdue().await;
    let counts = to_end(&run(Troubled::new(&fake, Trouble::Corrupt), 1_000), LATE).await;
    assert_eq!((counts.deleted, counts.reported, counts.unreadable), (1, 1, 1));
    assert_eq!((is_deleted(&fake, 1).await, is_deleted(&fake, 2).await), (false, true));
}

#[tokio::test]
async fn a_page_of_rows_that_cannot_be_parsed_ends_no_walk() {
    let fake = overdue().await;
    let counts = to_end(&run(Troubled::new(&fake, Trouble::Unreadable), 1_000), LATE).await;
    assert_eq!((counts.deleted, counts.reported, counts.unreadable), (1, 1, 1));
}
