//! The examples of the API document as a walk: what each step teaches the next ones.

use std::sync::Arc;

use madoguchi_application::{AnnouncementMailing, Job, PlannedSignal};
use madoguchi_domain::announcement::MailingPolicy;
use madoguchi_domain::contact::{ApplicationId, Content, UnplannedMail};
use madoguchi_domain::effect::{Claim, EffectEvent, Fence, Outcome, WorkerId};
use madoguchi_domain::job_lease::JobLease;
use madoguchi_domain::mail::MailOrder;
use madoguchi_domain::port::{
    Clock, ContactStore, EffectQueue, MailStore, PersonStore, RetentionStore,
};
use madoguchi_domain::retention::{DueQuery, DueScope, PurgeGround, RetentionPolicy};
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::samples;
use serde_json::{Value, json};

use crate::test_app::TestApp;

/// The operations in an order in which each one succeeds, with the status of its answer.
pub(super) fn steps(examples: &Value) -> Vec<(&str, u16)> {
    let steps = examples["walk"].as_array().unwrap().iter();
    let step = steps.map(|step| step.as_str().unwrap().split_once(' ').unwrap());
    step.map(|(id, status)| (id, status.parse().unwrap())).collect()
}

/// What has to be so before a step: no worker runs here, so an order gets stuck on request.
pub(super) async fn prepare(id: &str, app: &TestApp) {
    if id == "proposeResolution" {
        let now = app.clock.now();
        for effect in app.store.claim(&samples::claim(1, 100, now)).await.unwrap() {
            let policy = samples::claim(1, 1, now).policy;
            let change = samples::moved(&effect, EffectEvent::SetAside, &policy, now);
            app.store.record(&[change]).await.unwrap();
        }
    }
    if id == "submitAnnouncement" {
        // A second recipient, whose mail waits for the release.
        let change = samples::registers(&samples::person_registration(2));
        PersonStore::commit(&app.store, &[change]).await.unwrap();
    }
    if id == "releaseAnnouncement" {
        plan_first_batch(app).await;
    }
    if id == "reportDelivery" {
        send_mail(app).await;
    }
    if id == "completeApplication" {
        name_application(app).await;
    }
    if id == "listUnanswered" || id == "listPurgeReceipts" {
        retain(id, app).await;
    }
}

/// The job that plans mails runs once, with a first batch of one mail.
async fn plan_first_batch(app: &TestApp) {
    let stores = app.store.contact_stores();
    let job = AnnouncementMailing {
        announcements: stores.announcements,
        ids: Arc::new(SeededIds::new(77)),
        policy: MailingPolicy { first_batch: 1, release_after: None, batch: 1 },
        rules: samples::mail_rules(),
        planned: PlannedSignal::default(),
    };
    let act = samples::act("job", samples::system(), app.clock.now());
    let lease = JobLease {
        job: job.name(),
        holder: WorkerId("job".into()),
        until: act.at(),
        fence: Fence(1),
    };
    job.step(&lease, &act).await.unwrap();
}

/// Mail 7, to the person of the examples, as it was sent.
async fn send_mail(app: &TestApp) {
    let now = app.clock.now();
    let (id, person) = (samples::mail_id(7), samples::person_id(1));
    let mail = UnplannedMail { id, person, due: now };
    let act = samples::act("plan", samples::system(), now);
    let plan = mail.plan(&samples::mail_rules(), &act);
    MailStore::commit(&app.store, &[plan]).await.unwrap();
    let claim = Claim { kind: MailOrder::KIND, ..samples::claim(1, 100, now) };
    for effect in app.store.claim(&claim).await.unwrap() {
        let seconds = now.duration_since(samples::start()).as_secs();
        let sent = samples::mail_answered(&effect, Outcome::Applied, seconds);
        app.store.record(&[sent]).await.unwrap();
    }
}

/// Contact 9, to the person of the examples, names their application.
async fn name_application(app: &TestApp) {
    let application = ApplicationId::parse("A-2026-0042").ok();
    let content = Content { application, ..samples::contact_content() };
    let change = samples::adds(samples::contact_id(9), 1, content, 60);
    ContactStore::commit(&app.store, &[change]).await.unwrap();
}

/// What a run of retention does with the first contact of its kind: report it, or purge it.
async fn retain(id: &str, app: &TestApp) {
    let policy = RetentionPolicy { purge_age: Some(365), ..RetentionPolicy::standard() };
    let act = samples::act("run", samples::system(), app.clock.now());
    let purges = id == "listPurgeReceipts";
    let scope = if purges { DueScope::Deleted { by: act.at() } } else { DueScope::Kept };
    let due = app.store.due(&DueQuery { scope, after: None, limit: 1 }).await.unwrap();
    let due = due.contacts;
    let change = if purges {
        due[0].purge(PurgeGround::Deleted, &policy, &act).unwrap()
    } else {
        due[0].report(&act)
    };
    RetentionStore::commit(&app.store, &[change]).await.unwrap();
}

/// Later requests name the case that was opened, and the contact that was added as it was read.
pub(super) fn learn(step: (&str, u16), examples: &mut Value, answer: &Value) {
    let data = &answer["data"];
    match step {
        ("openUpgrade", 201) => {
            examples["parameters"]["caseId"] = data["caseId"].clone();
            examples["parameters"]["effectId"] = data["caseId"].clone();
            let content = data["qrCode"]["content"].as_str().unwrap();
            examples["verifyScanned"]["request"]["qrToken"] = content.rsplit('/').next().into();
        }
        ("addContact", 201) => {
            examples["parameters"]["contactId"] = data["contactId"].clone();
        }
        ("readContact", 200) => {
            let (id, hash) = (&data["contactId"], &data["contentHash"]);
            examples["approveContacts"]["request"] =
                json!([{ "contactId": id, "contentHash": hash }]);
        }
        ("addAnnouncement", 201) => {
            examples["parameters"]["announcementId"] = data["announcementId"].clone();
        }
        ("submitAnnouncement", 200) => {
            examples["approveAnnouncement"]["request"]["contentHash"] = data["contentHash"].clone();
        }
        ("placeHold", 201) => {
            examples["parameters"]["holdId"] = data["holdId"].clone();
        }
        ("proposeResolution", 201) => {
            examples["approveResolution"]["request"]["contentHash"] = data["contentHash"].clone();
        }
        _ => {}
    }
}
