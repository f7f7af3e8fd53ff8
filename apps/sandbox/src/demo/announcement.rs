//! The demo's journey of an announcement to everyone: approved, mailed in batches, and watched.

use std::time::Duration;

use anyhow::ensure;
use madoguchi_client::{
    AddAnnouncement, ChangeContactDetails, Client, MailingAnswer, RegisterPerson,
};
use tokio::time::Instant;

use crate::chance;
use crate::config::FIRST_BATCH;
use crate::tokens;
use crate::world_client::{AcceptedMail, WorldClient};

use super::context::DemoContext;
use super::walk::Walk;

pub(super) const TITLE: &str =
    "An announcement is mailed to everyone, and what does not arrive shows";

const UNTIL_MAILED: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// More than one interval of the job that plans mails.
const TO_BE_SURE: Duration = Duration::from_millis(1500);

/// Everyone who has to do with one announcement.
struct Announced {
    writer: Client,
    approver: Client,
    crm: Client,
    mail_server: Client,
    customer: Client,
    world: WorldClient,
    /// Ends the ids of persons, who come last by id.
    name: String,
}

pub(super) async fn walk(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let [writer, approver, crm, mail_server, customer] =
        [tokens::OPERATOR, tokens::APPROVER, tokens::CRM, tokens::MAIL_SERVER, tokens::CUSTOMER]
            .map(|token| demo.as_user(token));
    let (world, name) = (demo.stack.world.clone(), chance::hex(&chance::bytes::<6>()?));
    let announced = Announced { writer, approver, crm, mail_server, customer, world, name };
    for who in ["reached", "bounced", "stopped"] {
        announced.register(who).await?;
    }
    let id = announced.approve(walk).await?;
    announced.release(&id, walk).await?;
    announced.watch(walk).await
}

impl Announced {
    fn person(&self, who: &str) -> String {
        format!("PER-Z{}-{who}", self.name)
    }

    fn email(&self, who: &str) -> String {
        format!("{who}.{}@example.com", self.name)
    }

    async fn register(&self, who: &str) -> anyhow::Result<()> {
        let account = format!("ACC-Z{}-{who}", self.name);
        let email = Some(self.email(who));
        let person = RegisterPerson { email, ..RegisterPerson::new(self.person(who), account) };
        self.crm.register_person(&person).await?.data()?;
        Ok(())
    }

    /// Writes it, submits it, and approves it as another person; its id.
    async fn approve(&self, walk: &mut Walk) -> anyhow::Result<String> {
        let content = AddAnnouncement {
            subject: "システム停止のお知らせ".to_owned(),
            body: "12月6日 0:00〜5:00、マイページをご利用いただけません。".to_owned(),
            link: None,
            posted_at: None,
            mail: true,
        };
        let id = self.writer.add_announcement(&content).await?.data()?.announcement_id;
        let submitted = self.writer.submit_announcement(&id).await?.data()?;
        let recipients = submitted.recipients.unwrap_or_default();
        walk.check(recipients >= 3, &format!("the submission fixes its {recipients} recipients"));
        let own = self.writer.approve_announcement(&id, &submitted.content_hash).await?;
        walk.same(own.status, 403, "the writer has no scope to approve it");
        let approved = self.approver.approve_announcement(&id, &submitted.content_hash).await?;
        walk.same(approved.status, 200, "another person approves the text and the recipients");
        self.register("late").await?;
        walk.note("a customer is registered after the submission");
        self.read(&id, walk).await?;
        Ok(id)
    }

    /// Sees and reads it as a customer.
    async fn read(&self, id: &str, walk: &mut Walk) -> anyhow::Result<()> {
        let read = self.customer.mark_announcement_read(id, None).await?;
        let messages = self.customer.messages(tokens::CUSTOMER_PERSON).await?.data()?;
        let mut shown = messages.iter().filter_map(|message| message.announcement());
        let its = shown.find(|announcement| announcement.announcement_id == id);
        let is_read = read.status == 200 && its.is_some_and(|it| it.read_at.is_some());
        walk.check(is_read, "customers see it at once, and each has its own mark of reading");
        Ok(())
    }

