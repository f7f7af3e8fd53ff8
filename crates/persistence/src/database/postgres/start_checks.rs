//! Checks what must be true of a PostgreSQL database before it is used.

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::connection::Sessions;
use super::driver_error::open_refusal;
use crate::database::open_error::{OpenError, OpenRefusal};

const MIGRATIONS: &str = "select version from __diesel_schema_migrations";
const ENCODING: &str = "show server_encoding";
const SCHEMA: &str = "select current_schema() where current_schema() is not null";
const READS_ONLY: &str = "show transaction_read_only";
const BACKEND: &str = "select pg_backend_pid()";
const MAY_CREATE: &str = "select coalesce(has_schema_privilege(current_schema(), 'create'), false)";

/// Timeout of all checks together.
const TIMEOUT: Duration = Duration::from_secs(15);

/// The versions of the migrations that are applied, if text is stored as UTF-8 and each session has
/// a process of its own. It asks nothing that a role without the right to create would be refused.
pub(crate) async fn applied_migrations(sessions: &Sessions) -> Result<Vec<String>, OpenError> {
    let checked = tokio::time::timeout(TIMEOUT, checked(sessions)).await;
    checked.unwrap_or_else(|_| Err(sessions.refused(OpenRefusal::Silent)))
}

async fn checked(sessions: &Sessions) -> Result<Vec<String>, OpenError> {
    let first = open(sessions).await?;
    let refused = |error: Error| sessions.refused(open_refusal(&error));
    if value(&first, ENCODING).await.map_err(refused)?.as_deref() != Some("UTF8") {
        return Err(sessions.refused(OpenRefusal::NotUtf8));
    }
    let second = open(sessions).await?;
    if is_pooled(&first, &second).await.map_err(refused)? {
        return Err(sessions.refused(OpenRefusal::TransactionPooler));
    }
    match values(&first, MIGRATIONS).await {
        Ok(versions) => Ok(versions),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => {
            // PostgreSQL does not even look into a schema that the role may not use.
            let schema = value(&first, SCHEMA).await.map_err(refused)?;
            schema.map(|_| Vec::new()).ok_or_else(|| sessions.refused(OpenRefusal::NoRight))
        }
        Err(error) => Err(refused(error)),
    }
}

/// Whether the role may create tables, as a migration does, on a server that does not only read.
pub(crate) async fn must_create(sessions: &Sessions) -> Result<(), OpenError> {
    let client = open(sessions).await?;
    let refused = |error: Error| sessions.refused(open_refusal(&error));
    if value(&client, READS_ONLY).await.map_err(refused)?.as_deref() != Some("off") {
        return Err(sessions.refused(OpenRefusal::ReadOnly));
    }
    if value(&client, MAY_CREATE).await.map_err(refused)?.as_deref() == Some("t") {
        Ok(())
    } else {
        Err(sessions.refused(OpenRefusal::NoRight))
    }
}

async fn open(sessions: &Sessions) -> Result<Client, OpenError> {
    let opened = sessions.driver_client().await;
    opened.map_err(|why| sessions.refused(why.open_refusal()))
}

/// A pooler that shares processes between sessions gives the first one another process while the
/// second one is in a transaction, or both the same.
async fn is_pooled(first: &Client, second: &Client) -> Result<bool, Error> {
    let before = value(first, BACKEND).await?;
    match second.batch_execute("begin").await {
        // A pooler in statement mode knows no transactions.
        Err(error) if error.code() == Some(&SqlState::PROTOCOL_VIOLATION) => return Ok(true),
        begun => begun?,
    }
    // The first session would wait for the process that the second one has.
    let is_shared = value(second, BACKEND).await? == before;
    let is_moved = !is_shared && value(first, BACKEND).await? != before;
    second.batch_execute("rollback").await?;
    Ok(is_shared || is_moved)
}

async fn value(client: &Client, query: &str) -> Result<Option<String>, Error> {
    Ok(values(client, query).await?.pop())
}

/// The first column, asked without preparing: a pooler may forget what was prepared.
async fn values(client: &Client, query: &str) -> Result<Vec<String>, Error> {
    let answer = client.simple_query(query).await?;
    let rows = answer.iter().filter_map(|message| {
        if let SimpleQueryMessage::Row(row) = message { row.get(0) } else { None }
    });
    let rows = rows.map(str::to_owned);
    Ok(rows.collect())
}
