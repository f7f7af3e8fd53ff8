//! Sends the mails about contacts, and finds those without an effect.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use madoguchi_domain::act::Act;
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::contact::{MailPolicy, MailVerdict, MailWrite, UnplannedMail, check_mail};
use madoguchi_domain::effect::{
    CancelReason, Effect, EffectKind, EffectOrder, EffectPolicy, Outcome, WhyNotSent, WorkerId,
};
use madoguchi_domain::field::InvalidField;
use madoguchi_domain::mail::{Mail, MailId, MailOrder};
use madoguchi_domain::person::{PersonId, PersonQuery};
use madoguchi_domain::port::{Clock, Ids, MailStore, Mailer, PersonStore, StoreError};
use madoguchi_domain::redacted;

use crate::system_act::system_act;
use crate::{Delivery, FindMissing};

redacted!(MissingMails);

/// Checks just before sending whether a mail is still right, and sends it to the person's current
/// address.
pub struct MailDelivery {
    /// The contacts that mails announce.
    pub mails: Arc<dyn MailStore>,
    /// The persons.
    pub persons: Arc<dyn PersonStore>,
    /// The mail server.
    pub mailer: Arc<dyn Mailer>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Correlation ids.
    pub ids: Arc<dyn Ids>,
    /// When mail goes.
    pub rules: MailPolicy,
    /// The maximum duration of a delivery, with the check.
    pub call_lasts: SignedDuration,
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
        self.call_lasts
    }

    fn supports(&self, order: &EffectOrder) -> bool {
        !MailOrder::is_newer(order)
    }

    async fn deliver(&self, effect: &Effect) -> Outcome {
        let Ok(MailOrder { id, person, message_id }) = MailOrder::parse(&effect.order) else {
            return Outcome::NotSent(WhyNotSent::NotEncodable);
        };
        match self.check(id, person).await {
            Ok(Some(MailVerdict::Send { to, locale, contacts })) => {
                let date = effect.planned_at;
                self.mailer.send(&Mail { message_id, to, locale, contacts, date }).await
            }
            Ok(Some(MailVerdict::Withdraw(reason))) => {
                Outcome::Withdrawn(CancelReason::of(reason.as_str()))
            }
            Ok(None) => {
                tracing::error!("no contact has this mail: it is not sent");
                Outcome::NotSent(WhyNotSent::NotEncodable)
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
    /// The verdict on a mail, after the contacts that it leaves out show so.
    async fn check(&self, id: MailId, person: PersonId) -> Result<Option<MailVerdict>, StoreError> {
        let contacts = self.mails.announced(id).await?;
        let found = self.persons.find(&PersonQuery::Id(person), 1).await?;
        let now = self.clock.now();
        let Some(check) = check_mail(&contacts, found.first(), &self.rules, now) else {
            return Ok(None);
        };
        let act = system_act(&self.id, &*self.clock, &*self.ids);
        let leave_out = |it| MailWrite::leave_out(id, it, &act);
        let changes: Vec<Change<MailWrite>> = check.left_out.into_iter().map(leave_out).collect();
        if !changes.is_empty() {
            self.mails.commit(&changes).await?;
        }
        Ok(Some(check.verdict))
    }
}

/// The hook of the kind `Mail`.
pub struct MissingMails {
    /// The mails.
    pub mails: Arc<dyn MailStore>,
    /// Derives their ids at the mail server.
    pub rules: MailPolicy,
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
