//! What lists show: each filter compares its field, `from` is inclusive and `before` exclusive.

use jiff::SignedDuration;
use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::approval::Editors;
use madoguchi_domain::audit::Subject;
use madoguchi_domain::contact::{ApplicationId, ContactId, ContactOrder, ContactTypeName, Mark};
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{
    CancelReason, Effect, EffectFilter, EffectId, EffectKey, EffectKind, EffectOrder, EffectState,
    EffectStateName, Fence, ListedEffect, ManualOutcome, UpstreamCode,
};
use madoguchi_domain::page::ListPosition;
use madoguchi_domain::person::PersonId;
use madoguchi_domain::resolution::{
    ResolutionFacts, ResolutionFilter, ResolutionId, ResolutionState, ResolutionStateName,
};
use madoguchi_domain::retention::{
    DueScope, HoldFilter, HoldId, HoldQuery, HoldSubject, HoldSubjectKind, LegalHold, PurgeGround,
    PurgeReceipt, ReceiptQuery, RetainedContact, UnansweredQuery,
};
use madoguchi_domain::sealed::DataKeyId;
use uuid::Uuid;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The time of every sample.
const NOW: i64 = 100;

fn correlation() -> CorrelationId {
    CorrelationId::parse("c").unwrap()
}

fn mark(second: i64) -> Mark {
    Mark { by: ActorRef::new("idp", "ann", ActorKind::Human), at: at(second) }
}

fn act(second: i64) -> Act {
    Act::new(mark(0).by, at(second), correlation())
}

fn position(second: i64, id: u128) -> ListPosition {
    ListPosition { at: at(second), id: Uuid::from_u128(id) }
}

/// Checks which of the filters show the sample.
fn shows<F>(is_shown: impl Fn(&F) -> bool, filters: impl IntoIterator<Item = (F, bool)>) {
    for (place, (filter, expected)) in filters.into_iter().enumerate() {
        assert_eq!(is_shown(&filter), expected, "filter {place}");
    }
}

fn key(kind: &'static str, id: u128) -> EffectKey {
    EffectKey { kind: EffectKind::of(kind), id: EffectId(Uuid::from_u128(id)) }
}

fn effect(state: EffectState) -> Effect {
    let order = EffectOrder::unreadable(key("Mail", 1), Subject::new("mail", "1"));
    Effect { state, fence: Fence(3), ..Effect::planned(order, &act(NOW)) }
}

#[test]
fn a_list_of_effects_shows_what_its_row_says() {
    let listed = |state| ListedEffect::from(&effect(state));
    let planned = listed(EffectState::Planned { due: at(200) });
    let expected = ListedEffect {
        key: key("Mail", 1),
        subject: Some(Subject::new("mail", "1")),
        state: EffectStateName::Planned,
        since: at(NOW),
        next_attempt_at: Some(at(200)),
        code: None,
        fence: Fence(3),
    };
    assert_eq!(planned, expected);
    let rejected = EffectState::Rejected { code: UpstreamCode::parse("E1").unwrap() };
    assert_eq!(listed(rejected).code.as_deref(), Some("E1"));
    let cancelled = EffectState::Cancelled { reason: CancelReason::of("answered") };
    assert_eq!(listed(cancelled).code.as_deref(), Some("answered"));
    let any = EffectFilter::default;
    shows(
        |filter: &EffectFilter| filter.shows(&planned),
        [
            (any(), true),
            (EffectFilter { kind: Some(EffectKind::of("Mail")), ..any() }, true),
            (EffectFilter { kind: Some(EffectKind::of("Other")), ..any() }, false),
            (EffectFilter { state: Some(EffectStateName::Planned), ..any() }, true),
            (EffectFilter { state: Some(EffectStateName::Manual), ..any() }, false),
            (EffectFilter { id: Some(key("Mail", 1).id), ..any() }, true),
            (EffectFilter { id: Some(key("Mail", 2).id), ..any() }, false),
            (EffectFilter { from: Some(at(NOW)), ..any() }, true),
            (EffectFilter { from: Some(at(NOW + 1)), ..any() }, false),
            (EffectFilter { before: Some(at(NOW)), ..any() }, false),
            (EffectFilter { before: Some(at(NOW + 1)), ..any() }, true),
        ],
    );
}

#[test]
fn a_list_of_resolutions_shows_states_and_one_effect() {
    let facts = ResolutionFacts {
        id: ResolutionId(Uuid::from_u128(7)),
        effect: key("Mail", 1),
        effect_fence: Fence(1),
        effect_since: at(0),
        outcome: ManualOutcome::Planned,
        proposers: Editors::by(mark(0).by),
        proposed_at: at(NOW),
        lapses_at: at(NOW) + SignedDuration::from_hours(1),
        state: ResolutionState::Proposed,
        data_key: DataKeyId(Uuid::from_u128(8)),
    };
    assert_eq!(facts.position(), position(NOW, 7));
    let any = ResolutionFilter::default;
    shows(
        |filter: &ResolutionFilter| filter.shows(&facts),
        [
            (any(), true),
            (ResolutionFilter { state: Some(ResolutionStateName::Proposed), ..any() }, true),
            (ResolutionFilter { state: Some(ResolutionStateName::Lapsed), ..any() }, false),
            (ResolutionFilter { effect: Some(key("Mail", 1)), ..any() }, true),
            (ResolutionFilter { effect: Some(key("Mail", 2)), ..any() }, false),
        ],
    );
}

fn person(id: &str) -> PersonId {
    PersonId::parse(id).unwrap()
}

fn application(id: &str) -> ApplicationId {
    ApplicationId::parse(id).unwrap()
}

