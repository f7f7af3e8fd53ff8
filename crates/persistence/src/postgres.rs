//! The queries that are written once for both databases, compiled for PostgreSQL.

use diesel::prelude::*;

use crate::audit::row::HeadRow;
use crate::database::postgres::{Conn, PgStore as Store};
use crate::database::schema::audit_head;

#[path = "announcement/store.rs"]
mod announcement;
#[path = "announcement/writing.rs"]
pub(crate) mod announcement_writing;
#[path = "audit/log.rs"]
pub(crate) mod audit;
#[path = "vault/blind_index.rs"]
mod blind_index;
#[path = "database/commit.rs"]
mod commit;
#[path = "consequence/single.rs"]
pub(crate) mod consequence;
#[path = "contact/store.rs"]
mod contact;
#[path = "contact/selection.rs"]
mod contact_selection;
#[path = "effect/counting.rs"]
pub(crate) mod counting;
#[path = "vault/data_key.rs"]
pub(crate) mod data_key;
#[path = "delivery/store.rs"]
mod delivery;
#[path = "effect/planning.rs"]
pub(crate) mod effect;
#[path = "idempotency/store.rs"]
pub(crate) mod idempotency;
#[path = "job_lease/store.rs"]
mod job_lease;
#[path = "delivery/look_alikes.rs"]
mod look_alikes;
#[path = "contact/mail_store.rs"]
mod mail;
#[path = "member/store.rs"]
mod member;
#[path = "effect/operating.rs"]
pub(crate) mod operating;
#[path = "person/store.rs"]
mod person;
#[path = "contact/reindexing.rs"]
mod reindexing;
#[path = "resolution/store.rs"]
mod resolution;
#[path = "delivery/results.rs"]
mod results;
#[path = "retention/store.rs"]
mod retention;
#[path = "retention/due.rs"]
mod retention_due;
#[path = "retention/holds.rs"]
mod retention_holds;
#[path = "retention/reports.rs"]
mod retention_reports;
#[path = "server_key/store.rs"]
mod server_key;
#[path = "upgrade/reading.rs"]
pub(crate) mod upgrade;
#[path = "vault/store.rs"]
mod vault;
#[path = "delivery/watching.rs"]
mod watching;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Waits until no other transaction holds the lock of this number, and holds it to its own end.
    #[sql_name = "pg_advisory_xact_lock"]
    fn advisory_lock(lock: diesel::sql_types::BigInt) -> diesel::sql_types::Integer;
}

/// The head of a stream that is not locked; waits only if all are locked.
fn free_head(conn: &mut Conn) -> QueryResult<HeadRow> {
    let heads = || audit_head::table.select(HeadRow::as_select()).order(audit_head::stream);
    let free = heads().for_update().skip_locked().limit(1).get_result(conn).optional()?;
    free.map_or_else(|| heads().for_update().limit(1).get_result(conn), Ok)
}

/// Lets one transaction after the other change who has these values, which no row stands for yet.
/// The greatest lock comes last, so that two transactions never wait for each other.
fn lock_values(conn: &mut Conn, mut locks: Vec<i64>) -> QueryResult<()> {
    locks.sort_unstable();
    for lock in locks {
        diesel::select(advisory_lock(lock)).execute(conn)?;
    }
    Ok(())
}
