//! Reads the audit log directly from the database, not through the server.

use std::fs;
use std::path::Path;

use anyhow::Context;
use madoguchi_testkit::server::postgres::Cluster;

use crate::database::{TestDatabase, psql};

const LOOKUPS: &str = "select concat_ws('|', action, about_kind, about_id, detail, actor_issuer, \
    actor_subject, actor_kind, correlation) from audit_entry where about_kind = 'lookup' \
    order by at";
const EVERY_ROW: &str = "select row_to_json(entry) from audit_entry as entry";

/// The current content of the audit log.
#[derive(Debug)]
pub struct AuditRows {
    lookups: Option<Vec<String>>,
    whole: Vec<u8>,
}

impl AuditRows {
    /// Reads it: from PostgreSQL row by row, from SQLite as the raw bytes of its files.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(database: &TestDatabase) -> anyhow::Result<Self> {
        match database {
            TestDatabase::Sqlite(path) => Ok(Self { lookups: None, whole: files(path)? }),
            TestDatabase::Postgres(database) => {
                let ask = |statement| psql(Cluster::shared(), database.url(), statement);
                let lookups = ask(LOOKUPS)?.lines().map(str::to_owned).collect();
                Ok(Self { lookups: Some(lookups), whole: ask(EVERY_ROW)?.into_bytes() })
            }
        }
    }

    /// The rows about lookups, oldest first, if rows can be separated. Columns, joined by `|`:
    /// action, kind and id of the subject, outcome, the caller's issuer, subject and kind, and the
    /// correlation id.
    #[must_use]
    pub fn lookups(&self) -> Option<&[String]> {
        self.lookups.as_deref()
    }

    /// Whether it contains a row about a lookup, written as in [`lookups`](Self::lookups). In
    /// SQLite's files the columns of a row are adjacent, with the time before the correlation id.
    #[must_use]
    pub fn holds(&self, row: &str) -> bool {
        let (columns, correlation) = row.rsplit_once('|').unwrap_or((row, ""));
        let (columns, most_of_a_time) = (columns.replace('|', ""), 8);
        match &self.lookups {
            Some(rows) => rows.iter().any(|it| it == row),
            None => (0..=most_of_a_time).any(|time| {
                let length = columns.len() + time + correlation.len();
                self.whole.windows(length).any(|window| {
                    window.starts_with(columns.as_bytes())
                        && window.ends_with(correlation.as_bytes())
                })
            }),
        }
    }

    /// Whether it contains a non-empty text anywhere.
    #[must_use]
    pub fn tells(&self, text: &str) -> bool {
        self.whole.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// SQLite's WAL first, then its file: rows checkpointed in between are then in the file.
fn files(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = Path::new(&log);
    let mut bytes = if log.is_file() { fs::read(log)? } else { Vec::new() };
    bytes.extend(fs::read(path).with_context(|| path.display().to_string())?);
    Ok(bytes)
}
