//! Lets a pending mail go earlier when an edit shows its contact earlier. One that is shown later
//! is found by the check before sending.

use madoguchi_domain::act::Act;
use madoguchi_domain::change::Change;
use madoguchi_domain::contact::{Contact, ContactEventName, ContactWrite};
use madoguchi_domain::effect::{EffectEvent, EffectId, EffectKey, EffectPolicy, Jitter};
use madoguchi_domain::mail::{MailOrder, MailStatus};
use madoguchi_domain::port::{EffectChange, EffectQueue, StoreError};

/// Reschedules the mails of contacts that these committed edits show earlier. If it fails, a mail
/// goes at its old time.
pub(super) async fn follow_edits(
    effects: &dyn EffectQueue,
    changes: &[Change<ContactWrite>],
    act: &Act,
) {
    let edited = changes.iter().filter(|change| change.write.event() == ContactEventName::Edited);
    for contact in edited.map(|change| change.write.contact()) {
        let Some(earlier) = mail_of_earlier(contact) else { continue };
        if let Err(error) = reschedule(effects, &earlier, contact, act).await {
            tracing::warn!(%error, mail = %earlier, "a mail goes at its old time");
        }
    }
}

/// The effect of the contact's pending mail, if the contact is visible before the mail goes.
fn mail_of_earlier(contact: &Contact) -> Option<EffectKey> {
    let mail = contact.mail.as_ref()?;
    let MailStatus::Pending { due } = mail.status else { return None };
    let is_earlier = contact.visible_from()? < due;
    is_earlier.then_some(EffectKey { kind: MailOrder::KIND, id: EffectId(mail.id.0) })
}

async fn reschedule(
    effects: &dyn EffectQueue,
    key: &EffectKey,
    contact: &Contact,
    act: &Act,
) -> Result<(), StoreError> {
    let due = contact.visible_from().unwrap_or(act.at());
    let Some(found) = effects.find(key).await?.filter(|it| it.is_readable) else { return Ok(()) };
    let event = EffectEvent::Rescheduled(due);
    // One that is being sent is not planned, and goes anyway.
    let change = found.effect.change(event, &EffectPolicy::standard(), act, Jitter::FULL);
    let Ok(mut change): Result<EffectChange, _> = change else { return Ok(()) };
    change.write.consequence = MailOrder::consequence(&change.write.after).ok().flatten();
    effects.record(&[change]).await.map(|_| ())
}
