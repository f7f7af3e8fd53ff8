//! What runs left in the database.

use std::fmt;

use anyhow::Context;
use madoguchi_journey::database::psql;
use madoguchi_testkit::server::postgres::{Cluster, Database};

use crate::seeding::{ONE_DUE_OF, ONE_UNANSWERED_OF};

/// Counts, and a digest over the state of every contact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    deleted: usize,
    reported: usize,
    /// Rows of the history that delete.
    versions: usize,
    /// Rows of the audit log that delete or report.
    audited: usize,
    states: String,
}

const STATEMENT: &str = "select (select count(*) from contact where deleted_at is not null), \
    (select count(*) from contact where reported_at is not null), \
    (select count(*) from contact_version where event = 'deleted'), \
    (select count(*) from audit_entry \
        where action in ('contact.deleted', 'contact.reported_unanswered')), \
    (select md5(string_agg(contact_id::text || version::text || (deleted_at is null)::text \
        || (reported_at is null)::text, ',' order by contact_id)) from contact)";

impl Outcome {
    pub(crate) fn read(cluster: &Cluster, database: &Database) -> anyhow::Result<Self> {
        let row = psql(cluster, database.url(), STATEMENT)?;
        let cells: Vec<&str> = row.split('|').collect();
        let number = |at: usize| cells.get(at).and_then(|text| text.parse().ok());
        Ok(Self {
            deleted: number(0).context("a number")?,
            reported: number(1).context("a number")?,
            versions: number(2).context("a number")?,
            audited: number(3).context("a number")?,
            states: (*cells.get(4).context("a digest")?).to_owned(),
        })
    }

    /// Whether every contact that is due is deleted or reported, once, and no other one.
    pub(crate) fn is_all(&self, applications: usize) -> bool {
        let due = applications.div_ceil(ONE_DUE_OF);
        let reported = applications.div_ceil(ONE_UNANSWERED_OF);
        self.reported == reported
            && self.deleted == due - reported
            && self.versions == self.deleted
            && self.audited == due
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deleted, reported, versions, audited, states } = self;
        write!(
            f,
            "{deleted} deleted by {versions} versions, {reported} reported, {audited} audit rows, \
             states {states}"
        )
    }
}
