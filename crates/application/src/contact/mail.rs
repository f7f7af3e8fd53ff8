//! Sends the mails about contacts, and finds those without an effect.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::announcement::{AnnouncementId, check_announcement_mail};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::contact::{MailRules, MailVerdict, MailWrite, UnplannedMail, check_mail};
use madoguchi_domain::effect::{
    CancelReason, Effect, EffectKind, EffectOrder, EffectPolicy, Outcome, WhyNotSent, WorkerId,
};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::mail::{Mail, MailId, MailOrder};
use madoguchi_domain::person::{PersonId, PersonQuery};
use madoguchi_domain::port::{
    AnnouncementStore, Clock, Ids, MailStore, Mailer, PersonStore, StoreError,
};
use madoguchi_domain::redacted;

use crate::system_act::system_act;
use crate::{Delivery, FindMissing};

redacted!(MissingMails);

/// Checks just before sending whether a mail is still right, and sends it to the person's current
/// address.
pub struct MailDelivery {
    /// The contacts that mails announce.
    pub mails: Arc<dyn MailStore>,
    /// The announcements that mails are about.
    pub announcements: Arc<dyn AnnouncementStore>,
    /// The persons.
    pub persons: Arc<dyn PersonStore>,
    /// The mail server.
    pub mailer: Arc<dyn Mailer>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Correlation ids.
    pub ids: Arc<dyn Ids>,
    /// When mail goes.
    pub rules: MailRules,
    /// The maximum duration of a call of the mailer.
    pub conversation_lasts: SignedDuration,
    /// The usual duration of the check before it. A mail that was checked for longer is not sent,
    /// if its lease leaves no time for the conversation.
    pub check_lasts: SignedDuration,
    /// The policy of the kind; a mail with an unknown outcome must not be resent.
    pub policy: EffectPolicy,
    /// The name in the audit log of who leaves contacts out of a mail.
    pub id: WorkerId,
}

impl fmt::Debug for MailDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailDelivery").field("policy", &self.policy).finish_non_exhaustive()
    }
}

#[async_trait]
impl Delivery for MailDelivery {
    fn kind(&self) -> EffectKind {
        MailOrder::KIND
    }

    fn policy(&self) -> &EffectPolicy {
        &self.policy
    }

    fn call_lasts(&self) -> SignedDuration {
        self.conversation_lasts.saturating_add(self.check_lasts)
    }

    fn supports(&self, order: &EffectOrder) -> bool {
        !MailOrder::is_newer(order)
    }

    async fn deliver(&self, effect: &Effect) -> Outcome {
        let Ok(MailOrder { id, person, announcement, message_id }) =
            MailOrder::parse(&effect.order)
        else {
            return Outcome::NotSent(WhyNotSent::NotEncodable);
        };
        let verdict = match announcement {
            Some(announcement) => self.check_announcement(announcement, person).await,
            None => self.check(id, person).await,
        };
        match verdict {
            Ok(MailVerdict::Send { .. }) if !self.is_in_time(effect) => {
                Outcome::NotSent(WhyNotSent::LeaseOver)
            }
            Ok(MailVerdict::Send { to, locale, contacts }) => {
                let date = effect.planned_at;
                self.mailer.send(&Mail { message_id, to, locale, contacts, date }).await
            }
            Ok(MailVerdict::Wait { until }) => Outcome::NotDue(until),
            Ok(MailVerdict::Withdraw(reason)) => {
                Outcome::Withdrawn(CancelReason::of(reason.as_str()))
            }
            Err(error) => {
                tracing::error!(%error, "it is not known whether the mail is still right");
                Outcome::NotSent(WhyNotSent::NotChecked)
            }
        }
    }

    fn consequence(&self, after: &Effect) -> Result<Option<Consequence>, InvalidField> {
        MailOrder::consequence(after)
    }
}

impl MailDelivery {
    /// The verdict on a mail about an announcement.
    async fn check_announcement(
        &self,
        id: AnnouncementId,
        person: PersonId,
    ) -> Result<MailVerdict, StoreError> {
        let mailed = self.announcements.mailed(id).await?;
        let mailed = mailed.ok_or(StoreError::Corrupt("announcement.announcement_id"))?;
        let found = self.persons.find(&PersonQuery::Id(person), 1).await?;
        Ok(check_announcement_mail(&mailed, found.first(), self.clock.now()))
    }

    /// The verdict on a mail, after the contacts that it leaves out show so.
    async fn check(&self, id: MailId, person: PersonId) -> Result<MailVerdict, StoreError> {
        let contacts = self.mails.announced(id).await?;
        let found = self.persons.find(&PersonQuery::Id(person), 1).await?;
        let now = self.clock.now();
        let check = check_mail(&contacts, found.first(), &self.rules, now);
        let check = check.ok_or(StoreError::Corrupt("contact.mail_id"))?;
        let act = system_act(&self.id, &*self.clock, &*self.ids);
        let leave_out = |it| MailWrite::leave_out(id, it, &act);
        let changes: Vec<Change<MailWrite>> = check.left_out.into_iter().map(leave_out).collect();
        if changes.is_empty() {
            return Ok(check.verdict);
        }
        let committed = self.mails.commit(&changes).await?;
        if committed.contains(&Committed::Lost) {
            return Err(StoreError::Unavailable("the mail was changed meanwhile"));
        }
        Ok(check.verdict)
    }

    /// Whether the lease outlasts a conversation that begins now.
    fn is_in_time(&self, effect: &Effect) -> bool {
        effect.state.next_attempt_at().is_some_and(|lease_until| {
            lease_until.duration_since(self.clock.now()) >= self.conversation_lasts
        })
    }
}

/// The hook of the kind `Mail`.
pub struct MissingMails {
    /// The mails.
    pub mails: Arc<dyn MailStore>,
    /// Derives their ids at the mail server.
    pub rules: MailRules,
}

#[async_trait]
impl FindMissing for MissingMails {
    async fn plan_missing(&self, act: &Act, limit: u32) -> Result<usize, StoreError> {
        let missing: Vec<UnplannedMail> = self.mails.unplanned(limit).await?;
        if missing.is_empty() {
            return Ok(0);
        }
        let changes: Vec<_> = missing.iter().map(|it| it.plan(&self.rules, act)).collect();
        let committed = self.mails.commit(&changes).await?;
        for (mail, committed) in missing.iter().zip(&committed) {
            let is_planned = *committed == Committed::Moved;
            tracing::warn!(mail = %mail.id, is_planned, "the mail of a contact had no effect");
        }
        Ok(committed.iter().filter(|it| **it == Committed::Moved).count())
    }
}
