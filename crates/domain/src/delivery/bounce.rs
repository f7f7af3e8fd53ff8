//! Bounces: mails that were accepted and came back, and the decision that records one.

use crate::Timestamp;
use crate::act::Act;
use crate::audit::{Action, AuditEntry};
use crate::change::Change;
use crate::effect::Effect;
use crate::mail::{MailId, MailOrder, MailStatus};
use crate::person::PersonId;

use super::{BounceRefusal, DeliveryReport, DeliveryStatus, ReportAction, ReportReceipt};

/// A mail that came back. It changes no state of the mail and stops no mail: people decide that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The mail; each comes back once.
    pub mail: MailId,
    /// Whom it was for.
    pub person: PersonId,
    /// The status in the report.
    pub status: DeliveryStatus,
    /// When the mail was sent, or may have been.
    pub mailed_at: Timestamp,
    /// When the report was written, as it says.
    pub reported_at: Option<Timestamp>,
    /// When we got the report.
    pub received_at: Timestamp,
}

/// The row of a bounce. Lost if its mail has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceWrite(pub Bounce);

/// Decides what a report means for the mail that it names: `mail` is that mail's effect, if there
/// is one, and `known` its bounce, if it has one. Only a final failure is recorded: a mail that is
/// delayed may still arrive.
///
/// # Errors
/// When the report names no mail of ours, or one that was not sent.
pub fn record_bounce(
    report: &DeliveryReport,
    mail: Option<&Effect>,
    known: Option<&Bounce>,
    act: &Act,
) -> Result<(Option<Change<BounceWrite>>, ReportReceipt), BounceRefusal> {
    let effect = mail.ok_or(BounceRefusal::MailNotFound)?;
    let order = MailOrder::parse(&effect.order).map_err(|_| BounceRefusal::MailNotFound)?;
    if order.message_id != report.message_id {
        return Err(BounceRefusal::MailNotFound);
    }
    let mailed_at = match MailStatus::of(effect) {
        Ok(MailStatus::Sent { at } | MailStatus::Uncertain { since: at }) => at,
        Ok(MailStatus::Pending { .. }) => return Err(BounceRefusal::BeingSent),
        Ok(MailStatus::Suppressed { .. } | MailStatus::Failed { .. }) | Err(_) => {
            return Err(BounceRefusal::NotSent);
        }
    };
    let receipt = |status: &DeliveryStatus, has_bounced| ReportReceipt {
        mail: order.id,
        status: status.clone(),
        has_bounced,
    };
    if let Some(known) = known {
        return Ok((None, receipt(&known.status, true)));
    }
    if report.action != ReportAction::Failed {
        return Ok((None, receipt(&report.status, false)));
    }
    let bounce = Bounce {
        mail: order.id,
        person: order.person.clone(),
        status: report.status.clone(),
        mailed_at,
        reported_at: report.reported_at,
        received_at: act.at(),
    };
    let detail = report.status.as_str().to_owned();
    let audit = AuditEntry::new(Action::MAIL_BOUNCED, order.id.subject(), detail, act);
    Ok((Some(Change::new(BounceWrite(bounce), audit)), receipt(&report.status, true)))
}

impl Action {
    /// A mail came back, with the status in the detail.
    pub const MAIL_BOUNCED: Self = Self::of("mail.bounced");
}
