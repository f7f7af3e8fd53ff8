//! Sample mails about contacts.

use madoguchi_domain::audit::{Action, AuditEntry};
use madoguchi_domain::change::Change;
use madoguchi_domain::contact::{Contact, ContactWrite, MailRules, plan_mails};
use madoguchi_domain::delivery::{Bounce, BounceWrite, DeliveryStatus};
use madoguchi_domain::effect::{Claim, Effect, EffectEvent, EffectPolicy, Jitter, Outcome};
use madoguchi_domain::mail::{Mail, MailId, MailOrder, MessageId, MessageIdDomain};
use madoguchi_domain::person::Locale;
use madoguchi_domain::port::EffectChange;
use uuid::Uuid;

use super::{act, answered_of, approves, at, claim, email, moves, person_id, staff, system};

/// Mail from `mail.example.com`; a stop holds for all.
///
/// # Panics
/// Never.
#[must_use]
pub fn mail_rules() -> MailRules {
    let domain = MessageIdDomain::parse("mail.example.com").expect("the sample domain parses");
    MailRules { message_id_domain: domain, mandatory_overrides_stop: false }
}

/// An id that is greater for a greater number.
#[must_use]
pub fn mail_id(number: u32) -> MailId {
    MailId(Uuid::from_u128(number.into()))
}

/// The approvals of these contacts by staff 2 in one call, with their mails, numbered from `first`.
///
/// # Panics
/// When one of them cannot be approved.
#[must_use]
pub fn mailed_approvals(
    contacts: &[&Contact],
    first: u32,
    seconds: i64,
) -> Vec<Change<ContactWrite>> {
    let approval = |contact: &&Contact| moves(contact, &approves(contact), &staff(2), seconds);
    let mut changes: Vec<_> = contacts.iter().map(approval).collect();
    let mut numbers = first..;
    let new_id = || mail_id(numbers.next().unwrap_or_default());
    plan_mails(&mut changes, &mail_rules(), new_id, &act("move", staff(2), at(seconds)));
    changes
}

/// A claim of worker 1 for mails.
#[must_use]
pub fn mail_claim(limit: u32, seconds: i64) -> Claim {
    Claim { kind: MailOrder::KIND, ..claim(1, limit, at(seconds)) }
}

/// The change for `event` on a mail, without evidence.
///
/// # Panics
/// When the transition table does not allow it.
#[must_use]
pub fn mail_moved(effect: &Effect, event: EffectEvent, seconds: i64) -> EffectChange {
    let act = act("worker", system(), at(seconds));
    let change = effect.change(event, &EffectPolicy::standard(), &act, Jitter::FULL);
    with_consequence(change.expect("the table knows the move"))
}

fn with_consequence(mut change: EffectChange) -> EffectChange {
    let consequence = MailOrder::consequence(&change.write.after);
    change.write.consequence = consequence.expect("the sample outcome is one of mails");
    change
}

/// The change by which the holder of a mail reports `outcome`.
///
/// # Panics
/// When no worker holds it.
#[must_use]
pub fn mail_answered(effect: &Effect, outcome: Outcome, seconds: i64) -> EffectChange {
    with_consequence(answered_of(effect, outcome, at(seconds)))
}

/// Mail `number`, to person `number`, about one contact.
///
/// # Panics
/// Never.
#[must_use]
pub fn mail(number: u32) -> Mail {
    Mail {
        message_id: MessageId::derived(mail_id(number), &mail_rules().message_id_domain),
        to: email(&format!("person{number}@example.com")),
        locale: Locale::parse("ja").ok(),
        contacts: 1,
        date: at(i64::from(number)),
    }
}

/// The bounce of mail `number` to a person: sent and received then, in seconds.
///
/// # Panics
/// Never.
#[must_use]
pub fn bounce(number: u32, person: u32, (mailed, received): (i64, i64)) -> Bounce {
    Bounce {
        mail: mail_id(number),
        person: person_id(person),
        status: DeliveryStatus::parse("5.1.1").expect("the sample status parses"),
        mailed_at: at(mailed),
        reported_at: Some(at(received - 1)),
        received_at: at(received),
    }
}

/// The change that records a bounce.
#[must_use]
pub fn bounced(bounce: Bounce) -> Change<BounceWrite> {
    let act = act("report", system(), bounce.received_at);
    let audit = AuditEntry::new(Action::MAIL_BOUNCED, bounce.mail.subject(), "5.1.1", &act);
    Change::new(BounceWrite(bounce), audit)
}
