//! Migrates a database to the schema of this version, and compares schema versions.

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::open_error::OpenError;
use super::postgres::connection::connect;
use super::sqlite::establish::establish;
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
            let path = path.to_str().ok_or(OpenError::Path)?.to_owned();
            let ran = tokio::task::spawn_blocking(move || {
                let mut conn = establish(&path)?;
                // Checked and migrated under one lock, so that processes migrate one at a time.
                conn.exclusive_transaction(|conn| {
                    let before = sqlite_state(conn)?;
                    apply(conn, SQLITE, before, direction).map_err(Turn)
                })
                .map_err(|Turn(error)| error)
            });
            ran.await.unwrap_or(Err(OpenError::Unreachable))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = connect(url).await?;
            lock(&mut conn).await.map_err(|_| OpenError::Unreachable)?;
            let mut harness = AsyncMigrationHarness::new(conn);
            let before = state::<Pg>(&mut harness, POSTGRES)?;
            // The lock ends with the connection.
            apply(&mut harness, POSTGRES, before, direction)
        }
    }
}

/// Carries an [`OpenError`] out of a diesel transaction.
struct Turn(OpenError);

impl From<OpenError> for Turn {
    fn from(error: OpenError) -> Self {
        Self(error)
    }
}

impl From<diesel::result::Error> for Turn {
    fn from(_: diesel::result::Error) -> Self {
        Self(OpenError::Unreachable)
    }
}

fn apply<Db: diesel::backend::Backend>(
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

pub(crate) fn sqlite_state(conn: &mut SqliteConnection) -> Result<SchemaState, OpenError> {
    state::<Sqlite>(conn, SQLITE)
}

/// Reads the state of the schema over a separate connection.
pub(crate) async fn postgres_state(url: &str) -> Result<SchemaState, OpenError> {
    let conn = connect(url).await?;
    state::<Pg>(&mut AsyncMigrationHarness::new(conn), POSTGRES)
}

fn state<Db: diesel::backend::Backend>(
    harness: &mut impl MigrationHarness<Db>,
    ours: EmbeddedMigrations,
) -> Result<SchemaState, OpenError> {
    let known = MigrationSource::<Db>::migrations(&ours).map_err(|_| OpenError::MigrationFailed)?;
    let known: Vec<String> = known.iter().map(|one| one.name().version().to_string()).collect();
    let applied = harness.applied_migrations().map_err(|_| OpenError::Unreachable)?;
    let applied: Vec<String> = applied.iter().map(MigrationVersion::to_string).collect();
    Ok(SchemaState::compare(&known, &applied))
}
