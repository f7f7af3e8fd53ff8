//! The audit log on SQLite.

use async_trait::async_trait;
use madoguchi_domain::audit::{AuditEntry, ChainedEntry, Head, Place};
use madoguchi_domain::port::{AuditLog, DownReason, Health, StoreError};

use crate::database::sqlite::SqliteStore;
use crate::sqlite::audit;

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let (entries, key) = (entries.to_vec(), self.audit_key.clone());
        self.write(move |conn| audit::append(conn, &key, &entries)).await
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        self.read(audit::heads).await
    }

    async fn after(&self, place: Place, limit: u32) -> Result<Vec<ChainedEntry>, StoreError> {
        self.read(move |conn| audit::after(conn, place, limit)).await
    }
}

#[async_trait]
impl Health for SqliteStore {
    fn name(&self) -> &'static str {
        "store"
    }

    async fn check(&self) -> Result<(), DownReason> {
        self.probe().await
    }
}
