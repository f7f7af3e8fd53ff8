//! The configuration of the database, and of a replica for lists.

use std::time::Duration;

use madoguchi_application::GroupCommitSettings;
use madoguchi_persistence::{DatabaseUrl, PgSettings};

use super::reader::{Section, value};

/// The database, as configured.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:<path>` or `postgres://…`, which may contain a password.
    pub url: DatabaseUrl,
    /// Whether `serve` migrates the schema first.
    pub migrate_on_start: bool,
    /// The time after which a decision that waits, for a lock or behind others, is given up.
    pub lock_timeout: Duration,
    /// The pool of PostgreSQL connections. SQLite has the same timeout for the lock of a statement.
    pub pool: PgSettings,
    /// A replica from which lists are read, if one is configured.
    pub replica: Option<ReplicaSettings>,
}

/// A replica of a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct ReplicaSettings {
    /// `postgres://…`, which may contain a password.
    pub url: DatabaseUrl,
    /// Lists that would be older are read from the primary.
    pub max_lag: Duration,
}

/// A verdict is tried with others, and alone, and may wait behind one that is tried alone.
const TRIES: u32 = 3;

/// What a replica that is left behind for a moment may show.
const MAX_LAG: Duration = Duration::from_secs(30);

impl StoreSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let meaning = "sqlite:<path> or postgres://<user>@<host>/<database>";
        let url = section.required("url", meaning, value::parsed(DatabaseUrl::parse));
        let migrate_on_start = section.or("migrate_on_start", false, value::boolean);
        let connections = section.or("max_connections", 16, value::whole(2, 1000));
        let pool_timeout = Duration::from_secs(2);
        let pool_timeout = section.or("pool_timeout_ms", pool_timeout, value::millis(10, 60_000));
        let lock_timeout = GroupCommitSettings::default().max_wait;
        let lock_timeout = section.or("lock_timeout_ms", lock_timeout, value::millis(4000, 15_000));
        let of_statement = lock_timeout / TRIES;
        let connections = connections as usize;
        let pool = PgSettings { connections, pool_timeout, lock_timeout: of_statement };
        let has_replica = section.has("replica_url");
        let replica_url = section.optional("replica_url", value::parsed(DatabaseUrl::parse));
        if !has_replica && section.has("replica_max_lag_ms") {
            section.mistake("replica_max_lag_ms", "needs store.replica_url: the replica");
        }
        let max_lag = section.or("replica_max_lag_ms", MAX_LAG, value::millis(3000, 86_400_000));
        let replica = replica_url.map(|url| ReplicaSettings { url, max_lag });
        let is_postgres = |url: &DatabaseUrl| matches!(url, DatabaseUrl::Postgres(_));
        if let (Some(url), Some(replica)) = (&url, &replica)
            && !(is_postgres(url) && is_postgres(&replica.url))
        {
            let what = "is for PostgreSQL: it and store.url must be postgres://…";
            section.mistake("replica_url", what);
        }
        Some(Self { url: url?, migrate_on_start, lock_timeout, pool, replica })
    }
}
