//! The domain's stores on SQLite and PostgreSQL, written with diesel.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]
#![expect(
    clippy::duplicate_mod,
    reason = "queries that are written once are compiled for each database"
)]

mod announcement;
mod audit;
mod consequence;
mod contact;
mod crm_role;
mod database;
mod delivery;
mod effect;
mod idempotency;
mod job_lease;
mod member;
mod person;
mod postgres;
mod resolution;
mod retention;
mod server_key;
mod sqlite;
mod upgrade;
mod vault;

pub use crm_role::{InvalidPgName, PgName, crm_role_script};
pub use database::migration::{SchemaState, migrate, revert_all};
pub use database::open_error::{OpenError, OpenRefusal};
pub use database::postgres::{PgSettings, PgStore};
pub use database::sqlite::{BackupError, SqliteStore, backup_sqlite, restore_sqlite};
pub use database::url::{DatabaseUrl, InvalidUrl};
pub use vault::sealed_store::SealedStore;
