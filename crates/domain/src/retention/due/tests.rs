//! Tests of what is due of a contact, and when.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::actor::{ActorKind, ActorRef};
use crate::correlation::CorrelationId;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const POLICY: RetentionPolicy =
    RetentionPolicy { purge_age: Some(30), ..RetentionPolicy::standard() };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The end of the retention of every contact here.
fn end() -> Timestamp {
    at("2020-12-22T15:00:00Z")
}

fn notice() -> RetainedContact {
    RetainedContact {
        id: ContactId(Uuid::from_u128(1)),
        version: 3,
        person: PersonId::parse("P-1").unwrap(),
        application: ApplicationId::parse("A-1").ok(),
        kept_until: Some(end()),
        contact_type: ContactTypeName::Notice,
        is_answered: false,
        created_at: at("2020-10-01T00:00:00Z"),
        deleted_at: None,
        reported_at: None,
        data_key: DataKeyId(Uuid::from_u128(2)),
        is_held: false,
    }
}

fn request() -> RetainedContact {
    RetainedContact { contact_type: ContactTypeName::ActionRequest, ..notice() }
}

fn answered() -> RetainedContact {
    RetainedContact { is_answered: true, ..request() }
}

fn unanswered_since(reported_at: Timestamp) -> RetainedContact {
    RetainedContact { reported_at: Some(reported_at), ..request() }
}

fn deleted(deleted_at: Timestamp) -> RetainedContact {
    RetainedContact { deleted_at: Some(deleted_at), ..answered() }
}

fn just_before(time: Timestamp) -> Timestamp {
    time - SignedDuration::from_micros(1)
}

/// The step turns from `before` to `after` at exactly this moment.
fn turns(
    contact: &RetainedContact,
    moment: Timestamp,
    (before, after): (Option<RetentionStep>, Option<RetentionStep>),
) {
    assert_eq!(contact.step(&POLICY, just_before(moment)), before, "just before");
    assert_eq!(contact.step(&POLICY, moment), after, "at the moment");
}

#[test]
fn the_standard_policy_reports_14_days_before_and_never_purges() {
    let standard = RetentionPolicy::standard();
    assert_eq!((standard.report_before, standard.purge_age), (DAY * 14, None));
}

#[test]
fn what_asks_for_nothing_more_is_deleted_at_the_end_of_retention() {
    for contact in [answered(), notice()] {
        turns(&contact, end(), (None, Some(RetentionStep::Delete)));
    }
}

#[test]
fn what_is_unanswered_is_reported_before_and_kept_after_the_end() {
    let ahead = end() - DAY * 14;
    turns(&request(), ahead, (None, Some(RetentionStep::Report)));
    let reported = unanswered_since(ahead);
    turns(&reported, end(), (None, None));
    // One that nobody reported in time is reported, whatever its age, before it can be purged.
    assert_eq!(request().step(&POLICY, end() + DAY * 999), Some(RetentionStep::Report));
}

#[test]
fn what_is_unanswered_is_purged_a_purge_age_after_report_and_end() {
    let purge = Some(RetentionStep::Purge(PurgeGround::Unanswered));
    turns(&unanswered_since(end() - DAY * 14), end() + DAY * 30, (None, purge));
    let late = end() + DAY * 5;
    turns(&unanswered_since(late), late + DAY * 30, (None, purge));
    // Answered late, it is deleted first.
    let answered = RetainedContact { is_answered: true, ..unanswered_since(end()) };
    assert_eq!(answered.step(&POLICY, end() + DAY * 99), Some(RetentionStep::Delete));
}

#[test]
fn what_is_deleted_is_purged_a_purge_age_later() {
    let since = at("2020-11-01T00:00:00Z");
    let purge = Some(RetentionStep::Purge(PurgeGround::Deleted));
    turns(&deleted(since), since + DAY * 30, (None, purge));
    // Also what belongs to no application.
    let other = RetainedContact { application: None, kept_until: None, ..deleted(since) };
    turns(&other, since + DAY * 30, (None, purge));
}

#[test]
fn without_a_purge_age_nothing_is_purged() {
    let policy = RetentionPolicy::standard();
    let never = end() + DAY * 3_650;
    assert_eq!(deleted(end()).step(&policy, never), None);
    assert_eq!(unanswered_since(end()).step(&policy, never), None);
}

