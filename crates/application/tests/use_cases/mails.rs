//! Tests how mails about contacts are planned, checked and sent.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use madoguchi_application::{
    ContactAct, ContactService, EffectAgeing, EffectRegistry, EffectWorker, FindMissing,
    MailDelivery, MissingMails, PlannedSignal, Sweeper, SweeperSettings, WorkerSettings,
};
use madoguchi_domain::breaker::BreakerSettings;
use madoguchi_domain::change::Committed;
use madoguchi_domain::contact::{ContactId, ContactPolicy, ContentEdit};
use madoguchi_domain::effect::{
    Doubt, EffectPolicy, EffectStateName, OnUnknown, Outcome, UpstreamCode, WhyNotSent, WorkerId,
};
use madoguchi_domain::if_match::IfMatch;
use madoguchi_domain::mail::{MailState, MailStatus, SuppressReason};
use madoguchi_domain::port::Clock as _;
use madoguchi_testkit::driver::contacts::ContactDriver;
use madoguchi_testkit::fake::clock::ManualClock;
use madoguchi_testkit::fake::ids::SeededIds;
use madoguchi_testkit::fake::mailer::{FakeMailer, MailBehaviour};
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples::{
    account_id, act, at, audit_key, contact_content, contact_id, contact_policy, mail_claim,
    mail_rules, mailed_approvals, person_id, staff, system,
};

/// A worker and a sweeper of mails over a fake store.
struct Post {
    fake: FakeStore,
    mailer: Arc<FakeMailer>,
    clock: ManualClock,
    service: ContactService,
    registry: EffectRegistry,
}

impl Post {
    async fn open() -> Self {
        let fake = FakeStore::new(audit_key());
        let stores = fake.contact_stores();
        ContactDriver::from(stores.clone()).register(1..=1).await;
        let rules = mail_rules();
        let policy = ContactPolicy { mail: Some(rules.clone()), ..contact_policy() };
        let (clock, mailer) = (ManualClock::default(), Arc::new(FakeMailer::default()));
        clock.set(at(100));
        let delivery = MailDelivery {
            mails: Arc::clone(&stores.mails),
            announcements: Arc::clone(&stores.announcements),
            persons: Arc::clone(&stores.persons),
            mailer: Arc::clone(&mailer) as _,
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SeededIds::new(2)),
            rules: rules.clone(),
            conversation_lasts: SignedDuration::from_secs(10),
            check_lasts: SignedDuration::from_secs(2),
            policy: EffectPolicy {
                on_unknown: OnUnknown::Manual,
                give_up_after: Some(SignedDuration::from_hours(72)),
                give_up_attempts: 2,
                ..EffectPolicy::standard()
            },
            id: WorkerId("mailer".into()),
        };
        let missing = MissingMails { mails: Arc::clone(&stores.mails), rules };
        let registry =
            EffectRegistry::default().with(Arc::new(delivery)).with_hook(Arc::new(missing));
        let service = ContactService::new(stores, Arc::new(policy), Arc::new(SeededIds::new(1)));
        Self { fake, mailer, clock, service, registry }
    }

    /// Adds a contact and approves it now.
    async fn approved(&self) -> ContactId {
        let whom = (person_id(1), account_id(1));
        let content = self.service.policy().check(contact_content()).expect("sample content");
        let added = self.service.add(whom, content, act("add", staff(1), self.clock.now())).await;
        let id = added.expect("added").value.id;
        let seen = self.service.read(id).await.expect("read").content_hash();
        self.does(id, ContactAct::Approve { seen }).await;
        id
    }

    async fn does(&self, id: ContactId, command: ContactAct) {
        let by = act("move", staff(2), self.clock.now());
        self.service.update(id, &command, &IfMatch::Any, &by).await.expect("allowed");
    }

    /// Sends what is due.
    async fn step(&self) {
        let worker = EffectWorker {
            effects: Arc::clone(&self.fake.stores().platform.effects),
            delivery: Arc::clone(&self.registry.deliveries()[0]),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(3)),
            planned: PlannedSignal::default(),
            settings: WorkerSettings {
                id: WorkerId("worker".into()),
                calls: 16,
                poll: Duration::from_secs(1),
                breaker: BreakerSettings::steady(100, SignedDuration::from_secs(30)),
            },
        };
        worker.step().await;
    }

    fn sweeper(&self) -> Sweeper {
        Sweeper {
            effects: Arc::clone(&self.fake.stores().platform.effects),
            registry: self.registry.clone(),
            clock: Arc::new(self.clock.clone()),
            ids: Arc::new(SeededIds::new(4)),
            planned: PlannedSignal::default(),
            settings: SweeperSettings {
                id: WorkerId("sweeper".into()),
                every: Duration::from_secs(1),
                missing_every: Duration::from_secs(600),
            },
        }
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    async fn status(&self, id: ContactId) -> MailStatus {
        self.service.read(id).await.expect("read").mail.expect("a mail").status
    }
}

#[tokio::test]
async fn an_approved_contact_is_mailed_once() {
    let post = Post::open().await;
    let id = post.approved().await;
    post.step().await;
    post.step().await;
    assert_eq!(post.status(id).await, MailStatus::Sent { at: at(100) });
    let [mail] = <[_; 1]>::try_from(post.mailer.accepted()).expect("one mail");
    assert_eq!((mail.contacts, mail.date), (1, at(100)));
}

