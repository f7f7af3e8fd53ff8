//! Who acts: subjects that look like another one are refused, and who approves is known.

use madoguchi_domain::Timestamp;
use madoguchi_domain::act::Act;
use madoguchi_domain::actor::{ActorKind, ActorRef};
use madoguchi_domain::approval::{Approval, ApprovalName, Editors, Rejection, RejectionReason};
use madoguchi_domain::correlation::CorrelationId;

fn human(subject: &str) -> ActorRef {
    ActorRef::new("idp", subject, ActorKind::Human)
}

#[test]
fn issuer_and_subject_are_texts_that_are_shown_as_they_are() {
    let longest = "x".repeat(128);
    for good in ["a", "Ann Lee", "é", "客", "a-b_c@d", &longest] {
        for (issuer, subject) in [(good, "s"), ("i", good)] {
            let actor = ActorRef::parse(issuer, subject, ActorKind::Human).unwrap();
            assert_eq!(actor, ActorRef::new(issuer, subject, ActorKind::Human));
        }
    }
    let too_long = "x".repeat(129);
    let bytes = "é".repeat(65);
    let bad = [
        "",
        " a",
        "a ",
        "a\u{a0}b",
        "a\u{3000}b",
        "a\tb",
        "a\u{0}b",
        "a\u{200b}b",
        "a\u{ad}b",
        "a\u{202e}b",
        "a\u{fffd}b",
        "e\u{301}",
        &too_long,
        &bytes,
    ];
    for bad in bad {
        for (issuer, subject, field) in [(bad, "s", "issuer"), ("i", bad, "subject")] {
            let refused = ActorRef::parse(issuer, subject, ActorKind::Human);
            assert_eq!(refused.unwrap_err().field, field, "{bad:?}");
        }
    }
}

#[test]
fn only_the_audit_log_says_through_whom_an_actor_acts() {
    let correlation = CorrelationId::parse("c").unwrap();
    let own = Act::new(human("ann"), Timestamp::UNIX_EPOCH, correlation);
    let delegated = own.clone().with_through(Some(human("portal")));
    assert_eq!(delegated.without_through(), own);
}

#[test]
fn an_approval_has_its_name_and_its_times() {
    let at = Timestamp::from_second(7).unwrap();
    let by = Editors::by(human("ann")).approver(&human("bob")).unwrap();
    let reason = RejectionReason::parse("不備").unwrap();
    let rejection = Rejection::ByPerson { by: human("bob"), reason };
    let approvals = [
        (Approval::Draft, None, None),
        (Approval::Approved { by, at }, Some(at), Some(at)),
        (Approval::Rejected { at, rejection }, Some(at), None),
        (Approval::ByPolicy { at }, Some(at), Some(at)),
    ];
    for ((approval, decided, valid), name) in approvals.into_iter().zip(ApprovalName::ALL) {
        assert_eq!(approval.name(), name);
        assert_eq!((approval.decided_at(), approval.valid_since()), (decided, valid), "{name}");
    }
}