#[test]
fn a_list_of_holds_shows_subjects_and_those_in_force() {
    let hold = LegalHold {
        id: HoldId(Uuid::from_u128(1)),
        subject: HoldSubject::Person(person("P")),
        reason: None,
        data_key: DataKeyId(Uuid::from_u128(2)),
        placed: mark(NOW),
        released: None,
    };
    assert_eq!(hold.position(), position(NOW, 1));
    let of = |subject, in_force, after| HoldQuery {
        filter: HoldFilter { subject, in_force },
        after,
        limit: 10,
    };
    let in_force = [
        (of(None, true, None), true),
        (of(Some(hold.subject.clone()), false, None), true),
        (of(Some(HoldSubject::Application(application("P"))), false, None), false),
        (of(None, false, Some(position(NOW, 2))), true),
        (of(None, false, Some(position(NOW, 1))), false),
    ];
    shows(|query: &HoldQuery| query.shows(&hold), in_force);
    let released = LegalHold { released: Some(mark(200)), ..hold.clone() };
    let queries = [(of(None, true, None), false), (of(None, false, None), true)];
    shows(|query: &HoldQuery| query.shows(&released), queries);
    assert_eq!((hold.subject.kind(), hold.subject.expose()), (HoldSubjectKind::Person, "P"));
    let other = HoldSubject::Application(application("A"));
    assert_eq!((other.kind(), other.expose()), (HoldSubjectKind::Application, "A"));
}

#[test]
fn a_list_of_receipts_shows_one_contact_and_a_time() {
    let receipt = PurgeReceipt {
        contact: ContactId(Uuid::from_u128(1)),
        application: None,
        data_key: DataKeyId(Uuid::from_u128(2)),
        ground: PurgeGround::Deleted,
        since: at(0),
        purge_age: 30,
        purged_at: at(NOW),
        correlation: correlation(),
    };
    assert_eq!(receipt.position(), position(NOW, 1));
    let any = || ReceiptQuery { contact: None, from: None, before: None, after: None, limit: 10 };
    let contact = |id| Some(ContactId(Uuid::from_u128(id)));
    shows(
        |query: &ReceiptQuery| query.shows(&receipt),
        [
            (any(), true),
            (ReceiptQuery { contact: contact(1), ..any() }, true),
            (ReceiptQuery { contact: contact(2), ..any() }, false),
            (ReceiptQuery { from: Some(at(NOW)), ..any() }, true),
            (ReceiptQuery { from: Some(at(NOW + 1)), ..any() }, false),
            (ReceiptQuery { before: Some(at(NOW)), ..any() }, false),
            (ReceiptQuery { before: Some(at(NOW + 1)), ..any() }, true),
            (ReceiptQuery { after: Some(position(NOW, 2)), ..any() }, true),
            (ReceiptQuery { after: Some(position(NOW, 1)), ..any() }, false),
        ],
    );
}

fn reported() -> RetainedContact {
    RetainedContact {
        id: ContactId(Uuid::from_u128(1)),
        version: 1,
        person: person("P"),
        application: Some(application("A")),
        kept_until: None,
        contact_type: ContactTypeName::ActionRequest,
        is_answered: false,
        created_at: at(10),
        deleted_at: None,
        reported_at: Some(at(NOW)),
        data_key: DataKeyId(Uuid::from_u128(2)),
        is_held: false,
    }
}

#[test]
fn a_list_of_the_unanswered_shows_what_is_reported() {
    let any = || UnansweredQuery {
        person: None,
        application: None,
        from: None,
        before: None,
        after: None,
        limit: 10,
    };
    shows(
        |query: &UnansweredQuery| query.position(&reported()) == Some(position(NOW, 1)),
        [
            (any(), true),
            (UnansweredQuery { person: Some(person("P")), ..any() }, true),
            (UnansweredQuery { person: Some(person("Q")), ..any() }, false),
            (UnansweredQuery { application: Some(application("A")), ..any() }, true),
            (UnansweredQuery { application: Some(application("B")), ..any() }, false),
            (UnansweredQuery { from: Some(at(NOW)), ..any() }, true),
            (UnansweredQuery { from: Some(at(NOW + 1)), ..any() }, false),
            (UnansweredQuery { before: Some(at(NOW)), ..any() }, false),
            (UnansweredQuery { before: Some(at(NOW + 1)), ..any() }, true),
            (UnansweredQuery { after: Some(position(NOW, 2)), ..any() }, true),
            (UnansweredQuery { after: Some(position(NOW, 1)), ..any() }, false),
        ],
    );
    let settled = [
        RetainedContact { reported_at: None, ..reported() },
        RetainedContact { is_answered: true, ..reported() },
        RetainedContact { deleted_at: Some(at(NOW)), ..reported() },
    ];
    for contact in settled {
        assert_eq!(any().position(&contact), None);
    }
    assert_eq!(reported().position(DueScope::Kept), position(10, 1));
    let deleted = RetainedContact { deleted_at: Some(at(20)), ..reported() };
    assert_eq!(deleted.position(DueScope::Deleted { by: at(30) }), position(20, 1));
}

#[test]
fn the_next_page_begins_after_the_last_entry_of_its_order() {
    let (earlier, later) = (position(1, 1), position(1, 2));
    for (order, is_newest_first) in [
        (ContactOrder::NewestFirst, true),
        (ContactOrder::LatestVisibleFirst, true),
        (ContactOrder::LongestWaitingFirst, false),
    ] {
        assert_eq!(order.is_after(earlier, later), is_newest_first, "{order:?}");
        assert_eq!(order.is_after(later, earlier), !is_newest_first, "{order:?}");
        assert!(!order.is_after(later, later), "{order:?}");
    }
}
