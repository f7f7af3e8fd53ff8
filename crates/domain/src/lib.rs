//! The rules of the service counter: state machine, values, classification and ports.
//!
//! Nothing here does I/O, reads a clock or rolls a die. You hand in what is known (a [`CaseSnapshot`]),
//! what is asked (a [`Request`]) and the bank's [`UpgradePolicy`]; you get back a [`Decision`]:
//! what to answer, and the [`Change`] that must become true *together* before you answer it.
//!
//! # Embed it with a store of your own
//!
//! ```
//! use std::collections::HashMap;
//! use madoguchi_domain::actor::{ActorKind, ActorRef};
//! use madoguchi_domain::core_bank::TransactionIdScheme;
//! use madoguchi_domain::correlation::CorrelationId;
//! use madoguchi_domain::level::AccountLevel;
//! use madoguchi_domain::member::{Account, Member, MemberId};
//! use madoguchi_domain::secret::SecretKey;
//! use madoguchi_domain::upgrade::*;
//!
//! // Your store: here a map; at your bank the tables you already have.
//! let member = MemberId::parse("MEM0001")?;
//! let mut desk = HashMap::from([(
//!     member.clone(),
//!     CaseSnapshot::of(Member::new(member.clone(), Account::parse("AA19337Z8L29", None)?, None)),
//! )]);
//!
//! let policy = UpgradePolicy {
//!     target: AccountLevel::parse("1A")?,
//!     qr: QrMint::new(SecretKey::parse(&[7; 32])?, 600),
//!     transaction_ids: TransactionIdScheme::standard(SecretKey::parse(&[9; 32])?),
//! };
//! let ask = |command| Request {
//!     key: CaseKey::NewestOf(member.clone()),
//!     command,
//!     by: ActorRef::new("my-idp", "agent-7", ActorKind::Human),
//!     correlation: CorrelationId::parse("call-1").unwrap(),
//!     at: "2026-11-22T09:00:00Z".parse().unwrap(),
//! };
//!
//! let id = CaseId::from_u128(1);
//! let reference = CheckReference::parse("EDDA-4711")?;
//! let check = Command::Verify { source: CheckSource::Edda, reference, passed: true };
//! for command in [Command::Open { id }, check, Command::Decide { passed: true }] {
//!     let found = desk.remove(&member);
//!     let decision = decide(found, &ask(command), &policy);
//!     // Make `decision.change` durable here, all of it or none, then keep what stands now.
//!     assert!(decision.answer.is_ok());
//!     desk.insert(member.clone(), decision.after.unwrap());
//! }
//! let case = desk[&member].case.as_ref().unwrap();
//! assert_eq!(case.state.name(), StateName::CustomerSuccess);
//! # Ok::<(), madoguchi_domain::field::InvalidField>(())
//! ```
//!
//! [`CaseSnapshot`]: upgrade::CaseSnapshot
//! [`Request`]: upgrade::Request
//! [`UpgradePolicy`]: upgrade::UpgradePolicy
//! [`Decision`]: upgrade::Decision
//! [`Change`]: upgrade::Change
#![warn(missing_docs)]

pub mod act;
pub mod actor;
pub mod audit;
pub mod breaker;
pub mod caller;
pub mod core_bank;
pub mod correlation;
pub mod field;
pub mod level;
pub mod mask;
pub mod member;
pub mod personal;
pub mod port;
pub mod secret;
pub mod upgrade;

/// A moment in UTC. Every moment in this crate is whole microseconds, so that both databases
/// give back exactly what they were given.
pub use jiff::Timestamp;
