//! Sample values, so that a test shows only what matters to it.

mod callers;
pub mod chance;
mod contacts;
mod effects;
mod mails;
mod members;
mod persons;
mod replays;
mod requests;
mod retention;

pub use callers::{
    CONTEXT_DOCUMENT, OWNER_DOCUMENT, account_query, all_forwarded_headers, api_key, codigo_conta,
    context_of, context_query, found_context, found_owner,
};
pub use contacts::{
    adds, adds_if, answers, approves, contact_content, contact_id, contact_policy, edits, moves,
    policy_number, rejects, staff,
};
pub use effects::{answered, answered_of, case_of, claim, moved, registry, sweep, worker};
pub use mails::{
    bounce, bounced, mail, mail_answered, mail_claim, mail_id, mail_moved, mail_rules,
    mailed_approvals,
};
pub use members::{account, member, member_id, registration};
pub use persons::{
    account_id, email, mail_stop, new_email, person_id, person_registration, phone, registers,
    registers_if, updates,
};
pub use replays::{keyed, keyed_again, keyed_as, payload, replay};
pub use requests::{asked_at, case_id, decide, found_case, open, open_as, reference, verify};
pub use retention::{application_id, completed, held, retention_act};

use jiff::SignedDuration;
use madoguchi_domain::act::Act;

use madoguchi_domain::Timestamp;
use madoguchi_domain::actor::{ActorKind, ActorRef, Scope};
use madoguchi_domain::caller::FlowId;
use madoguchi_domain::correlation::CorrelationId;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::principal::Principal;
use madoguchi_domain::secret::SecretKey;
use madoguchi_domain::upgrade::{QrMint, TransactionIdScheme, UpgradePolicy};

/// The start time of all samples.
#[must_use]
pub fn start() -> Timestamp {
    "2026-01-05T09:00:00Z".parse().expect("the start is a moment")
}

/// The time `seconds` after [`start`].
#[must_use]
pub fn at(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

/// The key of every sample audit log; an adapter under test must chain with it.
#[must_use]
pub fn audit_key() -> SecretKey {
    key(5)
}

/// A level, for example `level("1A")`.
#[must_use]
pub fn level(text: &str) -> AccountLevel {
    AccountLevel::parse(text).expect("the sample level parses")
}

/// The bank's policy: target `1A`, QR codes that expire after 600 s, fixed keys.
#[must_use]
pub fn policy() -> UpgradePolicy {
    UpgradePolicy {
        target: level("1A"),
        qr: QrMint::new(key(7), 600),
        transaction_ids: TransactionIdScheme::standard(key(9)),
    }
}

/// A person: the agent.
#[must_use]
pub fn human() -> ActorRef {
    ActorRef::new("sample-idp", "agent-7", ActorKind::Human)
}

/// A program: the channel that opens cases and reports check results.
#[must_use]
pub fn system() -> ActorRef {
    ActorRef::new("sample-idp", "channel", ActorKind::System)
}

/// An authenticated caller with these scopes.
#[must_use]
pub fn caller(who: ActorRef, scopes: &[Scope]) -> Principal {
    Principal::new(who, scopes.to_vec())
}

/// An act of `by` at this time, with this correlation id.
#[must_use]
pub fn act(request: &str, by: ActorRef, at: Timestamp) -> Act {
    Act::new(by, at, correlation(request))
}

/// An act of the person with this name `seconds` after the start.
#[must_use]
pub fn person_act(name: &str, seconds: i64) -> Act {
    act("person", ActorRef::new("sample-idp", name, ActorKind::Human), at(seconds))
}

/// A request's id, for example `correlation("call-1")`.
#[must_use]
pub fn correlation(text: &str) -> CorrelationId {
    CorrelationId::parse(text).expect("the sample correlation id parses")
}

/// A lookup's flow id, different for each number.
#[must_use]
pub fn flow(number: u32) -> FlowId {
    FlowId::parse(&format!("flow-{number}")).expect("the sample flow id parses")
}

fn key(byte: u8) -> SecretKey {
    SecretKey::parse(&[byte; 32]).expect("32 bytes are a key")
}
