//! Tests that rows of one commit do not fail for each other.

use std::sync::Arc;

use async_trait::async_trait;
use madoguchi_application::{AuditWriter, ServiceError};
use madoguchi_domain::audit::{Action, AuditEntry, ChainedEntry, Head, Place, Subject};
use madoguchi_domain::port::{AuditLog, StoreError};
use madoguchi_testkit::contract::audit_rows;
use madoguchi_testkit::contract::race::race;
use madoguchi_testkit::fake::store::FakeStore;
use madoguchi_testkit::samples;

/// Refuses commits with a row of this detail, as a schema with a constraint does.
struct Constrained(FakeStore);

const REFUSED: &str = "refused";

#[async_trait]
impl AuditLog for Constrained {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        // Rows that arrive meanwhile wait for the next commit.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        if entries.iter().any(|entry| entry.detail == REFUSED) {
            return Err(StoreError::Corrupt("a row that breaks a constraint"));
        }
        self.0.append(entries).await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.0.heads().await
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        self.0.after(place, limit).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_refused_fails_alone() {
    let store = FakeStore::new(samples::audit_key());
    let (writer, _task) = AuditWriter::start(Arc::new(Constrained(store.clone())));
    let act = samples::act("call-1", samples::human(), samples::at(1));
    let append = |number: u32| {
        let (writer, act) = (writer.clone(), act.clone());
        async move {
            let detail = if number == 7 { REFUSED } else { "found" };
            let subject = Subject::new("lookup", number.to_string());
            let entry = AuditEntry::new(Action::of("context.looked_up"), subject, detail, &act);
            writer.append(entry).await
        }
    };
    let answers = race((0..20).map(append).collect()).await;
    for (number, answer) in answers.into_iter().enumerate() {
        let expected = if number == 7 { Err(ServiceError::Corrupt) } else { Ok(()) };
        assert_eq!(answer, expected, "row {number}");
    }
    assert_eq!(audit_rows::rows(&store.stores()).await.len(), 19);
}