#[test]
fn a_hold_keeps_what_would_be_erased_and_nothing_else() {
    let held = |contact| RetainedContact { is_held: true, ..contact };
    let kept = |contact: RetainedContact| {
        [just_before(end()), end()].map(|now| contact.is_kept_by_hold(&POLICY, now))
    };
    assert_eq!(kept(held(notice())), [false, true]);
    assert_eq!(kept(held(deleted(end() - DAY * 30))), [false, true]);
    assert_eq!(kept(notice()), [false, false], "it is not held");
    assert_eq!(kept(held(request())), [false, false], "its report is due also under a hold");
}

#[test]
fn what_is_unanswered_is_kept_after_the_end_of_retention() {
    let kept = |contact: RetainedContact| {
        [just_before(end()), end()].map(|now| contact.is_kept_unanswered(now))
    };
    assert_eq!(kept(request()), [false, true]);
    let others = [
        notice(),
        answered(),
        RetainedContact { deleted_at: Some(end()), ..request() },
        RetainedContact { kept_until: None, ..request() },
    ];
    for other in others {
        assert_eq!(kept(other.clone()), [false, false], "{other:?}");
    }
}

#[test]
fn what_belongs_to_no_completed_application_is_kept() {
    for contact in [notice(), request(), answered()] {
        let contact = RetainedContact { kept_until: None, ..contact };
        assert_eq!(contact.step(&POLICY, end() + DAY * 999), None);
    }
}

#[test]
fn a_purge_leaves_a_receipt_of_why_it_was_due() {
    let act = Act::new(
        ActorRef::new("madoguchi", "run", ActorKind::System),
        end() + DAY * 31,
        CorrelationId::parse("c").unwrap(),
    );
    let change = unanswered_since(end()).purge(PurgeGround::Unanswered, &POLICY, &act).unwrap();
    let RetentionWrite::Purge { version, receipt } = change.write else { panic!("a purge") };
    assert_eq!((version, receipt.since, receipt.purge_age), (3, end(), 30));
    assert_eq!((receipt.ground, receipt.purged_at), (PurgeGround::Unanswered, act.at()));
    assert_eq!(&*change.audit.detail, "UNANSWERED");
    assert_eq!(request().purge(PurgeGround::Unanswered, &POLICY, &act), None);
    let policy = RetentionPolicy::standard();
    assert_eq!(deleted(end()).purge(PurgeGround::Deleted, &policy, &act), None);
}

fn any_contact() -> impl Strategy<Value = RetainedContact> {
    let days =
        || proptest::option::of(-400_i32..400).prop_map(|days| days.map(|days| end() + DAY * days));
    (any::<[bool; 3]>(), days(), days(), days()).prop_map(|(flags, kept, deleted, reported)| {
        let contact = if flags[0] { request() } else { notice() };
        RetainedContact {
            is_answered: flags[1],
            is_held: flags[2],
            kept_until: kept,
            deleted_at: deleted,
            reported_at: reported,
            ..contact
        }
    })
}

proptest! {
    #[test]
    fn nothing_is_erased_early_or_unreported_or_under_a_hold(
        contact in any_contact(),
        days in -800_i32..800,
        purge_age in proptest::option::of(1_u16..400),
    ) {
        let (now, policy) = (end() + DAY * days, RetentionPolicy { purge_age, ..POLICY });
        let step = contact.step(&policy, now);
        match step {
            None => {}
            Some(RetentionStep::Report) => {
                prop_assert!(contact.deleted_at.is_none() && contact.reported_at.is_none());
                prop_assert!(contact.waits_for_answer());
            }
            Some(RetentionStep::Delete) => {
                prop_assert!(!contact.is_held && contact.deleted_at.is_none());
                prop_assert!(contact.kept_until.unwrap() <= now && !contact.waits_for_answer());
            }
            Some(RetentionStep::Purge(ground)) => {
                let age = DAY * i32::from(policy.purge_age.unwrap());
                prop_assert!(!contact.is_held);
                match ground {
                    PurgeGround::Deleted => {
                        prop_assert!(contact.deleted_at.unwrap() + age <= now);
                    }
                    PurgeGround::Unanswered => {
                        prop_assert!(contact.deleted_at.is_none());
                        prop_assert!(contact.reported_at.unwrap() + age <= now);
                        prop_assert!(contact.kept_until.unwrap() + age <= now);
                    }
                }
            }
        }
        // What a run does not do today it does not undo: later, at least as much is due.
        let later = contact.step(&policy, now + DAY);
        prop_assert!(step.is_none() || later.is_some());
    }
}
