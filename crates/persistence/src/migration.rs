//! Bringing a database to the schema of this version, and knowing when it is not.

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, SqliteConnection};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{DatabaseUrl, OpenError};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Held while migrating, so that nodes that start together take turns. Any constant will do.
const MIGRATION_LOCK: i64 = 0x6d61_646f_6775_6368;

/// How a database's schema stands to this version's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// It is the same.
    Current,
    /// It lacks migrations that this version has.
    Behind,
    /// It has migrations that this version does not know.
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

/// Brings the database to this version's schema. Says how it stood before.
///
/// # Errors
/// See [`OpenError`]; a schema from the future is left as it is.
pub async fn migrate(url: &DatabaseUrl) -> Result<SchemaState, OpenError> {
    run(url, Direction::Up).await
}

/// Takes every migration back, and all data with it. For tests.
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
                let mut conn = crate::sqlite_connection(&path)?;
                // Looked at and migrated under one lock, so that processes take turns.
                conn.exclusive_transaction(|conn| {
                    let before = sqlite_state(conn)?;
                    apply(conn, SQLITE, before, direction).map_err(Turn)
                })
                .map_err(|Turn(error)| error)
            });
            ran.await.unwrap_or(Err(OpenError::Unreachable))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = crate::postgres_connection(url).await?;
            lock(&mut conn).await.map_err(|_| OpenError::Unreachable)?;
            let mut harness = AsyncMigrationHarness::new(conn);
            let before = state::<Pg>(&mut harness, POSTGRES)?;
            // The lock ends with the connection.
            apply(&mut harness, POSTGRES, before, direction)
        }
    }
}

/// How a turn at the database ended without what was wanted.
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

/// Waits for its turn however long the others migrate. A migration may take long, but its DDL must
/// not queue behind other people's transactions for ever, with everybody else behind it.
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

/// Reads the schema's state over a connection of its own.
pub(crate) async fn postgres_state(url: &str) -> Result<SchemaState, OpenError> {
    let conn = crate::postgres_connection(url).await?;
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
