//! The demo's journeys of mails: sent once, and honest about doubt.

use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use madoguchi_client::{AddContact, Client, MailOfContact, RegisterPerson, UpdateContact};
use tokio::time::Instant;

use crate::chance;
use crate::tokens;
use crate::world_client::{AcceptedMail, WorldClient};

use super::contact::{approve, premium_route};
use super::context::DemoContext;
use super::walk::Walk;

const UNTIL_MOVED: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Longer than the settle time of the sandbox.
const LONG_AFTER: Duration = Duration::from_secs(2);
/// Time to record a phone call before the mail is due.
const POSTED_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// One journey of a mail.
#[derive(Debug, Clone, Copy)]
pub(super) enum MailJourney {
    /// The mail server accepts it, and the connection is cut before it says so.
    Uncertain,
    /// The customer called before it was due.
    Suppressed,
}

/// One customer, whom nobody else mails to, and everyone who has to do with the mail.
struct Correspondence {
    author: Client,
    approver: Client,
    agent: Client,
    world: WorldClient,
    person: String,
    account: String,
    email: String,
}

impl MailJourney {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Uncertain => "A mail whose answer is lost is named uncertain, and not sent again",
            Self::Suppressed => "A mail about what was settled by phone is not sent",
        }
    }

    pub(super) async fn walk(self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        let correspondence = Correspondence::begin(demo).await?;
        match self {
            Self::Uncertain => correspondence.uncertain(walk).await,
            Self::Suppressed => correspondence.suppressed(walk).await,
        }
    }
}

impl Correspondence {
    async fn begin(demo: &DemoContext) -> anyhow::Result<Self> {
        let name = chance::hex(&chance::bytes::<6>()?);
        let [author, approver, agent] =
            [tokens::AUTHOR, tokens::APPROVER, tokens::AGENT].map(|token| demo.as_user(token));
        let (person, account) = (format!("PER-{name}"), format!("ACC-{name}"));
        let email = format!("hanako.{name}@example.com");
        let registered =
            RegisterPerson { email: Some(email.clone()), ..RegisterPerson::new(&person, &account) };
        demo.as_user(tokens::CRM).register_person(&registered).await?.data()?;
        let world = demo.stack.world.clone();
        Ok(Self { author, approver, agent, world, person, account, email })
    }

    async fn uncertain(&self, walk: &mut Walk) -> anyhow::Result<()> {
        self.world.plays("smtp", "cut_after_dot", Some(&self.email), Some(1)).await?;
        walk.note("the mail server will accept the mail and cut the connection");
        let id = self.approved(premium_route(&self.person, &self.account)).await?;
        walk.note("a contact is approved, and its mail goes out");
        let mail = self.moved(&id).await?;
        walk.same(&*mail.state, "UNCERTAIN", "nobody can know: the mail is uncertain");
        walk.same(self.arrived().await?.len(), 1, "it is in the customer's mailbox once");
        tokio::time::sleep(LONG_AFTER).await;
        walk.same(self.arrived().await?.len(), 1, "and it is not sent again");
        let listed = self.author.contacts(&[("mail", "UNCERTAIN")]).await?.data()?;
        let is_named = listed.iter().any(|contact| contact.contact_id == id);
        walk.check(is_named, "an operator finds it in the list of uncertain mails");
        Ok(())
    }

    async fn suppressed(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let contact =
            AddContact { posted_at: Some(soon()?), ..premium_route(&self.person, &self.account) };
        let id = self.approved(contact).await?;
        let waiting = self.author.contact(&id).await?.data()?.mail;
        walk.same(&*waiting.state, "PENDING", "the mail waits until the contact is visible");
        let answered = UpdateContact::AnswerStatus("ANSWERED".to_owned());
        let settled = self.agent.update_contact(&id, "*", &answered).await?;
        walk.same(settled.status, 200, "the customer calls, and the matter is settled by phone");
        let mail = self.moved(&id).await?;
        let why = (&*mail.state, mail.reason.as_deref());
        walk.same(why, ("SUPPRESSED", Some("ANSWERED")), "when it is due, the mail is suppressed");
        walk.same(self.arrived().await?.len(), 0, "the customer gets none");
        Ok(())
    }

    /// Adds a contact, and approves it as another person.
    async fn approved(&self, contact: AddContact) -> anyhow::Result<String> {
        let id = self.author.add_contact(&contact).await?.data()?.contact_id;
        let shown = self.approver.contact(&id).await?.data()?;
        let (status, code) = approve(&self.approver, &shown).await?;
        ensure!(status == 200, "the approval is refused: {status} {code}");
        Ok(id)
    }

    /// The mail of a contact when it is no longer pending.
    async fn moved(&self, id: &str) -> anyhow::Result<MailOfContact> {
        let deadline = Instant::now() + UNTIL_MOVED;
        loop {
            let mail = self.author.contact(id).await?.data()?.mail;
            if mail.state != "PENDING" {
                return Ok(mail);
            }
            ensure!(Instant::now() < deadline, "the mail is pending for too long");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// The mails in the customer's mailbox.
    async fn arrived(&self) -> anyhow::Result<Vec<AcceptedMail>> {
        let mails = self.world.mails().await.context("the journal of mails")?;
        Ok(mails.into_iter().filter(|mail| mail.to == self.email).collect())
    }
}

#[expect(clippy::disallowed_methods, reason = "a journey writes times as its user does")]
fn soon() -> anyhow::Result<Timestamp> {
    Ok(Timestamp::now().checked_add(POSTED_AFTER)?)
}
