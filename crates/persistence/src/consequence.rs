//! Writes what becomes true in a system together with a transition of its effect.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::effect::Effect;
use madoguchi_domain::mail::MailOrder;

/// What becomes true when an effect is set aside whose row cannot be parsed.
pub(crate) fn of_unreadable(effect: &Effect) -> Option<Consequence> {
    let is_mail = effect.order.key.kind == MailOrder::KIND;
    is_mail.then(|| MailOrder::consequence(effect).ok().flatten()).flatten()
}
