//! Every id: its text, and its name in the audit log.

use madoguchi_domain::announcement::AnnouncementId;
use madoguchi_domain::audit::{Action, Subject};
use madoguchi_domain::caller::FlowId;
use madoguchi_domain::contact::ContactId;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::effect::{EffectId, EffectKey, EffectKind};
use madoguchi_domain::job_lease::JobName;
use madoguchi_domain::mail::MailId;
use madoguchi_domain::member::MemberId;
use madoguchi_domain::person::{AccountId, PersonId};
use madoguchi_domain::resolution::ResolutionId;
use madoguchi_domain::retention::HoldId;
use madoguchi_domain::upgrade::CaseId;
use uuid::Uuid;

const TEXT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn uuid() -> Uuid {
    Uuid::try_parse(TEXT).unwrap()
}

#[test]
fn an_id_is_a_uuid_with_hyphens() {
    let parse: [fn(&str) -> Option<String>; 5] = [
        |text| Some(CaseId::parse(text).ok()?.to_string()),
        |text| Some(ContactId::parse(text).ok()?.to_string()),
        |text| Some(AnnouncementId::parse(text).ok()?.to_string()),
        |text| Some(ResolutionId::parse(text).ok()?.to_string()),
        |text| Some(HoldId::parse(text).ok()?.to_string()),
    ];
    for parse in parse {
        assert_eq!(parse(TEXT).as_deref(), Some(TEXT));
        let bad = [
            &TEXT.replace('-', ""),
            &TEXT[1..],
            "",
            &format!("urn:uuid:{TEXT}"),
            &format!("{{{TEXT}}}"),
        ];
        for bad in bad {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
    assert_eq!(MailId(uuid()).to_string(), TEXT);
    assert_eq!(EffectId(uuid()).to_string(), TEXT);
    let key = EffectKey { kind: EffectKind::of("Mail"), id: EffectId(uuid()) };
    assert_eq!((key.to_string(), key.kind.to_string()), (format!("Mail/{TEXT}"), "Mail".into()));
    let case = CaseId::parse(TEXT).unwrap();
    assert_eq!((case.as_uuid(), case.to_bytes()), (uuid(), uuid().into_bytes()));
    assert_eq!((CaseId::from(uuid()), CaseId::from_u128(uuid().as_u128())), (case, case));
}

#[test]
fn ids_that_are_made_keep_the_rule_of_those_that_are_parsed() {
    let correlation = CorrelationId::from_uuid(uuid());
    assert_eq!(correlation.as_str(), TEXT.replace('-', ""));
    assert_eq!(FlowId::from_uuid(uuid()).as_str(), TEXT);
}

#[test]
fn the_audit_log_names_every_record_by_kind_and_id() {
    let subjects: [(Subject, &str, &str); 9] = [
        (CaseId::from(uuid()).subject(), "case", TEXT),
        (ContactId(uuid()).subject(), "contact", TEXT),
        (AnnouncementId(uuid()).subject(), "announcement", TEXT),
        (ResolutionId(uuid()).subject(), "resolution", TEXT),
        (HoldId(uuid()).subject(), "hold", TEXT),
        (MailId(uuid()).subject(), "mail", TEXT),
        (MemberId::parse("M1").unwrap().subject(), "member", "M1"),
        (PersonId::parse("P1").unwrap().subject(), "person", "P1"),
        (AccountId::parse("A1").unwrap().subject(), "account", "A1"),
    ];
    for (subject, kind, id) in &subjects {
        assert_eq!((subject.kind(), subject.id()), (*kind, *id));
        assert_eq!(Subject::parse(kind, id).as_ref(), Some(subject));
        assert_eq!(subject.has_id(uuid()), *id == TEXT, "{kind}");
        assert_eq!(format!("{subject:?}"), format!("Subject({kind} ***)"));
    }
    let flow = FlowId::parse("flow-1").unwrap().subject();
    assert_eq!((flow.kind(), flow.id()), ("lookup", "flow-1"));
}

#[test]
fn names_of_actions_and_jobs_are_short_and_in_lower_case() {
    let most = "a".repeat(64);
    for name in ["a", "case.opened", "a_b.c", &most] {
        assert_eq!(Action::parse(name).unwrap().as_str(), name);
        assert!(Subject::parse(name, "1").is_some(), "{name}");
    }
    for name in ["", "A", "a b", "a-b", "a1", &format!("{most}a"), "é"] {
        assert_eq!(Action::parse(name), None, "{name}");
        assert_eq!(Subject::parse(name, "1"), None, "{name}");
    }
    let ids = |length: usize| Subject::parse("case", &"客".repeat(length)).is_some();
    assert_eq!([0, 1, 128, 129].map(ids), [false, true, true, false]);
    for name in ["a", "a_b", &most] {
        assert_eq!(JobName::of(name.to_owned().leak()).as_str(), name);
    }
    for bad in ["", "A", "a.b", "a1", &format!("{most}a")] {
        let bad: &'static str = bad.to_owned().leak();
        assert!(std::panic::catch_unwind(|| JobName::of(bad)).is_err(), "{bad}");
    }
}
