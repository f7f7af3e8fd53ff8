//! Adapters in memory, which pass the contract suites and fail on request.

pub mod callers;
pub mod clock;
pub mod core_bank;
pub mod fault_injecting_store;
pub mod identity;
pub mod ids;
pub mod mailer;
pub mod sealer;
pub mod store;
