//! The demo's journey of retention: an application completes, and its time passes on a played
//! clock.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use madoguchi_api::Retention;
use madoguchi_api::settings::Settings;
use madoguchi_client::{AddContact, Client, PlaceHold, RegisterPerson, UpdateContact};
use madoguchi_testkit::fake::clock::ManualClock;
use tokio::sync::watch;

use crate::chance;
use crate::tokens;

use super::contact::{approve, premium_route};
use super::context::DemoContext;
use super::walk::Walk;

pub(super) const TITLE: &str =
    "An application is kept for two months, then gone; what is unanswered stays";

/// As the sandbox configures it.
const PURGE_AGE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One application with two contacts.
struct Application {
    author: Client,
    approver: Client,
    agent: Client,
    crm: Client,
    operator: Client,
    id: String,
    person: String,
    account: String,
}

pub(super) async fn walk(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let [author, approver, agent, crm, operator] =
        [tokens::AUTHOR, tokens::APPROVER, tokens::AGENT, tokens::CRM, tokens::OPERATOR]
            .map(|token| demo.as_user(token));
    let name = chance::hex(&chance::bytes::<6>()?);
    let (id, person, account) =
        (format!("APP-{name}"), format!("PER-{name}"), format!("ACC-{name}"));
    let application = Application { author, approver, agent, crm, operator, id, person, account };
    application.crm.register_person(&application.newcomer()).await?.data()?;
    let (answered, at) = application.valid_contact().await?;
    let (unanswered, _) = application.valid_contact().await?;
    let by_phone = UpdateContact::AnswerStatus("ANSWERED".to_owned());
    application.agent.update_contact(&answered, "*", &by_phone).await?.data()?;
    walk.note("an application with two contacts: one answered by phone, one not");
    let over = application.complete(at, walk).await?;
    let later = Later::open(demo, over).await?;
    application.ends(&later, (&answered, &unanswered), walk).await?;
    application.is_purged(&later, (&answered, &unanswered), walk).await
}

impl Application {
    fn newcomer(&self) -> RegisterPerson {
        RegisterPerson::new(&self.person, &self.account)
    }

    /// A contact about the application, approved; its id, and when.
    async fn valid_contact(&self) -> anyhow::Result<(String, Timestamp)> {
        let contact = AddContact {
            application_id: Some(self.id.clone()),
            ..premium_route(&self.person, &self.account)
        };
        let id = self.author.add_contact(&contact).await?.data()?.contact_id;
        let shown = self.approver.contact(&id).await?.data()?;
        ensure!(approve(&self.approver, &shown).await?.0 == 200, "the contact is approved");
        let approval = self.approver.contact(&id).await?.data()?.approval;
        Ok((id, approval.at.context("an approval without a time")?))
    }

    /// Reports the completion; the first moment after the last day.
    async fn complete(&self, at: Timestamp, walk: &mut Walk) -> anyhow::Result<Timestamp> {
        let completed = self.crm.complete_application(&self.id, &at.to_string()).await?.data()?;
        let last = completed.last_day_kept;
        walk.note(&format!("it completes on {}, and is kept to {last}", completed.completed_on));
        let other = at - SignedDuration::from_hours(48);
        let again = self.crm.complete_application(&self.id, &other.to_string()).await?;
        walk.same((again.status, &*again.code()), (409, "COMPLETION_CONFLICT"), "for good");
        let end: Timestamp = format!("{last}T23:59:59+09:00").parse()?;
        Ok(end + SignedDuration::from_secs(1))
    }

    /// The end of the last day: the plan shows what a run does, a hold stops it, a run does it.
    async fn ends(
        &self,
        later: &Later,
        (answered, unanswered): (&str, &str),
        walk: &mut Walk,
    ) -> anyhow::Result<()> {
        let plan = later.plan().await?;
        walk.same(what(&plan, answered), Some("DELETE"), "then the plan deletes the answered one");
        walk.same(what(&plan, unanswered), Some("REPORT"), "and reports the other one");
        let hold = PlaceHold {
            person_id: None,
            application_id: Some(self.id.clone()),
            reason: "a complaint is open".to_owned(),
        };
        let hold = self.operator.place_hold(&hold).await?.data()?;
        later.run().await?;
        let state = self.author.contact(answered).await?.data()?.state;
        walk.same(&*state, "ANSWERED", "under a legal hold a run deletes nothing");
        self.operator.release_hold(&hold.hold_id).await?.data()?;
        later.run().await?;
        let state = self.author.contact(answered).await?.data()?.state;
        walk.same(&*state, "DELETED", "after its release the answered one is deleted");
        let state = self.author.contact(unanswered).await?.data()?.state;
        walk.same(&*state, "VALID", "the unanswered one stays");
        let csv = self.crm.unanswered_csv(&[("applicationId", &*self.id)]).await?;
        let rows: Vec<_> = csv.document()?.lines().skip(1).collect();
        walk.check(
            matches!(rows[..], [row] if row.starts_with(unanswered)),
            "and the CRM's list of unanswered contacts has it, and not the other one",
        );
        Ok(())
    }

    /// A purge age later: nothing opens what was deleted, and its receipt says so.
    async fn is_purged(
        &self,
        later: &Later,
        (answered, unanswered): (&str, &str),
        walk: &mut Walk,
    ) -> anyhow::Result<()> {
        let by_phone = UpdateContact::AnswerStatus("ANSWERED".to_owned());
        self.agent.update_contact(unanswered, "*", &by_phone).await?.data()?;
        later.clock.advance(PURGE_AGE);
        later.run().await?;
        let state = self.author.contact(unanswered).await?.data()?.state;
        walk.same(&*state, "DELETED", "answered late, it is deleted by the next run");
        let gone = self.author.contact(answered).await?;
        walk.same((gone.status, &*gone.code()), (404, "CONTACT_NOT_FOUND"), "the other is purged");
        let receipts = self.operator.purge_receipts(&[("contactId", answered)]).await?.data()?;
        walk.same(receipts.len(), 1, "and its receipt is there");
        Ok(())
    }
}

fn what<'a>(plan: &'a BTreeMap<String, &'static str>, contact: &str) -> Option<&'a str> {
    plan.get(contact).copied()
}

/// Retention with a clock of its own.
struct Later {
    clock: ManualClock,
    retention: Retention,
}

impl Later {
    async fn open(demo: &DemoContext, now: Timestamp) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(demo.stack.data.config())?;
        let clock = ManualClock::at(now);
        let retention =
            Retention::open(&Settings::parse(&text, [])?, Arc::new(clock.clone())).await?;
        Ok(Self { clock, retention })
    }

    /// What a run does now, by contact.
    async fn plan(&self) -> anyhow::Result<BTreeMap<String, &'static str>> {
        let mut plan = BTreeMap::new();
        let each = self.retention.plan(None, |contact, planned| {
            plan.insert(contact.id.to_string(), planned.as_str());
            ControlFlow::Continue(())
        });
        each.await?;
        Ok(plan)
    }

    async fn run(&self) -> anyhow::Result<()> {
        let (_stop, stopped) = watch::channel(false);
        self.retention.run(stopped, |_| {}).await?;
        Ok(())
    }
}
