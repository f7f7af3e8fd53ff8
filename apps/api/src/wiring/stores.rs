//! Opens the stores on the configured database.

use std::sync::Arc;

use anyhow::Context;
use madoguchi_application::UpgradeStores;
use madoguchi_persistence::{DatabaseUrl, PgStore, SchemaState, SqliteStore};

use crate::settings::Settings;

/// Migrates the configured database to this version's schema; true if it was current already.
pub(crate) async fn migrate(settings: &Settings) -> anyhow::Result<bool> {
    let before = madoguchi_persistence::migrate(&settings.store.url).await.context("store.url")?;
    Ok(before == SchemaState::Current)
}

pub(super) async fn open(settings: &Settings) -> anyhow::Result<UpgradeStores> {
    let store = &settings.store;
    if store.migrate_on_start {
        migrate(settings).await?;
    }
    let key = settings.audit_key.clone();
    let opened = match &store.url {
        DatabaseUrl::Sqlite(path) => {
            SqliteStore::open(path, key).await.map(|store| UpgradeStores::of(&Arc::new(store)))
        }
        DatabaseUrl::Postgres(url) => PgStore::open(url, store.pool, key)
            .await
            .map(|store| UpgradeStores::of(&Arc::new(store))),
    };
    opened.context("store.url")
}
