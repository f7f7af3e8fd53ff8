//! Drives the store of bounces and of the delivery watch.

use madoguchi_application::{ContactStores, DeliveryStores};
use madoguchi_domain::change::{Change, Committed};
use madoguchi_domain::delivery::{BounceWrite, WatchEntry, WatchFilter, WatchQuery};

use super::contacts::ContactDriver;
use crate::contract::audit_rows;

/// Drives stores with bounces of sample mails. It panics when a store breaks its contract.
#[derive(Debug, Clone)]
pub struct DeliveryDriver {
    /// The persons, contacts and mails on the same database.
    pub contacts: ContactDriver,
    /// The stores.
    pub stores: DeliveryStores,
}

impl From<(ContactStores, DeliveryStores)> for DeliveryDriver {
    fn from((contacts, stores): (ContactStores, DeliveryStores)) -> Self {
        Self { contacts: contacts.into(), stores }
    }
}

impl DeliveryDriver {
    /// Records a bounce.
    ///
    /// # Panics
    /// When the store fails, or returns another number of results, or audits another change.
    pub async fn record(&self, change: Change<BounceWrite>) -> Committed {
        let (before, changes) = (audit_rows::heads(&self.stores).await, [change]);
        let committed = self.stores.delivery.commit(&changes).await.expect("it is committed");
        assert_eq!(committed.len(), 1, "one answer for one change");
        audit_rows::are_of(&self.stores, &before, &changes, &committed).await;
        committed[0]
    }

    /// The entries of the watch that match.
    ///
    /// # Panics
    /// When the store cannot be read.
    pub async fn list(&self, query: &WatchQuery) -> Vec<WatchEntry> {
        self.stores.delivery.watch(query).await.expect("the watch is listed")
    }

    /// The newest 100 entries of the watch.
    pub async fn watched(&self, filter: WatchFilter) -> Vec<WatchEntry> {
        self.list(&WatchQuery { filter, after: None, limit: 100 }).await
    }
}
