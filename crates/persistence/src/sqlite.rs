//! The queries that are written once for both databases, compiled for SQLite.

use diesel::prelude::*;

use crate::audit::row::HeadRow;
use crate::database::schema::audit_head;
use crate::database::sqlite::{Conn, SqliteStore as Store};

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

/// The head of the one stream; the writer's transaction excludes all others.
fn free_head(conn: &mut Conn) -> QueryResult<HeadRow> {
    audit_head::table.select(HeadRow::as_select()).get_result(conn)
}

/// The writer's transaction excludes all others.
#[expect(clippy::unnecessary_wraps, reason = "on PostgreSQL it may fail")]
fn lock_values(_: &mut Conn, _: Vec<i64>) -> QueryResult<()> {
    Ok(())
}
