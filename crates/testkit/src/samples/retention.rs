//! Sample applications and legal holds.

use madoguchi_domain::act::Act;
use madoguchi_domain::change::Change;
use madoguchi_domain::contact::ApplicationId;
use madoguchi_domain::retention::{
    Application, HoldCommand, HoldId, HoldReason, HoldSubject, HoldWrite, LegalHold, NewHoldIds,
    RetentionWrite, place,
};
use madoguchi_domain::sealed::DataKeyId;

use super::persons::new_id;
use super::{act, at, staff, system};

/// `APP-0001` for 1.
///
/// # Panics
/// Never.
#[must_use]
pub fn application_id(number: u32) -> ApplicationId {
    ApplicationId::parse(&format!("APP-{number:04}")).expect("the sample id parses")
}

/// The act of a run of retention `seconds` after the start.
#[must_use]
pub fn retention_act(seconds: i64) -> Act {
    act("retention", system(), at(seconds))
}

/// The change that completes an application at that moment, so many seconds after the start.
///
/// # Panics
/// Never.
#[must_use]
pub fn completed(number: u32, seconds: i64) -> Change<RetentionWrite> {
    let application = Application { id: application_id(number), completion: None };
    let change = application.complete(at(seconds), &retention_act(seconds));
    change.expect("it can complete").expect("it completes")
}

/// The change that places a legal hold `seconds` after the start, and the hold.
///
/// # Panics
/// Never.
#[must_use]
pub fn held(subject: HoldSubject, seconds: i64) -> (Change<HoldWrite>, LegalHold) {
    let reason = HoldReason::parse("訴訟 2026-7").expect("the sample reason parses");
    let ids = NewHoldIds { hold: HoldId(new_id()), data_key: DataKeyId(new_id()) };
    place(&HoldCommand { subject, reason }, ids, &act("hold", staff(9), at(seconds)))
}
