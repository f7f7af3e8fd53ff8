//! The domain's stores on SQLite and PostgreSQL, written with diesel.
//!
//! Both keep the same promises, held by the same contract suites of the testkit. Where they do
//! the same thing differently, twin files stand side by side: [`sqlite`](SqliteStore) loops over
//! prepared statements inside one hop to a blocking thread, [`postgres`](PgStore) hands whole
//! batches to one statement as arrays.
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

/// Why a database could not be opened, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nothing answers there, or it does not let us in.
    #[error("the database cannot be reached: check its URL, that it runs, and its credentials")]
    Unreachable,
    /// The file's path is not text.
    #[error("the database file's path must be UTF-8")]
    Path,
    /// The database does not make commits durable.
    #[error("the database does not make commits durable: turn its synchronous setting on")]
    NotDurable,
    /// Migrations are missing.
    #[error("the database's schema is older than this program: run `madoguchi migrate`")]
    SchemaBehind,
    /// A newer program migrated it.
    #[error("the database's schema is newer than this program: run a newer `madoguchi`")]
    SchemaAhead,
    /// A migration did not run through; nothing of it was kept.
    #[error("a migration failed: restore the backup taken before it, and report its version")]
    MigrationFailed,
}
