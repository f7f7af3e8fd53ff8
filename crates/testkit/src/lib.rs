//! Contract suites for every port, fakes, samples and a temporary PostgreSQL.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod account_directory_contract;
pub mod audit_log_contract;
pub mod audit_rows;
pub mod blind_indexes_contract;
pub mod caller_contexts_contract;
pub mod chance;
pub mod clock;
pub mod clock_contract;
pub mod contract;
pub mod core_bank_contract;
pub mod data_keys_contract;
pub mod downstream;
pub mod effect_queue_contract;
pub mod fake_callers;
pub mod fake_core_bank;
pub mod fake_identity;
pub mod fake_sealer;
pub mod fake_store;
pub mod health_contract;
pub mod http_stub;
pub mod ids;
pub mod ids_contract;
pub mod job_leases_contract;
pub mod member_store_contract;
pub mod password_verifier_contract;
pub mod person_store_contract;
pub mod postgres;
pub mod race;
pub mod replay_store_contract;
pub mod samples;
pub mod sealer_contract;
pub mod token_verifier_contract;
pub mod upgrade_driver;
pub mod upgrade_store_contract;
