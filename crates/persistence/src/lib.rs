//! The domain's stores on SQLite and PostgreSQL, written with diesel.
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod column;
mod fault;
mod migration;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod statement;
mod url;

pub use migration::{SchemaState, migrate, revert_all};
pub use postgres::{PgSettings, PgStore};
pub use sqlite::SqliteStore;
pub use url::{DatabaseUrl, InvalidUrl};

use postgres::connect as postgres_connection;
use sqlite::establish as sqlite_connection;

/// Why a database cannot be opened, and how to correct it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The database does not answer, or rejects our credentials.
    #[error("the database cannot be reached: check its URL, that it runs, and its credentials")]
    Unreachable,
    /// The path of the file is not UTF-8.
    #[error("the database file's path must be UTF-8")]
    Path,
    /// The database does not make commits durable.
    #[error("the database does not make commits durable: turn its synchronous setting on")]
    NotDurable,
    /// The schema lacks migrations of this version.
    #[error("the database's schema is older than this program: run `madoguchi migrate`")]
    SchemaBehind,
    /// A newer version of the program migrated the schema.
    #[error("the database's schema is newer than this program: run a newer `madoguchi`")]
    SchemaAhead,
    /// A migration failed and was rolled back.
    #[error("a migration failed: restore the backup taken before it, and report its version")]
    MigrationFailed,
}
