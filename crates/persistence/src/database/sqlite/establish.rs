//! Opens a SQLite connection with durable commits.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Integer;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use crate::database::open_error::OpenError;

/// WAL allows reads during a write; FULL makes a commit durable before it is confirmed. What is
/// deleted is overwritten where that costs no other page: an erased data key leaves its page.
const SETUP: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; \
    pragma synchronous = full; pragma foreign_keys = on; \
    pragma wal_autocheckpoint = 4000; pragma cache_size = -16384; pragma secure_delete = fast;";

#[derive(QueryableByName)]
struct Synchronous {
    #[diesel(sql_type = Integer)]
    synchronous: i32,
}

/// Opens a connection and checks that its commits are durable.
pub(crate) fn establish(url: &str) -> Result<SqliteConnection, OpenError> {
    let mut conn = SqliteConnection::establish(url).map_err(|_| OpenError::Unreachable)?;
    // The first connection to a new file sets its journal mode. `busy_timeout` does not cover that,
    // so the others retry.
    let mut tries = 0;
    while conn.batch_execute(SETUP).is_err() {
        tries += 1;
        if tries == 100 {
            return Err(OpenError::Unreachable);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let level: Synchronous = diesel::sql_query("pragma synchronous")
        .get_result(&mut conn)
        .map_err(|_| OpenError::Unreachable)?;
    if level.synchronous < 2 {
        return Err(OpenError::NotDurable);
    }
    Ok(conn)
}
