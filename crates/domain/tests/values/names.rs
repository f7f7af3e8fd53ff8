//! The texts of closed sets: other programs and stored rows have them, so none may change.

use std::collections::BTreeSet;

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::{ActorKind, Scope};
use madoguchi_domain::announcement::{
    AnnouncementEventName, AnnouncementStateName, MailingState, MailingStateName,
};
use madoguchi_domain::approval::ApprovalName;
use madoguchi_domain::caller::{Confirmation, Identification, SecurityDevice};
use madoguchi_domain::contact::{
    AnswerChannel, AnswerStatus, ApprovalAge, ApprovalRule, ContactEventName, ContactState,
    ContactTypeName, PolicyNumberRule,
};
use madoguchi_domain::delivery::{ReportAction, WatchReason};
use madoguchi_domain::effect::{
    CancelReason, Doubt, EffectState, EffectStateName, ManualOutcome, Ordering, OrderingKey,
    Outcome, Proof, UpstreamCode, WhyNotSent, WorkerId,
};
use madoguchi_domain::key_ring::{KeyKind, KeyState};
use madoguchi_domain::level::LevelSource;
use madoguchi_domain::mail::{MailState, SuppressReason};
use madoguchi_domain::port::{DownReason, LookupError, Unavailability};
use madoguchi_domain::replica::ReplicaRefusal;
use madoguchi_domain::resolution::ResolutionStateName;
use madoguchi_domain::retention::{HoldSubjectKind, PurgeGround};
use madoguchi_domain::server_key::ServerKey;
use madoguchi_domain::upgrade::{CheckSource, EventName, Guarantee, LevelVerdict, StateName};

/// Checks that the set has these texts, in this order, and that each is read back and displayed.
macro_rules! set {
    ($name:ident: $($text:literal)+) => {{
        let expected = [$($text),+];
        assert_eq!($name::ALL.map($name::as_str), expected, stringify!($name));
        assert_eq!($name::ALL.map(|it| it.to_string()), expected, stringify!($name));
        assert_eq!(expected.map($name::parse), $name::ALL.map(Some), stringify!($name));
        assert_eq!(BTreeSet::from(expected).len(), expected.len(), stringify!($name));
        for other in ["", " ", "?", &expected[0].to_lowercase().to_uppercase().repeat(2)] {
            assert_eq!($name::parse(other), None, "{other:?}");
        }
    }};
}

#[test]
fn names_of_states_and_events_are_as_they_are_stored() {
    set!(StateName: "New" "EDDASuccess" "EDDAFailure" "CustomerSuccess" "CustomerFailure");
    set!(EventName: "opened" "verified" "not_verified" "passed" "failed");
    set!(EffectStateName:
        "Planned" "Sending" "Unknown" "Confirmed" "Rejected" "Cancelled" "Manual");
    set!(ManualOutcome: "Confirmed" "Rejected" "Planned");
    set!(ApprovalName: "DRAFT" "APPROVED" "REJECTED" "BY_POLICY");
    set!(ContactState: "DRAFT" "REJECTED" "VALID" "ANSWERED" "SETTLED" "DELETED");
    set!(ContactEventName:
        "added" "edited" "approved" "rejected" "expired" "answered_by_phone" "answered" "deleted");
    set!(ContactTypeName: "NOTICE" "ACTION_REQUEST");
    set!(AnswerStatus: "UNANSWERED" "ANSWERED");
    set!(AnswerChannel: "CUSTOMER" "PHONE");
    set!(MailState: "NONE" "PENDING" "SENT" "SUPPRESSED" "UNCERTAIN" "FAILED");
    set!(SuppressReason:
        "ANSWERED" "DELETED" "EXPIRED" "MAIL_STOPPED" "NOTIFICATION_OFF" "NO_ADDRESS" "STOPPED");
    set!(AnnouncementStateName: "DRAFT" "SUBMITTED" "APPROVED" "REJECTED");
    set!(AnnouncementEventName:
        "edited" "submitted" "approved" "rejected" "released" "stopped");
    set!(MailingStateName: "FIRST" "HELD" "RUNNING" "STOPPED" "PLANNED");
    set!(ResolutionStateName: "PROPOSED" "APPROVED" "WITHDRAWN" "LAPSED");
    set!(HoldSubjectKind: "PERSON" "APPLICATION");
    set!(PurgeGround: "DELETED" "UNANSWERED");
    set!(LevelSource: "REGISTERED" "CORE_BANK" "MANUAL");
    set!(KeyKind: "key_encryption" "index");
    set!(KeyState: "active" "decrypt_only");
    set!(ServerKey: "deployment_salt" "audit_key" "qr_key");
}

