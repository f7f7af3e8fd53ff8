//! Checks whether a decision could be written, as one that is rolled back. It uses the driver
//! itself, because diesel hides the SQLSTATE of most errors.

use std::fmt;
use std::sync::Arc;

use madoguchi_domain::port::DownReason;
use tokio::sync::Mutex;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::connection::Sessions;
use super::driver_error::down_reason;
use crate::database::audit_heads::WRONG_AUDIT_HEADS;

/// What a verdict needs: room in a file, and every table that it writes. Rows would make it wait
/// for other writes, so it locks tables as they do.
const WRITE: &str = "lock table members, upgrade_case, upgrade_history, upgrade_check, upgrade_qr, \
        effect, effect_evidence, audit_head, audit_entry, idempotency_replay \
        in row exclusive mode; \
    insert into write_probe select decode(repeat('00', 7000), 'hex');";

/// The rights of a verdict: a lock needs only one of them.
const MAY_WRITE: &str = "select bool_and(has_table_privilege(name, 'select') \
        and has_table_privilege(name, right_to)) \
    from (values ('members', 'insert'), ('members', 'update'), ('upgrade_case', 'insert'), \
        ('upgrade_case', 'update'), ('upgrade_history', 'insert'), ('upgrade_check', 'insert'), \
        ('upgrade_qr', 'insert'), ('effect', 'insert'), ('effect', 'update'), \
        ('effect_evidence', 'insert'), ('audit_head', 'update'), ('audit_entry', 'insert'), \
        ('idempotency_replay', 'insert'), ('server_key', 'insert')) as needed (name, right_to)";

/// A standby would refuse what follows with codes that say less.
const BEGIN: &str = "begin; \
    set local statement_timeout = '2s'; set local lock_timeout = '1s'; \
    show transaction_read_only";

/// Keeps a connection of its own for probes.
#[derive(Clone)]
pub(super) struct WriteProbe {
    sessions: Sessions,
    client: Arc<Mutex<Option<Client>>>,
}

impl fmt::Debug for WriteProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteProbe")
    }
}

impl WriteProbe {
    pub(super) fn new(sessions: Sessions) -> Self {
        Self { sessions, client: Arc::default() }
    }

    /// Writes, and rolls back. One probe runs at a time.
    pub(super) async fn run(&self) -> Result<(), DownReason> {
        let mut kept = self.client.lock().await;
        // Taken: one that is cancelled in the middle is not used again.
        let client = match kept.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.sessions.driver_client().await.map_err(|why| why.down_reason())?,
        };
        let probed = probe(&client).await;
        // A session that cannot write may be on a server that was replaced.
        let is_usable = probed != Err(DownReason::ReadOnly);
        if client.batch_execute("rollback").await.is_ok() && is_usable {
            *kept = Some(client);
        }
        probed
    }
}

async fn probe(client: &Client) -> Result<(), DownReason> {
    if value(client, BEGIN).await?.as_deref() != Some("off") {
        return Err(DownReason::ReadOnly);
    }
    client.batch_execute(WRITE).await.map_err(|error| down_reason(&error))?;
    if value(client, MAY_WRITE).await?.as_deref() != Some("t") {
        return Err(DownReason::PermissionDenied);
    }
    let wrong = value(client, WRONG_AUDIT_HEADS).await?;
    if wrong.as_deref() == Some("0") { Ok(()) } else { Err(DownReason::AuditHead) }
}

/// The first value of the answer.
async fn value(client: &Client, query: &str) -> Result<Option<String>, DownReason> {
    let found = client.simple_query(query).await.map_err(|error| down_reason(&error))?;
    let first = found.iter().find_map(|message| {
        if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
    });
    Ok(first.map(str::to_owned))
}
