//! Why a database cannot be opened.

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