#[test]
fn names_that_other_programs_read_stay() {
    set!(ActorKind: "HUMAN" "SYSTEM");
    set!(Scope:
        "member.read" "member.write" "upgrade.open" "upgrade.verify" "upgrade.decide"
        "upgrade.read" "caller.read" "person.read" "person.reveal" "person.write" "contact.read"
        "contact.write" "contact.respond" "contact.approve" "contact.answer" "contact.answer.any"
        "announcement.write" "application.write" "delivery.read" "delivery.write" "operator"
        "delegate");
    set!(ApprovalAge: "NEW" "REMINDER" "ESCALATION");
    set!(ApprovalRule: "required" "off");
    set!(PolicyNumberRule: "required" "optional" "forbidden");
    set!(WatchReason: "STOPPED" "FAILED" "UNCERTAIN" "BOUNCED" "SAME_EMAIL" "SAME_PHONE");
    set!(ReportAction: "failed" "delayed" "delivered" "relayed" "expanded");
    set!(LevelVerdict: "agrees" "differs" "in_progress" "not_answered");
    set!(ReplicaRefusal:
        "unreachable" "not_a_replica" "other_database" "other_timeline" "behind" "lag_unknown"
        "list_failed");
    set!(DownReason:
        "unreachable" "not_accepting" "credentials_refused" "too_many_connections"
        "permission_denied" "read_only" "disk_full" "lock_timeout" "timeout" "audit_head" "schema"
        "file_replaced" "io_error" "damaged" "other");
    set!(WhyNotSent:
        "no_connection" "deferred" "not_checked" "not_encodable" "lease_over" "not_supported");
    set!(Doubt:
        "connection_lost" "timed_out" "too_large" "unreadable" "contradictory" "status" "no_code"
        "unlisted_code" "wrong_transaction" "wrong_echo" "lease_lapsed" "level_is_other");
    set!(Proof: "level_is_target");
}

#[test]
fn names_of_the_configuration_and_of_checks_are_read_back() {
    let guarantees = [Guarantee::Dedupes, Guarantee::AbsoluteSet, Guarantee::None];
    assert_eq!(guarantees.map(Guarantee::as_str), ["dedupes", "absolute-set", "none"]);
    assert_eq!(guarantees.map(|it| Guarantee::parse(it.as_str())), guarantees.map(Some));
    let sources = [CheckSource::Edda, CheckSource::Va];
    assert_eq!(sources.map(CheckSource::as_str), ["EDDA", "VA"]);
    assert_eq!(sources.map(|it| CheckSource::parse(it.as_str())), sources.map(Ok));
    let key = || OrderingKey::parse("account").unwrap();
    for (ordering, rule) in
        [(Ordering::OneLive(key()), "one_live"), (Ordering::Queue(key()), "queue")]
    {
        assert_eq!((ordering.rule(), ordering.key()), (rule, &key()));
        assert_eq!(Ordering::parse(rule, key()), Some(ordering));
    }
    for other in ["", "edda", "DEDUPES", "live"] {
        assert_eq!(Guarantee::parse(other), None);
        assert!(CheckSource::parse(other).is_err());
        assert_eq!(Ordering::parse(other, key()), None);
    }
}