#[tokio::test]
async fn doubt_is_never_sent_again_by_itself() {
    let post = Post::open().await;
    post.mailer.script([MailBehaviour::AcceptThenLose(Doubt::ConnectionLost)]);
    let id = post.approved().await;
    for _ in 0..3 {
        post.step().await;
        post.wait(3600);
        post.sweeper().sweep().await.expect("swept");
    }
    assert_eq!(post.status(id).await, MailStatus::Uncertain { since: at(100) });
    assert_eq!(post.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn a_retry_carries_the_same_id_and_is_checked_again() {
    let post = Post::open().await;
    let later = || MailBehaviour::NotSent(WhyNotSent::Deferred);
    post.mailer.script([later(), MailBehaviour::Accept, later()]);
    let first = post.approved().await;
    post.step().await;
    post.wait(3600);
    post.step().await;
    assert_eq!(post.status(first).await.state(), MailState::Sent);
    let second = post.approved().await;
    post.step().await;
    post.does(second, ContactAct::AnswerByPhone).await;
    post.wait(3600);
    post.step().await;
    let expected = MailStatus::Suppressed { at: at(100 + 7200), reason: SuppressReason::Answered };
    assert_eq!(post.status(second).await, expected);
    assert_eq!(post.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_for_days_is_given_up() {
    let post = Post::open().await;
    let id = post.approved().await;
    post.mailer.script(vec![MailBehaviour::NotSent(WhyNotSent::NoConnection); 2]);
    post.step().await;
    post.wait(73 * 3600);
    post.step().await;
    let code = UpstreamCode::parse(UpstreamCode::GAVE_UP).expect("a code");
    let expected = MailStatus::Failed { at: at(100 + 73 * 3600), code };
    assert_eq!(post.status(id).await, expected);
}

#[tokio::test]
async fn a_mail_that_was_checked_for_too_long_is_not_sent() {
    let post = Post::open().await;
    post.approved().await;
    let effects = post.fake.stores().platform.effects.claim(&mail_claim(1, 100)).await;
    // The lease of 30 s leaves 9 s, less than a conversation.
    post.wait(21);
    let outcome = post.registry.deliveries()[0].deliver(&effects.expect("claimed")[0]).await;
    assert_eq!(outcome, Outcome::NotSent(WhyNotSent::LeaseOver));
    assert!(post.mailer.accepted().is_empty());
}

#[tokio::test]
async fn a_contact_that_is_posted_later_after_all_is_mailed_then() {
    let post = Post::open().await;
    let id = post.approved().await;
    let edit = ContentEdit { posted_at: Some(Some(at(5000))), ..ContentEdit::default() };
    post.does(id, ContactAct::Edit(Box::new(edit))).await;
    post.step().await;
    assert!(post.mailer.accepted().is_empty());
    assert_eq!(post.status(id).await.state(), MailState::Pending);
    post.wait(5000);
    post.step().await;
    assert_eq!(post.status(id).await.state(), MailState::Sent);
}

#[tokio::test]
async fn an_outage_of_the_store_sends_nothing_unchecked() {
    let post = Post::open().await;
    let id = post.approved().await;
    let effects = post.fake.stores().platform.effects.claim(&mail_claim(1, 100)).await;
    post.fake.set_down(true);
    let outcome = post.registry.deliveries()[0].deliver(&effects.expect("claimed")[0]).await;
    post.fake.set_down(false);
    assert_eq!(outcome, Outcome::NotSent(WhyNotSent::NotChecked));
    assert!(post.mailer.accepted().is_empty());
    assert_eq!(post.status(id).await.state(), MailState::Pending);
}

#[tokio::test]
async fn a_pending_mail_without_effect_is_found_and_sent() {
    let post = Post::open().await;
    let id = post.approved().await;
    post.step().await;
    let mails = Arc::clone(&post.fake.contact_stores().mails);
    let missing = MissingMails { mails, rules: mail_rules() };
    let by = act("sweep", system(), at(200));
    assert_eq!(missing.plan_missing(&by, 10).await, Ok(0), "nothing is missing");
    // A contact that was approved without its effect.
    let driver = ContactDriver::from(post.fake.contact_stores());
    let mut approved = mailed_approvals(&[&driver.drafted(9).await], 9, 100);
    approved[0].effects.clear();
    assert_eq!(driver.commit(&approved).await, Committed::Moved);
    assert_eq!(missing.plan_missing(&by, 10).await, Ok(1));
    post.wait(200);
    post.step().await;
    for id in [id, contact_id(9)] {
        assert_eq!(post.status(id).await.state(), MailState::Sent);
    }
    assert_eq!(post.mailer.accepted().len(), 2);
}

#[tokio::test]
async fn unsettled_mails_are_counted_with_the_age_of_the_oldest() {
    let post = Post::open().await;
    post.mailer.script([MailBehaviour::Lose(Doubt::TimedOut)]);
    post.approved().await;
    post.step().await;
    post.wait(60);
    post.approved().await;
    post.wait(40);
    let ageing = EffectAgeing {
        effects: Arc::clone(&post.fake.stores().platform.effects),
        kinds: vec![post.registry.deliveries()[0].kind()],
        clock: Arc::new(post.clock.clone()),
        every: Duration::from_secs(60),
    };
    let counted = ageing.count().await.expect("counted");
    let shown: Vec<_> =
        counted.iter().map(|it| (it.state, it.count, it.oldest_age_seconds as u32)).collect();
    let expected = [
        (EffectStateName::Planned, 1, 40),
        (EffectStateName::Sending, 0, 0),
        (EffectStateName::Unknown, 1, 100),
        (EffectStateName::Manual, 0, 0),
    ];
    assert_eq!(shown, expected);
}