    /// Lets the mails after the first batch go.
    async fn release(&self, id: &str, walk: &mut Walk) -> anyhow::Result<()> {
        let held = self.mailed(id, "HELD").await?;
        walk.same(held.planned, FIRST_BATCH, "the first batch goes, and the others wait");
        self.stop("stopped").await?;
        walk.note("a customer stops all mail, after the approval");
        tokio::time::sleep(TO_BE_SURE).await;
        let waiting = self.writer.announcement(id).await?.data()?.mailing;
        walk.same(waiting.map(|it| it.planned), Some(FIRST_BATCH), "nobody else gets one yet");
        let released = self.writer.release_announcement(id).await?;
        walk.same(released.status, 200, "the first mails look right: the others are released");
        let done = self.mailed(id, "PLANNED").await?;
        let suppressed = done
            .counts
            .iter()
            .find(|it| it.state == "SUPPRESSED" && it.reason.as_deref() == Some("MAIL_STOPPED"));
        walk.check(suppressed.is_some(), "the progress counts who stopped mail, and why");
        for (who, mails, claim) in [
            ("reached", 1, "a customer has it once"),
            ("bounced", 1, "so has one whose mail will come back"),
            ("stopped", 0, "who stopped mail has none"),
            ("late", 0, "who was registered later has none"),
        ] {
            walk.same(self.arrived(who).await?.len(), mails, claim);
        }
        Ok(())
    }

    /// Reports a mail that came back, and reads whom mails do not reach.
    async fn watch(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let report = self.world.bounce(&self.email("bounced")).await?;
        let reported = self.mail_server.report_delivery(report).await?.data()?;
        walk.check(reported.has_bounced, "the mail server reports that it came back");
        for (who, expected, claim) in [
            ("bounced", Some(("BOUNCED", "5.1.1")), "the delivery watch shows it"),
            ("stopped", Some(("STOPPED", "MAIL_STOPPED")), "and who stopped mail"),
            ("reached", None, "and nobody whom mails reach"),
        ] {
            let person = self.person(who);
            let shown = self.writer.delivery_watch(&[("personId", &person)]).await?.data()?;
            let shown = shown
                .first()
                .map(|it| (it.reason.clone(), it.last_result.clone().unwrap_or_default()));
            let shown = shown.as_ref().map(|(reason, last)| (&**reason, &**last));
            walk.same(shown, expected, claim);
        }
        Ok(())
    }

    async fn stop(&self, who: &str) -> anyhow::Result<()> {
        let wish = ChangeContactDetails {
            mail_stopped: Some(true),
            mail_stop_reason: Some("asked by phone".to_owned()),
            ..ChangeContactDetails::default()
        };
        let answer = self.crm.change_contact_details(&self.person(who), "*", &wish).await?;
        ensure!(answer.status == 200, "the stop is refused: {}", answer.status);
        Ok(())
    }

    /// The progress when the mailing is in this state, and none of its mails is pending.
    async fn mailed(&self, id: &str, state: &str) -> anyhow::Result<MailingAnswer> {
        let deadline = Instant::now() + UNTIL_MAILED;
        loop {
            let mailing = self.writer.announcement(id).await?.data()?.mailing;
            let is_done = |it: &MailingAnswer| {
                it.state == state && it.counts.iter().all(|count| count.state != "PENDING")
            };
            if let Some(mailing) = mailing.filter(is_done) {
                return Ok(mailing);
            }
            ensure!(Instant::now() < deadline, "the announcement is not {state} for too long");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The mails about it in the mailbox of this customer.
    async fn arrived(&self, who: &str) -> anyhow::Result<Vec<AcceptedMail>> {
        let (mails, email) = (self.world.mails().await?, self.email(who));
        Ok(mails.into_iter().filter(|mail| mail.to == email).collect())
    }
}
