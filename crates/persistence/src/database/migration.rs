//! Migrates a database to the schema of this version, and compares schema versions.

use std::error::Error;

use diesel::backend::Backend;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::open_error::{OpenError, OpenRefusal};
use super::postgres::connection::{PgSettings, Sessions};
use super::postgres::start_checks;
use super::sqlite::driver_error::open_refusal;
use super::sqlite::establish::{LOCK_TIMEOUT, establish, real_path};
use super::sqlite::left_log;
use super::url::DatabaseUrl;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The key of the advisory lock held while migrating, so that nodes migrate one at a time. Any
/// constant works.
const MIGRATION_LOCK: i64 = 0x6d61_646f_6775_6368;

/// A database's schema compared with this version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// Both are the same.
    Current,
    /// The database lacks migrations that this version has.
    Behind,
    /// The database has migrations that this version does not know.
    Ahead,
}

impl SchemaState {
    fn compare(ours: &[String], applied: &[String]) -> Self {
        if applied.iter().any(|version| !ours.contains(version)) {
            Self::Ahead
        } else if applied.len() < ours.len() {
            Self::Behind
        } else {
            Self::Current
        }
    }

    pub(crate) const fn must_be_current(self) -> Result<(), OpenError> {
        match self {
            Self::Current => Ok(()),
            Self::Behind => Err(OpenError::SchemaBehind),
            Self::Ahead => Err(OpenError::SchemaAhead),
        }
    }
}

/// Migrates the database to this version's schema. Returns the state before.
///
/// # Errors
/// See [`OpenError`]; a newer schema is not changed.
pub async fn migrate(url: &DatabaseUrl) -> Result<SchemaState, OpenError> {
    run(url, Direction::Up).await
}

/// Reverts every migration and deletes all data. For tests.
///
/// # Errors
/// See [`OpenError`].
pub async fn revert_all(url: &DatabaseUrl) -> Result<SchemaState, OpenError> {
    run(url, Direction::Down).await
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    Down,
}

async fn run(url: &DatabaseUrl, direction: Direction) -> Result<SchemaState, OpenError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = real_path(path)?;
            let ran = tokio::task::spawn_blocking(move || {
                left_log::check(&path)?;
                let mut conn = establish(&path, LOCK_TIMEOUT)?;
                // Checked and migrated under one lock, so that processes migrate one at a time.
                let migrated = conn.exclusive_transaction(|conn| {
                    let before = sqlite_state(conn, &path).map_err(MigrationError::Open)?;
                    apply(conn, SQLITE, before, direction).map_err(MigrationError::Open)
                });
                migrated.map_err(|error| match error {
                    MigrationError::Open(error) => error,
                    MigrationError::Driver(error) => {
                        OpenError::refused(&path, open_refusal(&error))
                    }
                })
            });
            ran.await.unwrap_or(Err(OpenError::MigrationFailed))
        }
        DatabaseUrl::Postgres(url) => {
            let sessions = Sessions::of_primary(url, PgSettings::of(1))?;
            // Before the lock, which a pooler would keep for other sessions.
            postgres_state(&sessions).await?;
            start_checks::must_create(&sessions).await?;
            let mut conn = sessions.connect().await?;
            lock(&mut conn).await.map_err(|_| sessions.refused(OpenRefusal::Other))?;
            let before = postgres_state(&sessions).await?;
            let mut harness = AsyncMigrationHarness::new(conn);
            // The lock ends with the connection.
            apply(&mut harness, POSTGRES, before, direction)
        }
    }
}

/// The error of a diesel transaction, or ours.
enum MigrationError {
    Open(OpenError),
    Driver(diesel::result::Error),
}

impl From<diesel::result::Error> for MigrationError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Driver(error)
    }
}

fn apply<Db: Backend>(
    harness: &mut impl MigrationHarness<Db>,
    ours: EmbeddedMigrations,
    before: SchemaState,
    direction: Direction,
) -> Result<SchemaState, OpenError> {
    if before == SchemaState::Ahead {
        return Err(OpenError::SchemaAhead);
    }
    let ran = match direction {
        Direction::Up => harness.run_pending_migrations(ours),
        Direction::Down => harness.revert_all_migrations(ours),
    };
    ran.map(|_| before).map_err(|_| OpenError::MigrationFailed)
}

/// Waits for the migration lock without a timeout. A migration may take long, but its DDL waits at
/// most 5 s for a table lock, because other transactions queue behind it.
async fn lock(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    conn.batch_execute("set statement_timeout = 0; set lock_timeout = 0").await?;
    diesel::sql_query("select pg_advisory_lock($1)")
        .bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
        .execute(conn)
        .await?;
    conn.batch_execute("set lock_timeout = '5s'").await
}

/// Reads the state of the schema over separate connections.
pub(crate) async fn postgres_state(sessions: &Sessions) -> Result<SchemaState, OpenError> {
    let applied = start_checks::applied_migrations(sessions).await?;
    Ok(SchemaState::compare(&versions::<Pg>(POSTGRES)?, &applied))
}

pub(crate) fn sqlite_state(
    conn: &mut SqliteConnection,
    path: &str,
) -> Result<SchemaState, OpenError> {
    let refused = |error: &(dyn Error + Send + Sync + 'static)| {
        let driver = error.downcast_ref::<diesel::result::Error>();
        OpenError::refused(path, driver.map_or(OpenRefusal::Other, open_refusal))
    };
    let applied = conn.applied_migrations().map_err(|error| refused(&*error))?;
    let applied: Vec<String> = applied.iter().map(MigrationVersion::to_string).collect();
    Ok(SchemaState::compare(&versions::<Sqlite>(SQLITE)?, &applied))
}

/// The versions of our migrations.
fn versions<Db: Backend>(ours: EmbeddedMigrations) -> Result<Vec<String>, OpenError> {
    let known = MigrationSource::<Db>::migrations(&ours).map_err(|_| OpenError::MigrationFailed)?;
    Ok(known.iter().map(|one| one.name().version().to_string()).collect())
}