#[test]
fn failures_of_a_lookup_have_the_codes_of_logs_and_audit_rows() {
    let unavailable = [
        (Unavailability::Unreachable, "unreachable"),
        (Unavailability::TimedOut, "timed_out"),
        (Unavailability::Status, "status"),
        (Unavailability::Unreadable, "unreadable"),
        (Unavailability::Busy, "busy"),
        (Unavailability::CircuitOpen, "circuit_open"),
    ];
    for (why, code) in unavailable {
        assert_eq!((why.as_str(), LookupError::Unavailable(why).as_str()), (code, code));
    }
    let others = [
        (LookupError::Refused, "refused"),
        (LookupError::NotFound, "not_found"),
        (LookupError::Failed, "failed"),
        (LookupError::Misconfigured, "misconfigured"),
    ];
    for (why, code) in others {
        assert_eq!(why.as_str(), code);
    }
}

#[test]
fn every_reason_has_an_advice_of_its_own() {
    let advice = BTreeSet::from(DownReason::ALL.map(DownReason::advice));
    assert_eq!(advice.len(), DownReason::ALL.len());
    assert!(advice.iter().all(|it| it.contains(' ')), "{advice:?}");
}

#[test]
fn codes_of_the_gateway_are_read_and_other_text_is_kept() {
    for text in ["AUT", "NID", "IDE", "aut", ""] {
        assert_eq!(Identification::read(text).as_str(), text);
    }
    for text in ["Token", "CSI", "none", "None", "token"] {
        assert_eq!(SecurityDevice::read(text).as_str(), text);
    }
    for text in ["S", "N", "s", "yes"] {
        assert_eq!(Confirmation::read(text).as_str(), text);
    }
    assert_eq!(Identification::read("NID"), Identification::NotIdentified);
    assert_eq!(SecurityDevice::read("none"), SecurityDevice::Absent);
    assert_eq!(Confirmation::read("N"), Confirmation::No);
}

#[test]
fn outcomes_have_the_texts_of_evidence_rows_and_metrics() {
    let due: Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    let outcomes = [
        (Outcome::Applied, "applied", ""),
        (Outcome::Shown(Proof::LevelIsTarget), "applied", "level_is_target"),
        (Outcome::Refused(UpstreamCode::parse("E1").unwrap()), "refused", "E1"),
        (Outcome::NotSent(WhyNotSent::Deferred), "not_sent", "deferred"),
        (Outcome::NotDue(due), "not_due", "2026-01-05T09:00:00Z"),
        (Outcome::Unknown(Doubt::NoCode), "unknown", "no_code"),
        (Outcome::Withdrawn(CancelReason::of("answered")), "withdrawn", "answered"),
    ];
    for (outcome, kind, detail) in outcomes {
        assert_eq!((outcome.as_str(), &*outcome.detail()), (kind, detail));
        assert_eq!(Outcome::parse(kind, detail), Some(outcome));
    }
}

#[test]
fn a_state_has_its_name_and_its_time() {
    let at = Timestamp::UNIX_EPOCH;
    let (worker, lease_until) = (WorkerId("w".into()), at);
    let states = [
        (EffectState::Planned { due: at }, Some(at), false),
        (EffectState::Sending { worker, lease_until }, Some(at), false),
        (EffectState::Unknown { settles_at: at }, Some(at), false),
        (EffectState::Confirmed, None, true),
        (EffectState::Rejected { code: UpstreamCode::parse("E1").unwrap() }, None, true),
        (EffectState::Cancelled { reason: CancelReason::of("answered") }, None, true),
        (EffectState::Manual, None, false),
    ];
    for ((state, next, is_settled), name) in states.into_iter().zip(EffectStateName::ALL) {
        assert_eq!((state.name(), state.next_attempt_at()), (name, next));
        assert_eq!(name.is_settled(), is_settled, "{name}");
        assert_eq!(EffectStateName::UNSETTLED.contains(&name), !is_settled, "{name}");
    }
    let mailings = [
        (MailingState::First, None),
        (MailingState::Held(at), Some(at)),
        (MailingState::Running, None),
        (MailingState::Stopped(at), Some(at)),
        (MailingState::Planned, None),
    ];
    for ((state, since), name) in mailings.into_iter().zip(MailingStateName::ALL) {
        assert_eq!((state.name(), state.since()), (name, since));
    }
    let open = StateName::ALL.map(StateName::is_open);
    assert_eq!(open, [true, true, false, false, false]);
}
